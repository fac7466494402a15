"""A rule in plain English, as staff would say it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from profiles.club import money
from profiles.vocabulary import activity_words
from segments.fields import FIELDS, Field
from segments.operators import OPERATORS, Arity, Kind, words_of
from segments.rules import (
    CountTest,
    EventLeaf,
    FieldLeaf,
    Group,
    Leaf,
    MomentTest,
    NeverTest,
    Node,
    Rule,
    SegmentLeaf,
    SumTest,
    Where,
    Window,
)
from segments.rules.events import HAPPENED
from tenants.days import full_day
from tenants.models import Tenant

MOST_NAMED: Final = 5
DAYS_OF_A_YEAR: Final = 365.25
_FIGURES: Final = {
    "eq": "exactly {}",
    "neq": "any number but {}",
    "gt": "more than {}",
    "gte": "at least {}",
    "lt": "fewer than {}",
    "lte": "at most {}",
}
_DAYS: Final = {
    "inLastDays": "in the last {}",
    "inNextDays": "in the next {}",
    "beforeDaysAgo": "more than {} ago",
    "afterDaysAhead": "more than {} ahead",
    "anniversaryInNextDays": "comes back in the next {}",
}


class Teller:
    """Tells rules of one club; `segments`: the names of its segments."""

    def __init__(self, tenant: Tenant, segments: Mapping[UUID, str]) -> None:
        self._tenant = tenant
        self._segments = segments

    def rule(self, rule: Rule) -> str:
        """The whole rule, as one sentence."""
        if not rule.root.rules:
            return "Everybody."
        text = self.node(rule.root, is_top=True)
        return f"{text[0].upper()}{text[1:]}."

    def node(self, node: Node, *, is_top: bool = False) -> str:
        """A part of a rule."""
        if not isinstance(node, Group):
            return self.leaf(node)
        if not node.rules:
            return "everybody"
        text = f", {'and' if node.combinator == 'AND' else 'or'} ".join(
            self.node(each) for each in node.rules
        )
        if node.negated:
            return f"not ({text})"
        return text if is_top or len(node.rules) == 1 else f"({text})"

    def leaf(self, leaf: Leaf) -> str:
        """One condition."""
        if isinstance(leaf, FieldLeaf):
            return self._field(FIELDS[leaf.field], leaf.operator, leaf.value)
        if isinstance(leaf, SegmentLeaf):
            name = self._segments.get(leaf.segment_id, "a segment that is gone")
            return f"{'is' if leaf.operator == 'in' else 'is not'} in “{name}”"
        return self._event(leaf)

    def _field(self, field: Field, operator: str, value: Any) -> str:
        label = field.label if field.label.isupper() else field.label.lower()
        if field.kind is Kind.FLAG and isinstance(value, bool):
            agreed = value == (operator == "eq")
            return f"may {'' if agreed else 'not '}be contacted by {field.label}"
        if operator in _DAYS:
            return (
                f"{label} {'' if operator == 'anniversaryInNextDays' else 'is '}{self._days(operator, value)}"
            )
        known = OPERATORS[operator]
        words = words_of(known, field.kind)
        if known.arity is Arity.NONE:
            return f"{label} {words}"
        return f"{label} {words} {self._value(field, known.arity, value)}"

    def _days(self, operator: str, value: int) -> str:
        return _day_words(_DAYS[operator], value)

    def _value(self, field: Field, arity: Arity, value: Any) -> str:
        if arity is Arity.PAIR:
            return f"{self._one(field, value[0])} and {self._one(field, value[1])}"
        if isinstance(value, tuple):
            told = [self._one(field, each) for each in value[:MOST_NAMED]]
            if len(value) > MOST_NAMED:
                told.append(f"{len(value) - MOST_NAMED} more")
            return _joined(told)
        return self._one(field, value)

    def _one(self, field: Field, value: Any) -> str:
        if isinstance(value, Decimal):
            if field.unit == "cents":
                return money(int(value), self._tenant.currency, self._tenant.locale)
            if field.name == "handicap" and value < 0:
                return f"+{-value}"
            return f"{value:f}"
        if isinstance(value, datetime):
            return f"{value:%H:%M} on {full_day(value)}"
        if isinstance(value, date):
            return full_day(value)
        return dict(field.choices).get(str(value), str(value))

    def _event(self, leaf: EventLeaf) -> str:
        what = _joined([activity_words(name) for name in leaf.types], "or")
        details = "".join(f" with {_detail(where)}" for where in leaf.where)
        rows = f"“{what}”{details}{_window(leaf.window)}"
        test = leaf.test
        if isinstance(test, NeverTest):
            return f"never {rows}"
        if isinstance(test, CountTest):
            return f"{_figure(test.operator, test.value, _times)} {rows}"
        if isinstance(test, SumTest):
            tell = self._amount if test.key.endswith("Cents") else _number
            return f"{_figure(test.operator, test.value, tell)} in total of {rows}"
        assert isinstance(test, MomentTest)  # noqa: S101 - the last of four
        if test.operator in _DAYS:
            return f"the {test.which} {rows} was {self._days(test.operator, int(str(test.value)))}"
        known = OPERATORS[test.operator]
        told = "" if known.arity is Arity.NONE else f" {self._value(HAPPENED, known.arity, test.value)}"
        return f"the {test.which} {rows} {words_of(known, Kind.MOMENT)}{told}"

    def _amount(self, value: Decimal) -> str:
        return money(int(value), self._tenant.currency, self._tenant.locale)


def _figure(operator: str, value: Any, tell: Any) -> str:
    if operator == "between":
        return f"between {_number(value[0])} and {tell(value[1])}"
    return _FIGURES[operator].format(tell(value))


def _number(value: Decimal) -> str:
    return f"{value:f}"


def _times(value: Decimal) -> str:
    return "once" if value == 1 else f"{value:f} times"


def _detail(where: Where) -> str:
    values = [str(each) for each in where.values]
    return (
        f"{where.key} {_joined(values, 'or')}"
        if where.operator == "in"
        else (f"{where.key} {_FIGURES[where.operator].format(values[0])}")
    )


def _window(window: Window) -> str:
    parts = []
    if window.in_last_days is not None:
        parts.append(_day_words(_DAYS["inLastDays"], window.in_last_days))
    if window.before_days_ago is not None:
        parts.append(_day_words(_DAYS["beforeDaysAgo"], window.before_days_ago))
    if window.since is not None:
        parts.append(f"since {full_day(window.since)}")
    if window.until is not None:
        parts.append(f"until {full_day(window.until)}")
    return f" {', '.join(parts)}" if parts else ""


def _day_words(words: str, days: int) -> str:
    """With whole years in brackets where the days are some: 1826 days are five years, one of them a leap year."""
    if days == 1:
        return words.format("a day" if words.startswith("more than") else "day")
    years = round(days / DAYS_OF_A_YEAR)
    if not years or abs(days - years * DAYS_OF_A_YEAR) > 1:
        return words.format(f"{days} days")
    return words.format(f"{days} days ({'a year' if years == 1 else f'{years} years'})")


def _joined(words: Sequence[str], last: str = "or") -> str:
    if len(words) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
