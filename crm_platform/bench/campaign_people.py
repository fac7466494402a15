"""People for campaigns, by one statement: consent, shared mailboxes and countries in known shares."""

from typing import Any, Final, LiteralString
from uuid import UUID

from crm_platform.bench.database import Connection

# Of ten people one has not agreed to mails; of forty the first four are a family with one mailbox, all of them agreed.
AGREES: Final[LiteralString] = "(i %% 10 > 0 OR i %% 40 < 4)"
FILL: Final[LiteralString] = f"""
INSERT INTO profiles_customerprofile (
    id, tenant_id, status, version, created_source, external_ids, first_name, last_name, display_name, gender, country,
    language, lifecycle_stage, stage_reached, tags, lifetime_value_cents, last_activity_type, activity_count_30d,
    activity_count_90d, booking_count_30d, home_club_id, home_club_name, membership_tier, membership_status,
    email, phone_number, email_opt_in, sms_opt_in, push_opt_in, whatsapp_opt_in)
SELECT gen_random_uuid(), %(tenant)s, 'ACTIVE', 1, 'crm', '{{}}', 'P' || i, 'Bench', '', '',
       (ARRAY['ZA', 'ZA', 'GB', 'AU'])[1 + i %% 4], '', 'MEMBER', 4, '{{}}', 0, '', 0, 0, 0, '', '', 'Gold', 'ACTIVE',
       'p' || CASE WHEN i %% 40 < 4 THEN i - i %% 40 ELSE i END || '@example.org',
       '+2782' || (1000000 + i), {AGREES}, i %% 3 = 0, false, false
FROM generate_series(0, %(people)s::bigint - 1) AS i
"""
MEMBERS: Final[LiteralString] = """
INSERT INTO segments_segmentmember (tenant_id, segment_id, profile_id, origin_profile_id, joined_at)
SELECT tenant_id, %(segment)s, id, id, now() FROM profiles_customerprofile WHERE tenant_id = %(tenant)s
ORDER BY md5(id::text) LIMIT %(count)s
"""


def fill(connection: Connection, tenant_id: UUID, people: int) -> None:
    """So many people of a club."""
    connection.execute(FILL, {"tenant": tenant_id, "people": people})


def join(connection: Connection, tenant_id: UUID, segment_id: UUID, count: int) -> None:
    """So many of them into a segment, spread over the table."""
    values: dict[str, Any] = {"segment": segment_id, "tenant": tenant_id, "count": count}
    connection.execute(MEMBERS, values)
