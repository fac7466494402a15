"""A campaign sent while PostgreSQL, Redis, the worker and the Messaging service are killed at random.

In the end the service's book is compared with the ledger, row by row. A process of its own, because it makes the
servers that its Django works on. Argument: what to do, as JSON (`Wanted`); the answer is JSON on standard output.
"""

import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, LiteralString

import psycopg

from crm_platform.bench.campaign_people import fill, join
from crm_platform.bench.campaign_servers import PARTS, WORKER, Installation
from crm_platform.bench.database import connect, one_row
from crm_platform.bench.figures import BenchError

POLL_SECONDS: Final = 0.1
# Longer than the gateway waits for an answer.
TOO_LATE_SECONDS: Final = 22.0
# Of so many people one takes the consent back between planning and sending; nobody of a family.
WITHDRAWS: Final = 100
LEFT_OUT: Final = 7
WITHDRAW: Final[LiteralString] = """
UPDATE profiles_customerprofile SET email_opt_in = false
WHERE email_opt_in AND substr(first_name, 2)::bigint %% %s = %s AND substr(first_name, 2)::bigint %% 40 >= 4
"""
TAKEN: Final[LiteralString] = """
SELECT count(*) FROM campaigns_campaignoccurrence WHERE leased_until IS NOT NULL OR status <> 'WAITING'
"""
# As if the lease of the dead worker had run out.
FREE: Final[LiteralString] = "UPDATE campaigns_campaignoccurrence SET leased_until = NULL"
AGE: Final[LiteralString] = """
UPDATE messaging_delivery SET leased_until = now() - interval '1 second',
       history = jsonb_set(history, '{-1,at}', to_jsonb(now() - interval '1 minute'))
WHERE status IN ('CLAIMED', 'UNKNOWN')
"""
STANDING: Final[LiteralString] = "SELECT status, reason, count(*) FROM messaging_delivery GROUP BY 1, 2"
LEDGER: Final[LiteralString] = """
SELECT d.key, d.service_id, p.email FROM messaging_delivery AS d
JOIN profiles_customerprofile AS p ON p.id = d.profile_id WHERE d.status = 'HANDED_OVER'
"""
PLANNED: Final[LiteralString] = "SELECT count(*) FROM messaging_delivery WHERE status = 'PLANNED'"
BOOK: Final = "SELECT key, id, address FROM message"
# Whom the campaign must reach: each mailbox whose owner agreed and still does, once.
MAILBOXES: Final[LiteralString] = (
    "SELECT count(DISTINCT email) FROM profiles_customerprofile WHERE email_opt_in"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much, and with which dice. `call_seconds`: what each call to the service takes.

    `hurry`: the leases of killed workers are aged instead of waited for, which tests want.
    """

    people: int
    kills: int
    seed: int = 7
    call_seconds: float = 0.0
    hurry: bool = False
    patience_seconds: float = 1800.0


@dataclass(slots=True)
class Verdict:
    """What the book and the ledger say in the end."""

    people: int
    mailboxes: int
    in_book: int = 0
    different: int = 0
    twice: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    open: int = 0
    campaign: str = ""
    kills: dict[str, int] = field(default_factory=dict)
    calls_cut: int = 0
    seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        """Each mailbox exactly one message, the ledger the same rows, nothing left open."""
        wrong = self.different or self.twice or self.open
        return not wrong and self.in_book == self.mailboxes and self.campaign == "COMPLETED"


def run(wanted: Wanted, folder: Path, say: Callable[[str], None]) -> Verdict:
    """Make an installation, send, kill, wait for the end, compare."""
    installation = Installation(folder)
    with installation.servers():
        campaign_id = _prepare(wanted)
        installation.mend()
        _until(lambda: installation.answers, installation, 600)
        _break_a_call(wanted, installation, random.Random(wanted.seed))  # noqa: S311 - no secret
        began = time.monotonic()
        say("planning")
        _plan_then_withdraw(installation, campaign_id)
        say("killing")
        kills = _kill_at_random(wanted, installation, say)
        if wanted.hurry:
            installation.kill(WORKER)
            with connect() as connection:
                connection.execute(AGE)
        say("waiting for the end")
        _until(lambda: _is_over(campaign_id), installation, wanted.patience_seconds)
        verdict = _compare(installation, campaign_id, wanted)
        verdict.kills, verdict.seconds = kills, round(time.monotonic() - began, 1)
        return verdict


def _prepare(wanted: Wanted) -> str:
    """People, a segment of all of them, a campaign that waits for its hour; returns its id."""
    import django  # noqa: PLC0415 - the servers had to be there first

    django.setup()
    from crm_platform.bench.migrating import migrate  # noqa: PLC0415 - as above

    migrate()
    from django.utils import timezone  # noqa: PLC0415

    from campaigns.actions import schedule_campaign  # noqa: PLC0415
    from campaigns.editing import create_campaign  # noqa: PLC0415
    from crm_platform.bench.people import make_tenant  # noqa: PLC0415
    from segments.models import Segment, SegmentType  # noqa: PLC0415
    from tenants.scope import tenant_scope  # noqa: PLC0415

    tenant, now = make_tenant(), timezone.now()
    with tenant_scope(tenant), connect() as connection:
        fill(connection, tenant.pk, wanted.people)
        segment = Segment.objects.create(
            tenant=tenant, name="All", type=SegmentType.STATIC, created_at=now, updated_at=now
        )
        join(connection, tenant.pk, segment.pk, wanted.people)
        text = {"EMAIL": {"subject": "Hello {{ firstName }}", "body": "See https://club.example/open"}}
        values = {"name": "Kills", "channels": ["EMAIL"], "content": text, "segment_ids": [segment.pk]}
        campaign = create_campaign(values)
        schedule_campaign(campaign.pk)
    return str(campaign.pk)


def _plan_then_withdraw(installation: Installation, campaign_id: str) -> None:
    """The worker dies as it plans; what the next one planned is held, and some people take their consent back."""
    with connect() as connection:
        connection.execute(
            "INSERT INTO messaging_sendhold (tenant_id, source_id) SELECT id, %s FROM tenants_tenant",
            [campaign_id],
        )
        _until(lambda: _counted(TAKEN) > 0, installation, 600)
        installation.kill(WORKER)
        connection.execute(FREE)
        _until(lambda: _counted("SELECT count(*) FROM messaging_delivery") > 0, installation, 600)
        connection.execute(WITHDRAW, [WITHDRAWS, LEFT_OUT])
        connection.execute("DELETE FROM messaging_sendhold")


def _kill_at_random(wanted: Wanted, installation: Installation, say: Callable[[str], None]) -> dict[str, int]:
    """The parts in an order of the dice, at moments spread over the send; calls are broken besides."""
    dice, kills = random.Random(wanted.seed), dict.fromkeys(PARTS, 0)  # noqa: S311 - no secret
    parts = [*PARTS, *dice.choices(PARTS, k=max(wanted.kills - len(PARTS), 0))]
    dice.shuffle(parts)
    for number, part in enumerate(parts):
        share = wanted.people * number // (len(parts) + 1)
        _await_progress(installation, share)
        _break_a_call(wanted, installation, dice)
        time.sleep(dice.uniform(0, 0.5))
        installation.kill(part)
        kills[part] += 1
        say(f"killed {part}")
        installation.mend()
    return kills


def _await_progress(installation: Installation, share: int) -> None:
    """Each kill strikes while something is handed over: until further messages, and so many, are in the book."""
    seen = max(share, _in_book(installation))

    def has_moved() -> bool:
        return _in_book(installation) > seen or not _counted(PLANNED)

    _until(has_moved, installation, 600)


def _break_a_call(wanted: Wanted, installation: Installation, dice: random.Random) -> None:
    """The next hand-over is worked on and then cut, answered with 500, or worked on when nobody waits any more."""
    import requests  # noqa: PLC0415 - after django.setup

    kinds: list[dict[str, Any]] = [{"kind": "cut_after"}, {"kind": "cut_before"}, {"kind": "status"}]
    if not wanted.hurry:
        kinds.append({"kind": "slow", "seconds": TOO_LATE_SECONDS})
    plan = [dice.choice(kinds), {"kind": "slow", "times": 0, "seconds": wanted.call_seconds}]
    with suppress(requests.RequestException):  # it may be down just now
        requests.post(f"{installation.url}/sandbox/faults", json=plan, timeout=60)


def _book(installation: Installation, statement: str) -> list[tuple[Any, ...]]:
    if not installation.store.exists():
        return [(0,)]
    with sqlite3.connect(f"file:{installation.store}?mode=ro", uri=True, timeout=30) as book:
        try:
            return book.execute(statement).fetchall()
        except sqlite3.OperationalError:
            return [(0,)]  # just being made


def _in_book(installation: Installation) -> int:
    return int(_book(installation, "SELECT count(*) FROM message")[0][0])


def _counted(statement: LiteralString) -> int:
    with connect() as connection:
        return int(one_row(connection, statement)[0])


def _is_over(campaign_id: str) -> bool:
    with connect() as connection:
        (status,) = one_row(connection, "SELECT status FROM campaigns_campaign WHERE id = %s", [campaign_id])
    if status not in ("ACTIVE", "SCHEDULED", "COMPLETED"):
        raise BenchError(f"The campaign is {status}.")
    return bool(status == "COMPLETED")


def _until(is_so: Callable[[], bool], installation: Installation, seconds: float) -> None:
    """Wait, mending what dies of itself; raises BenchError when it takes too long."""
    ends = time.monotonic() + seconds
    while True:
        installation.mend()
        with suppress(psycopg.OperationalError):  # the server recovers
            if is_so():
                return
        if time.monotonic() > ends:
            raise BenchError(f"It did not come to an end within {seconds:.0f} s.")
        time.sleep(POLL_SECONDS)


def _compare(installation: Installation, campaign_id: str, wanted: Wanted) -> Verdict:
    with connect() as connection:
        (mailboxes,) = one_row(connection, MAILBOXES)
        (status,) = one_row(connection, "SELECT status FROM campaigns_campaign WHERE id = %s", [campaign_id])
        standing = connection.execute(STANDING).fetchall()
        ours = set(connection.execute(LEDGER).fetchall())
    book = _book(installation, BOOK)
    cut = _book(
        installation, "SELECT count(*) FROM call WHERE fault IN ('cut_after', 'cut_before', 'status')"
    )[0][0]
    open_statuses = ("PLANNED", "DEFERRED", "CLAIMED", "UNKNOWN")
    return Verdict(
        people=wanted.people,
        mailboxes=mailboxes,
        in_book=len(book),
        different=len(ours.symmetric_difference(book)),
        twice=len(book) - len({address for _, _, address in book}),
        skipped={reason: people for state, reason, people in standing if state == "SKIPPED"},
        open=sum(people for state, _, people in standing if state in open_statuses),
        campaign=status,
        calls_cut=cut,
    )


def main(arguments: list[str]) -> int:
    """Run it in a folder of its own; exit code 1 when the book is not what it must be."""
    wanted = Wanted(**json.loads(arguments[0]))
    answer = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with tempfile.TemporaryDirectory(prefix=f"crm-bench-{os.getpid()}-", ignore_cleanup_errors=True) as path:
        folder = Path(path)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        verdict = run(wanted, folder, lambda text: print(text, file=sys.stderr, flush=True))
    with os.fdopen(answer, "w") as stream:
        json.dump(asdict(verdict) | {"is_right": verdict.is_right}, stream)
    return 0 if verdict.is_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
