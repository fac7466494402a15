"""Members kept from the log and by refreshes: who joins, who leaves, why, and what a rebuild changes (nothing)."""

import random
from datetime import timedelta
from itertools import islice
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from profiles.models import CustomerProfile, ProcessingRestriction
from segments import log_consumer, refreshing
from segments.actions import Draft, clone_segment, create_segment, delete_segment, get_segment, update_segment
from segments.errors import InCircle, InUse, NameTaken, NotAList, SegmentNotFound, UnknownSegments
from segments.explaining import members_at
from segments.lists import add_members, remove_members, resolve_pasted
from segments.log_consumer import move_due, tenants_with_due
from segments.membership import lock_members
from segments.models import DueDay, Refresh, RefreshReason, Segment, SegmentTransition
from segments.ruled import ruled_segments
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.patience import PATIENCE_SECONDS
from tests.profiles.records import activity, identifier, profile
from tests.segments.makers import a_list, all_of, history, leaf, members, refresh, segment, tell, tell_all

GOLD = leaf("membershipTier", "eq", "Gold")


def change(tenant: Tenant, person: CustomerProfile, **values: Any) -> None:
    with tenant_scope(tenant):
        CustomerProfile.objects.filter(pk=person.pk).update(**values)


def test_a_refresh_finds_whom_the_rule_means_and_a_second_one_changes_nothing(fairview: Club) -> None:
    gold = profile(fairview.tenant, membership_tier="Gold")
    profile(fairview.tenant, membership_tier="Silver")
    profile(fairview.tenant, membership_tier="Gold", status="DELETED")

    made = segment(fairview.tenant, GOLD)

    assert members(fairview.tenant, made) == {gold.pk}
    assert history(fairview.tenant, made) == [(gold.pk, True, "REFRESH", GOLD)]
    with tenant_scope(fairview.tenant):
        stored = get_segment(made.pk)
        assert (stored.member_count, stored.refreshed_version, stored.is_stale) == (1, 1, False)
        refreshing.request_refresh(made.pk, RefreshReason.PERSON)
    assert refresh(fairview.tenant) == 1
    assert len(history(fairview.tenant, made)) == 1


def test_a_change_moves_the_person_who_changed_with_the_leaf_that_flipped(fairview: Club) -> None:
    person = profile(fairview.tenant, membership_tier="Gold", handicap_tenths=200)
    low = leaf("handicap", "lt", 15)
    made = segment(fairview.tenant, all_of(GOLD, low))

    change(fairview.tenant, person, handicap_tenths=120)
    tell(fairview.tenant, "profile.changed", person.pk, changes=["handicap"])

    assert members(fairview.tenant, made) == {person.pk}
    change(fairview.tenant, person, membership_tier="Silver")
    tell(fairview.tenant, "profile.changed", person.pk, changes=["membershipTier"])
    assert members(fairview.tenant, made) == set()
    assert history(fairview.tenant, made) == [
        (person.pk, True, "CHANGE", low),
        (person.pk, False, "CHANGE", GOLD),
    ]


def test_a_segment_that_does_not_ask_for_what_changed_is_left_alone(fairview: Club) -> None:
    person = profile(fairview.tenant)
    made = segment(fairview.tenant, GOLD)
    change(fairview.tenant, person, membership_tier="Gold")

    tell(fairview.tenant, "profile.changed", person.pk, changes=["handicap"])

    assert members(fairview.tenant, made) == set()


def test_an_activity_moves_who_did_it(fairview: Club) -> None:
    person = profile(fairview.tenant)
    booked = {"event": {"types": ["TEETIME_BOOKED"], "count": {"op": "gte", "value": 2}, "inLastDays": 30}}
    made = segment(fairview.tenant, booked)
    for _ in range(2):
        activity(
            fairview.tenant, person.pk, type="TEETIME_BOOKED", category="BOOKING", occurred_at=timezone.now()
        )

    tell(fairview.tenant, "activity.recorded", person.pk, type="TEETIME_BOOKED")

    assert members(fairview.tenant, made) == {person.pk}
    assert history(fairview.tenant, made)[0][3] == booked


def test_a_score_and_a_counter_move_too(fairview: Club) -> None:
    person = profile(fairview.tenant, engagement_score=90, activity_count_30d=3)
    keen = segment(fairview.tenant, leaf("engagementScore", "gt", 80), "Keen")
    busy = segment(fairview.tenant, leaf("activityCount30d", "gte", 3), "Busy")
    change(fairview.tenant, person, engagement_score=50, activity_count_30d=1)

    tell(fairview.tenant, "profile.scored", person.pk, engagement=[90, 50], churnRisk=[0, 0])
    assert members(fairview.tenant, keen) == set()
    assert members(fairview.tenant, busy) == {person.pk}
    tell(fairview.tenant, "profile.counted", person.pk, changes=["activityCount30d"])
    assert members(fairview.tenant, busy) == set()


def test_nested_segments_follow_at_once(fairview: Club) -> None:
    person = profile(fairview.tenant)
    gold = segment(fairview.tenant, GOLD, "Gold")
    not_gold = segment(fairview.tenant, {"segment": str(gold.pk), "operator": "notIn"}, "Others")
    none = segment(fairview.tenant, {"segment": str(not_gold.pk), "operator": "notIn"}, "Not others")
    assert members(fairview.tenant, not_gold) == {person.pk}

    change(fairview.tenant, person, membership_tier="Gold")
    tell(fairview.tenant, "profile.changed", person.pk, changes=["membershipTier"])

    assert members(fairview.tenant, gold) == {person.pk}
    assert members(fairview.tenant, not_gold) == set()
    assert members(fairview.tenant, none) == {person.pk}


def test_a_window_that_expires_moves_only_who_is_due(fairview: Club) -> None:
    now = timezone.now()
    booked = profile(fairview.tenant, last_booking_at=now - timedelta(days=30))
    recent = profile(fairview.tenant, last_booking_at=now)
    made = segment(fairview.tenant, leaf("lastBookingAt", "inLastDays", 30))
    assert members(fairview.tenant, made) == {booked.pk, recent.pk}
    today = now.astimezone(fairview.tenant.zone).date()
    with tenant_scope(fairview.tenant):
        due = dict(DueDay.objects.values_list("profile_id", "due_on"))
    assert due == {booked.pk: today + timedelta(days=1), recent.pk: today + timedelta(days=31)}
    assert tenants_with_due() == []

    # As if the night had passed.
    change(fairview.tenant, booked, last_booking_at=now - timedelta(days=31))
    with tenant_scope(fairview.tenant):
        DueDay.objects.filter(profile_id=booked.pk).update(due_on=today)
    assert tenants_with_due() == [fairview.tenant.pk]
    assert move_due(fairview.tenant.pk) is False

    assert members(fairview.tenant, made) == {recent.pk}
    assert history(fairview.tenant, made)[-1][:3] == (booked.pk, False, "TIME")
    with tenant_scope(fairview.tenant):
        # In a month he is one of the templates' lapsed golfers.
        assert DueDay.objects.get(profile_id=booked.pk).due_on > today


def test_whoever_may_not_be_processed_is_in_no_segment(fairview: Club) -> None:
    person = profile(fairview.tenant, membership_tier="Gold")
    made = segment(fairview.tenant, GOLD)
    with tenant_scope(fairview.tenant):
        ProcessingRestriction.objects.create(
            tenant=fairview.tenant, profile_id=person.pk, restricted_by_name="x"
        )

    tell(fairview.tenant, "profile.changed", person.pk, changes=["processingRestricted"])

    assert members(fairview.tenant, made) == set()


def test_an_edit_starts_over_and_leaves_a_stale_mark_meanwhile(fairview: Club) -> None:
    gold, silver = (profile(fairview.tenant, membership_tier=tier) for tier in ("Gold", "Silver"))
    made = segment(fairview.tenant, GOLD)

    with tenant_scope(fairview.tenant):
        edited = update_segment(made.pk, {"criteria": {**GOLD, "value": "Silver"}})
        assert edited.is_stale
    assert members(fairview.tenant, made) == {gold.pk}

    assert refresh(fairview.tenant) == 1
    assert members(fairview.tenant, made) == {silver.pk}


@pytest.mark.parametrize("at_once", [1, 2])
def test_edits_during_a_refresh_make_it_start_over(
    fairview: Club, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Two edits: one in each of two refreshes, or both in one."""
    for tier in ("Gold", "Silver"):
        profile(fairview.tenant, membership_tier=tier)
    compare = refreshing.difference
    edits = iter(({**GOLD, "value": "Bronze"}, {**GOLD, "value": "Silver"}))

    def edited_meanwhile(*args: Any) -> Any:
        found = compare(*args)
        for criteria in islice(edits, at_once):
            update_segment(made.pk, {"criteria": criteria})
        return found

    monkeypatch.setattr(refreshing, "difference", edited_meanwhile)
    with tenant_scope(fairview.tenant):
        made = create_segment(Draft(name="Edited", criteria=GOLD))
    results = [refresh(fairview.tenant) for _ in range(3)]

    assert results == ([0, 0, 1] if at_once == 1 else [0, 1, 0])
    with tenant_scope(fairview.tenant):
        silver = CustomerProfile.objects.get(membership_tier="Silver")
        assert not get_segment(made.pk).is_stale
    assert members(fairview.tenant, made) == {silver.pk}


def test_an_edit_that_overtakes_the_reader_of_the_log_is_heeded(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader has chosen by the old rule and waits for the lock, while the new one is saved and refreshed."""
    gold = profile(fairview.tenant, membership_tier="Gold")
    silver = profile(fairview.tenant, membership_tier="Silver")
    made = segment(fairview.tenant, leaf("membershipTier", "eq", "Bronze"))
    change(fairview.tenant, gold, membership_tier="Bronze")
    edits = iter(({**GOLD, "value": "Silver"},))

    def overtaken() -> None:
        for criteria in edits:
            update_segment(made.pk, {"criteria": criteria})
            refreshing.refresh_waiting()
        lock_members()

    monkeypatch.setattr(log_consumer, "lock_members", overtaken)
    tell(fairview.tenant, "profile.changed", gold.pk, changes=["membershipTier"])

    assert members(fairview.tenant, made) == {silver.pk}
    assert [row[:2] for row in history(fairview.tenant, made)] == [(silver.pk, True)]


@pytest.mark.django_db(transaction=True)
def test_history_reads_in_the_order_in_which_members_were_written() -> None:
    """Also where a transaction that began earlier had to wait for the lock of members."""
    tenant = factories.tenant("in-order")
    person = profile(tenant)
    made = segment(tenant, GOLD)

    def joins() -> None:
        change(tenant, person, membership_tier="Gold")
        tell(tenant, "profile.changed", person.pk, changes=["membershipTier"])
        connections.close_all()

    with transaction.atomic():
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
        other = Thread(target=joins)
        other.start()
        other.join(PATIENCE_SECONDS)
        change(tenant, person, membership_tier="Silver")
        tell(tenant, "profile.changed", person.pk, changes=["membershipTier"])

    assert members(tenant, made) == set()
    with tenant_scope(tenant):
        assert members_at(made.pk, timezone.now()) == []
        turns = SegmentTransition.objects.filter(segment_id=made.pk).order_by("at")
        assert list(turns.values_list("is_join", flat=True)) == [True, False]


def test_a_killed_refresh_is_taken_over(fairview: Club) -> None:
    person = profile(fairview.tenant, membership_tier="Gold")
    with tenant_scope(fairview.tenant):
        made = create_segment(Draft(name="Killed", criteria=GOLD))
        Refresh.objects.update(
            status="RUNNING", leased_until=timezone.now() + timedelta(seconds=60), attempts=1
        )
    assert refresh(fairview.tenant) == 0

    with tenant_scope(fairview.tenant):
        Refresh.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert refreshing.tenants_with_refreshes() == [fairview.tenant.pk]
    assert refresh(fairview.tenant) == 1
    assert members(fairview.tenant, made) == {person.pk}


def test_refreshes_of_many_segments_share_their_pass_and_agree_with_single_ones(fairview: Club) -> None:
    rng = random.Random(4)
    for _ in range(60):
        profile(fairview.tenant, handicap_tenths=rng.choice((None, *range(-30, 360, 30))))
    with tenant_scope(fairview.tenant):
        made = [
            create_segment(Draft(name=f"Below {n}", criteria=leaf("handicap", "lt", n))) for n in range(30)
        ]

    assert refresh(fairview.tenant) == 30

    with tenant_scope(fairview.tenant):
        for number, each in enumerate(made):
            expected = set(
                CustomerProfile.objects.filter(handicap_tenths__lt=number * 10).values_list("pk", flat=True)
            )
            assert members(fairview.tenant, each) == expected


def test_random_changes_leave_what_a_full_rebuild_finds(fairview: Club) -> None:
    rng = random.Random(7)
    tiers = ("", "Gold", "Silver")
    people = [profile(fairview.tenant, membership_tier=rng.choice(tiers)) for _ in range(40)]
    gold = segment(fairview.tenant, GOLD, "Gold")
    either = segment(
        fairview.tenant,
        {
            "combinator": "OR",
            "not": True,
            "rules": [{"segment": str(gold.pk)}, leaf("engagementScore", "gt", 50)],
        },
        "Neither",
    )
    for _ in range(12):
        happened = []
        for person in rng.sample(people, 9):
            if rng.random() < 0.5:
                change(fairview.tenant, person, membership_tier=rng.choice(tiers))
                happened.append(("profile.changed", person.pk, {"changes": ["membershipTier"]}))
            else:
                change(fairview.tenant, person, engagement_score=rng.choice((None, 40, 60)))
                happened.append(("profile.scored", person.pk, {}))
        tell_all(fairview.tenant, happened)
    before = {each.pk: members(fairview.tenant, each) for each in (gold, either)}
    rows = sum(len(history(fairview.tenant, each)) for each in (gold, either))

    with tenant_scope(fairview.tenant):
        for each in (gold, either):
            refreshing.request_refresh(each.pk, RefreshReason.PERSON)
    refresh(fairview.tenant)

    assert {each.pk: members(fairview.tenant, each) for each in (gold, either)} == before
    assert sum(len(history(fairview.tenant, each)) for each in (gold, either)) == rows
    with tenant_scope(fairview.tenant):
        for each in (gold, either):
            assert get_segment(each.pk).member_count == len(before[each.pk])


def test_a_circle_through_others_is_refused(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        one = create_segment(Draft(name="One", criteria=GOLD))
        two = create_segment(Draft(name="Two", criteria={"segment": str(one.pk)}))
        three = create_segment(Draft(name="Three", criteria={"segment": str(two.pk)}))

        with pytest.raises(InCircle, match="One → Three → Two → One"):
            update_segment(one.pk, {"criteria": {"segment": str(three.pk)}})
        with pytest.raises(InCircle):
            update_segment(one.pk, {"criteria": {"segment": str(one.pk)}})
        with pytest.raises(UnknownSegments):
            create_segment(Draft(name="Four", criteria={"segment": str(uuid4())}))
        assert get_segment(one.pk).version == 1


def test_names_are_unique_whatever_the_capitals_and_free_after_deletion(
    fairview: Club, kingsmere: Club
) -> None:
    with tenant_scope(fairview.tenant):
        made = create_segment(Draft(name="Juniors", criteria=GOLD))
        with pytest.raises(NameTaken):
            create_segment(Draft(name="juniors", criteria=GOLD))
        delete_segment(made.pk)
        with pytest.raises(SegmentNotFound):
            get_segment(made.pk)
        again = create_segment(Draft(name="Juniors", criteria=GOLD))
        assert clone_segment(again.pk, "Juniors 2").criteria == again.criteria
    with tenant_scope(kingsmere.tenant):
        create_segment(Draft(name="Juniors", criteria=GOLD))
        with pytest.raises(SegmentNotFound):
            get_segment(again.pk)


def test_what_others_need_cannot_be_deleted(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        one = create_segment(Draft(name="One", criteria=GOLD))
        create_segment(Draft(name="Two", criteria={"segment": str(one.pk)}))

        with pytest.raises(InUse, match="the segment “Two”"):
            delete_segment(one.pk)


def test_a_list_takes_people_and_pasted_keys(fairview: Club) -> None:
    ann, ben = profile(fairview.tenant), profile(fairview.tenant)
    identifier(fairview.tenant, ann.pk, value="ann@example.org")
    identifier(fairview.tenant, ben.pk, kind="sclMemberId", value="17")
    for person in (ann, ben):
        identifier(fairview.tenant, person.pk, value="family@example.org", is_shared=True)
    made = a_list(fairview.tenant)

    with tenant_scope(fairview.tenant):
        pasted = resolve_pasted("Ann@Example.org, 0017; nobody@example.org family@example.org\n99")
        assert pasted.found == [ann.pk, ben.pk]
        assert pasted.unknown == ["nobody@example.org", "99"]
        assert pasted.shared == ["family@example.org"]
        assert add_members(made.pk, [*pasted.found, ann.pk]) == 2
        assert add_members(made.pk, pasted.found) == 0
        assert remove_members(made.pk, [ben.pk]) == 1
    assert members(fairview.tenant, made) == {ann.pk}
    assert [row[:3] for row in history(fairview.tenant, made)][-1] == (ben.pk, False, "MANUAL")

    ruled = segment(fairview.tenant, GOLD)
    with tenant_scope(fairview.tenant), pytest.raises(NotAList):
        add_members(ruled.pk, [ann.pk])


def test_a_new_club_finds_the_templates(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        names = set(Segment.objects.filter(is_system=True).values_list("name", flat=True))

    assert len(names) == 17
    assert {"At Risk", "Platinum Members", "Birthday This Month", "Upgrade Candidates"} <= names


def test_due_refreshes_are_asked_for_by_the_clock(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        Segment.objects.filter(is_system=True).delete()
        daily = create_segment(Draft(name="Daily", criteria=GOLD))
        manual = create_segment(Draft(name="Manual", criteria=GOLD, refresh_frequency="MANUAL"))
    refresh(fairview.tenant)
    refreshing.request_due()
    with tenant_scope(fairview.tenant):
        assert not Refresh.objects.filter(status="WAITING").exists()
        Segment.objects.update(last_refreshed_at=timezone.now() - timedelta(days=2))

    refreshing.request_due()

    with tenant_scope(fairview.tenant):
        waiting = set(Refresh.objects.filter(status="WAITING").values_list("segment_id", flat=True))
    assert waiting == {daily.pk}
    assert manual.pk not in waiting


@pytest.mark.django_db(transaction=True)
def test_of_two_edits_at_once_that_close_a_circle_one_is_refused() -> None:
    tenant = factories.tenant("circle")
    with tenant_scope(tenant):
        one = create_segment(Draft(name="One", criteria=GOLD))
        two = create_segment(Draft(name="Two", criteria=GOLD))
        between = create_segment(Draft(name="Between", criteria={"segment": str(one.pk)}))
    start = Barrier(2)
    refused: list[InCircle] = []

    def edit(changed: Segment, named: Segment) -> None:
        start.wait(PATIENCE_SECONDS)
        try:
            with tenant_scope(tenant):
                update_segment(changed.pk, {"criteria": {"segment": str(named.pk)}})
        except InCircle as refusal:
            refused.append(refusal)
        connections.close_all()

    edits = [Thread(target=edit, args=(one, two)), Thread(target=edit, args=(two, between))]
    for each in edits:
        each.start()
    for each in edits:
        each.join(PATIENCE_SECONDS)

    assert len(refused) == 1
    with tenant_scope(tenant):
        levels = sorted(each.level for each in ruled_segments().values() if each.id in (one.pk, two.pk))
    assert levels in ([0, 1], [0, 2])
