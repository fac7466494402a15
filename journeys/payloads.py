"""Conditions on what an event brought, and paths into it. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from journeys.definition.parts import Operator, PayloadCondition

# As in the results of campaigns.
SHORTEST_MOMENT: Final = len("2026-11-02T10:00Z")
CENTS: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)


def at_path(payload: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    value: Any = payload
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def key_of(payload: Mapping[str, Any], path: str | None) -> str:
    """The business key; empty where the path is, or leads to nothing."""
    if path is None:
        return ""
    value = at_path(payload, path)
    return "" if value is None or isinstance(value, Mapping | list) else str(value)[:200]


def cents_of(payload: Mapping[str, Any]) -> int:
    """What something brought, in cents; whatever is no whole number of them is nothing."""
    value = payload.get("amountCents")
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if CENTS.fullmatch(text) else 0


def first_false(where: Iterable[PayloadCondition], payload: Mapping[str, Any]) -> PayloadCondition | None:
    """The first condition that does not hold; None: all do."""
    return next((one for one in where if not holds(one, at_path(payload, one.path))), None)


def holds(condition: PayloadCondition, value: Any) -> bool:
    """Whether a value passes; what is missing passes nothing but `neq` and `exists` false."""
    wanted = condition.value
    if condition.operator is Operator.EXISTS:
        return (value is not None) == (wanted is not False)
    if condition.operator is Operator.NEQ:
        return not _same(value, wanted)
    if value is None:
        return False
    if condition.operator is Operator.EQ:
        return _same(value, wanted)
    if condition.operator is Operator.IN:
        return isinstance(wanted, list) and any(_same(value, one) for one in wanted)
    if condition.operator is Operator.CONTAINS:
        if isinstance(value, list):
            return any(_same(one, wanted) for one in value)
        return isinstance(value, str) and str(wanted).casefold() in value.casefold()
    return _compares(condition.operator, value, wanted)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other or str(one).casefold() == str(other).casefold()
    return bool(one == other) or (one is not None and other is not None and str(one) == str(other))


def _compares(operator: Operator, value: Any, wanted: Any) -> bool:
    """Numbers as numbers, moments that name their offset as instants, texts (ISO dates) as texts."""
    left, right = _number(value), _number(wanted)
    if left is None and right is None:
        left, right = _moment(value), _moment(wanted)
    one: Any = value if left is None or right is None else left
    other: Any = wanted if left is None or right is None else right
    if not isinstance(one, float) and not (isinstance(one, str) and isinstance(other, str)):
        return False
    if operator is Operator.GT:
        return bool(one > other)
    if operator is Operator.GTE:
        return bool(one >= other)
    return bool(one < other) if operator is Operator.LT else bool(one <= other)


def _moment(value: Any) -> float | None:
    """An ISO moment with its offset, in seconds; None: it is none."""
    if not isinstance(value, str) or len(value) < SHORTEST_MOMENT:
        return None
    try:
        found = datetime.fromisoformat(value)
        return None if found.tzinfo is None else found.timestamp()
    except (ValueError, OverflowError):
        return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
