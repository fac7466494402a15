"""What a campaign brought, kept current: counters, links, conversions.

Counters are never added up event by event: whatever is heard of a message marks its occurrence, and every few seconds
the marked ones are counted from the ledger by one statement. So they cannot drift, whatever comes twice or late (ADR
46). Clicks by link and conversions are rows and sums of the log's own entries, written in the transaction in which the
consumer's position moves: each once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from campaigns import statements as sql
from campaigns.models import Goal
from events.consumers import Entry
from tenants.models import Tenant
from tenants.one_by_one import one_by_one
from tenants.scope import all_tenants, tenant_scope

# So long after the first word of it an occurrence is counted: a flood of opens is counted once.
CALM: Final = timedelta(seconds=2)
MOST_AT_ONCE: Final = 20
AGAIN: Final = timedelta(minutes=5)
# Which activities reach which goal; a renewal is a new end of the membership, or its coming back to life.
GOALS: Final = {
    "TEETIME_BOOKED": Goal.BOOKED,
    "RESERVATION_CREATED": Goal.BOOKED,
    "COMPETITION_ENTERED": Goal.ENTERED,
    "PAYMENT_RECEIVED": Goal.PAID,
}
RENEWALS: Final = ("MEMBER_UPDATED", "MEMBERSHIP_STATUS_CHANGED")
CLICK: Final = "EMAIL_CLICKED"

MARK: Final = """
INSERT INTO campaigns_campaignrecount (tenant_id, campaign_id, occurrence)
SELECT DISTINCT d.tenant_id, d.source_id, d.occurrence FROM messaging_delivery AS d
JOIN campaigns_campaign AS c ON c.tenant_id = d.tenant_id AND c.id = d.source_id
WHERE d.tenant_id = %(tenant)s AND d.id = ANY(%(deliveries)s) AND d.source = 'CAMPAIGN'
ORDER BY 2, 3
ON CONFLICT ON CONSTRAINT campaigns_recount_once_uq DO NOTHING
"""
# By the service's own id of the message.
CLICKS: Final = f"""
WITH click AS MATERIALIZED (
    SELECT a.metadata ->> 'messageId' AS message, left(a.metadata ->> 'url', 1000) AS url,
           a.metadata ->> 'isMachine' = 'true' AS is_machine
    FROM {sql.ACTIVITIES}
    WHERE a.type = 'EMAIL_CLICKED' AND a.metadata ->> 'url' <> ''
), known AS MATERIALIZED (
    SELECT d.source_id, d.occurrence, d.variant, click.url, COALESCE(click.is_machine, false) AS is_machine
    FROM click CROSS JOIN LATERAL (
        SELECT * FROM messaging_delivery AS d
        WHERE d.tenant_id = %(tenant)s AND d.service_id <> '' AND d.service_id = click.message OFFSET 0) AS d
    WHERE d.source = 'CAMPAIGN'
)
INSERT INTO campaigns_campaignlink AS l (tenant_id, campaign_id, occurrence, variant, url, clicks, machine_clicks)
SELECT %(tenant)s, source_id, occurrence, variant, url, count(*) FILTER (WHERE NOT is_machine),
       count(*) FILTER (WHERE is_machine)
FROM known JOIN campaigns_campaign AS c ON c.tenant_id = %(tenant)s AND c.id = known.source_id
GROUP BY source_id, occurrence, variant, url
ON CONFLICT ON CONSTRAINT campaigns_link_cell_uq DO UPDATE
SET clicks = l.clicks + excluded.clicks, machine_clicks = l.machine_clicks + excluded.machine_clicks
"""
# An act is put down to the last message before it, of a campaign with that goal and within its days; what the held-out
# did counts for each campaign that held them out.
CONVERT: Final = f"""
WITH act AS MATERIALIZED (
    SELECT a.id, a.profile_id, a.origin_profile_id, a.occurred_at,
           CASE WHEN a.type IN ('TEETIME_BOOKED', 'RESERVATION_CREATED') THEN 'BOOKED'
                WHEN a.type = 'COMPETITION_ENTERED' THEN 'ENTERED'
                WHEN a.type = 'PAYMENT_RECEIVED' THEN 'PAID' ELSE 'RENEWED' END AS goal,
           CASE WHEN a.metadata ->> 'amountCents' ~ '^-?[0-9]{{1,15}}$'
                THEN (a.metadata ->> 'amountCents')::bigint ELSE 0 END AS amount_cents
    FROM {sql.ACTIVITIES}
    WHERE (a.type IN ('TEETIME_BOOKED', 'RESERVATION_CREATED', 'COMPETITION_ENTERED', 'PAYMENT_RECEIVED')
           OR (a.type = 'MEMBER_UPDATED' AND a.metadata -> 'changes' ? 'membershipExpiry')
           OR (a.type = 'MEMBERSHIP_STATUS_CHANGED' AND a.metadata ->> 'newStatus' = 'ACTIVE'))
), touched AS (
    SELECT DISTINCT ON (act.id, CASE WHEN d.reason = 'HOLD_OUT' THEN d.source_id END)
           act.*, d.source_id, d.occurrence, d.variant, d.channel, d.reason = 'HOLD_OUT' AS is_held_out
    FROM act
    CROSS JOIN LATERAL (
        SELECT * FROM messaging_delivery AS d
        WHERE d.tenant_id = %(tenant)s AND d.profile_id = act.profile_id AND d.source = 'CAMPAIGN'
          AND d.due_at > act.occurred_at - interval '92 days' OFFSET 0) AS d
    JOIN campaigns_campaign AS c ON c.tenant_id = %(tenant)s AND c.id = d.source_id AND c.goal = act.goal
    CROSS JOIN LATERAL (SELECT CASE WHEN d.reason = 'HOLD_OUT' THEN d.due_at ELSE d.handed_over_at END AS at) AS touch
    WHERE (d.status IN ('HANDED_OVER', 'DELIVERED') OR d.reason = 'HOLD_OUT')
      AND touch.at <= act.occurred_at AND touch.at > act.occurred_at - make_interval(days => c.goal_days)
    ORDER BY act.id, CASE WHEN d.reason = 'HOLD_OUT' THEN d.source_id END, touch.at DESC
), kept AS (
    INSERT INTO campaigns_campaignconversion (
        tenant_id, campaign_id, occurrence, variant, channel, profile_id, origin_profile_id, activity_id, goal,
        amount_cents, at, is_held_out)
    SELECT %(tenant)s, source_id, occurrence, variant, channel, profile_id, origin_profile_id, id, goal, amount_cents,
           occurred_at, is_held_out
    FROM touched
    ON CONFLICT DO NOTHING
    RETURNING campaign_id, occurrence
)
INSERT INTO campaigns_campaignrecount (tenant_id, campaign_id, occurrence)
SELECT DISTINCT %(tenant)s::uuid, campaign_id, occurrence FROM kept ORDER BY 2, 3
ON CONFLICT ON CONSTRAINT campaigns_recount_once_uq DO NOTHING
"""
DUE: Final = """
SELECT id, tenant_id FROM campaigns_campaignrecount WHERE noted_at <= %(before)s
ORDER BY noted_at LIMIT %(most)s
"""
PUT_OFF: Final = "UPDATE campaigns_campaignrecount SET noted_at = now() + %(again)s WHERE id = ANY(%(ids)s)"
# Deleted before it is counted: what is heard meanwhile marks it again.
TAKE: Final = """
DELETE FROM campaigns_campaignrecount WHERE id IN (
    SELECT id FROM campaigns_campaignrecount WHERE id = %(id)s FOR UPDATE SKIP LOCKED)
RETURNING campaign_id, occurrence
"""
COUNT: Final = """
WITH sent AS (
    SELECT variant, channel,
           count(*) FILTER (WHERE status IN ('HANDED_OVER', 'DELIVERED', 'BOUNCED')) AS handed_over,
           count(*) FILTER (WHERE status = 'DELIVERED') AS delivered,
           count(*) FILTER (WHERE status = 'BOUNCED') AS bounced,
           count(*) FILTER (WHERE status = 'FAILED') AS failed,
           count(opened_at) AS opened, count(machine_opened_at) AS machine_opened, count(clicked_at) AS clicked,
           count(unsubscribed_at) AS unsubscribed, count(complained_at) AS complained, count(replied_at) AS replied
    FROM messaging_delivery
    WHERE tenant_id = %(tenant)s AND source_id = %(campaign)s AND occurrence = %(occurrence)s AND source = 'CAMPAIGN'
      AND variant <> ''
    GROUP BY variant, channel
), brought AS (
    SELECT variant, channel, count(DISTINCT profile_id) AS converted, sum(amount_cents) AS revenue_cents
    FROM campaigns_campaignconversion
    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s AND occurrence = %(occurrence)s AND NOT is_held_out
    GROUP BY variant, channel
)
INSERT INTO campaigns_campaigncount (
    tenant_id, campaign_id, occurrence, variant, channel, handed_over, delivered, bounced, failed, opened,
    machine_opened, clicked, unsubscribed, complained, replied, converted, revenue_cents)
SELECT %(tenant)s, %(campaign)s, %(occurrence)s, sent.variant, sent.channel, handed_over, delivered, bounced, failed,
       opened, machine_opened, clicked, unsubscribed, complained, replied, COALESCE(converted, 0),
       COALESCE(revenue_cents, 0)
FROM sent LEFT JOIN brought USING (variant, channel)
ON CONFLICT ON CONSTRAINT campaigns_count_cell_uq DO UPDATE
SET handed_over = excluded.handed_over, delivered = excluded.delivered, bounced = excluded.bounced,
    failed = excluded.failed, opened = excluded.opened,
    machine_opened = excluded.machine_opened, clicked = excluded.clicked, unsubscribed = excluded.unsubscribed,
    complained = excluded.complained, replied = excluded.replied, converted = excluded.converted,
    revenue_cents = excluded.revenue_cents
"""


def wants(tenant: Tenant) -> dict[str, tuple[str, ...] | None]:
    """What the consumer has a use for: every change of a delivery, clicks, and acts that may be a goal."""
    return {"delivery.changed": None, "activity.recorded": (CLICK, *GOALS, *RENEWALS)}


def follow(tenant: Tenant, entries: Sequence[Entry]) -> None:
    """Consumer `campaign-results`: mark what was heard of, count clicks, put down conversions."""
    deliveries = [int(e.data["deliveryId"]) for e in entries if e.kind == "delivery.changed"]
    types = {int(e.data["activityId"]): e.data["type"] for e in entries if e.kind == "activity.recorded"}
    clicks = [number for number, name in types.items() if name == CLICK]
    acts = [number for number, name in types.items() if name in GOALS or name in RENEWALS]
    with connection.cursor() as cursor:
        if deliveries:
            cursor.execute(MARK, {"tenant": tenant.pk, "deliveries": deliveries})
        if clicks:
            cursor.execute(CLICKS, {"tenant": tenant.pk, "activities": clicks})
        if acts:
            cursor.execute(CONVERT, {"tenant": tenant.pk, "activities": acts})


def recount_due(now: datetime | None = None) -> int:
    """Count a few marked occurrences, over all tenants, each in its own transaction; returns how many were marked."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(DUE, {"before": (now or timezone.now()) - CALM, "most": MOST_AT_ONCE})
        due = list(cursor.fetchall())
    counted = one_by_one(due, _recount, what="counting a campaign")
    left = [mark for mark in due if mark not in counted]
    if left:
        # What cannot be counted now stands in nobody's way.
        with all_tenants(), connection.cursor() as cursor:
            put_off: dict[str, Any] = {"ids": [mark_id for mark_id, _ in left], "again": AGAIN}
            cursor.execute(PUT_OFF, put_off)
    return len(due)


def _recount(mark: tuple[int, UUID]) -> None:
    mark_id, tenant_id = mark
    with tenant_scope(tenant_id), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, {"id": mark_id})
        taken = cursor.fetchone()
        if taken is not None:
            place: dict[str, Any] = {"tenant": tenant_id, "campaign": taken[0], "occurrence": taken[1]}
            cursor.execute(COUNT, place)
