"""The envelope: what a door takes, and with which words it refuses the rest."""

import json
import math
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.catalogue.decoding import decode_payload
from events.catalogue.registry import BY_NAME, canonical
from events.envelope import SOURCES, Envelope, parse_envelope, parse_line, receive
from events.identity_hints import identity_keys
from events.refusals import EnvelopeRefused, PayloadRefused, Refusal
from tests.events.contract import RefusedLine, contract_lines, refused_lines
from tests.events.envelopes import NOW, event, refusal_of, refusal_of_line


@pytest.mark.parametrize("line", contract_lines(), ids=lambda line: json.loads(line)["id"])
def test_each_contract_event_is_taken_with_payload_and_people(line: str) -> None:
    envelope, text = parse_line(line, now=NOW)

    raw = json.loads(line)
    known = canonical(raw["type"])
    assert known is not None
    assert envelope.known
    assert envelope.type == known.name
    assert envelope.raw_type == raw["type"]
    assert envelope.occurred_at == datetime.fromisoformat(raw["timestamp"])
    assert json.loads(text) == raw
    assert isinstance(decode_payload(known, envelope.payload)[0], known.model)
    keys = identity_keys(envelope.source, envelope.type, envelope.identity, envelope.payload)
    assert bool(keys) is known.needs_identity


def test_the_contract_file_has_an_event_of_each_type() -> None:
    types = {parse_line(line, now=NOW).envelope.type for line in contract_lines()}

    assert types == {event_type.name for event_type in BY_NAME.values()}


@pytest.mark.parametrize("refused", refused_lines(), ids=lambda refused: refused.expect)
def test_each_refused_line_gets_its_code(refused: RefusedLine) -> None:
    assert _verdict(refused.line) == refused.expect


def _verdict(line: str) -> str:
    """What becomes of a line in a house that knows the club `fairview` only."""
    try:
        envelope = parse_line(line, now=NOW).envelope
    except EnvelopeRefused as refused:
        return refused.code
    if envelope.tenant_key != "fairview":
        return Refusal.UNKNOWN_TENANT
    event_type = canonical(envelope.type)
    if event_type is None:
        return "DEAD:UNKNOWN_TYPE"
    try:
        decode_payload(event_type, envelope.payload)
        keys = identity_keys(envelope.source, envelope.type, envelope.identity, envelope.payload)
    except PayloadRefused as unusable:
        return f"DEAD:{unusable.code}"
    return "SUCCESS" if keys else "DEAD:NO_IDENTITY"


def test_a_whole_event_becomes_an_envelope() -> None:
    raw = event(type="handicap.updated", metadata={"correlationId": "c-1"})

    envelope = parse_envelope(raw, now=NOW)

    assert envelope == Envelope(
        id="e-1",
        type="teetime.handicap.updated",
        raw_type="handicap.updated",
        version="1.0",
        occurred_at=datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
        tenant_key="fairview",
        source="teetime",
        identity={"teetimePlayerId": "p-1"},
        payload={"id": "s-1", "playerId": "p-1"},
        metadata={"correlationId": "c-1"},
        known=True,
    )
    assert envelope.occurred_at.tzinfo is UTC
    with pytest.raises(FrozenInstanceError):
        envelope.id = "other"  # type: ignore[misc]


@pytest.mark.parametrize("absent", [..., None])
def test_what_may_be_left_out_has_a_default(absent: object) -> None:
    envelope = parse_envelope(event(version=absent, source=absent, identity=absent, metadata=absent), now=NOW)

    assert envelope.version == "1.0"
    assert envelope.source == "teetime"
    assert envelope.identity == {}
    assert envelope.metadata is None


@pytest.mark.parametrize(
    ("event_type", "source"),
    [
        ("member.updated", "scl"),
        ("tier.changed", "scl"),
        ("player.created", "teetime"),
        ("contact.created", "messaging"),
        ("message.sent", "messaging"),
        ("contactPreference.updated", "messaging"),
        ("feedback.voted", "feedback"),
        ("facilities.reservation.created", "facilities"),
        ("crm.profile.created", "crm"),
        ("teetime.player.teleported", "teetime"),
    ],
)
def test_the_default_source_comes_from_the_canonical_type(event_type: str, source: str) -> None:
    envelope = parse_envelope(event(type=event_type, source=...), now=NOW)

    assert envelope.source == source


@pytest.mark.parametrize("source", SOURCES)
def test_each_of_the_six_sources_is_known(source: str) -> None:
    assert parse_envelope(event(source=source), now=NOW).source == source


def test_an_unknown_type_is_taken_as_given() -> None:
    envelope = parse_envelope(event(type="teetime.Score.Posted"), now=NOW)

    assert not envelope.known
    assert envelope.type == envelope.raw_type == "teetime.Score.Posted"


@pytest.mark.parametrize(
    ("changes", "code", "field", "message"),
    [
        ({"id": ...}, "INVALID_ENVELOPE", "id", "id is missing; it must be text."),
        *(
            (
                {"sequence": wrong},
                "INVALID_ENVELOPE",
                "sequence",
                "sequence must be a whole number from 0 to 9223372036854775807, or left out.",
            )
            for wrong in (-1, 1.5, "7", True, 2**63, {"n": 1})
        ),
        ({"id": None}, "INVALID_ENVELOPE", "id", "id is missing; it must be text."),
        ({"id": 7}, "INVALID_ENVELOPE", "id", "id is of the wrong kind; it must be text."),
        ({"id": ""}, "INVALID_ENVELOPE", "id", "id is blank; every event needs one."),
        ({"id": " \t\u2003"}, "INVALID_ENVELOPE", "id", "id is blank; every event needs one."),
        ({"id": "x" * 201}, "INVALID_ENVELOPE", "id", "id has 201 characters; 200 is the limit."),
        ({"type": ...}, "INVALID_ENVELOPE", "type", "type is missing; it must be text."),
        ({"type": ["a"]}, "INVALID_ENVELOPE", "type", "type is of the wrong kind; it must be text."),
        ({"type": "  "}, "INVALID_ENVELOPE", "type", "type is blank; every event needs one."),
        ({"type": "t" * 101}, "INVALID_ENVELOPE", "type", "type has 101 characters; 100 is the limit."),
        ({"payload": ...}, "INVALID_ENVELOPE", "payload", "payload is missing; it must be an object."),
        (
            {"payload": []},
            "INVALID_ENVELOPE",
            "payload",
            "payload is of the wrong kind; it must be an object.",
        ),
        (
            {"identity": "me"},
            "INVALID_ENVELOPE",
            "identity",
            "identity is of the wrong kind; it must be an object, or left out.",
        ),
        (
            {"metadata": [1]},
            "INVALID_ENVELOPE",
            "metadata",
            "metadata is of the wrong kind; it must be an object, or left out.",
        ),
        ({"version": 1}, "INVALID_ENVELOPE", "version", 'version must be text such as "1.0", or left out.'),
        ({"version": ""}, "INVALID_ENVELOPE", "version", 'version must be text such as "1.0", or left out.'),
        (
            {"tenantId": 5},
            "UNKNOWN_TENANT",
            "tenantId",
            "tenantId must be the UUID, slug or slug alias of a club.",
        ),
        (
            {"source": "marketing"},
            "UNKNOWN_SOURCE",
            "source",
            "source must be one of scl, teetime, messaging, feedback, facilities, crm.",
        ),
    ],
)
def test_a_malformed_envelope_is_refused_in_plain_words(
    changes: dict[str, Any], code: str, field: str, message: str
) -> None:
    refused = refusal_of(event(**changes))

    assert (refused.code, refused.field, refused.message) == (code, field, message)


@pytest.mark.parametrize("tenant", [..., None, "", "  ", {}, ["fairview"], "f" * 201])
def test_an_event_that_names_no_tenant_is_refused(tenant: object) -> None:
    assert refusal_of(event(tenantId=tenant)).code == Refusal.UNKNOWN_TENANT


@pytest.mark.parametrize("source", ["SCL", "", 7, ["scl"], {"scl": 1}])
def test_an_unknown_source_is_refused(source: object) -> None:
    assert refusal_of(event(source=source)).code == Refusal.UNKNOWN_SOURCE


def test_without_source_an_unknown_type_must_begin_with_one() -> None:
    assert refusal_of(event(type="weather.changed", source=...)).code == Refusal.UNKNOWN_SOURCE


@pytest.mark.parametrize("raw", [None, 5, "text", [], [event()], True])
def test_only_an_object_is_an_event(raw: object) -> None:
    assert refusal_of(raw).code == Refusal.INVALID_ENVELOPE


def test_an_id_is_kept_as_it_came_and_counted_in_characters() -> None:
    event_id = " " + "🏌" * 199

    assert parse_envelope(event(id=event_id), now=NOW).id == event_id


@pytest.mark.parametrize(
    ("timestamp", "instant"),
    [
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01t10:00:00z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 10:00:00+00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00+02:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T10:00:00-0330", datetime(2026, 3, 1, 13, 30, tzinfo=UTC)),
        ("2026-03-01T10:00:00-22:15", datetime(2026, 3, 2, 8, 15, tzinfo=UTC)),
        ("2026-03-01T10:00:00.5Z", datetime(2026, 3, 1, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-01T10:00:00.123456789Z", datetime(2026, 3, 1, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("1900-01-01T00:00:00Z", datetime(1900, 1, 1, tzinfo=UTC)),
        ("2026-03-06T12:00:00Z", NOW + timedelta(hours=24)),
    ],
)
def test_a_timestamp_is_kept_as_an_instant_in_utc(timestamp: str, instant: datetime) -> None:
    occurred_at = parse_envelope(event(timestamp=timestamp), now=NOW).occurred_at

    assert occurred_at == instant
    assert occurred_at.tzinfo is UTC


@pytest.mark.parametrize(
    "timestamp",
    [
        ...,
        None,
        "",
        "yesterday",
        1_772_000_000_000,
        "1772000000000",
        "2026-03-01",
        "2026-03-01T10:00:00",
        "20260301T100000Z",
        "2026-W09-7T10:00:00Z",
        "2026-060T10:00:00Z",
        "2026-02-30T10:00:00Z",
        "2026-03-01T25:00:00Z",
        "2026-03-01T10:00:60Z",
        "2026-03-01T10:00:00+25:00",
        "2026-03-01T10:00:00 Africa/Johannesburg",
        "2026-03-01T10:00:00Z\n",
        "٢٠٢٦-03-01T10:00:00Z",
        "1899-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "2026-03-06T12:00:00.000001Z",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_any_other_timestamp_is_refused(timestamp: object) -> None:
    refused = refusal_of(event(timestamp=timestamp))

    assert (refused.code, refused.field) == (Refusal.INVALID_TIMESTAMP, "timestamp")


def test_a_timestamp_a_day_ahead_is_told_apart_from_an_unreadable_one() -> None:
    ahead = refusal_of(event(timestamp="2026-03-07T00:00:00Z"))
    old = refusal_of(event(timestamp="1850-03-07T00:00:00Z"))
    local = refusal_of(event(timestamp="2026-03-01T10:00:00"))

    assert ahead.message.startswith("timestamp lies more than 24 hours in the future;")
    assert old.message == "timestamp lies before the year 1900; send when it happened."
    assert local.message == "timestamp must be ISO 8601 with an offset, such as 2026-03-01T10:00:00+02:00."


def test_fields_that_the_envelope_does_not_know_are_kept_in_the_text() -> None:
    text = parse_line(json.dumps(event(traceparent="00-abc")), now=NOW).text

    assert json.loads(text)["traceparent"] == "00-abc"


TEXT = st.text(max_size=8) | st.sampled_from(["\x00", "\ud800", "fairview", "scl", "2026-03-01T10:00:00Z"])
# Numbers that every reader of JSON holds alike.
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT
STRANGE = st.sampled_from([math.nan, math.inf, 10**30, 10**5000, b"", NOW])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)
FIELDS = ["id", "type", "version", "timestamp", "tenantId", "source", "identity", "payload", "metadata"]
NEAR_EVENTS = st.builds(
    lambda changes: event(**changes),
    st.dictionaries(st.sampled_from(FIELDS), VALUES | st.just(...), max_size=3),
)


@given(raw=VALUES | STRANGE | NEAR_EVENTS, strange=st.none() | STRANGE)
def test_any_value_is_an_envelope_or_refused(raw: object, strange: object) -> None:
    if isinstance(raw, dict):
        raw = {**raw, "extra": strange}

    try:
        envelope, text = receive(raw, now=NOW)
    except EnvelopeRefused as refused:
        _assert_storable(refused.message + refused.field)
        return

    assert json.loads(text) == raw
    assert isinstance(envelope, Envelope)
    _assert_storable(text)


@given(line=st.binary(max_size=60) | st.text(max_size=60))
def test_any_text_is_an_envelope_or_refused(line: bytes | str) -> None:
    assert refusal_of_line(line).code in {Refusal.INVALID_JSON, Refusal.INVALID_ENVELOPE}


@given(raw=NEAR_EVENTS)
def test_text_and_value_get_the_same_verdict(raw: dict[str, Any]) -> None:
    try:
        expected: object = parse_envelope(raw, now=NOW)
    except EnvelopeRefused as refused:
        expected = refused.code

    try:
        verdict: object = parse_line(json.dumps(raw), now=NOW).envelope
    except EnvelopeRefused as refused:
        verdict = refused.code
    assert verdict == expected


def _assert_storable(text: str) -> None:
    assert "\x00" not in text
    text.encode()
