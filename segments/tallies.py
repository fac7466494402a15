"""One look at the timeline for all leaves of a statement: what each of them counts, side by side.

A statement that asks many rules would read the rows of a type once for each leaf. Here all their figures are
aggregates of one query, `t`, which is joined to everybody, or asked of each person of a few.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from segments.clock import Clock
from segments.comparing import Comparing
from segments.compiler import Leaves
from segments.rules import CountTest, EventLeaf, NeverTest, SegmentLeaf, SumTest
from segments.timeline import ONE_OR_MORE, asks_for, figure_of, passing, rows_of

# `t` of each person of the outer query, for whom `{when}`; always one row.
OF_EACH: Final = """
LEFT JOIN LATERAL (
    SELECT {figures} FROM profiles_activity AS a
    WHERE {when} AND a.tenant_id = {tenant} AND a.profile_id = {person} AND {rows}) AS t ON TRUE
"""
# `t` of whoever has such rows.
OF_EVERYBODY: Final = """
LEFT JOIN (
    SELECT a.profile_id, {figures} FROM profiles_activity AS a
    WHERE a.tenant_id = {tenant} AND {rows} GROUP BY a.profile_id) AS t ON t.profile_id = p.id
"""


class Once:
    """Hands out one placeholder for equal values, so that equal expressions read the same."""

    def __init__(self, parameter: Callable[..., str]) -> None:
        self._parameter = parameter
        self._known: dict[tuple[str, str], str] = {}

    def __call__(self, value: Any, cast: str = "") -> str:
        """The placeholder."""
        key = (repr(value), cast)
        if key not in self._known:
            self._known[key] = self._parameter(value, cast)
        return self._known[key]


class Tallies:
    """Collects leaves about the timeline; each gets a condition on `t`."""

    def __init__(self, parameter: Callable[..., str], tenant: str, comparing: Comparing) -> None:
        self._parameter, self._tenant, self._comparing = parameter, tenant, comparing
        self._figures: dict[str, str] = {}
        self._types: set[str] = set()
        self._firsts: list[date | None] = []

    def condition(self, leaf: EventLeaf) -> str:
        """The leaf on `t`; never null, also where there is no row of `t`."""
        test = leaf.test
        if isinstance(test, NeverTest) or asks_for(test, "isNull"):
            return f"({self._counted(leaf)} = 0)"
        if test == ONE_OR_MORE or asks_for(test, "isNotNull"):
            return f"({self._counted(leaf)} > 0)"
        if isinstance(test, CountTest):
            return passing(test, self._counted(leaf), self._comparing)
        figure = self._figure(leaf, figure_of(test, self._parameter))
        if isinstance(test, SumTest):
            return passing(test, f"COALESCE({figure}, 0)", self._comparing)
        return f"({figure} IS NOT NULL AND {passing(test, figure, self._comparing)})"

    def of_each(self, *, person: str, when: str) -> str:
        """The join of `t` for each person of the outer query; empty where no leaf asks for it."""
        return self._join(OF_EACH, person=person, when=when)

    def of_everybody(self) -> str:
        """The join of `t` to everybody on `p`; empty where no leaf asks for it."""
        return self._join(OF_EVERYBODY)

    def _counted(self, leaf: EventLeaf) -> str:
        return f"COALESCE({self._figure(leaf, 'count(*)')}, 0)"

    def _figure(self, leaf: EventLeaf, aggregate: str) -> str:
        chosen = rows_of(leaf, parameter=self._parameter, tenant=self._tenant, comparing=self._comparing)
        self._types |= set(leaf.types)
        self._firsts.append(self._first_day(leaf))
        return (
            f"t.{self._figures.setdefault(f'{aggregate} FILTER (WHERE {chosen})', f'f{len(self._figures)}')}"
        )

    def _first_day(self, leaf: EventLeaf) -> date | None:
        """The day before which the leaf's window has no rows; None: it is open."""
        window = leaf.window
        ago = window.in_last_days
        days = [
            *([] if ago is None else [self._comparing.clock.day(-ago)]),
            *([window.since] if window.since else []),
        ]
        return max(days, default=None)

    def _join(self, statement: str, **parts: str) -> str:
        if not self._figures:
            return ""
        rows = [f"a.type = ANY({self._parameter(sorted(self._types), 'text[]')})"]
        known = [each for each in self._firsts if each is not None]
        if len(known) == len(self._firsts):
            rows.append(f"a.occurred_at >= {self._comparing.start_of(min(known))}")
        figures = ", ".join(f"{expression} AS {name}" for expression, name in self._figures.items())
        return statement.format(figures=figures, tenant=self._tenant, rows=" AND ".join(rows), **parts)


class OfEverybody(Leaves):
    """Leaves of a statement that looks at everybody for several rules: the timeline is `t`."""

    def __init__(self, parameter: Callable[..., str], tenant: str, clock: Clock) -> None:
        """`parameter` must give equal values one placeholder."""
        super().__init__(parameter, tenant, clock)
        self.tallies = Tallies(parameter, tenant, self.comparing)

    def event(self, leaf: EventLeaf) -> str:
        """A leaf about the timeline."""
        return self.tallies.condition(leaf)


class OfEach(OfEverybody):
    """The same of a few people, whose memberships are `had`."""

    def member(self, leaf: SegmentLeaf) -> str:
        """Whether the person is a member of the leaf's segment."""
        return f"({self.parameter(leaf.segment_id, 'uuid')} = ANY(had.ids))"
