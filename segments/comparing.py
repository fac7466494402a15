"""SQL of comparisons: an expression, an operator and a value, by the kind of the field."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from math import ceil, floor
from typing import Any, Final

from segments.clock import Clock, next_day
from segments.fields import Field
from segments.operators import OPERATORS, Kind

SIGNS: Final = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
NOTHING: Final = "FALSE"


class Comparing:
    """Writes comparisons; `parameter` takes a value (and a cast) and gives its placeholder."""

    def __init__(self, parameter: Callable[..., str], clock: Clock) -> None:
        self._parameter = parameter
        self._clock = clock

    def field(self, field: Field, name: str, value: Any) -> str:
        """The condition of a leaf on a field; never null."""
        known = _known(field)
        if name == "isNull":
            return f"(NOT {known})"
        if name == "isNotNull":
            return known
        if field.kind in (Kind.TAGS, Kind.FLAG):
            # No tags at all is known: such a person has not the one that is asked for. A flag is never unknown.
            known = "TRUE"
        positive = OPERATORS[name].positive
        if positive:
            return f"({known} AND NOT {self._compare(field, positive, value)})"
        return f"({known} AND {self._compare(field, name, value)})"

    def _compare(self, field: Field, name: str, value: Any) -> str:
        if field.name == "age":
            return self._age(field.sql, name, value)
        if field.kind is Kind.NUMBER:
            return self.whole_number(field.sql, name, value, field.scale)
        if field.kind is Kind.DATE:
            return self._date(field, name, value)
        if field.kind is Kind.MOMENT:
            return self.moment(field.sql, name, value)
        if field.kind is Kind.TAGS:
            return self._tags(field.sql, name, value)
        if field.kind is Kind.FLAG:
            return self._flag(field.sql, set(value) if isinstance(value, tuple) else {value})
        return self._text(field, name, value)

    def _flag(self, sql: str, values: set[bool]) -> str:
        """Without a comparison with a list, which costs more than all the rest of a leaf."""
        wanted = [sql] * (True in values) + [f"(NOT {sql})"] * (False in values)
        return f"({' OR '.join(wanted)})" if wanted else NOTHING

    def _text(self, field: Field, name: str, value: Any) -> str:
        cast = "uuid" if field.kind is Kind.KEY else "text"
        if name == "in":
            return f"{field.sql} = ANY({self._parameter(list(value), f'{cast}[]')})"
        given = self._parameter(value, cast)
        forms = {
            "eq": f"{field.sql} = {given}",
            "contains": f"strpos({field.sql}, {given}) > 0",
            "icontains": f"strpos(lower({field.sql}), lower({given})) > 0",
            "startsWith": f"starts_with({field.sql}, {given})",
            "endsWith": f"right({field.sql}, length({given})) = {given}",
        }
        return f"({forms[name]})"

    def _tags(self, sql: str, name: str, value: Any) -> str:
        values = list(value) if isinstance(value, tuple) else [value]
        given = self._parameter(values, "text[]")
        forms = {
            "eq": f"{sql} @> {given} AND {sql} <@ {given}",
            "in": f"{sql} && {given}",
            "containsAny": f"{sql} && {given}",
            "contains": f"{sql} @> {given}",
            "containsAll": f"{sql} @> {given}",
        }
        return f"({forms[name]})"

    def whole_number(self, sql: str, name: str, value: Any, scale: int) -> str:
        """A column of whole numbers against numbers that may have a fraction; `scale` parts make a unit."""
        if name == "between":
            low, high = value
            return f"({self.whole_number(sql, 'gte', low, scale)} AND {self.whole_number(sql, 'lte', high, scale)})"
        if name == "in":
            whole = [int(each * scale) for each in value if _is_whole(each * scale)]
            return f"{sql} = ANY({self._parameter(whole, 'bigint[]')})"
        scaled = value * scale
        if name == "eq" and not _is_whole(scaled):
            return NOTHING
        nearest = ceil(scaled) if name in ("gte", "lt") else floor(scaled)
        return f"({sql} {SIGNS[name]} {self._parameter(nearest, 'bigint')})"

    def figure(self, sql: str, name: str, value: Any) -> str:
        """A count or sum against numbers."""
        if name == "between":
            low, high = (self._parameter(each, "numeric") for each in value)
            return f"({sql} BETWEEN {low} AND {high})"
        sign = "<>" if name == "neq" else SIGNS[name]
        return f"({sql} {sign} {self._parameter(value, 'numeric')})"

    def _age(self, sql: str, name: str, value: Any) -> str:
        if name == "between":
            return f"({self._age(sql, 'gte', value[0])} AND {self._age(sql, 'lte', value[1])})"
        if name in ("eq", "in"):
            ages = [each for each in (value if isinstance(value, tuple) else (value,)) if _is_whole(each)]
            years = [
                f"({self._at_least(sql, int(age))} AND NOT {self._at_least(sql, int(age) + 1)})"
                for age in ages
            ]
            return f"({' OR '.join(years)})" if years else NOTHING
        years_old = floor(value) + 1 if name in ("gt", "lte") else ceil(value)
        at_least = self._at_least(sql, years_old)
        return at_least if name in ("gt", "gte") else f"(NOT {at_least})"

    def _at_least(self, sql: str, age: int) -> str:
        return f"({sql} <= {self._parameter(self._clock.born_by(age), 'date')})"

    def _date(self, field: Field, name: str, value: Any) -> str:
        sql = field.sql
        if name == "anniversaryInNextDays":
            return self._anniversary(sql, value)
        if name == "inCurrentMonth" and field.recurs:
            return f"(extract(month FROM {sql}) = {self._parameter(self._clock.today.month)})"
        if name == "in":
            return f"{sql} = ANY({self._parameter(list(value), 'date[]')})"
        span = self._span(name, value)
        if span is None:
            return f"({sql} {SIGNS[name]} {self._parameter(value, 'date')})"
        first, last = span
        bounds = [f"{sql} >= {self._parameter(first, 'date')}"] if first else []
        bounds += [f"{sql} <= {self._parameter(last, 'date')}"] if last else []
        return f"({' AND '.join(bounds)})"

    def moment(self, sql: str, name: str, value: Any) -> str:
        """A point in time against days of the club, or against points in time; `sql` must not be null."""
        if name == "anniversaryInNextDays":
            zone = self._parameter(self._clock.zone.key, "text")
            return self._anniversary(f"({sql} AT TIME ZONE {zone})::date", value)
        if name == "between":
            return f"({self.moment(sql, 'gte', value[0])} AND {self.moment(sql, 'lte', value[1])})"
        if name == "in":
            return f"({' OR '.join(self.moment(sql, 'eq', each) for each in value)})"
        if isinstance(value, datetime):
            given = self._parameter(self._clock.exact(value), "timestamptz")
            return f"({sql} {SIGNS[name]} {given})"
        first, last = self._span(name, value) or _days(name, value)
        bounds = [f"{sql} >= {self._start_of(first)}"] if first else []
        bounds += [f"{sql} < {self._start_of(next_day(last))}"] if last else []
        return f"({' AND '.join(bounds)})"

    def _span(self, name: str, value: Any) -> tuple[date | None, date | None] | None:
        """First and last day (both included, None: open) of an operator that means a span of days."""
        clock = self._clock
        if name == "between":
            return value[0], value[1]
        if name == "inLastDays":
            return clock.day(-value), clock.today
        if name == "inNextDays":
            return clock.today, clock.day(value)
        if name == "beforeDaysAgo":
            return None, clock.day(-value - 1)
        if name == "afterDaysAhead":
            return clock.day(value + 1), None
        return clock.month() if name == "inCurrentMonth" else None

    def start_of(self, day: date) -> str:
        """The placeholder of a day's first moment."""
        return self._start_of(day)

    def _start_of(self, day: date) -> str:
        return self._parameter(self._clock.start_of(day), "timestamptz")

    @property
    def clock(self) -> Clock:
        """The calendar that relative dates go by."""
        return self._clock

    def _anniversary(self, sql: str, days: int) -> str:
        key = f"(extract(month FROM {sql}) * 100 + extract(day FROM {sql}))::integer"
        years = [
            f"(extract(year FROM {sql}) < {self._parameter(year)}"
            f" AND {key} = ANY({self._parameter(keys, 'integer[]')}))"
            for year, keys in self._clock.days_of_year(days).items()
        ]
        return f"({' OR '.join(years)})"


def _days(name: str, day: date) -> tuple[date | None, date | None]:
    """What a comparison of a point in time with a whole day means; None: open."""
    if name == "eq":
        return day, day
    if name == "gt":
        return next_day(day), None
    if name == "gte":
        return day, None
    return None, day if name == "lte" else _day_before(day)


def _day_before(day: date) -> date:
    return day if day == date.min else date.fromordinal(day.toordinal() - 1)


def _is_whole(number: Decimal) -> bool:
    return number == number.to_integral_value()


def _known(field: Field) -> str:
    """Whether anything is known."""
    if field.kind is Kind.TAGS:
        return f"(cardinality({field.sql}) > 0)"
    if field.is_blank_unknown:
        return f"({field.sql} <> '')"
    return f"({field.sql} IS NOT NULL)"
