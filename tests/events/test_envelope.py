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
from events.json_text import DEEPEST_NESTING, LARGEST_EVENT_BYTES
from events.refusals import EnvelopeRefused, PayloadRefused, Refusal
from tests.events.contract import RefusedLine, contract_lines, refused_lines

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
BOM = b"\xef\xbb\xbf"


def event(**changes: Any) -> dict[str, Any]:
    """A well-formed event; `...` takes a field away."""
    whole = {
        "id": "e-1",
        "type": "teetime.score.posted",
        "version": "1.0",
        "timestamp": "2026-03-01T10:00:00+02:00",
        "tenantId": "fairview",
        "source": "teetime",
        "identity": {"teetimePlayerId": "p-1"},
        "payload": {"id": "s-1", "playerId": "p-1"},
        **changes,
    }
    return {field: value for field, value in whole.items() if value is not ...}


def refusal_of(raw: object) -> EnvelopeRefused:
    with pytest.raises(EnvelopeRefused) as refused:
        parse_envelope(raw, now=NOW)
    return refused.value


def refusal_of_line(line: bytes | str) -> EnvelopeRefused:
    with pytest.raises(EnvelopeRefused) as refused:
        parse_line(line, now=NOW)
    return refused.value


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
    assert isinstance(decode_payload(known, envelope.payload), known.model)
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


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"a": "x\x00"}, "payload.a"),
        ({"a": [{"b": ["ok", "\x00"]}]}, "payload.a.0.b.1"),
        ({"a\x00b": 1}, "payload.a\\u0000b"),
        ({"a": {"\x00": {}}}, "payload.a.\\u0000"),
        ({"a": "\ud800"}, "payload.a"),
        ({"\udfff": 1}, "payload.\\udfff"),
        ({"a": 10**400}, "payload.a"),
    ],
)
def test_what_the_database_cannot_store_is_refused_wherever_it_is(
    payload: dict[str, Any], field: str
) -> None:
    raw = event(payload=payload)

    refused = refusal_of(raw)

    assert (refused.code, refused.field) == (Refusal.INVALID_ENVELOPE, field)
    assert refused.message.isascii()


@pytest.mark.parametrize(
    "field", ["id", "type", "version", "tenantId", "source", "identity", "metadata", "extra"]
)
def test_null_bytes_are_refused_in_each_part_of_an_event(field: str) -> None:
    raw = event(**{field: {"k": "a\x00"} if field in {"identity", "metadata"} else "a\x00"})

    assert refusal_of(raw).code == Refusal.INVALID_ENVELOPE
    assert refusal_of_line(json.dumps(raw)).code == Refusal.INVALID_ENVELOPE


@pytest.mark.parametrize("text", ["a\\u0000b", "\\\\u0000", "\\u00e9", "null\\0", "C:\\users\\0000"])
def test_a_backslash_that_only_looks_like_a_null_byte_is_fine(text: str) -> None:
    envelope, stored = parse_line(json.dumps(event(payload={"text": text})), now=NOW)

    assert envelope.payload == {"text": text}
    assert json.loads(stored)["payload"] == {"text": text}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_know_are_refused(number: float) -> None:
    raw = event(payload={"amountCents": number})

    refused = refusal_of(raw)

    assert (refused.code, refused.field) == (Refusal.INVALID_JSON, "payload.amountCents")
    assert refusal_of_line(json.dumps(raw)).code == Refusal.INVALID_JSON


@pytest.mark.parametrize("value", [datetime.now(UTC), b"bytes", {1: "a"}, ("a",), {"a"}, 1j])
def test_values_of_foreign_types_are_refused(value: object) -> None:
    assert refusal_of(event(payload={"x": value})).code == Refusal.INVALID_JSON


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"  \n",
        b"{",
        b'{"a": 1,}',
        b"{'a': 1}",
        b"not json",
        b'{"a": 1} {"b": 2}',
        b'{"a": "\x00"}',
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "tab\tinside"}',
        '{"a": 1}'.encode("utf-16"),
        b"[NaN]",
        b"-Infinity",
        b"01",
    ],
)
def test_what_is_not_json_is_refused_as_such(line: bytes) -> None:
    assert refusal_of_line(line).code == Refusal.INVALID_JSON


def test_the_place_of_a_syntax_error_is_named() -> None:
    refused = refusal_of_line(b'{"id": "x", ')

    assert refused.message.startswith("The text is not JSON (line 1, column 13): ")


@pytest.mark.parametrize("line", ["\ud800", '{"id": "\ud800"}', r'{"id": "\ud800"}', r'{"\udc00\ud800": 1}'])
def test_half_a_surrogate_pair_is_refused_as_malformed(line: str) -> None:
    assert refusal_of_line(line).code == Refusal.INVALID_ENVELOPE


@pytest.mark.parametrize("depth", [DEEPEST_NESTING + 2, 500, 1_020, 5_000, 120_000])
def test_deep_nesting_is_refused_and_does_no_harm(depth: int) -> None:
    line = json.dumps(event(payload={"deep": "HERE"}))

    refused = refusal_of_line(line.replace('"HERE"', "[" * depth + "]" * depth))

    assert refused.code == Refusal.INVALID_ENVELOPE
    assert refused.message == "The event is nested more than 64 levels deep; send a flatter one."


def test_a_value_nested_without_end_is_refused_where_it_came_already_parsed() -> None:
    endless: list[Any] = []
    endless.append(endless)

    assert refusal_of(event(payload={"endless": endless})).code == Refusal.INVALID_ENVELOPE


def test_many_brackets_side_by_side_are_fine() -> None:
    payload = {"players": [{"name": f"Guest {number}", "tags": [[]]} for number in range(200)]}

    assert parse_line(json.dumps(event(payload=payload)), now=NOW).envelope.payload == payload


def test_an_event_may_have_256_kib_and_no_more() -> None:
    frame = len(json.dumps(event(payload={"text": ""}), separators=(",", ":")))
    fits = event(payload={"text": "x" * (LARGEST_EVENT_BYTES - frame)})
    too_large = event(payload={"text": "é" * (LARGEST_EVENT_BYTES // 2)})

    assert parse_line(json.dumps(fits, separators=(",", ":")), now=NOW).envelope.id == "e-1"
    assert receive(fits, now=NOW).envelope.id == "e-1"
    refused = refusal_of_line(json.dumps(too_large, ensure_ascii=False))
    assert refused.code == Refusal.INVALID_ENVELOPE
    assert refused.message == "The event is larger than 256 KiB; send less in one event."
    with pytest.raises(EnvelopeRefused, match="larger than 256 KiB"):
        receive(too_large, now=NOW)


def test_whole_numbers_beyond_64_bits_pass_the_door() -> None:
    line = json.dumps(event(payload={"amountCents": 99999999999999999999}))

    from_text = parse_line(line, now=NOW)
    from_value = receive(json.loads(line), now=NOW)

    # To the precision of a double, which is what most JSON readers have.
    assert from_text.envelope.payload["amountCents"] == 1e20
    assert from_value.envelope.payload["amountCents"] == 99999999999999999999
    assert json.loads(from_value.text) == json.loads(line)


@pytest.mark.parametrize("number", ["1e999", "-1e400", "9" * 5_000, "9" * 400 + ".5"])
def test_numbers_that_nothing_can_hold_are_refused(number: str) -> None:
    line = json.dumps(event(payload={"amountCents": 424242})).replace("424242", number)

    refused = refusal_of_line(line)

    assert refused.code == Refusal.INVALID_ENVELOPE
    assert refused.message == "A number is too large to be kept; send it as text."


def test_numbers_too_fine_for_a_double_are_kept_as_the_database_can_hold_them() -> None:
    line = json.dumps(event(payload={"share": 424242})).replace("424242", "1e-20000")

    assert json.loads(parse_line(line, now=NOW).text)["payload"] == {"share": 0.0}


def test_text_of_any_script_survives() -> None:
    payload = {"firstName": "محمد", "lastName": "Nguyễn 🏌🏽‍♀️", "note": "\u2028\u202e\x7f"}
    raw = event(payload=payload)

    for line in (json.dumps(raw), json.dumps(raw, ensure_ascii=False), json.dumps(raw).encode()):
        envelope, text = parse_line(line, now=NOW)
        assert envelope.payload == payload
        assert json.loads(text) == raw


@pytest.mark.parametrize("end", [b"", b"\r\n", b" \t\n"])
def test_a_byte_order_mark_and_line_ends_are_tolerated(end: bytes) -> None:
    assert parse_line(BOM + json.dumps(event()).encode() + end, now=NOW).envelope.id == "e-1"


def test_of_a_key_that_comes_twice_the_last_one_counts_in_text_and_envelope() -> None:
    envelope, text = parse_line(json.dumps(event())[:-1] + ', "id": "e-2"}', now=NOW)

    assert envelope.id == "e-2"
    assert json.loads(text)["id"] == "e-2"


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
