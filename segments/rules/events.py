"""Reads leaves about the timeline."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from events.plain_text import visible
from segments.fields import Field
from segments.operators import FIGURE_OPERATORS, Kind, operator_named
from segments.rules.errors import Reject
from segments.rules.tree import CountTest, EventLeaf, MomentTest, NeverTest, SumTest, Test, Where, Window
from segments.rules.values import LONGEST_TEXT, parse_days, parse_moment, parse_number, parse_value

MOST_TYPES: Final = 30
MOST_CONDITIONS: Final = 10
MOST_CONDITION_VALUES: Final = 100
AMOUNT: Final = "amountCents"
# Columns of a row, besides the names in its metadata.
ROW_KEYS: Final = ("channel", "source")
_TYPE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_TESTS: Final = ("count", "sum", "first", "last", "never")
_WINDOW: Final = ("inLastDays", "beforeDaysAgo", "since", "until")
_KNOWN: Final = frozenset({"types", "where", *_TESTS, *_WINDOW})
# The first or last row is asked like a field that holds a moment.
HAPPENED: Final = Field("happened", "Time", "Timeline", Kind.MOMENT, "")


def parse_event(raw: Any, path: str) -> EventLeaf:
    """A leaf about the timeline; raises Reject."""
    if not isinstance(raw, Mapping):
        raise Reject(
            path, 'Give an object as in {"types": ["TEETIME_BOOKED"], "count": {"op": "gte", "value": 3}}.'
        )
    unknown = sorted(str(key) for key in raw if key not in _KNOWN)
    if unknown:
        raise Reject(f"{path}.{unknown[0]}", f"Known here are {', '.join(sorted(_KNOWN))}.")
    return EventLeaf(
        types=_types(raw.get("types"), f"{path}.types"),
        test=_test(raw, path),
        where=_where(raw.get("where") or {}, f"{path}.where"),
        window=_window(raw, path),
    )


def _types(raw: Any, path: str) -> tuple[str, ...]:
    values = [raw] if isinstance(raw, str) else raw
    if not isinstance(values, list | tuple) or not values:
        raise Reject(path, 'Give at least one type of activity, as in ["TEETIME_BOOKED"].')
    if len(values) > MOST_TYPES:
        raise Reject(path, f"At most {MOST_TYPES} types are allowed.")
    for number, each in enumerate(values):
        if not isinstance(each, str) or not _TYPE.fullmatch(each):
            raise Reject(f"{path}[{number}]", "Give a type of activity in capitals, as in TEETIME_BOOKED.")
    return tuple(sorted(set(values)))


def _test(raw: Mapping[str, Any], path: str) -> Test:
    given = [name for name in _TESTS if name in raw]
    if len(given) > 1:
        raise Reject(path, f"Give only one of {', '.join(_TESTS)}.")
    if not given:
        return CountTest("gte", Decimal(1))
    name, value = given[0], raw[given[0]]
    at = f"{path}.{name}"
    if name == "never":
        if value is not True:
            raise Reject(at, "Give true, or leave it out.")
        return NeverTest()
    if not isinstance(value, Mapping):
        raise Reject(at, 'Give an object as in {"op": "gte", "value": 3}.')
    if name in ("first", "last"):
        return _moment_test(name, value, at)
    operator, figure = _figure(value, at)
    if name == "count":
        return CountTest(operator, figure)
    key = value.get("field", AMOUNT)
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Reject(f"{at}.field", f"Give the name of a number in the details, as in {AMOUNT}.")
    return SumTest(key, operator, figure)


def _figure(raw: Mapping[str, Any], path: str) -> tuple[str, Decimal | tuple[Decimal, Decimal]]:
    given = raw.get("op", raw.get("operator"))
    operator = operator_named(given) if isinstance(given, str) else None
    if operator is None or operator.name not in FIGURE_OPERATORS:
        raise Reject(f"{path}.op", f"Give one of {', '.join(FIGURE_OPERATORS)}.")
    value = raw.get("value")
    if operator.name != "between":
        return operator.name, parse_number(value, f"{path}.value")
    if not isinstance(value, list | tuple) or len(value) != 2:  # noqa: PLR2004 - a pair
        raise Reject(f"{path}.value", "Give two numbers, the lowest and the highest, as in [2, 4].")
    low, high = sorted(parse_number(each, f"{path}.value[{n}]") for n, each in enumerate(value))
    return operator.name, (low, high)


def _moment_test(which: str, raw: Mapping[str, Any], path: str) -> MomentTest:
    given = raw.get("op", raw.get("operator"))
    operator = operator_named(given) if isinstance(given, str) else None
    if operator is None or operator not in HAPPENED.operators:
        names = ", ".join(each.name for each in HAPPENED.operators)
        raise Reject(f"{path}.op", f"Give one of {names}.")
    return MomentTest(
        which, operator.name, parse_value(HAPPENED, operator, raw.get("value"), f"{path}.value")
    )


def _where(raw: Any, path: str) -> tuple[Where, ...]:
    if not isinstance(raw, Mapping):
        raise Reject(path, 'Give an object as in {"clubId": "club-7"}.')
    if len(raw) > MOST_CONDITIONS:
        raise Reject(path, f"At most {MOST_CONDITIONS} conditions are allowed.")
    return tuple(_condition(key, raw[key], f"{path}.{key}") for key in sorted(raw, key=str))


def _condition(key: Any, raw: Any, path: str) -> Where:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Reject(path, "Give the name of a detail in letters and digits, as in clubId.")
    if isinstance(raw, Mapping):
        given = raw.get("op", raw.get("operator"))
        operator = operator_named(given) if isinstance(given, str) else None
        if operator is None or operator.name not in ("gt", "gte", "lt", "lte") or key in ROW_KEYS:
            raise Reject(f"{path}.op", "Give gt, gte, lt or lte with a number, or a plain value.")
        return Where(key, operator.name, (parse_number(raw.get("value"), f"{path}.value"),))
    values = list(raw) if isinstance(raw, list | tuple) else [raw]
    if not 0 < len(values) <= MOST_CONDITION_VALUES:
        raise Reject(path, f"Give 1 to {MOST_CONDITION_VALUES} values.")
    return Where(key, "in", tuple(_detail(each, f"{path}[{n}]") for n, each in enumerate(values)))


def _detail(raw: Any, path: str) -> str | bool | Decimal:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float):
        return parse_number(raw, path)
    if not isinstance(raw, str) or "\x00" in raw or len(raw) > LONGEST_TEXT:
        raise Reject(path, f"Give a text of at most {LONGEST_TEXT} characters, a number, true or false.")
    return visible(raw)


def _window(raw: Mapping[str, Any], path: str) -> Window:
    window = Window(
        in_last_days=parse_days(raw["inLastDays"], f"{path}.inLastDays") if "inLastDays" in raw else None,
        before_days_ago=parse_days(raw["beforeDaysAgo"], f"{path}.beforeDaysAgo")
        if "beforeDaysAgo" in raw
        else None,
        since=_day(raw["since"], f"{path}.since") if "since" in raw else None,
        until=_day(raw["until"], f"{path}.until") if "until" in raw else None,
    )
    last, ago = window.in_last_days, window.before_days_ago
    if last is not None and ago is not None and ago > last:
        raise Reject(f"{path}.beforeDaysAgo", f"The window is empty: it must end less than {last} days ago.")
    return window


def _day(raw: Any, path: str) -> date:
    moment = parse_moment(raw, path)
    if isinstance(moment, datetime):
        raise Reject(path, "Give a day as in 2026-03-31.")
    return moment
