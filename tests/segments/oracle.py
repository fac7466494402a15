"""The rule language in plain Python, person by person: what the compiled SQL must agree with.

Written from docs/segments.md, not from the compiler: it works on the values of the API and on local dates.
"""

from calendar import monthrange
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from profiles.models import Activity, CustomerProfile
from profiles.representation import customer_fields
from segments.rules import (
    CountTest,
    EventLeaf,
    FieldLeaf,
    Group,
    MomentTest,
    NeverTest,
    Node,
    SegmentLeaf,
    Where,
    Window,
)

ORDER: dict[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
NEGATIVE = {
    "neq": "eq",
    "notIn": "in",
    "notBetween": "between",
    "doesNotContain": "contains",
    "doesNotStartWith": "startsWith",
    "doesNotEndWith": "endsWith",
}


@dataclass(frozen=True)
class Person:
    """A customer with their timeline and the segments they are in."""

    profile: CustomerProfile
    acts: Sequence[Activity] = ()
    segments: Collection[UUID] = ()


@dataclass(frozen=True)
class Oracle:
    """Answers for one moment in one zone."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The club's date."""
        return self.now.astimezone(self.zone).date()

    def matches(self, node: Node, person: Person) -> bool:
        """Whether a rule is true of a person."""
        if isinstance(node, Group):
            answers = [self.matches(rule, person) for rule in node.rules]
            if not answers:
                return True
            together = all(answers) if node.combinator == "AND" else any(answers)
            return together != node.negated
        if isinstance(node, FieldLeaf):
            return self._field(node, person.profile)
        if isinstance(node, EventLeaf):
            return self._event(node, person.acts)
        assert isinstance(node, SegmentLeaf)
        return (node.segment_id in person.segments) == (node.operator == "in")

    def _field(self, leaf: FieldLeaf, profile: CustomerProfile) -> bool:
        fields = customer_fields(profile)
        if leaf.field == "age":
            born = fields["dateOfBirth"]
            return self.compare(
                None if born is None else Decimal(age(born, self.today)), leaf.operator, leaf.value
            )
        found = fields[leaf.field]
        if isinstance(found, float | int) and not isinstance(found, bool):
            found = Decimal(str(found))
        recurs = leaf.field == "dateOfBirth"
        return self.compare(found, leaf.operator, leaf.value, recurs=recurs)

    def compare(self, found: Any, operator: str, wanted: Any, *, recurs: bool = False) -> bool:
        """Whether a value (None: unknown) stands in this relation to the one that is asked for."""
        if isinstance(found, list):
            return tags(found, operator, wanted)
        if operator in ("isNull", "isNotNull"):
            return (found is None) == (operator == "isNull")
        if found is None:
            return False
        if operator in NEGATIVE:
            return not self.compare(found, NEGATIVE[operator], wanted, recurs=recurs)
        if operator == "in":
            return any(self.compare(found, "eq", each) for each in wanted)
        if operator == "between":
            return self.compare(found, "gte", wanted[0]) and self.compare(found, "lte", wanted[1])
        if operator in ("contains", "icontains", "startsWith", "endsWith"):
            return text(found, operator, wanted)
        if isinstance(found, date):
            return self._date(found, operator, wanted, recurs=recurs)
        return bool(found == wanted) if operator == "eq" else ORDER[operator](found, wanted)

    def _date(self, found: date, operator: str, wanted: Any, *, recurs: bool) -> bool:
        if isinstance(wanted, datetime):
            exact = wanted if wanted.tzinfo else wanted.replace(tzinfo=self.zone)
            return bool(found == exact) if operator == "eq" else ORDER[operator](found, exact)
        day = found.astimezone(self.zone).date() if isinstance(found, datetime) else found
        if operator == "eq":
            return bool(day == wanted)
        if operator in ORDER:
            return ORDER[operator](day, wanted)
        if operator == "inCurrentMonth":
            same = day.month == self.today.month
            return same and (recurs or day.year == self.today.year)
        if operator == "anniversaryInNextDays":
            return any(
                day.year < each.year and in_year(day, each.year) == each
                for each in (self.today + timedelta(days=n) for n in range(wanted + 1))
            )
        away = (day - self.today).days
        spans: dict[str, bool] = {
            "inLastDays": -wanted <= away <= 0,
            "inNextDays": 0 <= away <= wanted,
            "beforeDaysAgo": away < -wanted,
            "afterDaysAhead": away > wanted,
        }
        return spans[operator]

    def _event(self, leaf: EventLeaf, acts: Sequence[Activity]) -> bool:
        mail = {"EMAIL_OPENED", "EMAIL_CLICKED"} & set(leaf.types)
        counts_machines = not mail or "isMachine" in {where.key for where in leaf.where}
        rows = [
            act
            for act in acts
            if act.type in leaf.types
            and self._within(act, leaf.window)
            and all(detail(act, where) for where in leaf.where)
            and (counts_machines or not by_machine(act))
        ]
        test = leaf.test
        if isinstance(test, NeverTest):
            return not rows
        if isinstance(test, MomentTest):
            moments = sorted(act.occurred_at for act in rows)
            found = None if not moments else moments[-1 if test.which == "last" else 0]
            return self.compare(found, test.operator, test.value)
        if isinstance(test, CountTest):
            return self.compare(Decimal(len(rows)), test.operator, test.value)
        amounts = [act.metadata.get(test.key) for act in rows]
        total = sum((Decimal(str(each)) for each in amounts if is_number(each)), Decimal(0))
        return self.compare(total, test.operator, test.value)

    def _within(self, act: Activity, window: Window) -> bool:
        day = act.occurred_at.astimezone(self.zone).date()
        ago = (self.today - day).days
        return (
            (window.in_last_days is None or ago <= window.in_last_days)
            and (window.before_days_ago is None or ago > window.before_days_ago)
            and (window.since is None or day >= window.since)
            and (window.until is None or day <= window.until)
        )


def age(born: date, today: date) -> int:
    """Full years; whoever was born on 29 February turns on the 28th in other years."""
    return today.year - born.year - (today < in_year(born, today.year))


def in_year(day: date, year: int) -> date:
    """The day's anniversary."""
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))


def text(found: str, operator: str, wanted: str) -> bool:
    return {
        "contains": wanted in found,
        "icontains": wanted.lower() in found.lower(),
        "startsWith": found.startswith(wanted),
        "endsWith": found.endswith(wanted),
    }[operator]


def tags(found: list[str], operator: str, wanted: Any) -> bool:
    have = set(found)
    want = set(wanted) if isinstance(wanted, tuple) else {wanted}
    return {
        "eq": have == want,
        "neq": have != want,
        "in": bool(have & want),
        "containsAny": bool(have & want),
        "notIn": not have & want,
        "isNull": not have,
        "isNotNull": bool(have),
        "contains": want <= have,
        "containsAll": want <= have,
        "doesNotContain": not want <= have,
    }[operator]


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def by_machine(act: Activity) -> bool:
    return act.metadata.get("isMachine") is True


def detail(act: Activity, where: Where) -> bool:
    if where.key in ("channel", "source"):
        return getattr(act, where.key) in where.values
    found = act.metadata.get(where.key)
    if where.operator != "in":
        number = where.values[0]
        return is_number(found) and ORDER[where.operator](Decimal(str(found)), number)
    return any(same(found, each) for each in where.values)


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, Decimal):
        return is_number(found) and Decimal(str(found)) == wanted
    return type(found) is type(wanted) and bool(found == wanted)
