"""The compiled SQL against the plain evaluator: random trees and people, midnights, clock changes, leap days."""

import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segments.compiler import compile
from segments.rules import parse
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.examples import examples
from tests.profiles.records import activity, profile
from tests.segments.oracle import Oracle
from tests.segments.trees import people, trees

# A summer noon, both changes of the British clock, a leap day, and the day before a year without one.
MOMENTS = (
    datetime(2026, 7, 1, 12, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 30, tzinfo=UTC),
    datetime(2027, 2, 28, 22, 30, tzinfo=UTC),
)
ALL = "SELECT p.id FROM profiles_customerprofile AS p WHERE p.tenant_id = %(tenant)s AND {condition}"


def matching(tenant: Tenant, tree: Any, now: datetime, *, among: str = "") -> set[UUID]:
    condition = compile(parse(tree), tenant, now, among=among)
    with tenant_scope(tenant), connection.cursor() as cursor:
        cursor.execute(ALL.format(condition=condition.sql), {"tenant": tenant.pk, **condition.params})
        return {profile_id for (profile_id,) in cursor.fetchall()}


@pytest.mark.parametrize("now", MOMENTS)
def test_sql_and_oracle_agree_on_random_trees(now: datetime, db: None) -> None:
    tenant = factories.tenant(time_zone="Europe/London")
    crowd = people(tenant, now, random.Random(now.isoformat()), size=120)
    listed = next(segment for person in crowd for segment in person.segments)
    oracle = Oracle(now, tenant.zone)

    @settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(trees(now, tenant.zone, listed), min_size=8, max_size=8))
    def agree(several: list[dict[str, Any]]) -> None:
        for tree in several:
            rule = parse(tree)
            expected = {person.profile.pk for person in crowd if oracle.matches(rule.root, person)}
            assert matching(tenant, tree, now) == expected, tree
            assert parse(rule.to_json()) == rule

    agree()


def test_a_condition_is_never_null_so_that_not_is_the_rest(fairview: Club) -> None:
    known = profile(fairview.tenant, handicap_tenths=-21)
    unknown = profile(fairview.tenant)
    low = {"combinator": "AND", "rules": [{"field": "handicap", "operator": "lt", "value": 0}]}

    assert matching(fairview.tenant, low, MOMENTS[0]) == {known.pk}
    assert matching(fairview.tenant, {**low, "not": True}, MOMENTS[0]) == {unknown.pk}


def test_a_negative_operator_speaks_of_people_whose_value_is_known(fairview: Club) -> None:
    silver = profile(fairview.tenant, membership_tier="Silver")
    profile(fairview.tenant, membership_tier="Gold")
    profile(fairview.tenant)

    found = matching(
        fairview.tenant, {"field": "membershipTier", "operator": "!=", "value": "Gold"}, MOMENTS[0]
    )

    assert found == {silver.pk}


def test_a_plus_handicap_may_be_written_as_golfers_do(fairview: Club) -> None:
    plus = profile(fairview.tenant, handicap_tenths=-21)
    profile(fairview.tenant, handicap_tenths=21)

    assert matching(fairview.tenant, {"field": "handicap", "operator": "lte", "value": "+2"}, MOMENTS[0]) == {
        plus.pk
    }


def test_used_to_play_twice_a_month_and_not_for_60_days(fairview: Club) -> None:
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    lapsed, keen = profile(fairview.tenant), profile(fairview.tenant)
    for month in (2, 3):
        for day in (1, 15):
            for person in (lapsed, keen):
                activity(fairview.tenant, person.pk, occurred_at=datetime(2026, month, day, 9, tzinfo=UTC))
    activity(fairview.tenant, keen.pk, occurred_at=datetime(2026, 6, 10, 9, tzinfo=UTC))
    rounds = {"types": ["ROUND_COMPLETED"]}
    tree = {
        "combinator": "and",
        "rules": [
            {"event": {**rounds, "count": {"op": "gte", "value": 4}, "inLastDays": 180, "beforeDaysAgo": 60}},
            {"event": {**rounds, "never": True, "inLastDays": 60}},
        ],
    }

    assert matching(fairview.tenant, tree, now) == {lapsed.pk}
    among = f"SELECT '{lapsed.pk}'::uuid"
    assert matching(fairview.tenant, tree, now, among=among) == {lapsed.pk}


def test_values_are_parameters_only(fairview: Club) -> None:
    nasty = "'; DROP TABLE x; -- %s %(tenant)s"
    tree = {
        "combinator": "OR",
        "rules": [
            {"field": "lastName", "operator": "contains", "value": nasty},
            {"event": {"types": ["NOTE_ADDED"], "where": {"clubId": nasty}}},
        ],
    }
    person = profile(fairview.tenant, last_name=f"x{nasty}")

    assert nasty not in compile(parse(tree), fairview.tenant, MOMENTS[0]).sql
    assert matching(fairview.tenant, tree, MOMENTS[0]) == {person.pk}


def test_conditions_of_one_statement_keep_their_parameters_apart(fairview: Club) -> None:
    rule = parse({"field": "age", "operator": "gte", "value": 18})

    one = compile(rule, fairview.tenant, MOMENTS[0], prefix="a")
    other = compile(rule, fairview.tenant, MOMENTS[0], prefix="b")

    assert not one.params.keys() & other.params.keys()
    sql, values = one.aliased("profiles_customerprofile").positional()
    assert "p." not in sql
    assert sql.count("%s") == len(values)
