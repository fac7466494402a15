"""Lists through merges, refreshes killed at random, days that are never too late, constraints that hold."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.privacy.retention import apply_retention
from profiles.unmerging import unmerge_profiles
from segments import membership, refreshing
from segments.actions import Draft, create_segment, get_segment
from segments.clock import Clock
from segments.compiler import compile as compile_rule
from segments.due import due_query
from segments.lists import add_members
from segments.models import Refresh, RefreshReason, Segment, SegmentMember, SegmentTransition
from segments.refreshing import request_refresh
from segments.rules import parse
from segments.statements import WEIGHED
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.examples import examples
from tests.profiles.records import profile
from tests.segments.makers import a_list, history, leaf, members, refresh, segment, tell
from tests.segments.trees import people, trees

GOLD = leaf("membershipTier", "eq", "Gold")


def test_whoever_is_on_a_list_stays_on_it_through_a_merge_and_back(fairview: Club) -> None:
    winner, loser = profile(fairview.tenant), profile(fairview.tenant)
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        add_members(made.pk, [loser.pk])

        merge_profiles(winner.pk, loser.pk)
        assert members(fairview.tenant, made) == {winner.pk}
        unmerge_profiles(loser.pk)

    assert members(fairview.tenant, made) == {loser.pk}
    assert [row[2] for row in history(fairview.tenant, made)] == [
        "MANUAL",
        "MERGE",
        "MERGE",
        "UNMERGE",
        "UNMERGE",
    ]


def test_a_merge_moves_members_by_rule_and_says_so(fairview: Club) -> None:
    winner = profile(fairview.tenant)
    loser = profile(fairview.tenant, membership_tier="Gold")
    made = segment(fairview.tenant, GOLD)
    with tenant_scope(fairview.tenant):
        merge_profiles(winner.pk, loser.pk)

    tell(fairview.tenant, "profile.merged", winner.pk, loserId=str(loser.pk))

    assert loser.pk not in members(fairview.tenant, made)
    assert (loser.pk, False, "MERGE") in [row[:3] for row in history(fairview.tenant, made)]


class Killed(BaseException):
    """As if the process had ended there."""


def test_a_refresh_killed_at_random_a_hundred_times_ends_true(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(3)
    gold = {profile(fairview.tenant, membership_tier="Gold").pk for _ in range(150)}
    monkeypatch.setattr(refreshing, "BATCH", 1)
    monkeypatch.setattr(refreshing, "MOST_ATTEMPTS", 1000)
    write, kills = membership.write_found, iter(range(100))

    def dies(*args: Any) -> None:
        if rng.random() < 0.6 and next(kills, None) is not None:
            if rng.random() < 0.5:
                write(*args)  # and the transaction is lost with the process
            raise Killed
        write(*args)

    monkeypatch.setattr(membership, "write_found", dies)
    with tenant_scope(fairview.tenant):
        made = create_segment(Draft(name="Killed", criteria=GOLD))
    ended, deaths = 0, 0
    while not ended:
        try:
            ended = refresh(fairview.tenant)
        except Killed:
            deaths += 1
            with tenant_scope(fairview.tenant):
                Refresh.objects.update(leased_until=timezone.now() - timedelta(seconds=1), attempts=0)

    assert deaths == 100
    assert members(fairview.tenant, made) == gold
    with tenant_scope(fairview.tenant):
        assert get_segment(made.pk).member_count == 150
    assert len(history(fairview.tenant, made)) == 150


def dies_at(statement: int, *, is_before: bool) -> Any:
    """A wrapper of statements that ends the process at the `statement`-th."""
    numbers = count(1)

    def wrapper(execute: Any, *args: Any) -> Any:
        dies = next(numbers) == statement
        if dies and is_before:
            raise Killed
        answer = execute(*args)
        if dies:
            raise Killed
        return answer

    return wrapper


def test_a_refresh_killed_at_any_statement_ends_true(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before or after any statement, of two nested segments, while people change their tiers."""
    rng = random.Random(7)
    crowd = [profile(fairview.tenant, membership_tier="Gold").pk for _ in range(40)]
    monkeypatch.setattr(refreshing, "BATCH", 9)
    monkeypatch.setattr(refreshing, "MOST_ATTEMPTS", 1000)
    with tenant_scope(fairview.tenant):
        made = create_segment(Draft(name="Killed", criteria=GOLD))
        nested = create_segment(Draft(name="Nested", criteria={"segment": str(made.pk), "operator": "notIn"}))
    deaths = 0
    while deaths < 100:
        with tenant_scope(fairview.tenant):
            some = rng.sample(crowd, 5)
            CustomerProfile.objects.filter(pk__in=some).update(membership_tier=rng.choice(("Gold", "Silver")))
            for each in (made, nested):
                request_refresh(each.pk, RefreshReason.PERSON)
            try:
                with connection.execute_wrapper(dies_at(rng.randint(1, 45), is_before=rng.random() < 0.5)):
                    refreshing.refresh_waiting()
            except Killed:
                deaths += 1
            Refresh.objects.filter(status="RUNNING").update(
                leased_until=timezone.now() - timedelta(seconds=1), attempts=0
            )

    while refresh(fairview.tenant):
        pass

    with tenant_scope(fairview.tenant):
        gold = set(CustomerProfile.objects.filter(membership_tier="Gold").values_list("pk", flat=True))
        everybody = set(CustomerProfile.objects.values_list("pk", flat=True))
        assert not Refresh.objects.filter(status__in=("WAITING", "RUNNING")).exists()
        counts = (get_segment(made.pk).member_count, get_segment(nested.pk).member_count)
    assert members(fairview.tenant, made) == gold
    assert members(fairview.tenant, nested) == everybody - gold
    assert counts == (len(gold), len(everybody - gold))
    for each in (made, nested):
        told = [(person, is_join) for person, is_join, _, _ in history(fairview.tenant, each)]
        for person in everybody:
            turns = [is_join for who, is_join in told if who == person]
            assert turns == [number % 2 == 0 for number in range(len(turns))]


def test_what_is_kept_of_refreshes_goes_after_a_month_but_for_the_latest(fairview: Club) -> None:
    made = segment(fairview.tenant, GOLD)
    for _ in range(2):
        with tenant_scope(fairview.tenant):
            request_refresh(made.pk, RefreshReason.PERSON)
        refresh(fairview.tenant)
    with tenant_scope(fairview.tenant):
        Refresh.objects.update(finished_at=timezone.now() - timedelta(days=31))
        latest = Refresh.objects.filter(segment_id=made.pk).latest("pk")
        before = Refresh.objects.values("segment_id").distinct().count()

    assert apply_retention(fairview.tenant)["segmentRefreshes"] >= 2

    with tenant_scope(fairview.tenant):
        assert list(Refresh.objects.filter(segment_id=made.pk)) == [latest]
        assert Refresh.objects.count() == before


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/London", datetime(2028, 2, 10, 12, tzinfo=UTC)),
        ("America/Santiago", datetime(2026, 8, 20, 4, 1, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2011, 12, 10, 11, tzinfo=UTC)),
    ],
)
def test_a_due_day_is_never_too_late(zone: str, start: datetime, db: None) -> None:
    """Whoever turns on a day was due by then: on 40 days in a row.

    Around a leap day, a change of the clock at midnight, and a day that a calendar left out.
    """
    tenant = factories.tenant(time_zone=zone)
    crowd = people(tenant, start, random.Random(11), size=40)
    some = [person.profile.pk for person in crowd]
    rules = [
        parse(tree)
        for tree in (
            leaf("lastBookingAt", "inLastDays", 30),
            leaf("lastBookingAt", "beforeDaysAgo", 28),
            leaf("membershipExpiry", "inNextDays", 31),
            leaf("memberSince", "afterDaysAhead", 2),
            leaf("dateOfBirth", "anniversaryInNextDays", 10),
            leaf("dateOfBirth", "inCurrentMonth"),
            leaf("age", "gte", 18),
            {"event": {"types": ["TEETIME_BOOKED"], "inLastDays": 30, "beforeDaysAgo": 2}},
            {"event": {"types": ["EMAIL_OPENED"], "last": {"op": "beforeDaysAgo", "value": 1}}},
            {"event": {"types": ["PAYMENT_RECEIVED"], "never": True, "inLastDays": 31}},
        )
    ]
    for rule in rules:
        due: dict[Any, Any] = {}
        before: set[Any] | None = None
        for day in range(40):
            clock = Clock(start + timedelta(days=day), tenant.zone)
            found = matching(tenant, rule, clock)
            turned = set() if before is None else found ^ before
            late = {each for each in turned if due.get(each, clock.day(99_999)) > clock.today}
            assert late == set(), (rule.to_json(), clock.today)
            asked = (
                some
                if before is None
                else [each for each in some if due.get(each, clock.today) <= clock.today]
            )
            due = {each: value for each, value in due.items() if each not in asked} | next_days(
                tenant, rule, clock, asked
            )
            before = found


def matching(tenant: Any, rule: Any, clock: Clock) -> set[Any]:
    condition = compile_rule(rule, tenant, clock.now)
    with tenant_scope(tenant), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id FROM profiles_customerprofile AS p WHERE p.tenant_id = %(tenant)s AND {condition.sql}",
            {"tenant": tenant.pk, **condition.params},
        )
        return {profile_id for (profile_id,) in cursor.fetchall()}


def next_days(tenant: Any, rule: Any, clock: Clock, some: list[Any]) -> dict[Any, Any]:
    query = due_query([rule], tenant.pk, clock, of_weighed=True)
    assert query is not None
    with tenant_scope(tenant), transaction.atomic(), connection.cursor() as cursor:
        WEIGHED.fill(cursor, [(each, [0], False, "CHANGE") for each in some])
        cursor.execute(*query)
        return dict(cursor.fetchall())


@pytest.fixture
def list_id(fairview: Club) -> Iterator[Any]:
    """A list, in an open scope."""
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        yield made.pk


def test_every_constraint_holds(fairview: Club, list_id: Any) -> None:
    tenant, person = fairview.tenant, profile(fairview.tenant)

    def made(**values: Any) -> None:
        Segment.objects.create(**({"tenant": tenant, "name": f"S {uuid4()}", "type": "STATIC"} | values))

    def moved(**values: Any) -> None:
        given = {
            "tenant": tenant,
            "segment_id": list_id,
            "profile_id": person.pk,
            "is_join": True,
            "version": 1,
        }
        SegmentTransition.objects.create(**(given | {"cause": "MANUAL"} | values))

    def asked(**values: Any) -> None:
        Refresh.objects.create(**({"tenant": tenant, "segment_id": list_id, "reason": "PERSON"} | values))

    def joined(**values: Any) -> None:
        given = {
            "tenant": tenant,
            "segment_id": list_id,
            "profile_id": person.pk,
            "origin_profile_id": person.pk,
        }
        SegmentMember.objects.create(**(given | values))

    asked()
    joined()
    violations = (
        ("segments_segment_name_uq", lambda: made(name="the LIST")),
        ("segments_segment_name_ck", lambda: made(name="")),
        ("segments_segment_(type|rule)_ck", lambda: made(type="OTHER")),
        ("segments_segment_frequency_ck", lambda: made(refresh_frequency="NEVER")),
        ("segments_segment_rule_ck", lambda: made(criteria={})),
        ("segments_segment_rule_ck", lambda: made(type="DYNAMIC")),
        ("segments_segment_counts_ck", lambda: made(member_count=-1)),
        ("segments_transition_cause_ck", lambda: moved(cause="OTHER")),
        ("segments_segmenttransition_segment_fk", lambda: moved(segment_id=uuid4())),
        ("segments_refresh_open_uq", asked),
        ("segments_refresh_status_ck", lambda: asked(status="OTHER")),
        ("segments_refresh_reason_ck", lambda: asked(status="DONE", reason="OTHER")),
        ("segments_refresh_segment_fk", lambda: asked(segment_id=uuid4())),
        ("segments_segmentmember_pkey", joined),
        ("segments_segmentmember_segment_fk", lambda: joined(segment_id=uuid4())),
        ("segments_segmentmember_profile_fk", lambda: joined(profile_id=uuid4())),
    )
    for name, violate in violations:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            violate()  # type: ignore[no-untyped-call]


def test_random_rules_have_a_query_for_their_days(db: None) -> None:
    """Whatever leaf moves with time: its query runs."""
    from hypothesis import HealthCheck, given, settings  # noqa: PLC0415 - only here

    tenant = factories.tenant(time_zone="Europe/London")
    now = datetime(2026, 3, 29, 12, tzinfo=UTC)
    clock = Clock(now, tenant.zone)
    with tenant_scope(tenant):
        person = CustomerProfile.objects.create(tenant=tenant)

    @settings(max_examples=examples(80), deadline=None, suppress_health_check=list(HealthCheck))
    @given(trees(now, tenant.zone, uuid4()))
    def runs(tree: Any) -> None:
        rule = parse(tree)
        everybody = due_query([rule], tenant.pk, clock)
        assert (everybody is not None) == rule.mentions.moves_with_time
        if everybody is not None:
            with tenant_scope(tenant), connection.cursor() as cursor:
                cursor.execute(*everybody)
            next_days(tenant, rule, clock, [person.pk])

    runs()
