"""SQL of leaves that ask the timeline.

The rows of everybody in the window are grouped once and looked up in a hash, which beats a look at each person's rows
from some thousand people on; for few people `among` keeps to theirs. What a machine opened or clicked does not count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

import orjson

from segments.comparing import SIGNS, Comparing
from segments.operators import OPERATORS
from segments.rules import CountTest, EventLeaf, MomentTest, NeverTest, SumTest, Where
from segments.rules.events import ROW_KEYS
from segments.rules.tree import plain

COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": eq,
    "neq": ne,
    "gt": gt,
    "gte": ge,
    "lt": lt,
    "lte": le,
}
OPENED_BY_MACHINES: Final = frozenset({"EMAIL_OPENED", "EMAIL_CLICKED"})
BY_PEOPLE: Final = "(a.metadata -> 'isMachine') IS DISTINCT FROM 'true'::jsonb"
ONE_OR_MORE: Final = CountTest("gte", Decimal(1))


def passes(operator: str, figure: Any, value: Any) -> bool:
    """Whether a figure passes; the same table for SQL's zero and the oracle."""
    if operator == "between":
        return bool(value[0] <= figure <= value[1])
    return COMPARE[operator](figure, value)


def event_condition(
    leaf: EventLeaf, *, parameter: Callable[..., str], tenant: str, comparing: Comparing, among: str
) -> str:
    """The condition on `p`; never null."""
    rows = _Rows(leaf, parameter, tenant, comparing)
    test = leaf.test
    if isinstance(test, NeverTest) or asks_for(test, "isNull"):
        return f"(NOT {rows.exist()})"
    if test == ONE_OR_MORE or asks_for(test, "isNotNull"):
        return rows.exist()
    having = passing(test, figure_of(test, parameter), comparing)
    if not isinstance(test, MomentTest) and passes(test.operator, 0, test.value):
        # Whoever has no rows passes: all but those who have rows and fail.
        return f"(NOT {rows.people(among, f'NOT {having}')})"
    return rows.people(among, having)


def rows_of(
    leaf: EventLeaf,
    *,
    parameter: Callable[..., str],
    tenant: str,
    comparing: Comparing,
    is_open_ended: bool = False,
) -> str:
    """The condition of the leaf's rows on `a`; `is_open_ended`: those too young for its window as well."""
    return _Rows(leaf, parameter, tenant, comparing).chosen(is_open_ended=is_open_ended)


def asks_for(test: Any, operator: str) -> bool:
    """Whether a test on a moment has this operator."""
    return isinstance(test, MomentTest) and test.operator == operator


def figure_of(test: CountTest | SumTest | MomentTest, parameter: Callable[..., str]) -> str:
    """The aggregate over a leaf's rows on `a` that its test speaks of."""
    if isinstance(test, CountTest):
        return "count(*)"
    if isinstance(test, MomentTest):
        return f"{'max' if test.which == 'last' else 'min'}(a.occurred_at)"
    key = parameter(test.key, "text")
    number = f"(a.metadata ->> {key})::numeric"
    return f"sum(CASE WHEN jsonb_typeof(a.metadata -> {key}) = 'number' THEN {number} ELSE 0 END)"


def passing(test: CountTest | SumTest | MomentTest, figure: str, comparing: Comparing) -> str:
    """Whether a figure, which is known, passes the test."""
    if not isinstance(test, MomentTest):
        return comparing.figure(figure, test.operator, test.value)
    positive = OPERATORS[test.operator].positive
    if positive:
        return f"(NOT {comparing.moment(figure, positive, test.value)})"
    return comparing.moment(figure, test.operator, test.value)


@dataclass(frozen=True)
class _Rows:
    """The rows of a leaf."""

    leaf: EventLeaf
    parameter: Callable[..., str]
    tenant: str
    comparing: Comparing

    def exist(self) -> str:
        """Whether `p` has one."""
        return (
            f"EXISTS (SELECT FROM profiles_activity AS a WHERE a.tenant_id = {self.tenant}"
            f" AND a.profile_id = p.id AND {self.chosen()})"
        )

    def people(self, among: str, having: str) -> str:
        """Whether `p` is among the people whose rows together pass."""
        only = f" AND a.profile_id IN ({among})" if among else ""
        return (
            f"p.id IN (SELECT a.profile_id FROM profiles_activity AS a WHERE a.tenant_id = {self.tenant}{only}"
            f" AND {self.chosen()} GROUP BY a.profile_id HAVING {having})"
        )

    def chosen(self, *, is_open_ended: bool = False) -> str:
        """The condition of the rows on `a`."""
        leaf = self.leaf
        parts = [
            f"a.type = ANY({self.parameter(list(leaf.types), 'text[]')})",
            *self._window(is_open_ended=is_open_ended),
        ]
        parts += [self._detail(where) for where in leaf.where]
        asks = {where.key for where in leaf.where}
        if OPENED_BY_MACHINES & set(leaf.types) and "isMachine" not in asks:
            parts.append(BY_PEOPLE)
        return " AND ".join(parts)

    def _window(self, *, is_open_ended: bool) -> list[str]:
        window, clock = self.leaf.window, self.comparing.clock
        froms = [] if window.in_last_days is None else [clock.day(-window.in_last_days)]
        froms += [] if window.since is None else [window.since]
        parts = [f"a.occurred_at >= {self.comparing.start_of(day)}" for day in froms]
        if window.before_days_ago is not None and not is_open_ended:
            parts.append(f"a.occurred_at < {self.comparing.start_of(clock.day(-window.before_days_ago))}")
        if clock.is_past:
            parts.append(f"a.occurred_at <= {self.parameter(clock.now, 'timestamptz')}")
        if window.until is not None:
            parts.append(self.comparing.moment("a.occurred_at", "lte", window.until))
        return parts

    def _detail(self, where: Where) -> str:
        if where.key in ROW_KEYS:
            return f"a.{where.key} = ANY({self.parameter([str(each) for each in where.values], 'text[]')})"
        key = self.parameter(where.key, "text")
        if where.operator == "in":
            values = [orjson.dumps(plain(each)).decode() for each in where.values]
            return f"COALESCE(a.metadata -> {key} = ANY({self.parameter(values, 'jsonb[]')}), FALSE)"
        value = self.parameter(where.values[0], "numeric")
        return (
            f"(CASE WHEN jsonb_typeof(a.metadata -> {key}) = 'number'"
            f" THEN (a.metadata ->> {key})::numeric {SIGNS[where.operator]} {value} ELSE FALSE END)"
        )
