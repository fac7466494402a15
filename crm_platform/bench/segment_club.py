"""A club whose people differ in what rules ask for: tiers, ages, handicaps, scores, consent, how busy they are."""

from typing import Any, Final, LiteralString
from uuid import UUID

from crm_platform.bench.database import connect, settle
from crm_platform.bench.people import load_people
from crm_platform.bench.rescore import fill_activities
from crm_platform.bench.setting import Setting
from segments.actions import Draft, create_segment
from segments.models import Refresh, Segment
from tenants.models import Tenant
from tenants.scope import tenant_scope

Rule = dict[str, Any]
# The first tenth of the people do half of what is done.
BUSY_FEW: Final[LiteralString] = (
    "floor(%(people)s::float8 * pow(((i * 7919) %% 1000003) / 1000003.0, 3))::bigint"
)
# `h` holds independent numbers from 0 to 99 for each person, by their id.
VARIED: Final[LiteralString] = """
UPDATE profiles_customerprofile AS p
SET membership_tier = CASE WHEN h[1] < 10 THEN 'Platinum' WHEN h[1] < 35 THEN 'Gold' WHEN h[1] < 70 THEN 'Silver'
                           ELSE '' END,
    membership_status = CASE WHEN h[1] < 70 THEN 'ACTIVE' ELSE '' END,
    first_name = (ARRAY['Thandi', 'Sipho', 'Anna', 'John', 'Mary', 'Pieter', 'Lerato', 'Rita'])[1 + h[2] % 8],
    handicap_tenths = CASE WHEN h[3] < 80 THEN h[3] * 6 - 30 + h[4] % 10 END,
    engagement_score = h[4], churn_risk_score = h[5], email_opt_in = h[6] < 50, sms_opt_in = h[7] < 30,
    date_of_birth = date '1940-01-01' + h[8] * 250 + h[2], member_since = date '2000-01-01' + h[2] * 90 + h[8],
    membership_expiry = current_date + h[7] * 4 + h[2] % 4,
    tags = CASE WHEN h[8] < 5 THEN '{vip}' ELSE '{}' END::text[],
    last_activity_at = a.last_at, last_booking_at = a.booked_at, activity_count_30d = COALESCE(a.recent, 0),
    lifetime_value_cents = COALESCE(a.value_cents, 0)
FROM (SELECT q.id, ARRAY(SELECT (abs(hashtextextended(q.id::text, seed) % 100))::integer
                         FROM generate_series(1, 8) AS seed ORDER BY seed) AS h
      FROM profiles_customerprofile AS q) AS dice
LEFT JOIN (SELECT profile_id, max(occurred_at) AS last_at,
                  max(occurred_at) FILTER (WHERE type = 'TEETIME_BOOKED') AS booked_at,
                  count(*) FILTER (WHERE occurred_at > now() - interval '30 days') AS recent,
                  sum((metadata ->> 'amountCents')::bigint) FILTER (WHERE type = 'PAYMENT_RECEIVED') AS value_cents
           FROM profiles_activity GROUP BY profile_id) AS a ON a.profile_id = dice.id
WHERE p.id = dice.id
"""


def load_club(setting: Setting, tenant: Tenant) -> None:
    """Make people and activities, and give everybody a life of their own."""
    load_people(tenant, setting.sizes.people, setting.reporter, with_history=False)
    with connect() as connection:
        fill_activities(setting, connection, tenant, BUSY_FEW)
        setting.reporter.note("giving everybody a life of their own")
        connection.execute("SET work_mem = '512MB'")
        connection.execute(VARIED)
        connection.execute("VACUUM FULL profiles_customerprofile")
        settle(connection, "profiles_customerprofile", "profiles_activity")


def leaf(field: str, operator: str, value: Any = None) -> Rule:
    """A rule of one leaf."""
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


def all_of(*rules: Rule) -> Rule:
    """A group of which all must be true."""
    return {"combinator": "AND", "rules": list(rules)}


# One person of a hundred, and three of ten.
SMALL: Final = all_of(leaf("membershipTier", "eq", "Platinum"), leaf("churnRiskScore", "gte", 90))
LARGE: Final = all_of(leaf("engagementScore", "lt", 60), leaf("emailOptIn", "eq", True))
BOOKED: Final = {"event": {"types": ["TEETIME_BOOKED"], "count": {"op": "gte", "value": 3}, "inLastDays": 90}}


def four_leaves(number: int) -> Rule:
    """The `number`-th of endless rules like one that a marketing manager builds."""
    return all_of(
        leaf("membershipTier", "in", ["Gold", "Platinum"]),
        leaf("handicap", "lt", 10 + number % 15),
        leaf("lastBookingAt", "beforeDaysAgo", 30 + number % 60),
        leaf("emailOptIn", "eq", True),
    )


def many_rules(count: int) -> list[Rule]:
    """Rules over all kinds of fields, as a club that loves segments would have them; every fifth asks the timeline."""
    makers = (
        four_leaves,
        lambda n: all_of(leaf("engagementScore", "gte", n % 100), leaf("emailOptIn", "eq", True)),
        lambda n: all_of(leaf("handicap", "between", [n % 30, n % 30 + 3]), leaf("churnRiskScore", "gt", n % 90)),
        lambda n: all_of(leaf("lastActivityAt", "inLastDays", 5 + n), leaf("tags", "contains", "vip")),
        lambda n: {"event": {"types": ["ROUND_COMPLETED"], "count": {"op": "gte", "value": 2 + n % 5},
                             "inLastDays": 20 + n % 60}},
    )  # fmt: skip
    return [makers[number % len(makers)](number) for number in range(count)]


def make_segment(tenant: Tenant, name: str, rule: Rule) -> UUID:
    """A segment that nobody refreshes but the benchmark."""
    with tenant_scope(tenant):
        made: UUID = create_segment(Draft(name=name, criteria=rule, refresh_frequency="MANUAL")).pk
    return made


def drop_segments(tenant: Tenant) -> None:
    """Leave no segment, so that each measurement sees its own only."""
    with connect() as connection:
        connection.execute("TRUNCATE segments_segmentmember, segments_segmenttransition, segments_dueday")
    with tenant_scope(tenant):
        Refresh.objects.all().delete()
        Segment.objects.all().delete()
