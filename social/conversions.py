"""From a click to an entry or a booking: what people did who came by a link of a post, as its tags tell."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from social.measuring import latest_of
from social.models import Network, Target, TargetStatus
from tenants.scope import current_tenant_id

ENTERED, BOOKED = "COMPETITION_ENTERED", "TEETIME_BOOKED"
MEDIUM: Final = "social"
# The tags that `contents.tagged_link` writes: the network, and the beginning of the post's id.
SOURCES: Final = {"facebook": Network.FACEBOOK, "instagram": Network.INSTAGRAM, "x": Network.TWITTER}
# One row for each post and network. A withdrawal or a cancellation does not take it back: the link did bring somebody.
BROUGHT: Final = """
WITH told AS MATERIALIZED (
    SELECT a.type, a.profile_id, lower(a.metadata->'utm'->>'source') AS source,
           a.metadata->'utm'->>'campaign' AS campaign,
           lower(a.metadata->'utm'->>'content') AS content
    FROM profiles_activity AS a
    WHERE a.tenant_id = %(tenant)s AND a.metadata ? 'utm' AND a.type = ANY(%(types)s)
      AND a.occurred_at >= %(since)s AND a.occurred_at < %(until)s
      AND lower(a.metadata->'utm'->>'medium') = %(medium)s
)
SELECT p.id, t.source, t.campaign, count(*) FILTER (WHERE t.type = %(entered)s),
       count(*) FILTER (WHERE t.type = %(booked)s), count(DISTINCT t.profile_id)
FROM told AS t
LEFT JOIN social_post AS p ON p.tenant_id = %(tenant)s AND left(p.id::text, 8) = t.content
GROUP BY 1, 2, 3 ORDER BY 4 DESC, 5 DESC, 2, 3
"""
ENTRIES_OF_EVENT: Final = """
SELECT lower(a.metadata->'utm'->>'source'), count(DISTINCT a.profile_id)
FROM profiles_activity AS a
WHERE a.tenant_id = %(tenant)s AND a.metadata ? 'utm' AND a.type = %(entered)s
  AND a.metadata->>'competitionId' = %(key)s AND lower(a.metadata->'utm'->>'medium') = %(medium)s
GROUP BY 1 ORDER BY 1
"""


def conversions(*, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """What links of posts brought in a time, by post and network: clicks as the network counts them, entries, bookings.

    `postId` is None where only the campaign's name is known; `clicks` where the network tells none.
    """
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "types": [ENTERED, BOOKED],
        "since": since,
        "until": until,
        "medium": MEDIUM,
        "entered": ENTERED,
        "booked": BOOKED,
    }
    with connection.cursor() as cursor:
        cursor.execute(BROUGHT, values)
        rows = cursor.fetchall()
    clicks = _clicks([post_id for post_id, *_ in rows if post_id])
    return [
        {
            "postId": str(post_id) if post_id else None,
            "platform": SOURCES.get(source or ""),
            "campaign": campaign,
            "clicks": clicks.get((post_id, SOURCES.get(source or ""))),
            "entries": entries,
            "bookings": bookings,
            "people": people,
        }
        for post_id, source, campaign, entries, bookings, people in rows
    ]


def entries_of_event(key: str) -> list[dict[str, Any]]:
    """How many people entered an event by a link of a post, by network; None: another source."""
    values: dict[str, Any] = {"tenant": current_tenant_id(), "entered": ENTERED, "key": key, "medium": MEDIUM}
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES_OF_EVENT, values)
        return [
            {"platform": SOURCES.get(source or ""), "entered": people} for source, people in cursor.fetchall()
        ]


def _clicks(post_ids: Sequence[UUID]) -> dict[tuple[UUID, str | None], int]:
    """The newest clicks of each post on each network that tells them."""
    rows = Target.objects.filter(post_id__in=post_ids, status=TargetStatus.PUBLISHED).values_list(
        "pk", "post_id", "connection__network"
    )
    found: dict[tuple[UUID, str | None], int] = {}
    targets = list(rows)
    latest = latest_of([key for key, _, _ in targets])
    for key, post_id, network in targets:
        value = latest.get(key, {}).get("clicks")
        if value is not None:
            found[post_id, network] = found.get((post_id, network), 0) + value
    return found
