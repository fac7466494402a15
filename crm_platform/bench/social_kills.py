"""Workers of publishing are killed after writes, commits and calls, while commits lose their answers."""

import os
import random
from collections import Counter
from datetime import timedelta
from typing import Final
from uuid import UUID

import psycopg
from django.db import connection
from django.utils import timezone

from crm_platform.bench.figures import Figure
from crm_platform.bench.killing import MortalWorkers
from crm_platform.bench.moved_clock import Doubts
from crm_platform.bench.setting import Setting
from crm_platform.bench.social_stand import POSTS_OF_CLUB, clubs_named, plan, pull
from social.models import Attempt, Target
from tenants.scope import all_tenants

FAULTS: Final = ("cut_after", "cut_before", "status_after", "status_before", "html", "empty")
COMMITS: Final = r"media_publish|/x-api/2/tweets$|/graph/v[\d.]+/\d+_\d+$|/feed$|/comments$"
MOST_STEPS: Final = 150
DEATHS_A_MINUTE: Final = 2
EVERY: Final = timedelta(seconds=3)
MOST_MINUTES: Final = 1_500
SETTLED_MINUTES: Final = 20
# Every so many minutes the server throws everybody out, as a restart does.
OUTAGE_EVERY: Final = 7


def kills(setting: Setting, count: int) -> list[Figure]:
    """Twenty posts a minute of the moved clock; two workers die in each, after any step, and commits lose answers."""
    clubs = clubs_named("killed", max(1, -(-count // POSTS_OF_CLUB)))
    for place, club in enumerate(clubs):
        texts = [f"Killed {place}-{number}" for number in range(count // len(clubs))]
        plan(club, texts, timezone.now(), EVERY * len(clubs), first_comment="Reply to")
    pull("faults", [{"action": action, "method": "POST", "path": COMMITS, "nth": 3 + 5 * place, "times": count // 18}
                    for place, action in enumerate(FAULTS)])  # fmt: skip
    keys, doubts, dice, died = [club.pk for club in clubs], Doubts(), random.Random(1), 0  # noqa: S311 - no secret
    with MortalWorkers(os.environ) as workers:
        for minute in range(MOST_MINUTES):
            died += sum(not workers.work(dice.randint(1, MOST_STEPS)) for _ in range(DEATHS_A_MINUTE))
            # The supervisor starts another, which lives.
            workers.work(0)
            doubts.tick()
            if minute % OUTAGE_EVERY == 0:
                _throw_out()
            if not unsettled(keys):
                break
    with all_tenants():
        attempts = Attempt.objects.filter(tenant_id__in=keys).count()
        failed = Target.objects.filter(tenant_id__in=keys, status="FAILED").count()
    setting.reporter.note(f"{count} posts, {died} workers killed, {attempts} calls, {failed} safe to repeat")
    return verdict(keys, f"{count:,} posts, {died} workers killed", doubts.longest)


def _throw_out() -> None:
    """What a restart of PostgreSQL does to its clients."""
    ours = connection.settings_dict
    owner = ours.get("OWNER") or ours
    where = {"host": ours["HOST"], "port": ours["PORT"] or None, "user": owner["USER"], "dbname": "postgres"}
    connection.close()
    with psycopg.connect(**where, password=owner.get("PASSWORD") or None, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [ours["NAME"]]
        )


def unsettled(keys: list[UUID]) -> int:
    """Posts that have not ended, and first comments that nobody has written yet."""
    with all_tenants():
        mine = Target.objects.filter(tenant_id__in=keys)
        waiting = mine.exclude(status__in=("PUBLISHED", "FAILED")).count()
        return int(waiting + mine.filter(comment_due_at__isnull=False).count())


def verdict(keys: list[UUID], words: str, longest: int) -> list[Figure]:
    """What stands on the networks, beside what the clubs believe; `longest` in doubt, in minutes of the moved clock."""
    live: Counter[str] = Counter()
    replies: Counter[str] = Counter()
    for network, field in (("facebook", "message"), ("instagram", "caption"), ("x", "text")):
        for row in pull("posts", {"network": network})["posts"]:
            if row.get("is_published", True):
                (replies if str(row[field]).startswith("Reply") else live)[str(row[field])] += 1
                replies.update(one["message"] for one in row.get("comments", ()))
    with all_tenants():
        mine = Target.objects.filter(tenant_id__in=keys)
        rows = list(mine.values_list("post__text", "status", "problem"))
    doubles = sum(n - 1 for text, n in live.items() if text.startswith("Killed"))
    doubles += sum(n - 1 for n in replies.values())
    wrong = sum(1 for text, status, _ in rows if status == "FAILED" and text in live)
    wrong += sum(1 for text, status, _ in rows if status == "PUBLISHED" and text not in live)
    commented = [
        text for text, status, problem in rows if status == "PUBLISHED" and problem != "COMMENT_LOST"
    ]
    silent = sum(1 for text in commented if not replies[f"Reply to {text}"])
    return [
        _none(f"{words}: posts or comments twice", doubles),
        _none(f"{words}: live but called failed, or the other way round", wrong),
        _none(f"{words}: first comments missing without a word", silent),
        _none(f"{words}: not settled", unsettled(keys)),
        Figure(
            "social",
            f"{words}: longest in doubt",
            longest,
            "min of the moved clock",
            target=SETTLED_MINUTES,
            met=longest <= SETTLED_MINUTES,
        ),
    ]


def _none(words: str, count: int) -> Figure:
    return Figure("social", words, count, "posts", target=0, met=count == 0)
