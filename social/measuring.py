"""Numbers of published posts: when they are asked for, how they are kept, what they say."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from social.models import Connection, MetricSample, Post, Target, TargetStatus
from social.networks.calling import CallFailed
from social.networks.content import Numbers, normal
from social.networks.errors import Effect
from social.networks.registry import publisher_of
from social.publishing.failures import close_doors
from social.tokens import asked
from tenants.one_by_one import one_by_one
from tenants.scope import all_tenants, current_tenant_id, tenant_scope

logger = logging.getLogger(__name__)
# Until this age → so often. After the last, never.
SCHEDULE: Final = (
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=7), timedelta(hours=6)),
    (timedelta(days=30), timedelta(days=1)),
)
MOST_ACCOUNTS: Final = 200
BATCH: Final = 500
COLUMNS: Final = ("views", "reach", "likes", "comments", "shares", "clicks", "saves")
# What is due of the account that waits longest, so that an account at which workers die takes no other with it. Put off
# to the next regular time: a worker that dies loses one sample, and after thirty days nobody asks any more.
_NEXT: Final = " ".join(
    f"WHEN t.published_at > %(now)s - interval '{until.days} days'"
    f" THEN %(now)s + interval '{every.total_seconds():.0f} seconds'"
    for until, every in SCHEDULE
)
CLAIM: Final = f"""
WITH first AS MATERIALIZED (
    SELECT t.tenant_id, t.connection_id FROM social_target AS t
    WHERE t.metrics_due_at <= %(now)s ORDER BY t.metrics_due_at LIMIT 1
), due AS MATERIALIZED (
    SELECT t.id FROM social_target AS t JOIN first USING (tenant_id, connection_id)
    WHERE t.metrics_due_at <= %(now)s ORDER BY t.metrics_due_at LIMIT %(most)s FOR UPDATE OF t SKIP LOCKED
)
UPDATE social_target AS t
SET metrics_due_at = CASE {_NEXT} END
FROM due WHERE t.id = due.id
RETURNING t.tenant_id, t.connection_id, t.id
"""
LATEST: Final = """
SELECT DISTINCT ON (s.target_id) s.target_id, s.at, s.views, s.reach, s.likes, s.comments, s.shares, s.clicks, s.saves
FROM social_metricsample AS s
WHERE s.tenant_id = %(tenant)s AND s.target_id = ANY(%(targets)s)
ORDER BY s.target_id, s.at DESC
"""


def next_due(published_at: datetime, now: datetime) -> datetime | None:
    """When to ask next for a post of that age; None: never again."""
    age = now - published_at
    for until, every in SCHEDULE:
        if age < until:
            return min(now + every, published_at + SCHEDULE[-1][0])
    return None


def measure_due(now: datetime | None = None) -> int:
    """Ask for every number that is due, account by account; returns how many samples were stored."""
    now, counts = now or timezone.now(), []

    def measure_account(account: tuple[UUID, UUID]) -> None:
        with tenant_scope(account[0]):
            counts.append(_measure(account[1], target_ids, now))

    for _ in range(MOST_ACCOUNTS):
        rows = _claim(now)
        if not rows:
            break
        target_ids = [target_id for _, _, target_id in rows]
        one_by_one([rows[0][:2]], measure_account, what="measuring an account")
    return sum(counts)


def _claim(now: datetime) -> list[tuple[UUID, UUID, UUID]]:
    """What is due of one account: tenant, account, target."""
    with all_tenants(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "most": BATCH})
        rows: list[tuple[UUID, UUID, UUID]] = cursor.fetchall()
    return rows


def _measure(connection_id: UUID, target_ids: Sequence[UUID], now: datetime) -> int:
    account_row: Connection = Connection.objects.get(pk=connection_id)
    targets = list(Target.objects.filter(pk__in=target_ids, deleted_at=None).exclude(network_post_id=None))
    publisher = publisher_of(account_row.network)
    try:
        ids = [one.network_post_id for one in targets if one.network_post_id]
        numbers = asked(account_row, lambda account: publisher.numbers(account, ids, {}))
    except CallFailed as failed:
        if failed.verdict.meaning.effect in (Effect.CLOSE, Effect.PAUSE_APP, Effect.RECONNECT):
            close_doors(account_row, failed.verdict)
        logger.info("numbers were not told", extra={"connection_id": str(connection_id)})
        Target.objects.filter(pk__in=target_ids).update(metrics_due_at=now + timedelta(hours=1))
        return 0
    _note_deleted(account_row, [one for one in targets if one.network_post_id not in numbers], now)
    told = [(one, numbers[one.network_post_id]) for one in targets if one.network_post_id in numbers]
    with transaction.atomic():
        MetricSample.objects.bulk_create([_sample(*pair, publisher.version, now) for pair in told])
        Target.objects.filter(pk__in=target_ids).update(metrics_due_at=None)
        for one in targets:
            due = None if one.deleted_at else next_due(one.published_at or now, now)
            shown = _changed_words(one, numbers.get(one.network_post_id))
            Target.objects.filter(pk=one.pk).update(metrics_due_at=due, shown=shown)
    return len(told)


def _changed_words(target: Target, told: Numbers | None) -> str:
    """What the network shows where it is not what we said; "" where it is, or where nobody can tell."""
    if told is None or told.text is None or not target.said:
        return target.shown if told is None or told.text is None else ""
    return "" if normal(told.text) == normal(target.said) else told.text


def _note_deleted(connection_row: Connection, silent: Sequence[Target], now: datetime) -> None:
    """Posts of which nothing was told may have been deleted on the network itself."""
    publisher = publisher_of(connection_row.network)
    for target in silent:
        try:
            key = target.network_post_id or ""
            is_gone = asked(connection_row, partial(publisher.read, post_id=key)) is None
        except CallFailed:
            return
        if is_gone:
            Target.objects.filter(pk=target.pk).update(deleted_at=now)
            target.deleted_at = now


def _sample(target: Target, numbers: Numbers, version: str, now: datetime) -> MetricSample:
    columns = {name: getattr(numbers, name) for name in COLUMNS}
    return MetricSample(
        tenant_id=target.tenant_id, target=target, at=now, version=version, raw=dict(numbers.raw), **columns
    )


def measure_post(post: Post) -> int:
    """Ask now for one post's numbers; returns how many of its accounts told them."""
    now, count = timezone.now(), 0
    for target in Target.objects.filter(post=post, status=TargetStatus.PUBLISHED, deleted_at=None):
        count += _measure(target.connection_id, [target.pk], now)
    return count


def latest_of(target_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """The newest numbers of each target."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST, {"tenant": current_tenant_id(), "targets": list(target_ids)})
        return {row[0]: dict(zip(("at", *COLUMNS), row[1:], strict=True)) for row in cursor.fetchall()}


# --- Reports ---------------------------------------------------------------------------------------------------------

# Newest sample of each post, added up; an unknown number adds nothing, and where nothing is known the sum is null.
REPORT: Final = """
WITH latest AS MATERIALIZED (
    SELECT DISTINCT ON (t.id) t.id, t.post_id, t.published_at, c.network, c.account_name, c.id AS connection_id,
           s.views, s.reach, s.likes, s.comments, s.shares, s.clicks, s.saves
    FROM social_target AS t
    JOIN social_connection AS c ON c.tenant_id = t.tenant_id AND c.id = t.connection_id
    LEFT JOIN social_metricsample AS s ON s.tenant_id = t.tenant_id AND s.target_id = t.id
    WHERE t.tenant_id = %(tenant)s AND t.status = 'PUBLISHED'
      AND t.published_at >= %(since)s AND t.published_at < %(until)s
    ORDER BY t.id, s.at DESC
)
SELECT {key}, count(*), sum(l.views), sum(l.reach), sum(l.likes), sum(l.comments), sum(l.shares), sum(l.clicks),
       sum(l.saves)
FROM latest AS l JOIN social_post AS p ON p.tenant_id = %(tenant)s AND p.id = l.post_id
GROUP BY 1 ORDER BY 1
"""
KEYS: Final = {
    "platform": "l.network",
    "account": "l.account_name",
    "hour": "to_char(l.published_at AT TIME ZONE %(zone)s, 'HH24')",
    "kind": """CASE WHEN EXISTS (SELECT FROM social_postmedia AS m JOIN social_media AS f
                       ON f.tenant_id = m.tenant_id AND f.id = m.media_id
                     WHERE m.tenant_id = %(tenant)s AND m.post_id = p.id AND f.kind = 'VIDEO') THEN 'VIDEO'
               WHEN EXISTS (SELECT FROM social_postmedia AS m WHERE m.tenant_id = %(tenant)s AND m.post_id = p.id)
               THEN 'PICTURE' WHEN p.link <> '' THEN 'LINK' ELSE 'TEXT' END""",
    "promotion": "p.promotion_id::text",
    "campaign": "p.campaign_id::text",
    "post": "p.id::text",
}


def report(*, by: str, since: datetime, until: datetime, zone: str) -> list[dict[str, Any]]:
    """Posts and their numbers, added up by network, account, hour of the club's day, kind, promotion or post."""
    values: dict[str, Any] = {"tenant": current_tenant_id(), "since": since, "until": until, "zone": zone}
    with connection.cursor() as cursor:
        cursor.execute(REPORT.format(key=KEYS[by]), values)
        names = (by, "posts", *COLUMNS)
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall() if row[0] is not None]


def social_analytics(*, since: datetime, until: datetime, zone: str) -> dict[str, Any]:
    """The whole report, with the same time before it for comparison."""
    before = since - (until - since)
    states: dict[str, int] = defaultdict(int)
    planned = Target.objects.filter(planned_at__gte=since, planned_at__lt=until).exclude(
        status=TargetStatus.DRAFT
    )
    for status in planned.values_list("status", flat=True):
        states[status] += 1
    return {
        "since": since,
        "until": until,
        "planned": sum(states.values()),
        "byStatus": dict(sorted(states.items())),
        "byPlatform": report(by="platform", since=since, until=until, zone=zone),
        "byHour": report(by="hour", since=since, until=until, zone=zone),
        "byKind": report(by="kind", since=since, until=until, zone=zone),
        "byPromotion": report(by="promotion", since=since, until=until, zone=zone),
        "before": report(by="platform", since=before, until=since, zone=zone),
    }


def best_hours(account: Connection, *, most: int = 3) -> list[int]:
    """Hours of the club's day at which the account's own posts were seen most; none before there are ten posts."""
    zone = account.tenant.zone
    seen: dict[int, list[int]] = defaultdict(list)
    rows = list(
        Target.objects.filter(connection=account, status=TargetStatus.PUBLISHED).order_by("-published_at")[
            :200
        ]
    )
    latest = latest_of([row.pk for row in rows])
    for row in rows:
        views = latest.get(row.pk, {}).get("views")
        if views is not None and row.published_at is not None:
            seen[row.published_at.astimezone(zone).hour].append(views)
    if sum(map(len, seen.values())) < 10:  # noqa: PLR2004 - fewer say nothing
        return []
    return sorted(seen, key=lambda hour: -sum(seen[hour]) / len(seen[hour]))[:most]
