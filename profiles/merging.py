"""Merging: one profile's rows go to another, so that they can come back.

Every moved row keeps `origin_profile_id` (facts: their identifier's), which is what an unmerge goes by.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from tenants.postgresql.staging import StagingTable

JOINED = StagingTable("joined", "winner_id uuid, loser_id uuid, evidence jsonb")
MOVED_TABLES = ("profiles_identifier", "profiles_fact", "profiles_activity", "profiles_note")
MOVE = """
UPDATE {table} AS moved SET profile_id = joined.winner_id
FROM joined WHERE moved.tenant_id = %(tenant)s AND moved.profile_id = joined.loser_id
"""
# A person has at most one open request of a kind; a second one, of the winner or of another loser, says nothing new.
MOVE_REQUESTS = """
UPDATE profiles_privacyrequest AS moved SET profile_id = joined.winner_id
FROM joined
WHERE moved.tenant_id = %(tenant)s AND moved.profile_id = joined.loser_id
  AND (moved.status <> 'OPEN' OR NOT EXISTS (
        SELECT FROM profiles_privacyrequest AS other
        WHERE other.tenant_id = moved.tenant_id AND other.kind = moved.kind AND other.status = 'OPEN'
          AND (other.profile_id = joined.winner_id
               OR (other.id < moved.id
                   AND other.profile_id IN (SELECT j.loser_id FROM joined AS j WHERE j.winner_id = joined.winner_id)))))
"""
DROP_DOCUMENTS = """
DELETE FROM profiles_searchdocument AS document USING joined
WHERE document.tenant_id = %(tenant)s AND document.profile_id = joined.loser_id
"""
# Whoever was merged into the winner, now or earlier, is the same person: nothing is left to decide between them.
CLOSE_CANDIDATES = """
WITH same AS (
    SELECT winner_id AS survivor_id, winner_id AS id FROM joined
    UNION
    SELECT merged.merged_into_id, merged.id FROM joined
    JOIN profiles_customerprofile AS merged
      ON merged.tenant_id = %(tenant)s AND merged.merged_into_id = joined.winner_id
)
UPDATE profiles_reviewcandidate AS candidate SET status = 'MERGED'
FROM same AS one JOIN same AS other ON other.survivor_id = one.survivor_id
WHERE candidate.tenant_id = %(tenant)s AND candidate.status = 'OPEN'
  AND candidate.first_profile_id = one.id AND candidate.second_profile_id = other.id
"""
ADD_FIGURES = """
UPDATE profiles_customerprofile AS winner
SET activity_count_30d = winner.activity_count_30d + added.activity_count_30d,
    activity_count_90d = winner.activity_count_90d + added.activity_count_90d,
    booking_count_30d = winner.booking_count_30d + added.booking_count_30d,
    lifetime_value_cents = winner.lifetime_value_cents + added.lifetime_value_cents,
    last_activity_type = CASE
        WHEN winner.last_activity_at IS NULL
          OR (added.last_activity_at, added.last_activity_type)
             > (winner.last_activity_at, winner.last_activity_type)
        THEN COALESCE(added.last_activity_type, winner.last_activity_type)
        ELSE winner.last_activity_type END,
    last_activity_at = GREATEST(winner.last_activity_at, added.last_activity_at),
    last_booking_at = GREATEST(winner.last_booking_at, added.last_booking_at),
    last_email_open_at = GREATEST(winner.last_email_open_at, added.last_email_open_at),
    last_email_click_at = GREATEST(winner.last_email_click_at, added.last_email_click_at),
    stage_reached = GREATEST(winner.stage_reached, added.stage_reached),
    tags = ARRAY(SELECT DISTINCT tag FROM unnest(winner.tags || added.tags) AS tag ORDER BY tag),
    created_at = LEAST(winner.created_at, added.created_at),
    version = winner.version + 1,
    updated_at = now()
FROM (
    SELECT joined.winner_id,
           sum(loser.activity_count_30d) AS activity_count_30d, sum(loser.activity_count_90d) AS activity_count_90d,
           sum(loser.booking_count_30d) AS booking_count_30d,
           sum(loser.lifetime_value_cents) AS lifetime_value_cents,
           max(loser.last_activity_at) AS last_activity_at,
           (array_agg(loser.last_activity_type
                      ORDER BY loser.last_activity_at DESC NULLS LAST, loser.last_activity_type DESC))[1]
               AS last_activity_type,
           max(loser.last_booking_at) AS last_booking_at, max(loser.last_email_open_at) AS last_email_open_at,
           max(loser.last_email_click_at) AS last_email_click_at, max(loser.stage_reached) AS stage_reached,
           min(loser.created_at) AS created_at,
           (SELECT COALESCE(array_agg(tag), '{}')
            FROM joined AS j
            JOIN profiles_customerprofile AS tagged ON tagged.id = j.loser_id, unnest(tagged.tags) AS tag
            WHERE j.winner_id = joined.winner_id) AS tags
    FROM joined
    JOIN profiles_customerprofile AS loser ON loser.tenant_id = %(tenant)s AND loser.id = joined.loser_id
    GROUP BY joined.winner_id
) AS added
WHERE winner.tenant_id = %(tenant)s AND winner.id = added.winner_id
"""
RETIRE = """
UPDATE profiles_customerprofile AS loser
SET status = 'MERGED', merged_into_id = joined.winner_id, version = loser.version + 1, updated_at = now(),
    activity_count_30d = 0, activity_count_90d = 0, booking_count_30d = 0, lifetime_value_cents = 0
FROM joined WHERE loser.tenant_id = %(tenant)s AND loser.id = joined.loser_id
"""
# Old ids keep leading to the survivor in one step, however long the chain of merges.
SHORTEN_CHAINS = """
UPDATE profiles_customerprofile AS earlier SET merged_into_id = joined.winner_id
FROM joined WHERE earlier.tenant_id = %(tenant)s AND earlier.merged_into_id = joined.loser_id
"""
RECORD = """
INSERT INTO profiles_profilemerge (tenant_id, winner_id, loser_id, evidence)
SELECT %(tenant)s, winner_id, loser_id, evidence FROM joined
"""


@dataclass(frozen=True, slots=True)
class JoinedProfiles:
    """Two stored profiles that become one, and why."""

    winner_id: UUID
    loser_id: UUID
    evidence: dict[str, Any] = field(default_factory=dict)


def join_profiles(cursor: Any, tenant_id: UUID, pairs: Sequence[JoinedProfiles]) -> None:
    """Move the losers' rows to the winners, a whole batch at a time; the caller restates the winners.

    A winner must not be a loser of the same batch. Needs a transaction, the scope and the identity lock.
    """
    JOINED.fill(cursor, ((one.winner_id, one.loser_id, orjson.dumps(one.evidence).decode()) for one in pairs))
    moves = [MOVE.format(table=table) for table in MOVED_TABLES]
    for statement in (
        *moves,
        ADD_FIGURES,
        MOVE_REQUESTS,
        DROP_DOCUMENTS,
        RETIRE,
        SHORTEN_CHAINS,
        CLOSE_CANDIDATES,
        RECORD,
    ):
        cursor.execute(statement, {"tenant": tenant_id})
