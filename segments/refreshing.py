"""Refreshes: everybody is compared with a rule, and only the difference is written, a short batch at a time.

A refresh is a row under a lease. Whoever works on it looks at everybody in one read that holds nothing back, then takes
the lock of members for each batch, asks the rule again of those few and writes what still differs. A killed refresh is
taken over when its lease ends and finds less to do; a changed rule makes it start over.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any, Final
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from events.leases import Claim, LeasedTable
from segments import statements as sql
from segments.clock import Clock
from segments.compiler import Parameters, compile_with, compose
from segments.due import EARLIER, NOTE, READ, due_query
from segments.glancing import glance
from segments.membership import lock_members, weigh_alike
from segments.models import Cause, Refresh, RefreshReason, Segment
from segments.models.segment import RULED
from segments.retrying import FAILED_WORDS, FAILURES, NEXT_TRY, RETRY_DELAYS
from segments.ruled import Ruled, ruled_segments
from segments.tallies import OfEverybody, Once
from segments.weighing import WORD, word_of
from tenants.directory import tenant_by_id
from tenants.models import Tenant
from tenants.postgresql.everybody import PLAN_BY_PAGES
from tenants.scope import all_tenants, current_tenant_id

logger = logging.getLogger(__name__)

BATCH: Final = 5_000
# So many rules are asked in one pass over everybody: one word of bits.
SHARED: Final = WORD
UUID_LENGTH: Final = 36
MOST_ATTEMPTS: Final = 20
LONGEST_ERROR: Final = 500
# Hashes of a million ids must not spill to the disk.
# Joined by hash: statistics that do not know the club take it for one person, for whom all the rest would be read.
PLAN_TO_COMPARE: Final = f"SET LOCAL work_mem = '256MB'; SET LOCAL enable_nestloop = off; {PLAN_BY_PAGES}"
REFRESHES: Final = LeasedTable(
    table="segments_refresh",
    waits="row.status IN ('WAITING', 'RUNNING')",
    seconds=60,
    claimed="status = 'RUNNING', started_at = COALESCE(row.started_at, now())",
    most_attempts=MOST_ATTEMPTS,
    given_up="status = 'FAILED', finished_at = now(), error = 'Given up after too many attempts.'",
)
REQUEST: Final = """
INSERT INTO segments_refresh (tenant_id, segment_id, status, reason)
SELECT %s, id, 'WAITING', %s FROM segments_segment WHERE tenant_id = %s AND id = ANY(%s)
ON CONFLICT (tenant_id, segment_id) WHERE status IN ('WAITING', 'RUNNING')
DO UPDATE SET reason = excluded.reason WHERE segments_refresh.status = 'WAITING'
"""
# By the clock of each club: daily ones after three in the morning. What failed waits for its next try instead.
DUE: Final = f"""
INSERT INTO segments_refresh (tenant_id, segment_id, status, reason)
SELECT s.tenant_id, s.id, 'WAITING', 'SCHEDULE'
FROM segments_segment AS s JOIN tenants_tenant AS t ON t.id = s.tenant_id AND t.is_active
CROSS JOIN LATERAL (
    SELECT s.last_refreshed_at IS NULL AND s.refresh_frequency <> 'MANUAL'
       OR s.refresh_frequency = 'HOURLY' AND s.last_refreshed_at < now() - interval '1 hour'
       OR s.refresh_frequency = 'DAILY' AND (s.last_refreshed_at AT TIME ZONE t.time_zone)
            < date_trunc('day', (now() AT TIME ZONE t.time_zone) - interval '3 hours') + interval '3 hours'
       AS is_due) AS schedule
CROSS JOIN {FAILURES}
WHERE s.deleted_at IS NULL AND s.is_active AND s.type IN ('DYNAMIC', 'SMART')
  AND (schedule.is_due OR s.refresh_error <> '')
  AND (schedule.is_due AND failed.failures = 0 OR {NEXT_TRY} <= now())
ON CONFLICT (tenant_id, segment_id) WHERE status IN ('WAITING', 'RUNNING') DO NOTHING
"""


class Outdated(Exception):
    """The rule was changed, or the lease lost, while everybody was being compared."""


@dataclass(slots=True)
class _Work:
    """Claimed refreshes of one level, and what they have done."""

    tenant: Tenant
    claims: dict[UUID, Claim]
    # Of which the days of this version have not been noted.
    unnoted: frozenset[UUID]
    joined: dict[UUID, int] = field(default_factory=dict)
    left: dict[UUID, int] = field(default_factory=dict)
    is_counted: bool = False
    is_compared: bool = False
    xid: int = 0


def request_refresh(segment_id: UUID, reason: RefreshReason) -> None:
    """Have a segment refreshed soon; one that waits or runs already is enough."""
    with connection.cursor() as cursor:
        tenant_id = current_tenant_id()
        cursor.execute(REQUEST, [tenant_id, str(reason), tenant_id, [segment_id]])


def request_due() -> None:
    """Ask for the refreshes for which it is time, of all clubs: by their schedule, or anew after a failure."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(DUE, {"delays": list(RETRY_DELAYS)})


def tenants_with_refreshes() -> list[UUID]:
    """The clubs in which a refresh waits, or lost its worker."""
    return REFRESHES.tenants_with_work()


def refresh_waiting(*, most: int = 200, only: Sequence[UUID] | None = None) -> int:
    """Do the refreshes that wait in the open scope, nested segments after those they name; returns how many ended.

    Those of one level share their pass over everybody; where one fails, each is asked alone, so that a rule that
    cannot be answered costs no other one its members. Idempotent: what was written is not written again.
    """
    _say_given_up(REFRESHES.give_up())
    tenant = tenant_by_id(current_tenant_id())
    waiting = dict(
        Refresh.objects.filter(status__in=("WAITING", "RUNNING")).values_list("segment_id", "pk")[:most]
    )
    segments = ruled_segments()
    done = 0
    for segment_id, refresh_id in waiting.items():
        if segment_id not in segments:
            Refresh.objects.filter(pk=refresh_id).update(
                status="FAILED", finished_at=timezone.now(), error="The segment is gone or switched off."
            )
    for level in sorted({each.level for each in segments.values()}):
        these = [
            each
            for each in segments.values()
            if each.level == level and each.id in waiting and (only is None or each.id in only)
        ]
        for start in range(0, len(these), SHARED):
            done += _refresh_together(tenant, these[start : start + SHARED], waiting)
    return done


def _refresh_together(tenant: Tenant, segments: Sequence[Ruled], waiting: dict[UUID, int]) -> int:
    claimed = {
        claim.key: claim
        for claim in REFRESHES.claim(most=SHARED, only=[waiting[each.id] for each in segments])
    }
    mine = [each for each in segments if waiting[each.id] in claimed]
    if not mine:
        return 0
    work = _Work(tenant, {each.id: claimed[waiting[each.id]] for each in mine}, _unnoted(mine))
    try:
        _compare_and_write(work, mine)
    except Outdated:
        _let_go(work)
        return 0
    except SoftTimeLimitExceeded:  # the next worker goes on where this one stopped; the attempt counts
        REFRESHES.end(list(work.claims.values()), sets="status = 'WAITING'")
        raise
    except Exception as error:  # recorded at the segment, in words for staff
        if len(mine) == 1:
            _fail(work, error)
            return 0
        logger.warning("shared refresh failed, asking one by one", exc_info=True)
        _let_go(work)
        return sum(_refresh_together(tenant, [each], waiting) for each in mine)
    return _finish(work, mine)


def _unnoted(segments: Sequence[Ruled]) -> frozenset[UUID]:
    behind = Segment.objects.filter(pk__in=[each.id for each in segments], refreshed_version__lt=F("version"))
    return frozenset(behind.values_list("pk", flat=True))


def _compare_and_write(work: _Work, segments: Sequence[Ruled]) -> None:
    now = timezone.now()
    clock = Clock(now, work.tenant.zone)
    if len(segments) > 1 or not _is_soon_true(work, segments[0], now):
        found = difference(work.tenant, segments, clock)
        work.is_counted, work.is_compared, work.xid = found.is_counted, True, found.xid
        wanted = [each for each in segments if each.id in found.segment_ids]
        for number, people in enumerate(batches_of(found.people, BATCH)):
            _weigh_batch(work, segments, wanted, people, now, finds_reasons=number == 0)
    _note_everybodys_days(work, segments, clock)


def _is_soon_true(work: _Work, segment: Ruled, now: datetime) -> bool:
    """Whether nobody differs, or nobody any more once whoever was written lately has been weighed.

    Only where it was time: whoever asks for a refresh has everybody compared.
    """
    refresh = Refresh.objects.filter(pk=work.claims[segment.id].key, reason=RefreshReason.SCHEDULE)
    seen = (
        glance(work.tenant, segment, Clock(now, work.tenant.zone), most=BATCH) if refresh.exists() else None
    )
    if seen is None:
        return False
    work.is_counted, work.is_compared, work.xid = True, False, seen.xid
    if seen.is_true or not seen.recent:
        return seen.is_true
    _weigh_batch(work, [segment], [segment], seen.recent, now, finds_reasons=True)
    return seen.agrees(work.tenant, segment)


def _weigh_batch(
    work: _Work,
    segments: Sequence[Ruled],
    wanted: Sequence[Ruled],
    people: str,
    now: datetime,
    *,
    finds_reasons: bool,
) -> None:
    with transaction.atomic():
        lock_members()
        _check_current(work, {each.id: each for each in segments})
        changed = weigh_alike(
            work.tenant,
            people,
            wanted,
            ruled_segments(),
            now,
            cause=Cause.REFRESH,
            finds_reasons=finds_reasons,
        )
    for (segment_id, is_join), count in changed.items():
        tally = work.joined if is_join else work.left
        tally[segment_id] = tally.get(segment_id, 0) + count


@dataclass(frozen=True, slots=True)
class Difference:
    """Of which segments some membership differs from the rule, and the people, as an array in PostgreSQL's writing.

    `is_counted`: the segment's kept figures were found true; `xid`: no transaction before this one was still running.
    """

    segment_ids: frozenset[UUID]
    people: str
    is_counted: bool
    xid: int


def difference(tenant: Tenant, segments: Sequence[Ruled], clock: Clock) -> Difference:
    """Who differs now; reads only. At most WORD segments."""
    parameters = Parameters("f")
    values: dict[str, Any] = {"tenant": tenant.pk, "segments": [each.id for each in segments]}
    if len(segments) == 1:
        condition = compile_with(parameters, segments[0].rule.root, tenant.pk, clock)
        statement = sql.DIFFERENCE.format(condition=condition)
    else:
        parameter = Once(parameters)
        writer = OfEverybody(parameter, parameter(tenant.pk, "uuid"), clock)
        word = word_of([compose(each.rule.root, writer.leaf) for each in segments])
        statement = sql.DIFFERENCES.format(word=word, tallies=writer.tallies.of_everybody())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PLAN_TO_COMPARE)
        cursor.execute(statement, values | parameters.values)
        is_counted, xid, word, people = cursor.fetchone()
    ids = frozenset(each.id for place, each in enumerate(segments) if (word or 0) >> place & 1)
    return Difference(ids, people or "{}", bool(is_counted), xid)


def batches_of(people: str, size: int) -> Iterator[str]:
    """An array of ids in parts as large as each other, a tenth larger than `size` at most.

    Without a look at each: they are all equally long.
    """
    count = (len(people) - 1) // (UUID_LENGTH + 1)
    parts = max(ceil(count / (size * 1.1)), 1)
    step = (UUID_LENGTH + 1) * max(ceil(count / parts), 1)
    for start in range(1, len(people) - 1, step):
        yield f"{{{people[start : start + step].rstrip(',}')}}}"


def _check_current(work: _Work, segments: dict[UUID, Ruled]) -> None:
    """Renew the leases; raises Outdated where one is lost or a rule is no longer the one that was compared."""
    versions = dict(
        Segment.objects.filter(
            pk__in=segments, deleted_at__isnull=True, is_active=True, type__in=RULED
        ).values_list("pk", "version")
    )
    if versions != {each.id: each.version for each in segments.values()}:
        raise Outdated
    held = REFRESHES.renew(list(work.claims.values()))
    renewed = {claim.key: claim for claim in held}
    if len(renewed) < len(work.claims):
        raise Outdated
    work.claims = {segment_id: renewed[claim.key] for segment_id, claim in work.claims.items()}


def _note_everybodys_days(work: _Work, segments: Sequence[Ruled], clock: Clock) -> None:
    """From now on time alone moves people of these segments too, where that was not noted of this version before.

    One look at everybody for all of them, and only days that come earlier than those kept leave the database. Whoever
    is weighed meanwhile is noted anew by what is true of them then; a day too early costs one look.
    """
    new = [each.rule for each in segments if each.id in work.unnoted]
    found = due_query(new, work.tenant.pk, clock)
    if found is None:
        return
    values = {**found[1], "tenant": work.tenant.pk, "batch": BATCH * 4}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PLAN_TO_COMPARE)
        cursor.execute(EARLIER.format(due=found[0]), values)
        rows = cursor.fetchall()
    for people, days in rows:
        with transaction.atomic(), connection.cursor() as cursor:
            lock_members()
            read = {"tenant": work.tenant.pk, "people": people, "days": days}
            cursor.execute(NOTE.format(due=READ), read)
        work.claims = {key: (REFRESHES.renew([claim]) or [claim])[0] for key, claim in work.claims.items()}


def _finish(work: _Work, segments: Sequence[Ruled]) -> int:
    ended = 0
    for each in segments:
        with transaction.atomic(), connection.cursor() as cursor:
            lock_members()
            values: dict[str, Any] = {"tenant": work.tenant.pk, "segment": each.id, "version": each.version}
            values |= {"xid": work.xid, "is_compared": work.is_compared}
            cursor.execute(sql.FINISH, values)
            if cursor.rowcount == 0:
                _let_go_one(work.claims[each.id])
                continue
            if not work.is_counted:
                cursor.execute(sql.RECOUNT, values)
            ended += len(
                REFRESHES.end(
                    [work.claims[each.id]],
                    sets="status = 'DONE', finished_at = now(), version = %(version)s, joined = %(joined)s,"
                    " \"left\" = %(departed)s, error = ''",
                    version=each.version,
                    joined=work.joined.get(each.id, 0),
                    departed=work.left.get(each.id, 0),
                )
            )
    return ended


def _let_go(work: _Work) -> None:
    for claim in work.claims.values():
        _let_go_one(claim)


def _let_go_one(claim: Claim) -> None:
    """Leave it to the next worker, at once; that costs no attempt."""
    REFRESHES.end([claim], sets="status = 'WAITING', attempts = GREATEST(row.attempts - 1, 0)")


def _fail(work: _Work, error: Exception) -> None:
    message = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    logger.error("refresh failed", exc_info=error, extra={"segments": [str(each) for each in work.claims]})
    with transaction.atomic():
        REFRESHES.end(
            list(work.claims.values()),
            sets="status = 'FAILED', finished_at = now(), error = %(message)s",
            message=message,
        )
        Segment.objects.filter(pk__in=work.claims).update(refresh_error=FAILED_WORDS)


def _say_given_up(refresh_ids: Sequence[int]) -> None:
    """A refresh whose workers died one after the other failed as well."""
    given_up = Refresh.objects.filter(pk__in=refresh_ids).values("segment_id")
    if refresh_ids:
        Segment.objects.filter(pk__in=given_up).update(refresh_error=FAILED_WORDS)
