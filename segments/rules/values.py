"""Values of a rule: what callers and forms write becomes what the compiler compares."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from events.plain_text import visible
from segments.fields import Field
from segments.operators import Arity, Kind, Operator
from segments.rules.errors import Reject
from segments.rules.tree import Scalar, Value

MOST_VALUES: Final = 1_000
LONGEST_TEXT: Final = 500
MOST_DAYS: Final = 36_600
# Operators that ask for a part of a text.
_OF_PARTS: Final = frozenset({"contains", "icontains", "startsWith", "endsWith"})
# What may stand behind a day and says no more than it.
_MIDNIGHT: Final = re.compile(r"(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
MOST_ANNIVERSARY_DAYS: Final = 366
LARGEST: Final = Decimal(10) ** 15
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMMA: Final = re.compile(r"(?<!\\),")
_YES: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def parse_value(field: Field, operator: Operator, raw: Any, path: str) -> Value:
    """The value of a leaf; raises Reject."""
    if operator.arity is Arity.NONE:
        return None
    if operator.arity is Arity.DAYS:
        anniversary = operator.name == "anniversaryInNextDays"
        return parse_days(raw, path, most=MOST_ANNIVERSARY_DAYS if anniversary else MOST_DAYS)
    if operator.arity is Arity.LIST or (field.kind is Kind.TAGS and operator.name in ("eq", "neq")):
        return tuple(
            dict.fromkeys(parse_scalar(field, each, at) for each, at in _items(raw, path, operator.words))
        )
    if operator.arity is Arity.PAIR:
        return parse_pair(field, raw, path)
    is_part = (operator.positive or operator.name) in _OF_PARTS
    return parse_scalar(field, raw, path, is_part=is_part)


def parse_pair(field: Field, raw: Any, path: str) -> tuple[Scalar, Scalar]:
    """Two values, the smaller first whichever way they were written."""
    items = _items(raw, path, "is between")
    if len(items) != 2:  # noqa: PLR2004 - a pair
        raise Reject(path, "Give two values, the lowest and the highest, as in [10, 20].")
    first, second = (parse_scalar(field, each, at) for each, at in items)
    low, high = sorted((first, second), key=_order)
    return low, high


def _order(value: Any) -> Any:
    """Dates and moments of one pair compare by their text, which begins with the day."""
    return value.isoformat() if isinstance(value, date) else value


def parse_days(raw: Any, path: str, *, most: int = MOST_DAYS) -> int:
    """A whole number of days from 0."""
    number = parse_number(raw, path)
    if number != number.to_integral_value() or not 0 <= number <= most:
        raise Reject(path, f"Give a whole number of days from 0 to {most}.")
    return int(number)


def parse_scalar(field: Field, raw: Any, path: str, *, is_part: bool = False) -> Scalar:
    """One value of the field's kind; `is_part`: a part of a text, which need be none of the choices."""
    if field.kind is Kind.NUMBER:
        if field.name == "handicap" and isinstance(raw, str) and raw.strip().startswith("+"):
            return -parse_number(raw, path)  # as golfers write it: better than scratch
        return parse_number(raw, path)
    if field.kind is Kind.FLAG:
        return _flag(raw, path)
    if field.kind is Kind.DATE:
        return _day(raw, path)
    if field.kind is Kind.MOMENT:
        return parse_moment(raw, path)
    if field.kind is Kind.KEY:
        return _key(raw, path)
    return _written(field, raw, path, is_part=is_part)


def parse_number(raw: Any, path: str) -> Decimal:
    """A number, also one that a form sent as text."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
        raise Reject(path, "Give a number.")
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation:
        raise Reject(path, f"{str(raw)[:40]!r} is not a number; write it as in 12 or 12.5.") from None
    if not number.is_finite() or abs(number) > LARGEST:
        raise Reject(path, f"The number must lie between -{LARGEST:.0f} and {LARGEST:.0f}.")
    return number.normalize() + 0


def parse_moment(raw: Any, path: str) -> date | datetime:
    """A day, or a point in time; one without an offset is meant on the club's clock."""
    text = str(raw).strip() if isinstance(raw, str) else ""
    if _DAY.fullmatch(text):
        return _day(text, path)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Reject(path, "Give a day as in 2026-03-31 or a time as in 2026-03-31T14:00:00+02:00.") from None


def _day(raw: Any, path: str) -> date:
    text = str(raw).strip() if isinstance(raw, str) else ""
    try:
        if _DAY.fullmatch(text[:10]) and _MIDNIGHT.fullmatch(text[10:]):
            return date.fromisoformat(text[:10])
    except ValueError:
        pass
    raise Reject(path, "Give a day as in 2026-03-31.")


def _flag(raw: Any, path: str) -> bool:
    if isinstance(raw, bool):
        return raw
    known = _YES.get(str(raw).strip().lower()) if isinstance(raw, str | int) else None
    if known is None:
        raise Reject(path, "Give true or false.")
    return known


def _key(raw: Any, path: str) -> UUID:
    try:
        return UUID(str(raw).strip())
    except ValueError:
        raise Reject(path, "Give an id as in 0198f0c4-7a3b-7c11-8d5e-1f2a3b4c5d6e.") from None


def _written(field: Field, raw: Any, path: str, *, is_part: bool) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise Reject(path, "Give a text.")
    if "\x00" in str(raw):
        raise Reject(path, "The text holds a character that cannot be stored.")
    text = visible(str(raw))
    if len(text) > LONGEST_TEXT:
        raise Reject(path, f"The text is longer than {LONGEST_TEXT} characters.")
    if text == "":
        raise Reject(
            path,
            "Give a text; whether anything is known is asked with “is known” (isNotNull) or “is not known” (isNull).",
        )
    if field.name == "email":
        return text.strip().lower()
    if field.choices and not is_part:
        return _choice(field.choices, text, path)
    return text


def _choice(choices: Sequence[tuple[str, str]], text: str, path: str) -> str:
    values = [value for value, _ in choices]
    by_capitals = {value.upper(): value for value in values}
    found = by_capitals.get(text.strip().upper())
    if found is None:
        raise Reject(path, f"{text[:40]!r} is none of {', '.join(values)}.")
    return found


def _items(raw: Any, path: str, words: str) -> list[tuple[Any, str]]:
    r"""The members of a list with their paths, without spaces around texts.

    react-querybuilder writes lists as text with commas, and a comma within a member as `\,`.
    """
    if isinstance(raw, str):
        parts = [each.replace("\\,", ",").strip() for each in _COMMA.split(raw)]
        raw = [each for each in parts if each]
    if not isinstance(raw, list | tuple):
        raw = [raw]
    raw = [each.strip() if isinstance(each, str) else each for each in raw]
    if not raw:
        raise Reject(path, f"Give at least one value for “{words}”.")
    if len(raw) > MOST_VALUES:
        raise Reject(path, f"The list has {len(raw)} values; at most {MOST_VALUES} are allowed.")
    return [(each, f"{path}[{number}]") for number, each in enumerate(raw)]
