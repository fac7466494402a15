"""JSON between the wire and PostgreSQL: reading it strictly, and only what the database can keep.

`jsonb` has no null bytes and no lone surrogates, JSON has no NaN; Python's reader lets all of them through.
"""

import json
from math import isfinite
from typing import Any, Final, Never

import orjson

from events.refusals import EnvelopeRefused, Refusal

LARGEST_EVENT_BYTES: Final = 256 * 1024
# Deeper than any real event, and far from where the encoders' recursion ends (orjson: 254).
DEEPEST_NESTING: Final = 64
# What a double can hold: up to 2 ** 1024, a number of 309 digits.
LONGEST_NUMBER_BITS: Final = 1024
LONGEST_NUMBER_DIGITS: Final = 309
LONGEST_FIELD_PATH: Final = 200
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
NULL_ESCAPE: Final = b"\\u0000"


def load_json(text: bytes | str) -> object:
    """Read JSON text in UTF-8; a byte order mark is skipped.

    The value may hold what the database cannot store: see `check_storable`. Whole numbers beyond 64 bits
    become floats. Raises EnvelopeRefused: INVALID_JSON, or INVALID_ENVELOPE for JSON that nothing can hold.
    """
    encoded = _encoded(text)
    try:
        return orjson.loads(encoded)
    except orjson.JSONDecodeError:
        return _load_slowly(encoded)


def load_event(text: bytes | str) -> object:
    """Read the JSON text of one event: `load_json` and `check_storable`, at a fraction of the price.

    Raises EnvelopeRefused as these two do, and when the text is larger than LARGEST_EVENT_BYTES.
    """
    encoded = _encoded(text)
    check_size(len(encoded))
    try:
        value: object = orjson.loads(encoded)
    except orjson.JSONDecodeError:
        value = _load_slowly(encoded)
        check_storable(value)
        return value
    # orjson has refused everything else that the walk looks for, and the walk costs more than all the rest.
    has_null_bytes = b"\\" in encoded and NULL_ESCAPE in encoded
    if has_null_bytes or encoded.count(b"{") + encoded.count(b"[") > DEEPEST_NESTING:
        check_storable(value)
    return value


def dump_json(value: object) -> str:
    """JSON text of a value that passed `check_storable`."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        # Whole numbers beyond 64 bits.
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def check_size(size_bytes: int) -> None:
    """Raise EnvelopeRefused when an event's JSON text is larger than LARGEST_EVENT_BYTES."""
    if size_bytes > LARGEST_EVENT_BYTES:
        limit = LARGEST_EVENT_BYTES // 1024
        message = f"The event is larger than {limit} KiB; send less in one event."
        raise EnvelopeRefused(Refusal.INVALID_ENVELOPE, message)


def check_storable(value: object) -> None:
    """Raise EnvelopeRefused when a value holds what `jsonb` or JSON cannot; the field names where.

    Null bytes, lone surrogates, too deep nesting and numbers that no double can hold are INVALID_ENVELOPE;
    NaN, infinities and types that JSON does not know are INVALID_JSON. It walks level by level, so that no
    nesting is too deep for it.
    """
    # A place is (place of the holder, key): linked, so that the walk copies no paths.
    level: list[tuple[Any, Any]] = [(value, None)] if isinstance(value, dict | list) else []
    if not level:
        _check_scalar(value, None)
    for _ in range(DEEPEST_NESTING):
        deeper: list[tuple[Any, Any]] = []
        for container, place in level:
            is_object = isinstance(container, dict)
            for key, item in container.items() if is_object else enumerate(container):
                if is_object and not _is_fit(key):
                    _refuse_key(key, place)
                if isinstance(item, str):
                    if not _is_fit(item):
                        _refuse_text(item, (place, key))
                elif isinstance(item, dict | list):
                    deeper.append((item, (place, key)))
                else:
                    _check_scalar(item, (place, key))
        if not deeper:
            return
        level = deeper
    message = f"The event is nested more than {DEEPEST_NESTING} levels deep; send a flatter one."
    raise EnvelopeRefused(Refusal.INVALID_ENVELOPE, message)


def _encoded(text: bytes | str) -> bytes:
    if isinstance(text, str):
        try:
            text = text.encode()
        except UnicodeEncodeError:
            _refuse_surrogate("")
    return text.removeprefix(BYTE_ORDER_MARK)


def _load_slowly(encoded: bytes) -> object:
    """Read what orjson refuses: to say why, or because Python can hold it until the walk names the place."""
    if b"\x00" in encoded:
        message = "The text holds null bytes; is it UTF-16? Send JSON in UTF-8."
        raise EnvelopeRefused(Refusal.INVALID_JSON, message)
    try:
        text = encoded.decode()
        return json.loads(
            text, parse_constant=_refuse_constant, parse_int=_whole_number, parse_float=_fraction
        )
    except UnicodeDecodeError as error:
        message = f"The text is not UTF-8 (byte {error.start + 1}); send JSON in UTF-8."
        raise EnvelopeRefused(Refusal.INVALID_JSON, message) from None
    except json.JSONDecodeError as error:
        message = f"The text is not JSON (line {error.lineno}, column {error.colno}): {error.msg}."
        raise EnvelopeRefused(Refusal.INVALID_JSON, message) from None
    except RecursionError:
        message = f"The event is nested more than {DEEPEST_NESTING} levels deep; send a flatter one."
        raise EnvelopeRefused(Refusal.INVALID_ENVELOPE, message) from None


def _refuse_constant(_: str) -> Never:
    _refuse_number("")


def _whole_number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER_DIGITS:
        _refuse_long_number("")
    return int(digits)


def _fraction(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        _refuse_long_number("")
    return number


def _is_fit(text: object) -> bool:
    """Whether this is text that the database can store."""
    return isinstance(text, str) and "\x00" not in text and (text.isascii() or not _has_lone_surrogate(text))


def _has_lone_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _check_scalar(item: object, place: Any) -> None:
    if isinstance(item, float):
        if not isfinite(item):
            _refuse_number(_path(place))
    elif isinstance(item, int):
        if item.bit_length() > LONGEST_NUMBER_BITS:
            _refuse_long_number(_path(place))
    elif isinstance(item, str):
        if not _is_fit(item):
            _refuse_text(item, place)
    elif item is not None:
        message = f"A value is of a type that JSON does not know ({type(item).__name__}); send JSON."
        raise EnvelopeRefused(Refusal.INVALID_JSON, message, _path(place))


def _refuse_key(key: object, place: Any) -> Never:
    if isinstance(key, str):
        _refuse_text(key, (place, key))
    raise EnvelopeRefused(Refusal.INVALID_JSON, "A key is not text; send JSON.", _path(place))


def _refuse_text(text: str, place: Any) -> Never:
    if "\x00" not in text:
        _refuse_surrogate(_path(place))
    message = "A text holds a null byte, which cannot be stored; take it out."
    raise EnvelopeRefused(Refusal.INVALID_ENVELOPE, message, _path(place))


def _refuse_surrogate(field: str) -> Never:
    message = "A text holds half of a surrogate pair, which is no character; send whole characters."
    raise EnvelopeRefused(Refusal.INVALID_ENVELOPE, message, field)


def _refuse_number(field: str) -> Never:
    message = "A number is NaN or infinite, which JSON does not know; send a number or null."
    raise EnvelopeRefused(Refusal.INVALID_JSON, message, field)


def _refuse_long_number(field: str) -> Never:
    message = "A number is too large to be kept; send it as text."
    raise EnvelopeRefused(Refusal.INVALID_ENVELOPE, message, field)


def _path(place: Any) -> str:
    """The dotted path of a place, itself fit to be stored."""
    keys: list[str] = []
    while place is not None:
        place, key = place
        keys.append(str(key)[:LONGEST_FIELD_PATH])
    path = ".".join(reversed(keys)).replace("\x00", "\\u0000")
    return path.encode(errors="backslashreplace").decode()[:LONGEST_FIELD_PATH]
