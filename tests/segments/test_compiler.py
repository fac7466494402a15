"""The compiled SQL against the plain evaluator: random trees and people, midnights, clock changes, leap days."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.editing import create_customer
from profiles.models import CustomerProfile
from segments.clock import Clock
from segments.compiler import compile
from segments.models import Segment, SegmentMember, SegmentType
from segments.refreshing import difference
from segments.ruled import Ruled
from segments.rules import Group, Node, parse
from segments.statements import WEIGHED
from segments.weighing import WORD, weighings
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
# Clocks that change by half an hour, at midnight forwards (a day without its first hour), at midnight backwards (a
# midnight that comes twice), and a calendar that left a day out: the last minutes of a day and the first of the next.
ODD_CLOCKS = (
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, 15, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 9, 6, 4, 1, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 31, 9, 59, tzinfo=UTC)),
)
PLACES = (*(("Europe/London", moment) for moment in MOMENTS), *ODD_CLOCKS)
ALL = "SELECT p.id FROM profiles_customerprofile AS p WHERE p.tenant_id = %(tenant)s AND {condition}"


def matching(tenant: Tenant, tree: Any, now: datetime, *, among: str = "") -> set[UUID]:
    condition = compile(parse(tree), tenant, now, among=among)
    with tenant_scope(tenant), connection.cursor() as cursor:
        cursor.execute(ALL.format(condition=condition.sql), {"tenant": tenant.pk, **condition.params})
        return {profile_id for (profile_id,) in cursor.fetchall()}


@pytest.mark.parametrize(("zone", "now"), PLACES)
def test_sql_and_oracle_agree_on_random_trees(zone: str, now: datetime, db: None) -> None:
    tenant = factories.tenant(time_zone=zone)
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


@pytest.mark.parametrize(("zone", "now"), PLACES)
def test_many_rules_asked_at_once_say_what_each_says_alone(zone: str, now: datetime, db: None) -> None:
    """Of a few people, and of everybody: the shared look at the timeline, the bits, the answers of the leaves."""
    tenant = factories.tenant(time_zone=zone)
    crowd = people(tenant, now, random.Random(now.isoformat()), size=60)
    listed = next(segment for person in crowd for segment in person.segments)
    oracle, clock = Oracle(now, tenant.zone), Clock(now, tenant.zone)
    kept = [person for person in crowd if person.profile.status in ("ACTIVE", "INACTIVE")]

    @settings(max_examples=examples(32), deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(trees(now, tenant.zone, listed), min_size=70, max_size=70))
    def agree(several: list[dict[str, Any]]) -> None:
        segments = [Ruled(uuid4(), 1, parse(tree)) for tree in several]
        expected = {
            each.id: {person.profile.pk for person in kept if oracle.matches(each.rule.root, person)}
            for each in segments
        }
        assert weighed(tenant, segments, clock, [person.profile.pk for person in crowd]) == expected
        some = segments[:WORD]
        with tenant_scope(tenant):
            found = difference(tenant, some, clock)
        assert found.segment_ids == {each.id for each in some if expected[each.id]}
        differing = set().union(*(expected[each.id] for each in some))
        assert {UUID(each) for each in found.people.strip("{}").split(",") if each} == differing

    agree()


def weighed(
    tenant: Tenant, segments: list[Ruled], clock: Clock, people_ids: list[UUID]
) -> dict[UUID, set[UUID]]:
    """Who would join which, none of them being in any; the answers of the leaves must make up the verdict."""
    found: dict[UUID, set[UUID]] = {each.id: set() for each in segments}
    rules = {each.id: each.rule for each in segments}
    with tenant_scope(tenant), transaction.atomic(), connection.cursor() as cursor:
        for weighing in weighings(tenant.pk, segments, clock):
            words, looks = weighing.asked(frozenset(found))
            WEIGHED.fill(cursor, [(each, words, looks, "CHANGE") for each in people_ids])
            cursor.execute(weighing.statement, weighing.values)
            for segment_id, profile_id, is_join, cause, answers in cursor.fetchall():
                assert (is_join, cause) == (True, "CHANGE")
                given = weighing.answers(segment_id, answers)
                assert truth(rules[segment_id].root, iter(given))
                found[segment_id].add(profile_id)
    return found


def truth(node: Node, answers: Iterator[bool]) -> bool:
    if not isinstance(node, Group):
        return next(answers)
    parts = [truth(each, answers) for each in node.rules]
    return not parts or (all if node.combinator == "AND" else any)(parts) is not node.negated


@pytest.mark.usefixtures("fresh_tables")
def test_weighing_reads_no_table_from_end_to_end(fairview: Club) -> None:
    """However many people and members there are, and though nobody has counted them."""
    rules = (
        {"field": "handicap", "operator": "lt", "value": 15},
        {"event": {"types": ["TEETIME_BOOKED"], "count": {"op": "gte", "value": 3}, "inLastDays": 30}},
        {"event": {"types": ["ROUND_COMPLETED"], "never": True}},
    )
    segments = [Ruled(uuid4(), 1, parse(tree)) for tree in rules]
    with tenant_scope(fairview.tenant), transaction.atomic(), connection.cursor() as cursor:
        made = Segment.objects.create(tenant=fairview.tenant, name="The list", type=SegmentType.STATIC)
        people_made = CustomerProfile.objects.bulk_create(
            CustomerProfile(tenant=fairview.tenant) for _ in range(3_000)
        )
        SegmentMember.objects.bulk_create(
            SegmentMember(
                tenant=fairview.tenant, segment_id=made.pk, profile_id=each.pk, origin_profile_id=each.pk
            )
            for each in people_made
        )
        [weighing] = weighings(fairview.tenant.pk, segments, Clock(MOMENTS[0], fairview.tenant.zone))
        words, looks = weighing.asked(frozenset(each.id for each in segments))
        WEIGHED.fill(cursor, [(each.pk, words, looks, "CHANGE") for each in people_made[:900]])
        cursor.execute(f"EXPLAIN {weighing.statement}", weighing.values)
        plan = "\n".join(row for (row,) in cursor.fetchall())

    for table in ("segments_segmentmember m", "profiles_customerprofile p"):
        assert f"Seq Scan on {table}" not in plan
        assert f" on {table}" in plan


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


def test_texts_are_asked_for_as_the_doors_store_them(fairview: Club) -> None:
    """With accents composed and nothing invisible, however a keyboard or a copied text writes them."""
    with tenant_scope(fairview.tenant):
        person = create_customer(
            {"firstName": "Rene\u0301", "lastName": "Mu\u00adller", "tags": ["Cafe\u0301"]}
        )
    row = activity(fairview.tenant, person.pk, type="TEETIME_BOOKED", metadata={"course": "Pr\u00e9"})

    for tree in (
        {"field": "firstName", "operator": "eq", "value": "Rene\u0301"},
        {"field": "firstName", "operator": "contains", "value": "ne\u0301"},
        {"field": "lastName", "operator": "in", "value": "Mu\u00adller"},
        {"field": "tags", "operator": "contains", "value": "Cafe\u0301"},
        {"event": {"types": [row.type], "where": {"course": "Pre\u0301"}}},
    ):
        assert matching(fairview.tenant, tree, timezone.now()) == {person.pk}, tree


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
