"""Conditions on what an event brought, and paths into it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from journeys.definition.parts import Operator, PayloadCondition


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
    """Numbers as numbers, texts (ISO dates) as texts."""
    left, right = _number(value), _number(wanted)
    one: Any = value if left is None or right is None else left
    other: Any = wanted if left is None or right is None else right
    if not isinstance(one, float) and not (isinstance(one, str) and isinstance(other, str)):
        return False
    if operator is Operator.GT:
        return bool(one > other)
    if operator is Operator.GTE:
        return bool(one >= other)
    return bool(one < other) if operator is Operator.LT else bool(one <= other)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
