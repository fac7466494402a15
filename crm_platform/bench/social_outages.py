"""Posts that go out through real workers while PostgreSQL, Redis, the worker and the networks are killed at random.

In the end what stands on the networks is compared with what the club believes. A process of its own, because it makes
the servers that its Django works on. Argument: what to do, as JSON (`Wanted`); the answer is JSON on standard output.
"""

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from crm_platform.bench.campaign_servers import PARTS, Installation
from crm_platform.bench.figures import BenchError, Figure
from crm_platform.supervisor import programs

POLL_SECONDS: Final = 0.2
# Real time in which workers do what a minute of the moved clock brought near; less where nothing is near.
MINUTE_SECONDS: Final = 4.0
# The longest that a kill waits for posts to end.
PROGRESS_SECONDS: Final = 15.0
WAIT_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many posts, how many kills, and with which dice."""

    posts: int
    kills: int
    seed: int = 7
    patience_seconds: float = 1_800.0


def run(wanted: Wanted, folder: Path, say: Callable[[str], None]) -> list[Figure]:
    """Make an installation, publish, kill, let time go by until the end, compare."""
    # Publishing waits for other people's servers, and so does this worker.
    installation = Installation(folder, ("social_sandbox",), programs.webhooks_worker)
    with installation.servers():
        import django  # noqa: PLC0415 - the servers had to be there first

        django.setup()
        from crm_platform.bench.migrating import migrate  # noqa: PLC0415 - as above

        migrate()
        from crm_platform.bench.social_kills import verdict  # noqa: PLC0415
        from crm_platform.bench.social_stand import pictures  # noqa: PLC0415

        with pictures():
            installation.mend()
            _until(lambda: installation.answers, installation)
            keys = _plan(wanted.posts)
            kills = _kill_at_random(wanted, keys, installation, say)
            say("waiting for the end")
            longest = _let_time_go_by(keys, installation, wanted.patience_seconds)
            told = ", ".join(f"{count} × {part}" for part, count in kills.items())
            return verdict(keys, f"{wanted.posts:,} posts by real workers, killed: {told}", longest)


def _plan(count: int) -> list[UUID]:
    """Posts of one club that are due one after the other, with first comments, on three networks."""
    from django.utils import timezone  # noqa: PLC0415

    from crm_platform.bench import social_stand as stand  # noqa: PLC0415

    stand.without_limits()
    (club,) = stand.clubs_named("outage", 1)
    texts = [f"Killed {number}" for number in range(count)]
    stand.plan(club, texts, timezone.now(), timedelta(milliseconds=300), first_comment="Reply to")
    return [club.pk]


def _kill_at_random(
    wanted: Wanted, keys: list[UUID], installation: Installation, say: Callable[[str], None]
) -> dict[str, int]:
    """The parts in an order of the dice, each while something goes out; commits lose their answers besides."""
    from django.db import connection  # noqa: PLC0415

    from crm_platform.bench.social_stand import without_limits  # noqa: PLC0415

    dice, kills = random.Random(wanted.seed), dict.fromkeys(PARTS, 0)  # noqa: S311 - no secret
    parts = [*PARTS, *dice.choices(PARTS, k=max(wanted.kills - len(PARTS), 0))]
    dice.shuffle(parts)
    for number, part in enumerate(parts):
        _break_commits(dice)
        _await_progress(keys, wanted.posts * number // (len(parts) + 1), installation)
        time.sleep(dice.uniform(0, 0.5))
        installation.kill(part)
        kills[part] += 1
        say(f"killed {part}")
        installation.mend()
        # It may have been our own server.
        connection.close()
    _until(lambda: installation.answers, installation)
    # The networks may have been killed, and have forgotten it.
    without_limits()
    return kills


def _break_commits(dice: random.Random) -> None:
    from crm_platform.bench.social_kills import COMMITS, FAULTS  # noqa: PLC0415
    from crm_platform.bench.social_stand import pull  # noqa: PLC0415

    rule = {
        "action": dice.choice(FAULTS),
        "method": "POST",
        "path": COMMITS,
        "nth": dice.randint(1, 4),
        "times": 2,
    }
    with suppress(OSError):  # it may be down just now
        pull("faults", [rule])


def _await_progress(keys: list[UUID], share: int, installation: Installation) -> None:
    """Until further posts, and so many, have ended; not for long, because what is in doubt waits by the clock."""
    begun, ends = _ended(keys), time.monotonic() + PROGRESS_SECONDS

    def has_moved() -> bool:
        now = _ended(keys)
        return now > max(begun, share) or not _left(keys) or time.monotonic() > ends

    _until(has_moved, installation)


def _let_time_go_by(keys: list[UUID], installation: Installation, patience: float) -> int:
    """Minute by minute of the moved clock until everything has ended; the longest doubt, in minutes."""
    from crm_platform.bench.moved_clock import Doubts  # noqa: PLC0415
    from crm_platform.bench.social_kills import unsettled  # noqa: PLC0415

    doubts, ends = Doubts(), time.monotonic() + patience
    while unsettled(keys):
        if time.monotonic() > ends:
            break
        minute_ends = time.monotonic() + MINUTE_SECONDS
        installation.mend()
        time.sleep(POLL_SECONDS)
        while _is_at_work(keys) and time.monotonic() < minute_ends:
            time.sleep(POLL_SECONDS)
        doubts.tick()
    return doubts.longest


def _is_at_work(keys: list[UUID]) -> bool:
    """Whether a worker has, or may take, one of the posts now."""
    from django.db.models import Q  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from social.models import Target  # noqa: PLC0415
    from tenants.scope import all_tenants  # noqa: PLC0415

    now = timezone.now()
    waits = Q(due_at__lte=now) & ~Q(status__in=("PUBLISHED", "FAILED"))
    near = waits | Q(comment_due_at__lte=now) | Q(leased_until__gt=now)
    with all_tenants():
        return bool(Target.objects.filter(near, tenant_id__in=keys).exists())


def _ended(keys: list[UUID]) -> int:
    from social.models import Target  # noqa: PLC0415
    from tenants.scope import all_tenants  # noqa: PLC0415

    with all_tenants():
        return int(Target.objects.filter(tenant_id__in=keys, status__in=("PUBLISHED", "FAILED")).count())


def _left(keys: list[UUID]) -> int:
    from crm_platform.bench.social_stand import left  # noqa: PLC0415

    return left(keys)


def _until(is_so: Callable[[], Any], installation: Installation, seconds: float = WAIT_SECONDS) -> None:
    """Wait, mending what dies of itself; raises BenchError when it takes too long."""
    from django.db import DatabaseError, InterfaceError, connection  # noqa: PLC0415

    ends = time.monotonic() + seconds
    while True:
        installation.mend()
        try:
            if is_so():
                return
        except (DatabaseError, InterfaceError):
            connection.close()  # the server recovers
        if time.monotonic() > ends:
            raise BenchError(f"It did not come to an end within {seconds:.0f} s.")
        time.sleep(POLL_SECONDS)


def main(arguments: list[str]) -> int:
    """Run it in a folder of its own; exit code 1 when a figure is not what it must be."""
    wanted = Wanted(**json.loads(arguments[0]))
    answer = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with tempfile.TemporaryDirectory(prefix=f"crm-bench-{os.getpid()}-", ignore_cleanup_errors=True) as path:
        folder = Path(path)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        figures = run(wanted, folder, lambda text: print(text, file=sys.stderr, flush=True))
    with os.fdopen(answer, "w") as stream:
        json.dump([asdict(one) for one in figures], stream)
    return 0 if all(one.met for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
