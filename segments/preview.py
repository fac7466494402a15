"""Whom a rule means before it is saved: how many, who they are, with whom they overlap.

For a large club a sample answers at once with its error, and the exact count follows.
"""

from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from profiles.restricting import RESTRICTED
from segments.clock import Clock
from segments.compiler import Parameters, compile_with
from segments.refreshing import PLAN_TO_COMPARE
from segments.rules import Rule
from segments.statements import ELIGIBLE
from tenants.models import Tenant
from tenants.postgresql.everybody import PLAN_AFTER_PAGES

# By the index that holds everybody in their order, where it comes to enough of them soon.
PLAN_TO_WALK: Final = f"{PLAN_TO_COMPARE}; {PLAN_AFTER_PAGES}"
SAMPLED_FROM: Final = 100_000
SAMPLE: Final = 20_000
# 95 of 100 samples are within so many standard errors.
CONFIDENT: Final = 1.96
COUNT: Final = f"""
SELECT count(*) FROM profiles_customerprofile AS p WHERE p.tenant_id = %(tenant)s AND {ELIGIBLE} AND {{condition}}
"""
ALL_ROWS: Final = (
    "SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = 'profiles_customerprofile'::regclass"
)
# Whoever stands on some pages is read once, and nobody else.
ESTIMATE: Final = f"""
WITH sample AS MATERIALIZED (
    SELECT s.* FROM profiles_customerprofile AS s TABLESAMPLE SYSTEM (%(percent)s) WHERE s.tenant_id = %(tenant)s
)
SELECT count(*) FROM sample AS p WHERE {ELIGIBLE} AND {{condition}}
"""
COMPOSITION: Final = f"""
WITH matching AS MATERIALIZED (
    SELECT p.membership_tier AS tier,
           CASE WHEN p.date_of_birth IS NULL THEN NULL
                ELSE LEAST(GREATEST(extract(year FROM age(%(today)s::date, p.date_of_birth))::integer / 10, 0), 9) END
               AS decade,
           CASE WHEN p.handicap_tenths IS NULL THEN NULL WHEN p.handicap_tenths < 0 THEN -1
                ELSE LEAST(p.handicap_tenths / 100, 5) END AS band,
           p.email_opt_in, p.sms_opt_in, p.push_opt_in, p.whatsapp_opt_in
    FROM profiles_customerprofile AS p WHERE p.tenant_id = %(tenant)s AND {ELIGIBLE} AND {{condition}}
)
SELECT grouping(tier, decade, band), tier, decade, band, count(*), count(*) FILTER (WHERE email_opt_in),
       count(*) FILTER (WHERE sms_opt_in), count(*) FILTER (WHERE push_opt_in),
       count(*) FILTER (WHERE whatsapp_opt_in)
FROM matching GROUP BY GROUPING SETS ((), (tier), (decade), (band)) ORDER BY 1, count(*) DESC
"""
# The restricted as a list: a join by hash would look at everybody before it told the first.
PEOPLE: Final = f"""
SELECT p.id FROM profiles_customerprofile AS p
WHERE p.tenant_id = %(tenant)s AND p.status IN ('ACTIVE', 'INACTIVE') AND p.id NOT IN ({RESTRICTED}) AND {{condition}}
ORDER BY p.created_at DESC, p.id DESC LIMIT %(most)s
"""
OVERLAP: Final = f"""
SELECT s.id, s.name, count(*) FROM profiles_customerprofile AS p
JOIN segments_segmentmember AS m ON m.tenant_id = %(tenant)s AND m.profile_id = p.id
JOIN segments_segment AS s ON s.tenant_id = %(tenant)s AND s.id = m.segment_id AND s.deleted_at IS NULL
WHERE p.tenant_id = %(tenant)s AND {ELIGIBLE} AND {{condition}}
GROUP BY s.id, s.name ORDER BY count(*) DESC, s.name LIMIT %(most)s
"""
# What `grouping()` says of the three columns: a bit for each that is not grouped by.
WHOLE, BY_TIER, BY_DECADE, BY_BAND = 7, 3, 5, 6


@dataclass(frozen=True, slots=True)
class Count:
    """How many; `error` is half the width of the 95 % interval, 0 for an exact count."""

    count: int
    error: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether everybody was looked at."""
        return self.error == 0


@dataclass(frozen=True, slots=True)
class Composition:
    """Who they are: rows of (label, how many), and how many may be contacted by each channel."""

    count: int
    tiers: list[tuple[str, int]]
    ages: list[tuple[str, int]]
    handicaps: list[tuple[str, int]]
    reach: dict[str, int]


def count_exactly(rule: Rule, tenant: Tenant, now: datetime) -> Count:
    """Everybody is looked at."""
    return Count(int(_ask(COUNT, rule, tenant, now)[0][0]))


def count_quickly(rule: Rule, tenant: Tenant, now: datetime) -> Count:
    """From a sample where there are many customers, exactly otherwise."""
    with connection.cursor() as cursor:
        cursor.execute(ALL_ROWS)
        rows = int(cursor.fetchone()[0])
    if rows < SAMPLED_FROM:
        return count_exactly(rule, tenant, now)
    part = min(SAMPLE / rows, 1.0)
    found = int(_ask(ESTIMATE, rule, tenant, now, among="SELECT id FROM sample", percent=100 * part)[0][0])
    return Count(round(found / part), max(1, round(CONFIDENT * sqrt(max(found, 1)) / part)))


def compose(rule: Rule, tenant: Tenant, now: datetime) -> Composition:
    """The composition of the audience, with its exact size."""
    today = now.astimezone(tenant.zone).date()
    rows = _ask(COMPOSITION, rule, tenant, now, today=today)
    whole = next((row for row in rows if row[0] == WHOLE), None)
    reach = dict(
        zip(("email", "sms", "push", "whatsapp"), whole[5:9] if whole else (0, 0, 0, 0), strict=True)
    )
    return Composition(
        count=whole[4] if whole else 0,
        tiers=[(row[1] or "No tier", row[4]) for row in rows if row[0] == BY_TIER],
        ages=[(_age(row[2]), row[4]) for row in sorted(rows, key=_by(2)) if row[0] == BY_DECADE],
        handicaps=[(_handicap(row[3]), row[4]) for row in sorted(rows, key=_by(3)) if row[0] == BY_BAND],
        reach=reach,
    )


def sample_people(rule: Rule, tenant: Tenant, now: datetime, *, most: int = 10) -> list[UUID]:
    """Some of those whom the rule means, the newest."""
    return [row[0] for row in _ask(PEOPLE, rule, tenant, now, plan=PLAN_TO_WALK, most=most)]


def overlap(rule: Rule, tenant: Tenant, now: datetime, *, most: int = 10) -> list[tuple[UUID, str, int]]:
    """Segments with whom they share people, the most first."""
    return [(row[0], row[1], row[2]) for row in _ask(OVERLAP, rule, tenant, now, most=most)]


def _ask(
    statement: str,
    rule: Rule,
    tenant: Tenant,
    now: datetime,
    *,
    plan: str = PLAN_TO_COMPARE,
    among: str = "",
    **values: Any,
) -> list[Any]:
    parameters = Parameters("q")
    condition = compile_with(parameters, rule.root, tenant.pk, Clock(now, tenant.zone), among=among)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(plan)
        cursor.execute(
            statement.format(condition=condition), {"tenant": tenant.pk, **values, **parameters.values}
        )
        return list(cursor.fetchall())


def _by(column: int) -> Any:
    return lambda row: (row[column] is None, row[column] or 0)


def _age(decade: int | None) -> str:
    if decade is None:
        return "Not known"
    return "90 and older" if decade == 9 else f"{decade * 10}–{decade * 10 + 9}"  # noqa: PLR2004 - the last one


def _handicap(band: int | None) -> str:
    if band is None:
        return "Not known"
    if band < 0:
        return "Plus"
    return "50 and over" if band == 5 else f"{band * 10}–{band * 10 + 9}.9"  # noqa: PLR2004 - the last one
