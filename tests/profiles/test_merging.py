"""Two profiles become one: everything adds up, and nothing points into the void."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from profiles.matching.review import open_candidates
from profiles.merging.reassignment import NewMerge, reassign_rows, record_merges
from profiles.models import (
    Activity,
    CustomerProfile,
    Fact,
    Identifier,
    Note,
    PrivacyRequest,
    ProfileMerge,
    SearchDocument,
)
from profiles.reading import get_customer
from profiles.search.finding import search_profiles
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.records import NOON, activity, candidate, fact, identifier, note, profile
from tests.profiles.stories import contact, event, member, payment, player, tell


def join(tenant: Tenant, *pairs: tuple[UUID, UUID]) -> None:
    """Merge (winner, loser) pairs as one batch does."""
    merges = [NewMerge(winner, loser, evidence={"key": "email"}) for winner, loser in pairs]
    with tenant_scope(tenant), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        record_merges(cursor, tenant.pk, merges)
        reassign_rows(cursor, tenant.pk, {one for pair in pairs for one in pair})


def reload(row: CustomerProfile) -> CustomerProfile:
    with tenant_scope(row.tenant_id):
        again: CustomerProfile = CustomerProfile.objects.get(pk=row.pk)
    return again


def test_figures_add_up_and_times_are_the_latest(fairview: Club) -> None:
    tenant = fairview.tenant
    winner = profile(
        tenant, lifetime_value_cents=100, stage_reached=4, last_activity_at=NOON, last_activity_type="ROUND_COMPLETED",
        last_booking_at=NOON,
        tags=["vip"],
    )  # fmt: skip
    later = NOON + timedelta(days=1)
    losers = [
        profile(
            tenant, lifetime_value_cents=1000, stage_reached=3, last_activity_at=later,
            last_activity_type="PAYMENT_RECEIVED", last_email_open_at=NOON,
            tags=["vip", "early bird"],
        ),
        profile(tenant, lifetime_value_cents=-50, last_email_click_at=later, tags=["Zoo"]),
    ]  # fmt: skip
    lately = timezone.now() - timedelta(days=1)
    activity(tenant, winner.pk, occurred_at=lately)
    activity(tenant, losers[0].pk, occurred_at=lately, type="TEETIME_BOOKED", category="BOOKING")
    activity(tenant, losers[0].pk, occurred_at=lately - timedelta(days=40))

    join(tenant, *((winner.pk, loser.pk) for loser in losers))

    after = reload(winner)
    assert (after.activity_count_30d, after.activity_count_90d, after.booking_count_30d) == (2, 3, 1)
    assert (after.lifetime_value_cents, after.stage_reached) == (1050, 4)
    assert (after.last_activity_at, after.last_activity_type) == (later, "PAYMENT_RECEIVED")
    assert (after.last_booking_at, after.last_email_open_at, after.last_email_click_at) == (NOON, NOON, later)
    assert set(after.tags) == {"vip", "early bird", "Zoo"}
    assert len(after.tags) == 3
    assert after.version == winner.version + 1
    for loser in losers:
        left = reload(loser)
        assert (left.status, left.merged_into_id, left.lifetime_value_cents) == ("MERGED", winner.pk, 0)
        assert (left.activity_count_30d, left.activity_count_90d, left.booking_count_30d) == (0, 0, 0)


@pytest.mark.parametrize(
    ("winner_at", "loser_at", "expected"),
    [
        (None, NOON, "LOSER"),
        (NOON, None, "WINNER"),
        (NOON, NOON - timedelta(days=1), "WINNER"),
        (None, None, ""),
    ],
)
def test_the_last_activity_is_whoever_did_something_last(
    fairview: Club, winner_at: Any, loser_at: Any, expected: str
) -> None:
    winner = profile(
        fairview.tenant, last_activity_at=winner_at, last_activity_type="WINNER" if winner_at else ""
    )
    loser = profile(
        fairview.tenant, last_activity_at=loser_at, last_activity_type="LOSER" if loser_at else ""
    )

    join(fairview.tenant, (winner.pk, loser.pk))

    assert reload(winner).last_activity_type == expected


def test_all_rows_move_and_remember_where_they_were_born(fairview: Club) -> None:
    tenant = fairview.tenant
    winner, loser, stranger = (profile(tenant).pk for _ in range(3))
    key = identifier(tenant, loser)
    fact(tenant, key)
    activity(tenant, loser)
    note(tenant, loser)
    note(tenant, stranger)

    join(tenant, (winner, loser))

    with tenant_scope(tenant):
        for model in (Identifier, Activity, Note):
            row = model.objects.get(origin_profile_id=loser)
            assert row.profile_id == winner, model.__name__
        assert Fact.objects.get().profile_id == winner
        assert Note.objects.get(origin_profile_id=stranger).profile_id == stranger
        merge = ProfileMerge.objects.get()
    assert (merge.winner_id, merge.loser_id, merge.evidence) == (winner, loser, {"key": "email"})
    assert merge.unmerged_at is None


def test_old_ids_lead_to_the_survivor_in_one_step_however_long_the_chain(fairview: Club) -> None:
    first, second, third = (profile(fairview.tenant) for _ in range(3))

    join(fairview.tenant, (second.pk, first.pk))
    join(fairview.tenant, (third.pk, second.pk))

    assert reload(first).merged_into_id == third.pk
    with tenant_scope(fairview.tenant):
        assert get_customer(first.pk) == get_customer(second.pk) == third


def test_a_pair_that_became_one_is_no_longer_to_be_reviewed_and_others_are(fairview: Club) -> None:
    tenant = fairview.tenant
    winner, loser, other = (profile(tenant).pk for _ in range(3))
    candidate(tenant, winner, loser)
    open_pair = candidate(tenant, winner, other)
    candidate(tenant, loser, other, status="KEPT_APART")

    join(tenant, (winner, loser))

    assert to_review(tenant) == {open_pair.pk}


def test_a_pair_is_decided_as_well_when_both_came_to_the_survivor_by_different_merges(fairview: Club) -> None:
    tenant = fairview.tenant
    survivor, one, other = (profile(tenant).pk for _ in range(3))
    pair = candidate(tenant, one, other)

    join(tenant, (survivor, one))
    before = to_review(tenant)
    join(tenant, (survivor, other))

    assert (before, to_review(tenant)) == ({pair.pk}, set())


def to_review(tenant: Tenant) -> set[int]:
    with tenant_scope(tenant):
        return set(open_candidates().values_list("pk", flat=True))


def a_request(tenant: Tenant, profile_id: UUID, status: str = "OPEN") -> PrivacyRequest:
    with tenant_scope(tenant):
        request: PrivacyRequest = PrivacyRequest.objects.create(
            tenant=tenant,
            profile_id=profile_id,
            kind="ERASURE",
            origin_profile_id=profile_id,
            source="scl",
            source_event_id="e",
            status=status,
        )
    return request


def open_requests(tenant: Tenant, profile_id: UUID) -> int:
    with tenant_scope(tenant):
        return PrivacyRequest.objects.filter(profile_id=profile_id, status="OPEN").count()


def test_an_open_request_follows_its_person(fairview: Club) -> None:
    winner, loser = profile(fairview.tenant).pk, profile(fairview.tenant).pk
    a_request(fairview.tenant, loser)

    join(fairview.tenant, (winner, loser))

    assert open_requests(fairview.tenant, winner) == 1


def test_of_several_open_requests_the_survivor_has_one(fairview: Club) -> None:
    winner, one, other = (profile(fairview.tenant).pk for _ in range(3))
    for loser in (one, other):
        a_request(fairview.tenant, loser)

    join(fairview.tenant, (winner, one), (winner, other))

    assert open_requests(fairview.tenant, winner) == 1


def test_a_request_that_was_closed_follows_its_person_whatever_is_open(fairview: Club) -> None:
    winner, loser = profile(fairview.tenant).pk, profile(fairview.tenant).pk
    a_request(fairview.tenant, winner)
    done = a_request(fairview.tenant, loser, "DONE")

    join(fairview.tenant, (winner, loser))

    with tenant_scope(fairview.tenant):
        assert PrivacyRequest.objects.get(pk=done.pk).profile_id == winner


def test_a_loser_is_no_longer_found_and_the_survivor_by_both_names(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Elizabeth", email="a@example.com"))
    tell(fairview.tenant, player("t1", name="Liz", phone="0821234567", at=1))

    tell(fairview.tenant, event("teetime.player.updated", {"id": "t1", "email": "a@example.com"}, at=2))

    with tenant_scope(fairview.tenant):
        survivor = CustomerProfile.objects.get(status="ACTIVE")
        found = [search_profiles(text) for text in ("a@example.com", "082 123 4567", "t1", "liz")]
        documents = SearchDocument.objects.count()
    assert found == [[survivor.pk]] * 4
    assert documents == 1


def test_a_merge_only_narrows_consent_and_restates_the_golden_row(fairview: Club) -> None:
    tell(fairview.tenant, contact("c1", email="a@example.com", emailOptIn=True, smsOptIn=True))
    tell(fairview.tenant, contact("c2", phoneNumber="0821234567", emailOptIn=False, smsOptIn=True, at=1))
    tell(fairview.tenant, payment(1, 500, at=2, identity={"sclMemberId": 1, "email": "a@example.com"}))

    tell(fairview.tenant, contact("c2", phoneNumber="0821234567", email="a@example.com", at=3))

    with tenant_scope(fairview.tenant):
        survivor = CustomerProfile.objects.get(status="ACTIVE")
    assert (survivor.email_opt_in, survivor.sms_opt_in) == (False, True)
    assert (survivor.scl_member_id, survivor.lifetime_value_cents, survivor.lifecycle_stage) == (
        1,
        500,
        "CUSTOMER",
    )
