"""Each line of the contract does what the catalogue says."""

import json
from datetime import UTC, date, datetime

import pytest

from events.models import InboxEvent, InboxStatus
from profiles.models import Activity, CustomerProfile, Identifier, PrivacyRequest
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.events.contract import contract_lines
from tests.profiles.stories import Event, event, member, publish, tell

TYPES_OF_LINDIWE = [
    "MEMBER_CREATED", "MEMBER_UPDATED", "TIER_UPGRADED", "MEMBERSHIP_STATUS_CHANGED", "PAYMENT_FAILED",
    "PAYMENT_RECEIVED", "PAYMENT_REFUNDED", "INVOICE_SENT", "INVOICE_OVERDUE", "PLAYER_UPDATED",
    "HANDICAP_UPDATED", "TEETIME_BOOKED", "TEETIME_BOOKED", "TEETIME_CANCELLED", "ROUND_COMPLETED",
    "TEETIME_NO_SHOW", "SCORE_POSTED", "COMPETITION_ENTERED", "COMPETITION_WITHDRAWN", "CONSENT_OPTED_IN",
    "CONSENT_OPTED_OUT", "MESSAGE_SENT", "MESSAGE_DELIVERED", "MESSAGE_BOUNCED", "MESSAGE_FAILED",
    "EMAIL_OPENED", "EMAIL_OPENED", "EMAIL_CLICKED", "MESSAGE_UNSUBSCRIBED", "EMAIL_COMPLAINED", "SMS_REPLIED",
    "FEEDBACK_VOTED", "FEEDBACK_UNVOTED", "FEEDBACK_SHIPPED", "COMPLAINT_OPENED", "COMPLAINT_CLOSED",
    "RESERVATION_CREATED", "RESERVATION_RESCHEDULED", "RESERVATION_NO_SHOW", "RESERVATION_CANCELLED",
    "CONTACT_DELETED", "MEMBER_DELETED",
]  # fmt: skip


def contract_events() -> list[Event]:
    return [json.loads(line) for line in contract_lines()]


@pytest.fixture
def told(fairview: Club) -> Club:
    tell(fairview.tenant, *contract_events())
    return fairview


def test_every_line_succeeds_and_leads_to_its_profile_and_activity(told: Club) -> None:
    with tenant_scope(told.tenant):
        rows = list(InboxEvent.objects.all())

    assert {row.status for row in rows} == {InboxStatus.SUCCESS}
    assert len(rows) == len(contract_lines())
    for row in rows:
        concerns_nobody = row.type.startswith("teetime.competition.") and row.type.split(".")[2] in {
            "published",
            "updated",
            "cancelled",
        }
        assert (row.profile_id is None) == concerns_nobody, row.type


def test_the_golden_row_is_what_the_sources_said_last(told: Club) -> None:
    with tenant_scope(told.tenant):
        lindiwe = CustomerProfile.objects.get(scl_member_id=4711)

    assert lindiwe.email == "lindiwe.nkosi@example.com"
    assert (lindiwe.first_name, lindiwe.last_name) == ("Lindi", "Nkosi")
    assert lindiwe.date_of_birth == date(1984, 5, 17)
    assert lindiwe.teetime_player_id == "6f1b0a52-8a7e-4f0e-9a44-0d8a2f6f0001"
    assert lindiwe.auth_user_id == "auth-77"
    assert lindiwe.external_ids == {"golfRsaId": "2700123456"}
    assert lindiwe.handicap_tenths == -4
    assert lindiwe.home_club_name == "Fairview Golf Club"
    assert (lindiwe.membership_tier, lindiwe.membership_status) == ("Platinum", "SUSPENDED")
    assert lindiwe.lifetime_value_cents == 130_000
    assert lindiwe.lifecycle_stage == "MEMBER"
    assert lindiwe.last_email_open_at == datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    assert lindiwe.last_email_click_at == datetime(2026, 3, 2, 6, 1, tzinfo=UTC)
    assert lindiwe.status == "INACTIVE"


def test_a_deleted_contact_is_unlinked_and_leaves_no_consent(told: Club) -> None:
    with tenant_scope(told.tenant):
        lindiwe = CustomerProfile.objects.get(scl_member_id=4711)
        key = Identifier.objects.get(kind="messagingContactId")

    assert lindiwe.messaging_contact_id is None
    consents = [lindiwe.email_opt_in, lindiwe.sms_opt_in, lindiwe.push_opt_in, lindiwe.whatsapp_opt_in]
    assert consents == [False] * 4
    assert not key.is_active


def test_the_timeline_has_a_row_for_each_event_that_says_so(told: Club) -> None:
    with tenant_scope(told.tenant):
        lindiwe = CustomerProfile.objects.get(scl_member_id=4711)
        rows = Activity.objects.filter(profile_id=lindiwe.pk).order_by("occurred_at", "id")
        types = [row.type for row in rows]
        titles = {row.type: row.title for row in rows}

    assert types == TYPES_OF_LINDIWE
    assert titles["TEETIME_BOOKED"] == "Booked 3-ball at Fairview, Sat 14 March 07:30"
    assert titles["HANDICAP_UPDATED"] == "Handicap 14,2 → +0,4"
    assert titles["TIER_UPGRADED"] == "Upgraded from Gold to Platinum"


def test_a_partner_with_an_email_is_invited_as_somebody_of_their_own(told: Club) -> None:
    with tenant_scope(told.tenant):
        pieter = CustomerProfile.objects.get(email="pieter.botha@example.com")
        types = list(Activity.objects.filter(profile_id=pieter.pk).values_list("type", flat=True))
        people = CustomerProfile.objects.count()

    assert (pieter.first_name, pieter.last_name, pieter.lifecycle_stage) == ("Pieter", "Botha", "LEAD")
    assert types == ["TEETIME_INVITED", "TEETIME_INVITED"]
    assert people == 2


def test_the_whole_contract_twice_changes_nothing(told: Club) -> None:
    with tenant_scope(told.tenant):
        before = list(CustomerProfile.objects.order_by("id").values())

    again = publish(told.tenant, *contract_events())

    with tenant_scope(told.tenant):
        after = list(CustomerProfile.objects.order_by("id").values())
    assert (again.accepted, again.duplicates) == (0, len(contract_lines()))
    assert after == before


def test_a_hard_deletion_opens_a_request_for_erasure(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(7, firstName="Thabo"),
        event("scl.member.deleted", {"id": 7, "deletionType": "hard", "reason": "asked for it"}, at=1),
    )

    with tenant_scope(fairview.tenant):
        request = PrivacyRequest.objects.get()
        profile = CustomerProfile.objects.get()
    assert (request.kind, request.status, request.reason) == ("ERASURE", "OPEN", "asked for it")
    assert request.profile_id == profile.pk
    assert profile.status == "INACTIVE"


@pytest.mark.parametrize("status", ["LAPSED", "CANCELLED"])
def test_a_lapsed_membership_means_churned_and_a_renewed_one_brings_the_stage_back(
    fairview: Club, status: str
) -> None:
    tell(
        fairview.tenant,
        member(7, status="ACTIVE"),
        event("scl.member.status.changed", {"id": 7, "newStatus": status}, at=1),
    )
    with tenant_scope(fairview.tenant):
        lapsed = CustomerProfile.objects.get()

    tell(fairview.tenant, event("scl.member.status.changed", {"id": 7, "newStatus": "ACTIVE"}, at=2))

    with tenant_scope(fairview.tenant):
        renewed = CustomerProfile.objects.get()
    assert lapsed.lifecycle_stage == "CHURNED"
    assert renewed.lifecycle_stage == "MEMBER"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Gold", "Platinum", "TIER_UPGRADED"),
        ("Gold", "Silver", "TIER_DOWNGRADED"),
        ("Gold", "Junior", "TIER_CHANGED"),
    ],
)
def test_a_change_of_tier_is_up_or_down_by_the_clubs_own_order(
    fairview: Club, before: str, after: str, expected: str
) -> None:
    changed = {"id": 7, "previousTierName": before, "newTierName": after}
    tell(fairview.tenant, member(7), event("scl.member.tier.changed", changed, at=1))

    with tenant_scope(fairview.tenant):
        assert Activity.objects.order_by("-occurred_at").first().type == expected  # type: ignore[union-attr]
        assert CustomerProfile.objects.get().membership_tier == after
