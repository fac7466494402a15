"""The catalogue: every type of the contract, what its payload must say and how each kind of value is read."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.catalogue import facilities, messaging, scl, teetime
from events.catalogue.decoding import decode_payload
from events.catalogue.fields import Channel, at_club
from events.catalogue.payload import Payload
from events.catalogue.registry import BY_NAME, EVENT_TYPES, EventType, canonical
from events.refusals import PayloadRefused, Refusal

ALIASES = {
    "member.created": "scl.member.created",
    "member.updated": "scl.member.updated",
    "member.deleted": "scl.member.deleted",
    "scl.tier.changed": "scl.member.tier.changed",
    "tier.changed": "scl.member.tier.changed",
    "payment.received": "scl.payment.received",
    "payment.failed": "scl.payment.failed",
    "player.created": "teetime.player.created",
    "player.updated": "teetime.player.updated",
    "handicap.updated": "teetime.handicap.updated",
    "teetime.booked": "teetime.booking.created",
    "teetime.completed": "teetime.booking.completed",
    "competition.published": "teetime.competition.published",
    "contact.created": "messaging.contact.created",
    "contact.updated": "messaging.contact.updated",
    "contact.deleted": "messaging.contact.deleted",
    "contactPreference.updated": "messaging.contactPreference.updated",
    "messaging.consent.changed": "messaging.contactPreference.updated",
    "consent.changed": "messaging.contactPreference.updated",
    "message.sent": "messaging.message.sent",
    "message.delivered": "messaging.message.delivered",
    "message.bounced": "messaging.message.bounced",
    "message.failed": "messaging.message.failed",
    "email.opened": "messaging.email.opened",
    "email.clicked": "messaging.email.clicked",
    "messaging.link.clicked": "messaging.email.clicked",
}
AT_ONCE = {
    "messaging.contactPreference.updated",
    "scl.payment.failed",
    "messaging.message.bounced",
    "scl.member.status.changed",
}
BATCHED = {"messaging.email.opened", "messaging.email.clicked", "teetime.score.posted", "scl.invoice.sent"}
ABOUT_NOBODY = {
    "teetime.competition.published",
    "teetime.competition.updated",
    "teetime.competition.cancelled",
}
# The least that each type must say; whose it is may be said by the envelope's identity.
LEAST: dict[str, dict[str, Any]] = {
    "scl.member.created": {"id": 4711},
    "scl.member.tier.changed": {"newTierName": "Gold"},
    "scl.member.status.changed": {"newStatus": "LAPSED"},
    "scl.payment.received": {"amountCents": 100},
    "scl.payment.refunded": {"amountCents": 100},
    "teetime.player.created": {"id": "p-1"},
    "teetime.handicap.updated": {"newHandicap": 14.2},
    "teetime.booking.created": {"id": "b-1", "teeTime": "2026-03-14T07:30:00+02:00"},
    "teetime.booking.cancelled": {"id": "b-1"},
    "teetime.booking.completed": {"id": "b-1"},
    "teetime.booking.no_show": {"id": "b-1"},
    "teetime.competition.published": {"id": "comp-1", "name": "Autumn Stableford"},
    "teetime.competition.updated": {"id": "comp-1"},
    "teetime.competition.cancelled": {"id": "comp-1"},
    "teetime.competition.entered": {"competitionId": "comp-1"},
    "teetime.competition.withdrawn": {"competitionId": "comp-1"},
    "messaging.contactPreference.updated": {"smsOptIn": False},
    "messaging.message.sent": {"messageId": "m-1"},
    "messaging.message.delivered": {"messageId": "m-1"},
    "messaging.message.bounced": {"messageId": "m-1"},
    "messaging.message.failed": {"messageId": "m-1"},
    "messaging.message.unsubscribed": {"channel": "SMS"},
    "feedback.voted": {"featureId": "f-1"},
    "feedback.unvoted": {"featureId": "f-1"},
    "feedback.shipped": {"featureId": "f-1"},
    "feedback.complaint.opened": {"id": "k-1"},
    "feedback.complaint.closed": {"id": "k-1"},
    "facilities.reservation.created": {"reservationId": "r-1", "startTime": "2026-03-15T08:00:00Z"},
    "facilities.reservation.rescheduled": {"reservationId": "r-1", "startTime": "2026-03-15T08:00:00Z"},
    "facilities.reservation.cancelled": {"reservationId": "r-1"},
    "facilities.reservation.no_show": {"reservationId": "r-1"},
}
SAST = timezone(timedelta(hours=2))


def decoded(event_type: str, **payload: Any) -> Any:
    """A typed payload of a type, from its least and the given fields."""
    return decode_payload(BY_NAME[event_type], {**LEAST.get(event_type, {}), **payload})[0]


def refusal_of(event_type: str, **payload: Any) -> PayloadRefused:
    with pytest.raises(PayloadRefused) as refused:
        decoded(event_type, **payload)
    return refused.value


def test_each_alias_leads_to_its_type() -> None:
    by_alias = {alias: event_type.name for event_type in EVENT_TYPES for alias in event_type.aliases}

    assert by_alias == ALIASES
    assert all(canonical(alias) is BY_NAME[name] for alias, name in ALIASES.items())


def test_names_are_matched_letter_by_letter() -> None:
    assert canonical("Member.Created") is None
    assert canonical("member.created ") is None
    assert canonical("messaging.contactpreference.updated") is None


def test_no_name_is_given_twice() -> None:
    assert len(BY_NAME) == len(EVENT_TYPES) + len(ALIASES)
    assert len(EVENT_TYPES) == 45


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=lambda event_type: event_type.name)
def test_each_type_has_the_urgency_and_the_subject_of_the_contract(event_type: EventType) -> None:
    expected = 1 if event_type.name in AT_ONCE else 3 if event_type.name in BATCHED else 2

    assert event_type.priority == expected
    assert event_type.needs_identity is (event_type.name not in ABOUT_NOBODY)
    assert event_type.name.startswith(f"{event_type.source}.")
    assert event_type.summary[0].isupper()


def test_the_chapter_lists_each_type_with_its_aliases_and_urgency() -> None:
    chapter = (Path(__file__).parents[2] / "docs" / "events.md").read_text()

    rows = re.findall(r"^\| `([\w.]+)` \| (.*?)\| (\d) \|", chapter, re.MULTILINE)
    listed = {name: (re.findall(r"`([\w.]+)`", aliases), int(priority)) for name, aliases, priority in rows}
    assert listed == {known.name: (list(known.aliases), known.priority) for known in EVENT_TYPES}


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=lambda event_type: event_type.name)
def test_little_is_required(event_type: EventType) -> None:
    payload, _ = decode_payload(event_type, LEAST.get(event_type.name, {}))

    assert isinstance(payload, event_type.model)


@pytest.mark.parametrize(
    ("event_type", "field"), [(name, field) for name, least in LEAST.items() for field in least]
)
@pytest.mark.parametrize("absent", ["left out", "null", "blank"])
def test_what_is_required_must_say_something(event_type: str, field: str, absent: str) -> None:
    payload = {key: value for key, value in LEAST[event_type].items() if key != field}
    if absent != "left out":
        payload[field] = None if absent == "null" else "  "

    with pytest.raises(PayloadRefused) as refused:
        decode_payload(BY_NAME[event_type], payload)

    assert refused.value.code == Refusal.INVALID_PAYLOAD
    if event_type == "scl.member.tier.changed":
        expected = "payload.newTierName is missing, and newTierId too."
    elif event_type == "messaging.contactPreference.updated":
        # A blank is no flag, so it is named; otherwise no flag is there at all.
        expected = "payload must have emailOptIn, smsOptIn, pushOptIn or whatsappOptIn."
    else:
        expected = f"payload.{field} is missing."
    assert refused.value.message == expected


def test_a_whole_member_is_read() -> None:
    member = decoded(
        "scl.member.created",
        id="4711",
        firstName=" Lindiwe ",
        lastName="Nkosi",
        email="Lindiwe.Nkosi@Example.com ",
        phoneNumber=27821234567,
        status="pending payment",
        membershipTierId=2,
        membershipTierName="Gold",
        dateOfBirth="1984-05-17",
        memberSince="2019-02-01T00:00:00.000Z",
        membershipExpiry="",
        createdAt="2026-03-01T01:15:00+02:00",
        shoeSize=42,
    )

    assert member == scl.MemberCreated.model_construct(
        id=4711,
        first_name="Lindiwe",
        last_name="Nkosi",
        email="Lindiwe.Nkosi@Example.com",
        phone_number="27821234567",
        status="PENDING_PAYMENT",
        membership_tier_id="2",
        membership_tier_name="Gold",
        date_of_birth=date(1984, 5, 17),
        member_since=date(2019, 2, 1),
        membership_expiry=None,
        created_at=datetime(2026, 3, 1, 1, 15, tzinfo=SAST),
    )


def test_a_booking_is_read_with_its_players() -> None:
    booking = decoded(
        "teetime.booking.created",
        players=[{"name": "Pieter Botha", "email": "p@example.com"}, {"playerId": 12}, {}],
        priceCents=180000.0,
        currency="zar",
        holes=18,
    )

    assert booking.players == (
        teetime.Partner.model_validate({"name": "Pieter Botha", "email": "p@example.com"}),
        teetime.Partner.model_validate({"playerId": "12"}),
        teetime.Partner(),
    )
    assert (booking.price_cents, booking.currency, booking.holes) == (180000, "ZAR", 18)
    assert booking.tee_time == datetime(2026, 3, 14, 7, 30, tzinfo=SAST)
    assert decoded("teetime.booking.created", players=None).players == ()


def test_a_reservation_is_read_with_its_price() -> None:
    reservation = decoded(
        "facilities.reservation.created", pricing={"quotedPriceCents": 15000, "currency": "ZAR"}
    )

    assert reservation.pricing == facilities.Pricing.model_construct(quoted_price_cents=15000, currency="ZAR")
    assert reservation.start_time == datetime(2026, 3, 15, 8, 0, tzinfo=UTC)
    assert decoded("facilities.reservation.created", pricing=None).pricing is None


AMOUNT = "must be a whole number of cents"
MEMBER = "must be a member number, a whole number above zero"
HANDICAP = "must be a number from -15 to 54, negative for a plus handicap"
DAY = "must be a date such as 2026-03-31, without a time of day"
MOMENT = "must be a date with a time in ISO 8601, such as 2026-03-14T07:30:00+02:00"
CHANNELS = "must be one of EMAIL, SMS, PUSH, WHATSAPP"
CURRENCY = "must be a currency code of three letters, such as ZAR"
WEB = "must be a web address that begins with https:// or http://"


@pytest.mark.parametrize(
    ("event_type", "field", "value", "words"),
    [
        ("scl.payment.received", "amountCents", "lots", AMOUNT),
        ("scl.payment.received", "amountCents", "100", AMOUNT),
        ("scl.payment.received", "amountCents", True, AMOUNT),
        ("scl.payment.received", "amountCents", 10.5, AMOUNT),
        ("scl.payment.received", "amountCents", 2**53 + 1, AMOUNT),
        ("scl.payment.received", "amountCents", 99999999999999999999, AMOUNT),
        ("scl.payment.received", "amountCents", -1e300, AMOUNT),
        ("scl.payment.received", "amountCents", [100], AMOUNT),
        ("scl.payment.received", "memberId", "M-4711", MEMBER),
        ("scl.payment.received", "currency", "R", CURRENCY),
        ("scl.payment.received", "currency", "ÄÖÜ", CURRENCY),
        ("scl.payment.received", "currency", 710, CURRENCY),
        ("scl.payment.received", "id", {"a": 1}, "must be text"),
        ("scl.payment.received", "id", 1.5, "must be text"),
        ("scl.payment.received", "id", False, "must be text"),
        ("scl.payment.received", "method", "x" * 201, "has 201 characters; 200 is the limit"),
        ("scl.member.created", "id", 0, MEMBER),
        ("scl.member.created", "id", -5, MEMBER),
        ("scl.member.created", "id", 2**63, MEMBER),
        ("scl.member.created", "id", "4_711", MEMBER),
        ("scl.member.created", "id", "٤٧١١", MEMBER),
        ("scl.member.created", "id", True, MEMBER),
        ("scl.member.created", "firstName", "é" * 201, "has 201 characters; 200 is the limit"),
        ("scl.member.created", "email", "x" * 321, "has 321 characters; 320 is the limit"),
        ("scl.member.created", "phoneNumber", "1" * 101, "has 101 characters; 100 is the limit"),
        ("scl.member.created", "dateOfBirth", "31/31/1999", DAY),
        ("scl.member.created", "dateOfBirth", "19990228", DAY),
        ("scl.member.created", "dateOfBirth", 453600000, DAY),
        ("teetime.competition.published", "startsAt", "2026-03-01", MOMENT),
        ("teetime.competition.published", "handicapMax", "36", HANDICAP),
        ("scl.member.updated", "changes", "email", "must be a list of field names"),
        ("scl.member.updated", "changes", [{"field": "email"}], "must be a list of field names"),
        ("scl.member.updated", "changes", ["a"] * 101, "names more than 100 fields"),
        ("scl.member.deleted", "deletionType", "forever", "must be one of soft, hard"),
        ("scl.member.deleted", "deletionType", 1, "must be one of soft, hard"),
        ("scl.invoice.sent", "dueDate", "soon", DAY),
        ("scl.member.tier.changed", "effectiveDate", "soon", "must be a date such as 2026-03-31"),
        ("teetime.handicap.updated", "newHandicap", 54.1, HANDICAP),
        ("teetime.handicap.updated", "newHandicap", -15.1, HANDICAP),
        ("teetime.handicap.updated", "newHandicap", 10**400, HANDICAP),
        ("teetime.handicap.updated", "newHandicap", "+2.1", HANDICAP),
        ("teetime.handicap.updated", "newHandicap", True, HANDICAP),
        ("teetime.booking.created", "teeTime", "07:30", MOMENT),
        ("teetime.booking.created", "players", "Pieter", "must be a list"),
        ("teetime.booking.created", "players", [{}] * 201, "has too many entries"),
        ("teetime.competition.published", "url", "javascript:alert(1)", WEB),
        ("teetime.competition.published", "imageUrl", "//example.com/c.jpg", WEB),
        ("messaging.contact.created", "emailOptIn", "true", "must be true or false"),
        ("messaging.contact.created", "emailOptIn", 1, "must be true or false"),
        ("messaging.contactPreference.updated", "smsOptIn", "no", "must be true or false"),
        ("messaging.message.unsubscribed", "channel", "PIGEON", CHANNELS),
        ("messaging.message.bounced", "bounceType", "Permanent", "must be one of hard, soft"),
        ("facilities.reservation.created", "pricing", "free", "must be an object"),
        ("facilities.reservation.created", "pricing", [], "must be an object"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_plain_words(
    event_type: str, field: str, value: object, words: str
) -> None:
    refused = refusal_of(event_type, **{field: value})

    assert refused.field == f"payload.{field}"
    assert refused.message == f"payload.{field} {words}."


@pytest.mark.parametrize(
    ("event_type", "field", "value", "words"),
    [
        ("scl.payment.received", "description", "x" * 5001, "has 5001 characters; 5000 is the limit"),
        ("scl.member.created", "dateOfBirth", "1999-02-29", DAY),
        ("scl.member.created", "dateOfBirth", "1984-05-16T22:00:00.000Z", DAY),
        ("scl.member.created", "createdAt", "2026-03-01", MOMENT),
        ("scl.member.created", "createdAt", 1772000000000, MOMENT),
        ("scl.member.created", "createdAt", "9999-12-31T23:59:59-05:00", MOMENT),
        ("teetime.score.posted", "grossScore", -1, "must be a whole number from 0 to 100000"),
        ("teetime.score.posted", "differential", "9.7", "must be a number"),
        ("teetime.score.posted", "differential", 1e9, "must be a number from -1000 to 1000"),
        ("scl.member.created", "dateOfBirth", "1984", DAY),
        ("scl.member.created", "dateOfBirth", 1984, DAY),
        ("scl.member.created", "dateOfBirth", "1984-05", DAY),
        ("scl.member.created", "dateOfBirth", "1984-00-00", DAY),
        ("scl.member.updated", "membershipExpiry", "2026-13-01", DAY),
        ("scl.payment.received", "paidAt", "yesterday", MOMENT),
        ("teetime.player.created", "handicap", "NH", HANDICAP),
        ("teetime.player.created", "handicap", 999, HANDICAP),
        ("teetime.booking.created", "holes", "18", "must be a whole number from 0 to 100000"),
        ("messaging.email.clicked", "userAgent", "x" * 5001, "has 5001 characters; 5000 is the limit"),
    ],
)
def test_what_is_told_besides_and_cannot_be_read_costs_its_field_only(
    event_type: str, field: str, value: object, words: str
) -> None:
    given = {**LEAST.get(event_type, {}), "changes": [field], field: value}
    payload, aside = decode_payload(BY_NAME[event_type], given)

    assert aside == [(field, words, "")]
    # Named as changed it is not emptied either.
    assert field not in {type(payload).model_fields[name].alias for name in payload.stated()}


@pytest.mark.parametrize(
    "empty", ["0000-00-00 00:00:00", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01 00:00:00"]
)
def test_an_empty_time_says_nothing(empty: str) -> None:
    payload, aside = decode_payload(BY_NAME["scl.member.created"], {"id": 4711, "createdAt": empty})

    assert (aside, payload.stated()) == ([], {"id": 4711})


def test_what_costs_the_event_is_told_before_what_does_not() -> None:
    refused = refusal_of("scl.payment.received", paidAt="yesterday", amountCents="lots")

    assert refused.field == "payload.amountCents"


@pytest.mark.parametrize(
    ("players", "field", "words"),
    [
        (["Pieter"], "payload.players.0", "must be an object"),
        ([{}, {"name": "x" * 201}], "payload.players.1.name", "has 201 characters; 200 is the limit"),
        ([{}, {}, {"playerId": [1]}], "payload.players.2.playerId", "must be text"),
    ],
)
def test_the_path_leads_into_lists_and_objects(players: list[Any], field: str, words: str) -> None:
    refused = refusal_of("teetime.booking.created", players=players)

    assert (refused.field, refused.message) == (field, f"{field} {words}.")


def test_only_the_first_problem_is_told() -> None:
    refused = refusal_of("scl.payment.received", amountCents="lots", currency="R", id=[])

    assert refused.field == "payload.id"


@pytest.mark.parametrize(
    ("given_handicap", "tenths"),
    [(14.2, 142), (-0.4, -4), (14.25, 143), (-14.25, -143), (54, 540), (-15, -150), (0, 0), (-0.04, 0)],
)
def test_a_handicap_is_exact_to_one_decimal(given_handicap: float, tenths: int) -> None:
    handicap = decoded("teetime.handicap.updated", newHandicap=given_handicap).new_handicap

    assert isinstance(handicap, Decimal)
    assert handicap * 10 == tenths


@pytest.mark.parametrize("channel", ["sms", " SMS ", "Sms"])
def test_a_channel_may_be_in_any_case_of_letters(channel: str) -> None:
    assert decoded("messaging.message.sent", channel=channel).channel is Channel.SMS


@pytest.mark.parametrize("absent", [{}, {"channel": None}, {"channel": ""}])
def test_a_complaint_is_about_mail_and_a_reply_is_by_sms_where_nothing_is_said(
    absent: dict[str, Any],
) -> None:
    assert decoded("messaging.email.complained", **absent).channel is Channel.EMAIL
    assert decoded("messaging.sms.replied", **absent).channel is Channel.SMS


@pytest.mark.parametrize(
    ("deletion_type", "is_erasure"),
    [("hard", True), ("HARD", True), ("soft", False), (None, False), ("", False)],
)
def test_only_a_hard_deletion_is_an_erasure(deletion_type: str | None, is_erasure: bool) -> None:
    assert decoded("scl.member.deleted", deletionType=deletion_type).is_erasure is is_erasure


def test_a_preference_states_only_its_own_channels() -> None:
    preference = decoded(
        "messaging.contactPreference.updated", smsOptIn=False, pushOptIn=None, emailOptIn=True
    )

    assert preference.opt_ins == {Channel.EMAIL: True, Channel.SMS: False}


def test_a_tier_may_be_named_by_its_id_alone() -> None:
    tier, _ = decode_payload(BY_NAME["tier.changed"], {"newTierId": "t1"})

    assert isinstance(tier, scl.TierChanged)
    assert tier.new_tier_id == "t1"


@pytest.mark.parametrize("written", ["2026-03-14", "2026-03-14T22:15:00Z", "2026-03-14T00:00:00"])
def test_the_day_of_an_act_is_the_written_one(written: str) -> None:
    assert decoded("teetime.score.posted", playedAt=written).played_at == date(2026, 3, 14)


def test_a_time_without_offset_is_the_clock_at_the_club() -> None:
    zone = ZoneInfo("Africa/Johannesburg")
    local = decoded("teetime.booking.created", teeTime="2026-03-14T07:30:00").tee_time
    universal = decoded("teetime.booking.created", teeTime="2026-03-14T05:30:00Z").tee_time

    assert local.tzinfo is None
    assert at_club(local, zone) == at_club(universal, zone) == datetime(2026, 3, 14, 7, 30, tzinfo=zone)


def test_an_event_states_what_is_there_and_says_nothing_by_nulls_and_blanks() -> None:
    contact = decoded("messaging.contact.updated", contactId="c-1", email=None, firstName=" ", smsOptIn=False)

    assert contact.model_fields_set == {"contact_id", "email", "first_name", "sms_opt_in"}
    assert contact.stated() == {"contact_id": "c-1", "sms_opt_in": False}


@pytest.mark.parametrize("empty", [None, "", " "])
def test_an_update_clears_a_field_only_where_it_names_it_as_changed(empty: str | None) -> None:
    update = decoded(
        "scl.member.updated",
        changes=["phoneNumber", "dateOfBirth", "membershipExpiry"],
        phoneNumber=empty,
        dateOfBirth=empty,
        email=empty,
        lastName="Dlamini",
    )

    assert update.stated() == {
        "changes": ("phoneNumber", "dateOfBirth", "membershipExpiry"),
        "phone_number": None,
        "date_of_birth": None,
        "last_name": "Dlamini",
    }


def test_an_update_may_come_without_changes() -> None:
    assert decoded("teetime.player.updated", changes=None, handicap=3).stated() == {
        "changes": (),
        "handicap": 3,
    }


def test_a_payload_cannot_be_altered() -> None:
    payment = decoded("scl.payment.received")

    with pytest.raises(ValueError, match="frozen"):
        payment.amount_cents = 5


def test_refusals_never_repeat_what_was_sent() -> None:
    refused = refusal_of("scl.member.created", dateOfBirth="secret {words} %s")

    assert "secret" not in refused.message + refused.field


def assert_words_follow_the_field(refused: PayloadRefused) -> None:
    assert refused.field.startswith("payload")
    assert refused.message.startswith(f"{refused.field} ")


FIELD_NAMES = st.sampled_from(
    sorted({str(f.alias) for t in EVENT_TYPES for f in t.model.model_fields.values()})
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10)
    | st.sampled_from(["4711", "2026-03-14", "2026-03-14T07:30:00Z", "EMAIL", "hard", "ZAR"])
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELD_NAMES, inner, max_size=3)
)


@given(event_type=st.sampled_from(EVENT_TYPES), payload=st.dictionaries(FIELD_NAMES, JSON, max_size=6))
def test_any_payload_is_typed_or_refused(event_type: EventType, payload: dict[str, Any]) -> None:
    try:
        typed, _ = decode_payload(event_type, {**LEAST.get(event_type.name, {}), **payload})
    except PayloadRefused as refused:
        assert_words_follow_the_field(refused)
        return

    assert isinstance(typed, Payload)
    assert set(typed.stated()) <= typed.model_fields_set
    hash(repr(typed))


def test_messaging_names_each_opt_in_of_its_channels() -> None:
    fields = {field.alias for field in messaging.Contact.model_fields.values()}

    assert {f"{channel.value.lower()}OptIn" for channel in Channel} <= fields
