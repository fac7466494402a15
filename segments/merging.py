"""What a merge does to lists: who was put on one stays on it as whoever stands for them.

Members by rule are left to the reader of the log, which asks the rule about both sides anew.
"""

from typing import Any, Final
from uuid import UUID

from segments.models import Cause, SegmentType

# Each row has a home, the one who was put on the list, and a place, whoever stands for them now. A person is on a list
# once: of several rows for one place the one that is there stays, the others wait at home.
_PLACED: Final = f"""
WITH placed AS (
    SELECT m.segment_id, m.profile_id, m.origin_profile_id, member.new_id,
           row_number() OVER (
               PARTITION BY m.segment_id, member.new_id
               ORDER BY m.profile_id <> member.new_id, m.joined_at, m.origin_profile_id) AS rank
    FROM merge_member AS member
    JOIN segments_segmentmember AS m ON m.tenant_id = %(tenant)s AND m.origin_profile_id = member.profile_id
    JOIN segments_segment AS s ON s.tenant_id = %(tenant)s AND s.id = m.segment_id
        AND s.type IN ('{SegmentType.STATIC}', '{SegmentType.IMPORT}')
    WHERE NOT EXISTS (
        -- Somebody outside this merge cannot stand at the place; whoever stands there was born there.
        SELECT FROM segments_segmentmember AS other
        WHERE other.tenant_id = %(tenant)s AND other.segment_id = m.segment_id AND other.profile_id = member.new_id
          AND other.origin_profile_id NOT IN (SELECT profile_id FROM merge_member))
), moving AS (
    SELECT segment_id, profile_id, origin_profile_id, CASE WHEN rank = 1 THEN new_id ELSE origin_profile_id END AS place
    FROM placed
)
"""
_MOVE: Final = """
, moved AS (
    UPDATE segments_segmentmember AS m SET profile_id = moving.place
    FROM moving
    WHERE m.tenant_id = %(tenant)s AND m.segment_id = moving.segment_id AND m.profile_id = moving.profile_id
      AND moving.place <> moving.profile_id AND {which}
    RETURNING m.segment_id, moving.profile_id AS before, m.profile_id AS after
)
INSERT INTO segments_segmenttransition (tenant_id, segment_id, profile_id, is_join, cause, version)
SELECT %(tenant)s, moved.segment_id, side.profile_id, side.is_join, %(cause)s, s.version
FROM moved
JOIN segments_segment AS s ON s.tenant_id = %(tenant)s AND s.id = moved.segment_id
CROSS JOIN LATERAL (VALUES (moved.before, false), (moved.after, true)) AS side (profile_id, is_join)
"""
# First those that go home, so that their place is free.
GO_HOME: Final = _PLACED + _MOVE.format(which="moving.place = moving.origin_profile_id")
FOLLOW: Final = _PLACED + _MOVE.format(which="moving.place <> moving.origin_profile_id")


def follow(cursor: Any, tenant_id: UUID) -> None:
    """Move the members of lists along with a merge or an unmerge; the same result whatever happened before."""
    cursor.execute(GO_HOME, {"tenant": tenant_id, "cause": Cause.UNMERGE.value})
    cursor.execute(FOLLOW, {"tenant": tenant_id, "cause": Cause.MERGE.value})
