"""Queries of react-querybuilder against the SQL of its own formatter, on people that neither has seen.

`react_querybuilder.mjs` made both. SQL has a third truth value and rules have two (docs/segments.md): the two agree
on everybody whose values are all known, and without `not` of a group on everybody; with two values, on everybody.
"""

import json
import os
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from profiles.models import CustomerProfile
from segments.compiler import compile
from segments.rules import parse
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories

# Another file of the same shape, to look at many more by hand.
FILE: Final = Path(
    os.environ.get("CRM_FORMATTED_QUERIES", settings.BASE_DIR / "tests/data/react_querybuilder.jsonl")
)
NOW: Final = datetime(2026, 3, 29, 12, tzinfo=UTC)
# The fields under the names that the formatter writes, unknown where a club has nothing: a moment is a day there.
FACTS: Final = """
WITH facts AS (
    SELECT id, NULLIF(first_name, '') AS firstName, NULLIF(last_name, '') AS lastName,
           NULLIF(membership_tier, '') AS membershipTier, NULLIF(membership_status, '') AS membershipStatus,
           handicap_tenths / 10.0 AS handicap, engagement_score::numeric AS engagementScore,
           lifetime_value_cents::numeric AS lifetimeValue, scl_member_id AS sclMemberId, member_since AS memberSince,
           membership_expiry AS membershipExpiry, date_of_birth AS dateOfBirth,
           (last_booking_at AT TIME ZONE 'Europe/London')::date AS lastBookingAt, email_opt_in AS emailOptIn
    FROM profiles_customerprofile)
SELECT id FROM facts WHERE {sql}
"""
WORDS: Final = (
    *(
        "Gold",
        "gold",
        "Gold, weekday",
        "Silver",
        "Ann",
        "Golden",
        "O'Brien",
        "née",
        "ne\u0301e",
        "Ürün",
        "Marigold",
    ),
    *("李小龍", "007"),
)
DAYS: Final = (
    *(date(2026, 3, 27) + timedelta(days=n) for n in range(5)),
    date(2026, 2, 28),
    date(2000, 2, 29),
    date(1984, 10, 25),
    date(2028, 2, 29),
)
MIDNIGHTS: Final = tuple(
    datetime(2026, month, day, hour, tzinfo=UTC) + timedelta(microseconds=micro)
    for month, day, hour in ((3, 28, 0), (3, 29, 0), (3, 29, 23), (3, 30, 0), (10, 24, 23), (10, 26, 0))
    for micro in (-1, 0, 1)
)


def queries() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FILE.read_text().splitlines()]


def crowd(tenant: Tenant, *, unknown: bool) -> None:
    """Random people; `unknown`: of whom each value may be missing."""
    dice = random.Random(f"{NOW}{unknown}")

    def some(values: Any, nothing: Any) -> Any:
        return nothing if unknown and dice.random() < 0.3 else dice.choice(values)

    CustomerProfile.objects.bulk_create(
        CustomerProfile(
            tenant=tenant,
            first_name=some(WORDS, ""),
            last_name=some(WORDS, ""),
            membership_tier=some(WORDS, ""),
            membership_status=some(("ACTIVE", "PENDING", "SUSPENDED", "LAPSED"), ""),
            handicap_tenths=some((-30, -25, 0, 10, 20, 170, 180, 300, 301), None),
            engagement_score=some((0, 1, 2, 17, 18, 30, 100), None),
            lifetime_value_cents=dice.choice((0, 1, 2, 100, 5000, 5001)),
            scl_member_id=some((1, 17, 100, 5), None),
            member_since=some(DAYS, None),
            membership_expiry=some(DAYS, None),
            date_of_birth=some(DAYS, None),
            last_booking_at=some(MIDNIGHTS, None),
            email_opt_in=dice.random() < 0.5,
        )
        for _ in range(150)
    )


def by_formatter(sql: str) -> set[UUID]:
    return _ids(FACTS.format(sql=sql.replace("%", "%%")), {})


def by_us(tenant: Tenant, query: dict[str, Any]) -> set[UUID]:
    condition = compile(parse(query["query"]), tenant, NOW)
    sql = f"SELECT p.id FROM profiles_customerprofile AS p WHERE p.tenant_id = %(tenant)s AND {condition.sql}"
    return _ids(sql, {"tenant": tenant.pk, **condition.params})


def _ids(sql: str, values: dict[str, Any]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {profile_id for (profile_id,) in cursor.fetchall()}


def negates(node: Any) -> bool:
    return isinstance(node, dict) and "rules" in node and (node["not"] or any(map(negates, node["rules"])))


@pytest.mark.parametrize("unknown", [False, True])
def test_its_formatter_and_the_compiler_mean_the_same_people(unknown: bool, db: None) -> None:
    tenant = factories.tenant(time_zone="Europe/London")
    asked = queries()
    found = 0
    with tenant_scope(tenant):
        crowd(tenant, unknown=unknown)
        for each in asked:
            expected = by_formatter(each["known"])
            assert by_us(tenant, each) == expected, each
            if not (unknown and negates(each["query"])):
                assert by_formatter(each["sql"]) == expected, each
            found += 0 < len(expected) < 150

    assert len(asked) > 100
    # Many queries part the crowd, so that agreement says something.
    assert found > len(asked) / 3


def test_a_rule_that_says_nothing_takes_its_word_along() -> None:
    """As the formatter has it: the word before the next rule that counts joins it."""
    one, two, three = ({"field": "age", "operator": "=", "value": n} for n in (1, 2, 3))
    blank = {"field": "~", "operator": "=", "value": ""}
    muted = {"field": "age", "operator": "=", "value": 4, "muted": True}

    def joined(*rules: Any) -> Any:
        return parse({"rules": list(rules)}).root

    assert joined(one, "or", blank, "and", two) == joined(one, "and", two)
    assert joined(blank, "or", one, "and", two) == joined(one, "and", two)
    assert joined(one, "and", muted, "or", two) == joined(one, "or", two)
    assert joined(one, "or", blank, "and", muted, "or", two, "and", three) == joined(
        one, "or", two, "and", three
    )
    assert joined(one, "or", blank) == joined(one)
