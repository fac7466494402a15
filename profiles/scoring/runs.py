"""Scoring everybody of a club: each night, after new rules, by command. Resumed where it stopped."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from events.leases import Claim, LeasedTable
from profiles.errors import ScoringUnderWay
from profiles.models import ScoreRun
from profiles.scoring import statements as sql
from profiles.scoring.people import Scorer
from tenants.scope import current_tenant_id, tenant_scope

CHUNK: Final = 5_000
# Two writers of the same rows may still meet in another order.
ATTEMPTS: Final = 3
# Who has said nothing for five minutes is dead; a chunk takes seconds. Each chunk that is done counts attempts anew.
RUNS: Final = LeasedTable(
    "profiles_scorerun",
    waits="row.status = 'RUNNING'",
    seconds=300,
    most_attempts=5,
    given_up="status = 'FAILED', finished_at = clock_timestamp()",
)

Report = Callable[[int, int], None]


class Chunk(NamedTuple):
    """A range of ids, and how many customers stand in the table up to its end."""

    after: UUID | None
    until: UUID
    position: int


def is_due(scorer: Scorer) -> bool:
    """Whether nobody has yet scored everybody by these rules on the club's present day.

    A run that was given up is not begun again by itself before the next day or the next rules.
    """
    newest = ScoreRun.objects.order_by("-id").first()
    wanted = (_day(scorer), scorer.rules_version, scorer.tiers)
    return (
        newest is None
        or (newest.day, newest.rules_version, newest.tier_order) != wanted
        or newest.status == ScoreRun.Status.RUNNING
    )


def score_everybody(
    *, now: datetime | None = None, workers: int = 0, report: Report = lambda _done, _total: None
) -> ScoreRun:
    """Score all customers of the open scope; `report` is told how many of how many.

    Chunk by chunk, each a transaction, in `workers` threads (0: the setting CRM_SCORING_WORKERS). Goes on with an
    abandoned run of the same day and rules. Raises ScoringUnderWay while another process is at it.
    """
    scorer = Scorer.of_scope(now)
    run, claim = _claim(scorer)
    chunks = [
        chunk
        for chunk in chunks_of(scorer.tenant.pk)
        if run.done_until is None or chunk.until > run.done_until
    ]
    run.total = chunks[-1].position if chunks else run.done
    report(run.done, run.total)
    with map_chunks(partial(_score_chunk, scorer), chunks, workers) as results:
        for chunk, changed in zip(chunks, results, strict=True):
            run.done, run.done_until, run.changed = chunk.position, chunk.until, run.changed + changed
            run.attempts = 0
            run.save(update_fields=["total", "done", "done_until", "changed", "attempts"])
            report(run.done, run.total)
            if not (renewed := RUNS.renew([claim])):
                raise ScoringUnderWay
            claim = renewed[0]
    sets = "status = 'DONE', finished_at = clock_timestamp(), total = %(total)s"
    if not RUNS.end([claim], sets=sets, total=run.total):
        raise ScoringUnderWay
    run.refresh_from_db()
    return run


def _claim(scorer: Scorer) -> tuple[ScoreRun, Claim]:
    """The run that goes on, or a new one; raises ScoringUnderWay."""
    wanted = {"day": _day(scorer), "rules_version": scorer.rules_version, "tier_order": scorer.tiers}
    for abandoned in RUNS.claim(most=1):
        if resumed := ScoreRun.objects.filter(pk=abandoned.key, **wanted).first():
            return resumed, abandoned
        ScoreRun.objects.filter(pk=abandoned.key).delete()
    try:
        with transaction.atomic():
            made: ScoreRun = ScoreRun.objects.create(tenant_id=scorer.tenant.pk, **wanted)
            claim = RUNS.claim_one(made.pk)
    except IntegrityError as error:
        raise ScoringUnderWay from error
    if claim is None:
        raise ScoringUnderWay
    return made, claim


def chunks_of(tenant_id: UUID) -> list[Chunk]:
    """A club's customers in the order of their ids, CHUNK at a time."""
    with connection.cursor() as cursor:
        cursor.execute(sql.CHUNK_ENDS, {"tenant": tenant_id, "chunk": CHUNK})
        ends = cursor.fetchall()
    starts = [None, *(end for end, _ in ends)]
    return [Chunk(after, until, position) for after, (until, position) in zip(starts, ends, strict=False)]


@contextmanager
def map_chunks(
    work: Callable[[Chunk], int], chunks: list[Chunk], workers: int = 0
) -> Iterator[Iterator[int]]:
    """What the work answers for each chunk, in their order; in `workers` threads (0: CRM_SCORING_WORKERS).

    With one worker in this thread and on this connection.
    """
    workers = workers or settings.CRM_SCORING_WORKERS
    if workers == 1 or len(chunks) == 1:
        yield map(work, chunks)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="scoring")
    try:
        yield pool.map(partial(_in_thread, work, current_tenant_id()), chunks)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_thread(work: Callable[[Chunk], int], tenant_id: UUID, chunk: Chunk) -> int:
    """A thread inherits neither the scope nor a connection; what it opened would outlive it."""
    with tenant_scope(tenant_id):
        try:
            return work(chunk)
        finally:
            connection.close()


def _score_chunk(scorer: Scorer, chunk: Chunk) -> int:
    for _ in range(ATTEMPTS - 1):
        try:
            return scorer.score_range(chunk.after, chunk.until)
        except OperationalError:
            connection.close_if_unusable_or_obsolete()
    return scorer.score_range(chunk.after, chunk.until)


def _day(scorer: Scorer) -> object:
    return scorer.now.astimezone(scorer.tenant.zone).date()
