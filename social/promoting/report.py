"""What a promotion brought: entries from reach by channel, beside those who were held out, cost, earlier events."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from messaging.models import SendChannel
from messaging.models.delivery import COUNTED_STATUSES
from social.conversions import entries_of_event
from social.costs import cost_of_post
from social.measuring import latest_of
from social.models import Promotion, Target, TargetStatus, Touch
from social.posts import whole_posts
from tenants.scope import current_tenant_id

HELD_OUT: Final = ("HOLD_OUT",)
EARLIER: Final = 5
# Everybody who was written to over a channel, and who of them entered after the first word reached the ledger.
REACHED: Final = """
WITH told AS MATERIALIZED (
    SELECT d.profile_id, d.channel, min(d.planned_at) AS since FROM messaging_delivery AS d
    WHERE d.tenant_id = %(tenant)s AND d.source = 'CAMPAIGN' AND d.source_id = ANY(%(campaigns)s)
      AND d.status = ANY(%(statuses)s)
    GROUP BY d.profile_id, d.channel
)
SELECT told.channel, count(*), count(e.id)
FROM told LEFT JOIN LATERAL (
    SELECT e.id FROM social_entrant AS e
    WHERE e.tenant_id = %(tenant)s AND e.competition_key = %(key)s AND e.profile_id = told.profile_id
      AND e.withdrawn_at IS NULL AND e.entered_at >= told.since LIMIT 1
) AS e ON true
GROUP BY told.channel ORDER BY told.channel
"""
# Once for each person, whatever the channels; those of whom one campaign held back and another did not are told.
COMPARED: Final = """
WITH person AS MATERIALIZED (
    SELECT d.profile_id, min(d.planned_at) AS since, bool_or(d.status = ANY(%(statuses)s)) AS is_told
    FROM messaging_delivery AS d
    WHERE d.tenant_id = %(tenant)s AND d.source = 'CAMPAIGN' AND d.source_id = ANY(%(campaigns)s)
      AND (d.status = ANY(%(statuses)s) OR d.reason = ANY(%(held)s))
    GROUP BY d.profile_id
)
SELECT is_told, count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM social_entrant AS e
    WHERE e.tenant_id = %(tenant)s AND e.competition_key = %(key)s AND e.profile_id = person.profile_id
      AND e.withdrawn_at IS NULL AND e.entered_at >= person.since))
FROM person GROUP BY is_told
"""


def report_of(promotion: Promotion) -> dict[str, Any]:
    """Channels, the comparison with those held out, posts, cost in thousandths of a dollar, earlier events."""
    touches = list(Touch.objects.filter(promotion=promotion))
    campaigns = [one.campaign_id for one in touches if one.campaign_id]
    told, held = _compared(promotion, campaigns)
    return {
        "entered": promotion.entered,
        "channels": _channels(promotion, campaigns),
        "told": told,
        "heldOut": held,
        "liftPercent": _lift(told, held),
        "byLinks": entries_of_event(promotion.source_id),
        "posts": _posts([one.post_id for one in touches if one.post_id]),
        "costMills": sum(
            map(cost_of_post, whole_posts().filter(promotion_id=promotion.pk, status="PUBLISHED"))
        ),
        "earlier": _earlier(promotion),
    }


def _values(promotion: Promotion, campaigns: Sequence[UUID]) -> dict[str, Any]:
    return {
        "tenant": current_tenant_id(),
        "campaigns": list(campaigns),
        "key": promotion.source_id,
        "statuses": [str(one) for one in COUNTED_STATUSES],
        "held": list(HELD_OUT),
    }


def _channels(promotion: Promotion, campaigns: Sequence[UUID]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(REACHED, _values(promotion, campaigns))
        return [
            {
                "channel": channel,
                "label": str(SendChannel(channel).label),
                "reached": reached,
                "entered": entered,
            }
            for channel, reached, entered in cursor.fetchall()
        ]


def _compared(promotion: Promotion, campaigns: Sequence[UUID]) -> tuple[dict[str, int], dict[str, int]]:
    found = {True: {"people": 0, "entered": 0}, False: {"people": 0, "entered": 0}}
    with connection.cursor() as cursor:
        cursor.execute(COMPARED, _values(promotion, campaigns))
        for is_told, people, entered in cursor.fetchall():
            found[is_told] = {"people": people, "entered": entered}
    return found[True], found[False]


def _lift(told: dict[str, int], held: dict[str, int]) -> float | None:
    """By how many points more of those who were told entered; None without somebody to compare with."""
    if not told["people"] or not held["people"]:
        return None
    return round(100 * (told["entered"] / told["people"] - held["entered"] / held["people"]), 1)


def _posts(post_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Views and clicks by network; None where no network told them."""
    rows = list(
        Target.objects.select_related("connection").filter(
            post_id__in=post_ids, status=TargetStatus.PUBLISHED
        )
    )
    latest = latest_of([row.pk for row in rows])
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(
            row.connection.network,
            {"platform": row.connection.network, "posts": 0, "views": None, "clicks": None},
        )
        one["posts"] += 1
        for name in ("views", "clicks"):
            value = latest.get(row.pk, {}).get(name)
            if value is not None:
                one[name] = (one[name] or 0) + value
    return [found[key] for key in sorted(found)]


def _earlier(promotion: Promotion) -> list[dict[str, Any]]:
    """The club's last events of the kind that are over, for comparison."""
    rows = Promotion.objects.filter(source_type=promotion.source_type, starts_at__isnull=False)
    if promotion.starts_at is not None:
        rows = rows.filter(starts_at__lt=promotion.starts_at)
    rows = rows.exclude(pk=promotion.pk).exclude(status="CANCELLED").order_by("-starts_at")[:EARLIER]
    return [
        {"id": str(row.pk), "name": row.name, "entered": row.entered, "maxEntries": row.max_entries}
        for row in rows
    ]
