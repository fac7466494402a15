"""A journey run while PostgreSQL, Redis, the worker and the Messaging service are killed at random.

In the end the service's book is compared with the ledger, and the steps with what the journey says. A process of its
own, because it makes the servers that its Django works on. Argument: what to do, as JSON (`Wanted`); the answer is JSON
on standard output.
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

from crm_platform.bench.campaign_people import fill
from crm_platform.bench.campaign_servers import PARTS, WORKER, Installation
from crm_platform.bench.database import connect, one_row
from crm_platform.bench.figures import BenchError

POLL_SECONDS: Final = 0.1
# Longer than the gateway waits for an answer.
TOO_LATE_SECONDS: Final = 22.0
WAIT_SECONDS: Final = 60
# Of each run: two messages, two waits, a tag, a task.
MESSAGES: Final = 2
STEPS: Final = 6
# Each with a mailbox of their own, agreed to.
AGREE: Final[LiteralString] = """
UPDATE profiles_customerprofile SET email = lower(first_name) || '@example.org', email_opt_in = true
"""
MOVED: Final[LiteralString] = "SELECT count(*) FROM journeys_steplog"
LIVE: Final[LiteralString] = "SELECT count(*) FROM journeys_run"
UNSENT: Final[LiteralString] = """
SELECT count(*) FROM messaging_delivery WHERE status IN ('PLANNED', 'DEFERRED', 'CLAIMED', 'UNKNOWN')
"""
AGE: Final[LiteralString] = """
UPDATE messaging_delivery SET leased_until = now() - interval '1 second',
       history = jsonb_set(history, '{-1,at}', to_jsonb(now() - interval '1 minute'))
WHERE status IN ('CLAIMED', 'UNKNOWN')
"""
# As if the rest of each wait had gone by.
NEARER: Final[LiteralString] = """
UPDATE journeys_run SET due_at = now() WHERE status = 'WAITING' AND due_at > now() + interval '2 seconds'
"""
ENDED: Final[LiteralString] = "SELECT status, count(*) FROM journeys_runended GROUP BY 1"
STANDING: Final[LiteralString] = "SELECT status, count(*) FROM messaging_delivery GROUP BY 1"
LEDGER: Final[LiteralString] = """
SELECT d.key, d.service_id, p.email FROM messaging_delivery AS d
JOIN profiles_customerprofile AS p ON p.id = d.profile_id WHERE d.status = 'HANDED_OVER'
"""
TASKS: Final[LiteralString] = "SELECT count(*) FROM journeys_task"
TAGGED: Final[LiteralString] = "SELECT count(*) FROM profiles_customerprofile WHERE tags @> ARRAY['welcomed']"
BOOK: Final = "SELECT key, id, address FROM message"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much, and with which dice. `hurry`: waits of people and leases of killed workers are not sat out."""

    people: int
    kills: int
    seed: int = 7
    wait_seconds: int = WAIT_SECONDS
    hurry: bool = False
    patience_seconds: float = 3600.0


@dataclass(slots=True)
class Verdict:
    """What the book, the ledger and the journey say in the end."""

    people: int
    in_book: int = 0
    different: int = 0
    twice: int = 0
    completed: int = 0
    stuck: int = 0
    steps: int = 0
    tasks: int = 0
    tagged: int = 0
    ledger: dict[str, int] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        """Each step once, each message once in the book, the ledger the same rows, nobody left anywhere."""
        people = self.people
        wanted = (MESSAGES * people, 0, 0, people, 0, STEPS * people, people, people)
        found = (
            self.in_book, self.different, self.twice, self.completed, self.stuck, self.steps, self.tasks, self.tagged,
        )  # fmt: skip
        return found == wanted


def run(wanted: Wanted, folder: Path, say: Callable[[str], None]) -> Verdict:
    """Make an installation, let people in, kill, wait for the end, compare."""
    installation = Installation(folder)
    with installation.servers():
        journey_id = _prepare(wanted)
        installation.mend()
        _until(lambda: installation.answers, installation, 600)
        began = time.monotonic()
        say("letting people in")
        _let_in(journey_id)
        say("killing")
        kills = _kill_at_random(wanted, installation, say)
        if wanted.hurry:
            installation.kill(WORKER)
            with connect() as connection:
                connection.execute(AGE)
        say("waiting for the end")
        _until(lambda: _is_over(wanted), installation, wanted.patience_seconds)
        verdict = _compare(installation, wanted)
        verdict.kills, verdict.seconds = kills, round(time.monotonic() - began, 1)
        return verdict


def _prepare(wanted: Wanted) -> str:
    """People, and a journey that runs; returns its id."""
    import django  # noqa: PLC0415 - the servers had to be there first

    django.setup()
    from crm_platform.bench.migrating import migrate  # noqa: PLC0415 - as above

    migrate()
    from crm_platform.bench.journeys_setup import started  # noqa: PLC0415
    from crm_platform.bench.people import make_tenant  # noqa: PLC0415
    from tenants.scope import tenant_scope  # noqa: PLC0415

    tenant = make_tenant()
    with connect() as connection:
        fill(connection, tenant.pk, wanted.people)
        connection.execute(AGREE)
    with tenant_scope(tenant):
        journey = started("Kills", _steps(wanted), [{"kind": "MANUAL"}])
    return str(journey.pk)


def _steps(wanted: Wanted) -> list[dict[str, Any]]:
    def pause(name: str, to: str) -> dict[str, Any]:
        until = {"mode": "DURATION", "amount": max(wanted.wait_seconds // 60, 1), "unit": "MINUTES"}
        return {"id": name, "kind": "WAIT", "until": until, "ways": {"next": to}}

    def mail(name: str, to: str | None) -> dict[str, Any]:
        text = {"subject": "Hello {{ firstName }}", "text": "Hello", "expiresAfterHours": 720}
        return {"id": name, "kind": "SEND", "ways": {"next": to}, **text}

    return [
        mail("first", "pause"),
        pause("pause", "tag"),
        {"id": "tag", "kind": "UPDATE", "addTags": ["welcomed"], "ways": {"next": "call"}},
        {"id": "call", "kind": "NOTIFY", "title": "Call {{ profile.firstName }}", "ways": {"next": "rest"}},
        pause("rest", "second"),
        mail("second", None),
    ]


def _let_in(journey_id: str) -> None:
    """Everybody, in parts of a thousand."""
    from uuid import UUID  # noqa: PLC0415

    from journeys.drafts import get_journey  # noqa: PLC0415
    from journeys.letting_in import let_in  # noqa: PLC0415
    from profiles.models import CustomerProfile  # noqa: PLC0415
    from tenants.models import Tenant  # noqa: PLC0415
    from tenants.scope import tenant_scope  # noqa: PLC0415

    with tenant_scope(Tenant.objects.get()):
        journey = get_journey(UUID(journey_id))
        people = list(CustomerProfile.objects.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(people), 1000):
            let_in(journey, people[start : start + 1000])


def _kill_at_random(wanted: Wanted, installation: Installation, say: Callable[[str], None]) -> dict[str, int]:
    """The parts in an order of the dice, at moments spread over the steps; calls are broken besides."""
    dice, kills = random.Random(wanted.seed), dict.fromkeys(PARTS, 0)  # noqa: S311 - no secret
    parts = [*PARTS, *dice.choices(PARTS, k=max(wanted.kills - len(PARTS), 0))]
    dice.shuffle(parts)
    for number, part in enumerate(parts):
        share = STEPS * wanted.people * number // (len(parts) + 1)
        _await_progress(wanted, installation, share)
        _break_a_call(wanted, installation, dice)
        time.sleep(dice.uniform(0, 0.5))
        installation.kill(part)
        kills[part] += 1
        say(f"killed {part}")
        installation.mend()
    return kills


def _await_progress(wanted: Wanted, installation: Installation, share: int) -> None:
    """Each kill strikes while people move or messages go: until so many steps are done, or a stretch has passed."""
    ends = time.monotonic() + 2 * WAIT_SECONDS

    def has_moved() -> bool:
        _hurry(wanted)
        return _counted(MOVED) >= share or time.monotonic() > ends

    _until(has_moved, installation, 600)


def _is_over(wanted: Wanted) -> bool:
    _hurry(wanted)
    return not _counted(LIVE) and not _counted(UNSENT)


def _hurry(wanted: Wanted) -> None:
    if wanted.hurry:
        with connect() as connection:
            connection.execute(NEARER)


def _break_a_call(wanted: Wanted, installation: Installation, dice: random.Random) -> None:
    """The next hand-over is worked on and then cut, answered with 500, or worked on when nobody waits any more."""
    import requests  # noqa: PLC0415 - after django.setup

    kinds: list[dict[str, Any]] = [{"kind": "cut_after"}, {"kind": "cut_before"}, {"kind": "status"}]
    if not wanted.hurry:
        kinds.append({"kind": "slow", "seconds": TOO_LATE_SECONDS})
    with suppress(requests.RequestException):  # it may be down just now
        requests.post(f"{installation.url}/sandbox/faults", json=[dice.choice(kinds)], timeout=60)


def _counted(statement: LiteralString) -> int:
    with connect() as connection:
        return int(one_row(connection, statement)[0])


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


def _compare(installation: Installation, wanted: Wanted) -> Verdict:
    with connect() as connection:
        ended: dict[str, int] = dict(connection.execute(ENDED).fetchall())
        standing: dict[str, int] = dict(connection.execute(STANDING).fetchall())
        ours = set(connection.execute(LEDGER).fetchall())
        counts = [int(one_row(connection, one)[0]) for one in (LIVE, MOVED, TASKS, TAGGED)]
    with sqlite3.connect(f"file:{installation.store}?mode=ro", uri=True, timeout=30) as store:
        book = store.execute(BOOK).fetchall()
    by_address: dict[str, int] = {}
    for _, _, address in book:
        by_address[address] = by_address.get(address, 0) + 1
    return Verdict(
        people=wanted.people,
        in_book=len(book),
        different=len(ours.symmetric_difference(book)),
        twice=sum(max(count - MESSAGES, 0) for count in by_address.values()),
        completed=ended.get("COMPLETED", 0),
        stuck=counts[0],
        steps=counts[1],
        tasks=counts[2],
        tagged=counts[3],
        ledger=standing,
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
