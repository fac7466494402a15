"""JSON on its way in: what is not JSON, and what is but cannot be kept."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from events.envelope import parse_line, receive
from events.json_text import DEEPEST_NESTING, LARGEST_EVENT_BYTES
from events.refusals import EnvelopeRefused, Refusal
from tests.events.envelopes import NOW, event, refusal_of, refusal_of_line

BOM = b"\xef\xbb\xbf"


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
