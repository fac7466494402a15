"""Publishing to the stand-in: punctuality, fairness between clubs, the count of a text; kills and races beside it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from django.utils import timezone

from crm_platform import env
from crm_platform.bench.figures import BenchError, Figure, duration, rate
from crm_platform.bench.setting import Setting
from crm_platform.bench.social_kills import kills
from crm_platform.bench.social_races import cancels, renewals
from crm_platform.bench.social_stand import (
    POSTS_OF_CLUB,
    clubs_named,
    left,
    percentile,
    pictures,
    plan,
    stand_in,
    worker,
)
from social.models import Target
from social.texts import weigh
from tenants.scope import all_tenants

MOST_LATE_MS, MOST_WAIT_MS = 5_000, 10_000
MOST_LENGTH_MS, MOST_HOSTILE_MS = 1.0, 50.0
FLOODED: Final = 20
RACES_OF_ROUND, RENEWALS_OF_ROUND, POSTS_OF_ROUND = 170, 9, 100
OUTAGE_POSTS_OF_ROUND, OUTAGE_KILLS_OF_ROUND = 30, 3


def run(setting: Setting) -> Iterator[Figure]:
    """`events`: posts due within a minute, `people`: posts of the club that floods.

    `rounds`: hundreds of posts of the kills; 6 also mean 1,000 races of cancel and publish, and 50 renewals.
    """
    with stand_in(setting), pictures():
        for part in setting.chosen(PARTS):
            yield from part(setting)


def _outages(rounds: int) -> list[Figure]:
    """The same with real workers over servers of their own, which are killed and started again."""
    wanted = json.dumps({"posts": OUTAGE_POSTS_OF_ROUND * rounds, "kills": OUTAGE_KILLS_OF_ROUND * rounds})
    done = subprocess.run(
        [sys.executable, "-m", "crm_platform.bench.social_outages", wanted],
        cwd=env.PROJECT_DIR,
        env=env.environment(),
        stdout=subprocess.PIPE,
        check=False,
    )
    if not done.stdout:
        raise BenchError("Publishing through outages did not come to an end.")
    return [Figure(**one) for one in json.loads(done.stdout)]


def _texts() -> list[Figure]:
    usual = ("Fairview: the 9th is open ⛳ golf.club " * 8)[:280]
    hostile = ("a." * 4_000 + "http" * 2_000 + "👨‍👩‍👧" * 1_000 + "-" * 12_000)[:25_000]
    figures = []
    for words, text, most in (
        ("280 characters", usual, MOST_LENGTH_MS),
        ("25,000 hostile", hostile, MOST_HOSTILE_MS),
    ):
        times = []
        for _ in range(20):
            start = time.perf_counter()
            weigh(text)
            times.append((time.perf_counter() - start) * 1000)
        figures.append(duration("social", f"length of {words}, median", percentile(times, 0.5), most_ms=most))
    return figures


def _punctual(setting: Setting, count: int) -> list[Figure]:
    clubs = clubs_named("punctual", max(2, -(-count // POSTS_OF_CLUB)))
    share = count // len(clubs)
    first = timezone.now() + timedelta(seconds=3)
    # A thousand in a minute; fewer in as much less time.
    every = timedelta(seconds=60 * share * len(clubs) / 1000 / max(1, share))
    for place, club in enumerate(clubs):
        plan(
            club,
            [f"Post {place}-{number}" for number in range(share)],
            first + every / len(clubs) * place,
            every,
        )
    start, keys = time.perf_counter(), [club.pk for club in clubs]
    with worker():
        while left(keys) and time.perf_counter() - start < 600:  # noqa: PLR2004 - patience
            time.sleep(0.5)
    with all_tenants():
        rows = list(
            Target.objects.filter(tenant_id__in=keys).values_list("status", "planned_at", "published_at")
        )
    late = [(out - planned).total_seconds() * 1000 for status, planned, out in rows if status == "PUBLISHED"]
    if len(late) < len(rows):
        setting.reporter.note(f"{len(rows) - len(late)} of {len(rows)} posts were not published")
    setting.reporter.note(f"punctual: {len(late)} out, p95 {percentile(late, 0.95):.0f} ms")
    return [
        duration("social", f"{len(rows):,} posts within a minute, lateness p95", percentile(late, 0.95),
                 most_ms=MOST_LATE_MS),
        rate("social", "posts a second", len(late) / max(0.001, time.perf_counter() - start), "posts/s"),
    ]  # fmt: skip


def _fair(setting: Setting, flood: int) -> list[Figure]:
    many = clubs_named("flood", max(1, -(-flood // 5_000)))
    (other,) = clubs_named("other", 1)
    now = timezone.now()
    for club in many:
        plan(club, [f"Flood {number}" for number in range(flood // len(many))], now, timedelta(0))
    waits = []
    with worker():
        for number in range(FLOODED):
            time.sleep(0.3)
            plan(other, [f"Other {number}"], timezone.now(), timedelta(0))
            start = time.perf_counter()
            while left([other.pk]) and time.perf_counter() - start < 60:  # noqa: PLR2004 - patience
                time.sleep(0.05)
            waits.append((time.perf_counter() - start) * 1000)
    with all_tenants():
        Target.objects.filter(tenant_id__in=[club.pk for club in many], status="WAITING").update(
            status="CANCELLED"
        )
    setting.reporter.note(f"fair: {waits}")
    words = f"another club has {flood:,} posts due: one post, p95"
    return [duration("social", words, percentile(waits, 0.95), most_ms=MOST_WAIT_MS)]


PARTS: Final[dict[str, Callable[[Setting], list[Figure]]]] = {
    "texts": lambda _: _texts(),
    "punctual": lambda setting: _punctual(setting, setting.sizes.events),
    "fair": lambda setting: _fair(setting, setting.sizes.people),
    "kills": lambda setting: kills(setting, setting.sizes.rounds * POSTS_OF_ROUND),
    "outages": lambda setting: _outages(setting.sizes.rounds),
    "cancels": lambda setting: cancels(setting, min(1_000, setting.sizes.rounds * RACES_OF_ROUND)),
    "renewals": lambda setting: renewals(setting, min(50, setting.sizes.rounds * RENEWALS_OF_ROUND)),
}
