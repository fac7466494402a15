"""Whom an event names, from its identity and from its payload."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.catalogue.registry import EVENT_TYPES
from events.identity_hints import IdentityKey, IdentityKind, identity_keys
from events.refusals import PayloadRefused, Refusal


def keys(
    event_type: str, identity: dict[str, Any], payload: dict[str, Any], source: str | None = None
) -> list[tuple[str, str]]:
    found = identity_keys(source or event_type.partition(".")[0], event_type, identity, payload)
    return [(key.kind, key.value) for key in found]


def refusal_of(event_type: str, identity: dict[str, Any], payload: dict[str, Any]) -> PayloadRefused:
    with pytest.raises(PayloadRefused) as refused:
        keys(event_type, identity, payload)
    return refused.value


def test_each_key_of_an_identity_is_found_strongest_first() -> None:
    identity = {
        "phoneNumber": "082 123 4567",
        "email": "Lindiwe@Example.com ",
        "externalIds": {"golfRsaId": "g", "mcaV1UkId": "u", "mcaV1ZaId": "z", "cdhId": "c"},
        "authUserId": "auth-77",
        "messagingContactId": "contact-1001",
        "teetimePlayerId": "p-1",
        "sclMemberId": 4711,
    }

    found = identity_keys("feedback", "feedback.voted", identity, {})

    assert found == [
        IdentityKey(IdentityKind.SCL_MEMBER, "4711"),
        IdentityKey(IdentityKind.TEETIME_PLAYER, "p-1"),
        IdentityKey(IdentityKind.MESSAGING_CONTACT, "contact-1001"),
        IdentityKey(IdentityKind.AUTH_USER, "auth-77"),
        IdentityKey(IdentityKind.MCA_V1_ZA, "z"),
        IdentityKey(IdentityKind.MCA_V1_UK, "u"),
        IdentityKey(IdentityKind.GOLF_RSA, "g"),
        IdentityKey(IdentityKind.CDH, "c"),
        IdentityKey(IdentityKind.EMAIL, "Lindiwe@Example.com"),
        IdentityKey(IdentityKind.PHONE, "082 123 4567"),
    ]


@pytest.mark.parametrize(
    ("event_type", "payload", "expected"),
    [
        ("scl.member.created", {"id": 4711}, [("sclMemberId", "4711")]),
        ("scl.member.tier.changed", {"id": "4711"}, [("sclMemberId", "4711")]),
        ("scl.member.status.changed", {"id": "004711"}, [("sclMemberId", "4711")]),
        ("scl.payment.received", {"id": 5, "memberId": 4711}, [("sclMemberId", "4711")]),
        ("facilities.reservation.created", {"memberId": 4711.0}, [("sclMemberId", "4711")]),
        (
            "teetime.player.created",
            {"id": "p-1", "phone": "082"},
            [("teetimePlayerId", "p-1"), ("phoneNumber", "082")],
        ),
        ("teetime.player.updated", {"id": 12}, [("teetimePlayerId", "12")]),
        ("teetime.score.posted", {"id": "s-1", "playerId": "p-1"}, [("teetimePlayerId", "p-1")]),
        ("teetime.booking.created", {"players": [{"playerId": "p-2", "email": "x@example.com"}]}, []),
        ("messaging.contact.created", {"contactId": "c-1"}, [("messagingContactId", "c-1")]),
        ("feedback.complaint.opened", {"id": "k-1", "email": "a@example.com"}, [("email", "a@example.com")]),
        # What the words mean to other services.
        ("scl.payment.received", {"playerId": "p-1", "contactId": "c-1"}, []),
        ("teetime.booking.created", {"memberId": 4711, "contactId": "c-1"}, []),
        ("messaging.message.sent", {"memberId": "x", "playerId": "p-1"}, []),
        ("scl.payment.received", {"id": "p-1"}, []),
        ("feedback.voted", {"memberId": 1, "playerId": "p", "contactId": "c"}, []),
    ],
)
def test_keys_are_inferred_from_the_payload(
    event_type: str, payload: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert keys(event_type, {}, payload) == expected


def test_a_key_means_what_it_means_to_whoever_sent_the_event() -> None:
    payload = {"memberId": 4711, "playerId": "p-1"}

    found = keys("scl.payment.received", {}, payload, source="teetime")

    assert found == [("sclMemberId", "4711"), ("teetimePlayerId", "p-1")]


def test_a_new_address_in_an_update_is_a_key_beside_the_old_one() -> None:
    identity = {"sclMemberId": 4711, "email": "old@example.com"}
    payload = {
        "id": 4711,
        "changes": ["email", "phoneNumber"],
        "email": "new@example.com",
        "phoneNumber": "083",
    }

    assert keys("scl.member.updated", identity, payload) == [
        ("sclMemberId", "4711"),
        ("email", "old@example.com"),
        ("email", "new@example.com"),
        ("phoneNumber", "083"),
    ]


def test_the_same_key_from_both_places_is_one() -> None:
    identity = {"sclMemberId": "4711", "email": " a@example.com"}

    found = keys("scl.member.updated", identity, {"id": 4711, "email": "a@example.com "})

    assert found == [("sclMemberId", "4711"), ("email", "a@example.com")]


@pytest.mark.parametrize("nothing", [None, "", "   "])
def test_nulls_and_blanks_are_no_keys(nothing: str | None) -> None:
    identity = {kind.value: nothing for kind in IdentityKind} | {"externalIds": {"golfRsaId": nothing}}

    assert keys("scl.member.updated", identity, {"id": nothing, "email": nothing, "memberId": nothing}) == []
    assert keys("feedback.voted", {"externalIds": None}, {}) == []


def test_numbers_count_as_text() -> None:
    identity = {"teetimePlayerId": 12, "phoneNumber": 27821234567, "externalIds": {"golfRsaId": 2700123456}}

    assert keys("teetime.score.posted", identity, {}) == [
        ("teetimePlayerId", "12"),
        ("golfRsaId", "2700123456"),
        ("phoneNumber", "27821234567"),
    ]


MEMBER = "must be a member number, a whole number above zero."


@pytest.mark.parametrize(
    ("identity", "payload", "field", "message"),
    [
        ({"sclMemberId": "M-1"}, {}, "identity.sclMemberId", f"identity.sclMemberId {MEMBER}"),
        ({"sclMemberId": 1.5}, {}, "identity.sclMemberId", f"identity.sclMemberId {MEMBER}"),
        ({"sclMemberId": True}, {}, "identity.sclMemberId", f"identity.sclMemberId {MEMBER}"),
        ({"sclMemberId": [1]}, {}, "identity.sclMemberId", f"identity.sclMemberId {MEMBER}"),
        ({}, {"memberId": "M-1"}, "payload.memberId", f"payload.memberId {MEMBER}"),
        ({"email": ["a@example.com"]}, {}, "identity.email", "identity.email must be text."),
        ({"authUserId": True}, {}, "identity.authUserId", "identity.authUserId must be text."),
        ({"teetimePlayerId": 1.5}, {}, "identity.teetimePlayerId", "identity.teetimePlayerId must be text."),
        ({}, {"phone": {"mobile": "1"}}, "payload.phone", "payload.phone must be text."),
        ({"email": "x" * 321}, {}, "identity.email", "identity.email has 321 characters; 320 is the limit."),
        ({"externalIds": ["z"]}, {}, "identity.externalIds", "identity.externalIds must be an object."),
        (
            {"externalIds": {"cdhId": {}}},
            {},
            "identity.externalIds.cdhId",
            "identity.externalIds.cdhId must be text.",
        ),
    ],
)
def test_a_key_of_the_wrong_kind_is_refused(
    identity: dict[str, Any], payload: dict[str, Any], field: str, message: str
) -> None:
    refused = refusal_of("scl.payment.received", identity, payload)

    assert (refused.code, refused.field, refused.message) == (Refusal.INVALID_PAYLOAD, field, message)


@pytest.mark.parametrize(
    ("event_type", "identity", "payload", "one", "other"),
    [
        (
            "scl.payment.received",
            {"sclMemberId": 1},
            {"memberId": 2},
            "identity.sclMemberId",
            "payload.memberId",
        ),
        ("scl.member.updated", {"sclMemberId": 1}, {"id": 2}, "identity.sclMemberId", "payload.id"),
        ("scl.member.updated", {}, {"id": 1, "memberId": 2}, "payload.id", "payload.memberId"),
        (
            "teetime.score.posted",
            {"teetimePlayerId": "a"},
            {"playerId": "b"},
            "identity.teetimePlayerId",
            "payload.playerId",
        ),
        (
            "messaging.message.sent",
            {"messagingContactId": "a"},
            {"contactId": "b"},
            "identity.messagingContactId",
            "payload.contactId",
        ),
    ],
)
def test_an_event_about_two_people_is_refused_and_names_both_places(
    event_type: str, identity: dict[str, Any], payload: dict[str, Any], one: str, other: str
) -> None:
    refused = refusal_of(event_type, identity, payload)

    assert refused.field == one
    assert refused.message == f"{one} and {other} name two different people; one event is about one person."


def test_ids_that_differ_in_capitals_only_agree() -> None:
    found = keys("teetime.score.posted", {"teetimePlayerId": "6F1B"}, {"playerId": "6f1b"})

    assert found == [("teetimePlayerId", "6F1B"), ("teetimePlayerId", "6f1b")]


def test_two_external_ids_or_addresses_do_not_contradict_each_other() -> None:
    found = keys("messaging.contact.updated", {"email": "a@example.com"}, {"email": "b@example.com"})

    assert found == [("email", "a@example.com"), ("email", "b@example.com")]


NAMES = st.sampled_from(
    [
        *(kind.value for kind in IdentityKind),
        "externalIds",
        "id",
        "memberId",
        "playerId",
        "contactId",
        "phone",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("x" * 400)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)


@given(
    event_type=st.sampled_from(EVENT_TYPES),
    identity=st.dictionaries(NAMES, JSON, max_size=4),
    payload=st.dictionaries(NAMES, JSON, max_size=4),
)
def test_anything_gives_proper_keys_or_is_refused(
    event_type: Any, identity: dict[str, Any], payload: dict[str, Any]
) -> None:
    try:
        found = identity_keys(event_type.source, event_type.name, identity, payload)
    except PayloadRefused as refused:
        assert_words_follow_the_field(refused)
        return

    assert len(set(found)) == len(found)
    assert all(key.value == key.value.strip() and 0 < len(key.value) <= 320 for key in found)
    order = [kind.value for kind in IdentityKind]
    assert [key.kind for key in found] == sorted((key.kind for key in found), key=order.index)


def assert_words_follow_the_field(refused: PayloadRefused) -> None:
    assert refused.message.startswith(f"{refused.field} ")
