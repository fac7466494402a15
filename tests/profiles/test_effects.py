"""What each event does to people: drafted purely, before anybody knows who they are."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from events.envelope import receive
from events.refusals import PayloadRefused
from profiles.club import Club
from profiles.effects.all import EFFECTS
from profiles.effects.drafts import Effect, Subject
from profiles.effects.scl import tier_direction
from profiles.ingest.decoding import ClaimedRow, DeadEvent, read_event
from profiles.models import SLOTS
from tenants.models import Tenant
from tests.events.contract import contract_lines
from tests.profiles.stories import Event, booking, event

CLUB = Club.of(
    Tenant(
        id=UUID(int=1), slug="fairview", time_zone="Africa/Johannesburg", default_country="ZA", currency="ZAR",
        locale="en_ZA", tier_order=["Platinum", "Gold", "Silver"],
    )
)  # fmt: skip


def effect_of(told: Event) -> Effect:
    """Through the door and the decoding, without a database."""
    received = receive({"tenantId": "fairview", **told}, now=timezone.now())
    envelope = received.envelope
    row = ClaimedRow(
        1, envelope.source, envelope.id, envelope.type, envelope.occurred_at, 0, False, received.text
    )
    return read_event(row, CLUB).effect


def only_subject(told: Event) -> Subject:
    [subject] = effect_of(told).subjects
    return subject


def facts_of(subject: Subject) -> dict[str, Any]:
    return {fact.field: fact.value for fact in subject.facts}


BALL = "3-ball at Fairview, Sat 14 March 07:30"
ROWS = [
    ("MEMBER_CREATED", "MEMBERSHIP", "CLUB", "Became a member (Gold)", "MEMBER"),
    ("MEMBER_UPDATED", "MEMBERSHIP", "CLUB", "Membership details updated: phone number", "MEMBER"),
    ("TIER_UPGRADED", "MEMBERSHIP", "CLUB", "Upgraded from Gold to Platinum", "MEMBER"),
    ("MEMBERSHIP_STATUS_CHANGED", "MEMBERSHIP", "CLUB", "Membership Active → Suspended: unpaid", "MEMBER"),
    ("PAYMENT_FAILED", "PAYMENT", "CLUB", "Payment of R1 500,00 failed: card declined", "SUBSCRIBER"),
    ("PAYMENT_RECEIVED", "PAYMENT", "CLUB", "Paid R1 500,00 by card: Annual fee", "CUSTOMER"),
    ("PAYMENT_REFUNDED", "PAYMENT", "CLUB", "Refunded R200,00", "SUBSCRIBER"),
    ("INVOICE_SENT", "PAYMENT", "CLUB", "Invoice of R1 500,00 sent, due 31 March 2026", "SUBSCRIBER"),
    ("INVOICE_OVERDUE", "PAYMENT", "CLUB", "Invoice of R1 500,00 overdue, due 31 March 2026", "SUBSCRIBER"),
    ("PLAYER_UPDATED", "GOLF", "TEETIME", "Player details updated", "LEAD"),
    ("HANDICAP_UPDATED", "GOLF", "TEETIME", "Handicap 14,2 → +0,4", "LEAD"),
    ("TEETIME_BOOKED", "BOOKING", "TEETIME", f"Booked {BALL}", "CUSTOMER"),
    ("TEETIME_INVITED", "BOOKING", "TEETIME", f"Invited by Lindiwe Nkosi to a {BALL}", "LEAD"),
    ("TEETIME_CANCELLED", "BOOKING", "TEETIME", "Cancelled a tee time: rain", "LEAD"),
    ("ROUND_COMPLETED", "GOLF", "TEETIME", "Completed a round: 82", "CUSTOMER"),
    ("TEETIME_NO_SHOW", "BOOKING", "TEETIME", "Did not show up for a tee time", "LEAD"),
    ("SCORE_POSTED", "GOLF", "TEETIME", "Posted a score of 82 (differential 9,7)", "LEAD"),
    ("COMPETITION_ENTERED", "GOLF", "TEETIME", "Entered a competition", "CUSTOMER"),
    ("COMPETITION_WITHDRAWN", "GOLF", "TEETIME", "Withdrew from a competition", "LEAD"),
    ("CONSENT_OPTED_IN", "CONSENT", "SMS", "Opted in to SMSs", "SUBSCRIBER"),
    ("CONSENT_OPTED_OUT", "CONSENT", "EMAIL", "Opted out of e-mails", "SUBSCRIBER"),
    ("MESSAGE_SENT", "COMMUNICATION", "EMAIL", "Was sent an e-mail", "SUBSCRIBER"),
    ("MESSAGE_DELIVERED", "COMMUNICATION", "EMAIL", "Received an e-mail", "SUBSCRIBER"),
    ("MESSAGE_BOUNCED", "COMMUNICATION", "EMAIL", "E-mail bounced: mailbox full", "SUBSCRIBER"),
    ("MESSAGE_FAILED", "COMMUNICATION", "SMS", "SMS could not be sent: invalid number", "SUBSCRIBER"),
    ("EMAIL_OPENED", "COMMUNICATION", "EMAIL", "Opened an e-mail", "PROSPECT"),
    ("EMAIL_OPENED", "COMMUNICATION", "EMAIL", "E-mail opened by a machine", "SUBSCRIBER"),
    ("EMAIL_CLICKED", "COMMUNICATION", "EMAIL", "Clicked a link in an e-mail", "PROSPECT"),
    ("MESSAGE_UNSUBSCRIBED", "COMMUNICATION", "EMAIL", "Unsubscribed from e-mails", "SUBSCRIBER"),
    ("EMAIL_COMPLAINED", "COMMUNICATION", "EMAIL", "Reported an e-mail as spam", "SUBSCRIBER"),
    ("SMS_REPLIED", "COMMUNICATION", "SMS", "Replied to an SMS: YES", "SUBSCRIBER"),
    ("FEEDBACK_VOTED", "FEEDBACK", "FEEDBACK", "Voted for a feature: Dark mode", "LEAD"),
    ("FEEDBACK_UNVOTED", "FEEDBACK", "FEEDBACK", "Took back a vote for a feature: Dark mode", "LEAD"),
    ("FEEDBACK_SHIPPED", "FEEDBACK", "FEEDBACK", "A feature they voted for was shipped: Dark mode", "LEAD"),
    ("COMPLAINT_OPENED", "FEEDBACK", "FEEDBACK", "Complained: Greens", "LEAD"),
    ("COMPLAINT_CLOSED", "FEEDBACK", "FEEDBACK", "Complaint closed: Greens", "LEAD"),
    ("RESERVATION_CREATED", "FACILITY", "FACILITY", "Reserved tennis-1, Sun 15 March 10:00", "CUSTOMER"),
    ("RESERVATION_RESCHEDULED", "FACILITY", "FACILITY",
     "Moved the reservation of tennis-1, Mon 16 March 10:00", "LEAD"),
    ("RESERVATION_NO_SHOW", "FACILITY", "FACILITY", "Did not show up for tennis-1", "LEAD"),
    ("RESERVATION_CANCELLED", "FACILITY", "FACILITY", "Cancelled the reservation of tennis-1", "LEAD"),
    ("CONTACT_DELETED", "CONSENT", "", "Removed from the mailing contacts", "SUBSCRIBER"),
    ("MEMBER_DELETED", "MEMBERSHIP", "CLUB", "Membership deleted: moved away", "SUBSCRIBER"),
]  # fmt: skip


def test_each_row_of_the_timeline_reads_as_staff_would_say_it() -> None:
    told = [
        (draft.type, draft.category.value, draft.channel, draft.title, subject.stage.value)
        for line in contract_lines()
        for subject in effect_of(json.loads(line)).subjects
        for draft in subject.activities
    ]

    assert list(dict.fromkeys(told)) == ROWS


def test_every_type_of_the_contract_has_an_effect() -> None:
    assert len(EFFECTS) == 45


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Silver", "Gold", "TIER_UPGRADED"),
        ("Platinum", "Gold", "TIER_DOWNGRADED"),
        ("Gold", "Gold", "TIER_CHANGED"),
        ("Gold", "Junior", "TIER_CHANGED"),
        (None, "Gold", "TIER_CHANGED"),
    ],
)
def test_a_tier_goes_up_or_down_only_where_the_club_ordered_both(
    before: str | None, after: str, expected: str
) -> None:
    assert tier_direction(("Platinum", "Gold", "Silver"), before, after) == expected


def test_of_a_tiers_id_and_name_the_name_stands() -> None:
    told = {"id": 1, "membershipTierId": "t-9", "membershipTierName": "Gold"}

    assert facts_of(only_subject(event("scl.member.created", told)))["membershipTier"] == "Gold"
    del told["membershipTierName"]
    assert facts_of(only_subject(event("scl.member.created", told)))["membershipTier"] == "t-9"


def test_of_an_update_only_what_is_named_in_changes_counts_and_null_empties() -> None:
    told = {"id": 1, "changes": ["lastName"], "firstName": "Anna", "lastName": None}

    assert facts_of(only_subject(event("scl.member.updated", told))) == {"lastName": None}


@pytest.mark.parametrize("address", ["no address", "none@none.com"])
def test_an_unusable_address_says_nothing_and_identifies_nobody(address: str) -> None:
    subject = only_subject(event("scl.member.created", {"id": 1, "email": address}))

    assert "email" not in facts_of(subject)
    assert [key.kind for key in subject.keys] == ["sclMemberId"]


def test_the_services_own_id_comes_first_then_the_stronger_key() -> None:
    identity = {"email": "A@example.com", "phoneNumber": "0821234567", "sclMemberId": 7, "authUserId": "u"}

    subject = only_subject(event("feedback.voted", {"featureId": "f"}, identity=identity))

    assert [tuple(key) for key in subject.keys] == [
        ("authUserId", "u"), ("sclMemberId", "7"), ("email", "a@example.com"), ("phoneNumber", "+27821234567"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cents_type", "cents"),
    [("scl.payment.received", 150_000), ("scl.payment.refunded", -150_000), ("scl.payment.failed", 0)],
)
def test_money_in_and_out_moves_the_lifetime_value(cents_type: str, cents: int) -> None:
    told = {"id": "p", "memberId": 1, "amountCents": 150_000, "currency": "ZAR"}

    assert only_subject(event(cents_type, told)).figures.value_cents == cents


def test_a_machine_that_opens_a_mail_says_nothing_about_the_person() -> None:
    opened = {"messageId": "m", "contactId": "c", "openedAt": "2026-03-02T06:00:00Z"}

    human, machine = (
        only_subject(event("email.opened", {**opened, "isMachine": flag})) for flag in (False, True)
    )

    assert human.figures.opened_at is not None
    assert (machine.figures.opened_at, machine.stage) == (None, "SUBSCRIBER")


def test_an_unsubscription_and_a_complaint_end_consent_for_their_channel_only() -> None:
    left = only_subject(event("messaging.message.unsubscribed", {"contactId": "c", "channel": "SMS"}))
    complained = only_subject(event("messaging.email.complained", {"contactId": "c"}))

    assert facts_of(left) == {"smsOptIn": False}
    assert facts_of(complained) == {"emailOptIn": False}


def test_a_contacts_names_only_fill_gaps_and_its_consent_is_its_own_word() -> None:
    told = {"contactId": "c", "firstName": "Anna", "emailOptIn": True}

    ranks = {fact.field: fact.rank for fact in only_subject(event("contact.created", told)).facts}

    assert ranks == {"firstName": 0, "emailOptIn": 2}


def test_partners_with_an_id_or_address_are_subjects_of_their_own_and_the_booker_is_not() -> None:
    players = [
        {"name": "Anna Nkosi", "playerId": "t1"}, {"name": "Ben Botha", "playerId": "t2"},
        {"name": "Cleo", "email": "C@example.com"}, {"name": "Only A Name"},
        {"name": "Nobody", "email": "none@none.com"},
    ]  # fmt: skip

    booker, *partners = effect_of(booking("t1", players=players)).subjects

    assert booker.activities[0].title == "Booked 5-ball at Fairview, Sat 14 March 07:30"
    assert [[tuple(key) for key in each.keys] for each in partners] == [
        [("teetimePlayerId", "t2")], [("email", "c@example.com")],
    ]  # fmt: skip
    assert {each.activities[0].title for each in partners} == {
        "Invited by Anna Nkosi to a 5-ball at Fairview, Sat 14 March 07:30"
    }
    assert facts_of(partners[0]) == {"firstName": "Ben", "lastName": "Botha"}


def test_one_event_never_makes_more_rows_than_its_numbers_reach() -> None:
    players = [{"email": f"p{number}@example.com"} for number in range(SLOTS)]

    try:
        rows = sum(len(subject.activities) for subject in effect_of(booking("t1", players=players)).subjects)
    except (DeadEvent, PayloadRefused):
        rows = 0

    assert rows <= SLOTS


def test_a_competition_concerns_nobody_and_is_told_as_it_came() -> None:
    told = {"id": "k", "name": "Spring Open", "entryFeeCents": 5000, "handicapMax": 18.4}

    effect = effect_of(event("teetime.competition.published", told))

    assert effect.subjects == []
    assert effect.competition is not None
    assert (effect.competition["change"], effect.competition["competition"]) == ("published", told)
