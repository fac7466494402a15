"""Putting many people on a fixed list, or taking them off, in one go."""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from events.log import wake_consumers

JOIN: Final = """
WITH joined AS (
    INSERT INTO segments_segmentmember (tenant_id, segment_id, profile_id, origin_profile_id)
    SELECT %(tenant)s, s.id, one, one FROM unnest(%(people)s::uuid[]) AS one
    JOIN segments_segment AS s ON s.tenant_id = %(tenant)s AND s.id = %(segment)s AND s.deleted_at IS NULL
    WHERE s.type IN ('STATIC', 'IMPORT')
    ON CONFLICT DO NOTHING RETURNING profile_id
)"""
LEAVE: Final = """
WITH joined AS (
    DELETE FROM segments_segmentmember AS m USING segments_segment AS s
    WHERE m.tenant_id = %(tenant)s AND m.segment_id = %(segment)s AND m.profile_id = ANY(%(people)s)
      AND s.tenant_id = %(tenant)s AND s.id = m.segment_id AND s.type IN ('STATIC', 'IMPORT')
    RETURNING m.profile_id
)"""
TELL: Final = """, counted AS (
    UPDATE segments_segment SET member_count = member_count + {sign} (SELECT count(*) FROM joined)
    WHERE tenant_id = %(tenant)s AND id = %(segment)s
), kept AS (
    INSERT INTO segments_segmenttransition (tenant_id, segment_id, profile_id, is_join, cause, version)
    SELECT %(tenant)s, %(segment)s, profile_id, %(joins)s, 'MANUAL', 1 FROM joined
)
INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
SELECT %(tenant)s, %(kind)s, profile_id, jsonb_build_object('segmentId', %(segment)s::text, 'cause', 'MANUAL')
FROM joined
"""


def change_lists(cursor: Any, tenant_id: UUID, segment: str, people: Collection[UUID], *, joins: bool) -> int:
    """Returns how many joined or left; a segment that is no list stays as it is."""
    statement = (JOIN if joins else LEAVE) + TELL.format(sign="" if joins else "-")
    kind = "segment.joined" if joins else "segment.left"
    cursor.execute(
        statement,
        {"tenant": tenant_id, "segment": segment, "people": list(people), "joins": joins, "kind": kind},
    )
    changed: int = cursor.rowcount
    if changed:
        wake_consumers()
    return changed
