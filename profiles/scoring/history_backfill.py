"""What the scores would have been: twelve months of a line for those whose timeline is older than their scores.

A club that moves in brings its members' history along, and wants to see today who has been slipping away for months.
Each step back is the same statement with an earlier clock, by the rules and tiers of today. Nothing is announced.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from events.inbox import is_far_behind
from profiles.models import ScoreRun
from profiles.scoring import statements as sql
from profiles.scoring.people import Scorer
from profiles.scoring.runs import Chunk, Report, chunks_of, map_chunks
from tenants.postgresql.commits import ASYNC_COMMIT

STEP: Final = timedelta(days=30)
STEPS: Final = 12


def is_history_backfill_due() -> bool:
    """Whether the open scope's newest run is done, and nobody has looked back since; not while events are missing."""
    newest = ScoreRun.objects.order_by("-id").first()
    return (
        newest is not None
        and newest.status == ScoreRun.Status.DONE
        and not newest.is_history_backfilled
        and not is_far_behind()
    )


def backfill_history(
    *, scorer: Scorer | None = None, workers: int = 0, report: Report = lambda _done, _total: None
) -> int:
    """Give a past to all customers of the open scope who have none; returns to how many.

    Chunk by chunk, each a transaction: whoever is killed loses nothing, and whoever repeats it finds nobody left.
    """
    scorer = scorer or Scorer.of_scope()
    moments = [replace(scorer, now=scorer.now - step * STEP) for step in range(STEPS, 0, -1)]
    chunks = chunks_of(scorer.tenant.pk)
    given = 0
    with map_chunks(partial(_look_back, moments), chunks, workers) as results:
        for chunk, of_chunk in zip(chunks, results, strict=True):
            given += of_chunk
            report(chunk.position, chunks[-1].position)
    ScoreRun.objects.filter(status=ScoreRun.Status.DONE).update(is_history_backfilled=True)
    return given


def _look_back(moments: Sequence[Scorer], chunk: Chunk) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ASYNC_COMMIT)
        cursor.execute(sql.PLAN_TO_MEASURE)
        cursor.execute(
            sql.WITHOUT_PAST, moments[-1].values(after=chunk.after or UUID(int=0), until=chunk.until)
        )
        ids = [profile_id for (profile_id,) in cursor.fetchall()]
        if not ids:
            return 0
        for moment in moments:
            values = moment.values(ids=ids)
            sql.SCORED.fill(cursor, ())
            cursor.execute(sql.PLAN_TO_MEASURE)
            cursor.execute(sql.measure(moment.rules, sql.SOME, is_past=True), values)
            cursor.execute(sql.PLAN_TO_STORE)
            cursor.execute(sql.STORE_PAST, values)
    return len(ids)
