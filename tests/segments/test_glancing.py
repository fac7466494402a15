"""A refresh that finds the kept figures true looks at no member; whoever differs is found all the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from profiles.models import CustomerProfile
from profiles.restricting import set_restriction
from segments import refreshing
from segments.actions import get_segment
from segments.models import RefreshReason, Segment, SegmentMember
from segments.refreshing import request_refresh
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.records import profile
from tests.segments.makers import history, leaf, members, refresh, segment

GOLD = leaf("membershipTier", "eq", "Gold")
SUM = """
SELECT COALESCE(bit_xor(uuid_hash_extended(profile_id, 0)), 0), count(*) FROM segments_segmentmember
WHERE segment_id = %s
"""


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many segments each comparison with the members was about."""
    compare, found = refreshing.difference, list[int]()

    def counted(tenant: Any, segments: Any, clock: Any) -> Any:
        found.append(len(segments))
        return compare(tenant, segments, clock)

    monkeypatch.setattr(refreshing, "difference", counted)
    return found


def again(club: Club, made: Segment, reason: RefreshReason = RefreshReason.SCHEDULE) -> None:
    with tenant_scope(club.tenant):
        request_refresh(made.pk, reason)
    assert refresh(club.tenant) == 1
    with tenant_scope(club.tenant), connection.cursor() as cursor:
        kept = get_segment(made.pk)
        cursor.execute(SUM, [made.pk])
        assert cursor.fetchone() == (kept.member_sum, kept.member_count)


@pytest.fixture
def gold(fairview: Club, comparisons: list[int]) -> Segment:
    """A segment of three of ten, compared once."""
    for number in range(10):
        profile(fairview.tenant, membership_tier="Gold" if number < 3 else "Silver")
    made = segment(fairview.tenant, GOLD)
    comparisons.clear()
    return made


@pytest.mark.django_db(transaction=True)
def test_who_was_written_since_is_found_without_a_look_at_the_members(
    fairview: Club, gold: Segment, comparisons: list[int]
) -> None:
    with tenant_scope(fairview.tenant):
        leaver = CustomerProfile.objects.filter(membership_tier="Gold").earliest("pk")
        joiner = CustomerProfile.objects.filter(membership_tier="Silver").earliest("pk")
        CustomerProfile.objects.filter(pk=leaver.pk).update(membership_tier="Silver")
        CustomerProfile.objects.filter(pk=joiner.pk).update(membership_tier="Gold")

    again(fairview, gold)
    again(fairview, gold)

    assert comparisons == []
    found = members(fairview.tenant, gold)
    assert joiner.pk in found
    assert leaver.pk not in found
    assert {row[0] for row in history(fairview.tenant, gold)[3:]} == {leaver.pk, joiner.pk}


@pytest.mark.django_db(transaction=True)
def test_whoever_differs_for_another_reason_is_found_by_a_comparison(
    fairview: Club, gold: Segment, comparisons: list[int]
) -> None:
    before = members(fairview.tenant, gold)
    with tenant_scope(fairview.tenant):
        silver = CustomerProfile.objects.filter(membership_tier="Silver").earliest("pk")
        one = SegmentMember.objects.filter(segment_id=gold.pk).earliest("profile_id")
        # As many as before, another one among them.
        with transaction.atomic():
            SegmentMember.objects.filter(segment_id=gold.pk, profile_id=one.profile_id).delete()
            SegmentMember.objects.create(
                tenant=fairview.tenant,
                segment_id=gold.pk,
                profile_id=silver.pk,
                origin_profile_id=silver.pk,
            )
        Segment.objects.filter(pk=gold.pk).update(member_sum=1)

    again(fairview, gold)

    assert comparisons == [1]
    assert members(fairview.tenant, gold) == before


@pytest.mark.django_db(transaction=True)
def test_whoever_asks_and_each_week_has_everybody_compared(
    fairview: Club, gold: Segment, comparisons: list[int]
) -> None:
    """Also where rows were lost behind our back."""
    before = members(fairview.tenant, gold)
    for reason, days in ((RefreshReason.PERSON, 0), (RefreshReason.SCHEDULE, 8)):
        with tenant_scope(fairview.tenant):
            SegmentMember.objects.filter(segment_id=gold.pk).delete()
            Segment.objects.filter(pk=gold.pk).update(compared_at=timezone.now() - timedelta(days=days))

        again(fairview, gold, reason)

        assert members(fairview.tenant, gold) == before
    assert comparisons == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_a_person_may_ask_while_the_schedule_waits(
    fairview: Club, gold: Segment, comparisons: list[int]
) -> None:
    with tenant_scope(fairview.tenant):
        request_refresh(gold.pk, RefreshReason.SCHEDULE)

    again(fairview, gold, RefreshReason.PERSON)

    assert comparisons == [1]


@pytest.mark.django_db(transaction=True)
def test_the_restricted_count_among_nobody(fairview: Club, gold: Segment, comparisons: list[int]) -> None:
    with tenant_scope(fairview.tenant):
        one = CustomerProfile.objects.filter(membership_tier="Gold").earliest("pk")
        set_restriction(one.pk, is_restricted=True)

    again(fairview, gold)

    assert one.pk not in members(fairview.tenant, gold)
    comparisons.clear()
    again(fairview, gold)
    assert comparisons == []


@pytest.mark.django_db(transaction=True)
def test_a_rule_about_the_timeline_is_compared(fairview: Club, comparisons: list[int]) -> None:
    profile(fairview.tenant)
    made = segment(fairview.tenant, {"event": {"types": ["TEETIME_BOOKED"], "never": True}})
    comparisons.clear()

    again(fairview, made)

    assert comparisons == [1]
