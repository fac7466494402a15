"""Why somebody was in a segment on a past day: what is kept is answered, what is not is said."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client
from django.utils import timezone

from profiles.models import CustomerProfile, ScoreHistory, StageChange
from segments.explaining import explain
from segments.models import Segment, SegmentTransition
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.records import activity, fact, identifier, profile
from tests.segments.makers import a_list, all_of, leaf, segment

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)


def person(tenant: Tenant, **values: Any) -> CustomerProfile:
    made = profile(tenant, **values)
    with tenant_scope(tenant):
        CustomerProfile.objects.filter(pk=made.pk).update(created_at=datetime(2025, 1, 1, tzinfo=UTC))
    return made


def asked(tenant: Tenant, of: Segment, who: CustomerProfile, at: datetime) -> tuple[Any, list[Any]]:
    """What the rule says, and each of its parts: (truth, found)."""
    with tenant_scope(tenant):
        rule = explain(of.pk, who.pk, tenant, NOW, at)["rule"]
    return rule["is"], [(part["is"], part["found"]) for part in rule["rules"]]


def test_the_timeline_is_asked_as_it_was(fairview: Club) -> None:
    who = person(fairview.tenant, last_booking_at=NOW)
    for day in (datetime(2026, 4, 20, 9, tzinfo=UTC), datetime(2026, 6, 10, 9, tzinfo=UTC)):
        activity(fairview.tenant, who.pk, type="TEETIME_BOOKED", category="BOOKING", occurred_at=day)
    booked = {"event": {"types": ["TEETIME_BOOKED"], "count": {"op": "gte", "value": 2}, "inLastDays": 90}}
    made = segment(
        fairview.tenant,
        all_of(booked, leaf("lastBookingAt", "inLastDays", 30), leaf("bookingCount30d", "lte", 1)),
    )

    truth, parts = asked(fairview.tenant, made, who, MAY)

    assert truth is False
    assert [part[0] for part in parts] == [False, True, True]
    assert parts[0][1]["count"] == 1
    assert parts[1][1] == datetime(2026, 4, 20, 9, tzinfo=UTC)
    assert parts[2][1] == 1
    assert asked(fairview.tenant, made, who, NOW - timedelta(days=1))[1][0][0] is True


def test_scores_stages_and_segments_are_asked_as_they_were(fairview: Club) -> None:
    who = person(fairview.tenant, engagement_score=90, lifecycle_stage="MEMBER")
    kept: dict[str, Any] = {"components": {}, "inputs": {}, "rules_version": 1, "churn_risk": 20}
    gold = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        for day, score in ((1, 40), (30, 90)):
            ScoreHistory.objects.create(
                tenant=fairview.tenant,
                profile_id=who.pk,
                day=datetime(2026, 4 if day == 1 else 5, day, tzinfo=UTC).date(),
                engagement=score,
                **kept,
            )
        for at, stage in ((MAY - timedelta(days=9), "LEAD"), (MAY + timedelta(days=9), "MEMBER")):
            StageChange.objects.create(
                tenant=fairview.tenant, profile_id=who.pk, stage_after=stage, changed_at=at
            )
        for at, is_join in ((MAY - timedelta(days=9), True), (MAY + timedelta(days=9), False)):
            SegmentTransition.objects.create(
                tenant=fairview.tenant,
                segment_id=gold.pk,
                profile_id=who.pk,
                is_join=is_join,
                cause="MANUAL",
                version=1,
                at=at,
            )
    made = segment(
        fairview.tenant,
        all_of(
            leaf("engagementScore", "lt", 50),
            leaf("lifecycleStage", "eq", "LEAD"),
            {"segment": str(gold.pk), "operator": "in"},
        ),
    )

    assert asked(fairview.tenant, made, who, MAY) == (True, [(True, 40), (True, "LEAD"), (True, None)])
    truth, parts = asked(fairview.tenant, made, who, NOW)
    assert (truth, [part[0] for part in parts]) == (False, [False, False, False])


def test_a_field_that_changed_since_is_said_to_be_unknown(fairview: Club) -> None:
    who = person(fairview.tenant, membership_tier="Gold", handicap_tenths=120)
    key = identifier(fairview.tenant, who.pk)
    fact(fairview.tenant, key, field="membershipTier", value="Gold", occurred_at=MAY - timedelta(days=1))
    fact(fairview.tenant, key, field="handicap", value=12.0, occurred_at=MAY + timedelta(days=1))
    gold, low = leaf("membershipTier", "eq", "Gold"), leaf("handicap", "lt", 15)
    both = segment(fairview.tenant, all_of(gold, low), "Both")
    either = segment(fairview.tenant, {"combinator": "OR", "rules": [gold, low]}, "Either")
    neither = segment(fairview.tenant, {"combinator": "OR", "not": True, "rules": [gold, low]}, "Neither")

    assert asked(fairview.tenant, both, who, MAY) == (None, [(True, "Gold"), (None, None)])
    assert asked(fairview.tenant, either, who, MAY)[0] is True
    assert asked(fairview.tenant, neither, who, MAY)[0] is False
    assert asked(fairview.tenant, both, who, NOW)[0] is True


def test_before_a_customer_was_known_nothing_is_known(fairview: Club) -> None:
    who = person(fairview.tenant, membership_tier="Gold", last_booking_at=NOW)
    made = segment(fairview.tenant, all_of(leaf("membershipTier", "isNull"), leaf("lastBookingAt", "isNull")))

    truth, parts = asked(fairview.tenant, made, who, datetime(2024, 1, 1, tzinfo=UTC))

    assert (truth, [part[0] for part in parts]) == (None, [None, None])


def test_the_page_shows_a_past_day_with_its_values(fairview: Club) -> None:
    now = timezone.now()
    who = person(fairview.tenant, first_name="Ann")
    day = now.astimezone(ZoneInfo("Africa/Johannesburg")).date() - timedelta(days=40)
    activity(
        fairview.tenant,
        who.pk,
        type="TEETIME_BOOKED",
        category="BOOKING",
        occurred_at=now - timedelta(days=45),
    )
    made = segment(fairview.tenant, all_of({"event": {"types": ["TEETIME_BOOKED"], "inLastDays": 30}}))
    browser = Client()
    browser.force_login(fairview.staff)

    page = browser.get(f"/admin/segments/{made.pk}/?why={who.pk}&on={day}").content.decode()

    assert f"Ann was not in this segment on {day.day} {day:%B %Y}" in page
    assert "true: " in page
    assert "once" in page
    today = browser.get(f"/admin/segments/{made.pk}/?why={who.pk}&on=nonsense").content.decode()
    assert "Ann is not in this segment" in today
    assert "0 times" in today
