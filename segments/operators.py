"""The operators of the rule language: one table for parser, compiler, builder, documentation and oracle.

A comparison with something unknown is false, for the negative operators too: "is not Gold" speaks of people whose tier
is known. `not` of a group then flips true and false; a third truth value does not exist (docs/segments.md).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What sort of values a field has."""

    TEXT = "text"
    CHOICE = "choice"  # text of a known list
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"  # a point in time; dates are compared as whole days on the club's clock
    FLAG = "flag"
    TAGS = "tags"
    KEY = "key"  # UUID


class Arity(StrEnum):
    """What the value of an operator looks like."""

    NONE = "none"
    ONE = "one"
    LIST = "list"
    PAIR = "pair"
    DAYS = "days"  # a whole number of days


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: its words in the builder, the kinds it applies to, its names in exports of react-querybuilder.

    `positive` names the operator that this one denies, among people whose value is known.
    """

    name: str
    words: str
    arity: Arity
    kinds: frozenset[Kind]
    aliases: tuple[str, ...] = ()
    positive: str = ""


EVERY: Final = frozenset(Kind)
TEXTS: Final = frozenset({Kind.TEXT, Kind.CHOICE})
DATES: Final = frozenset({Kind.DATE, Kind.MOMENT})
ORDERED: Final = frozenset({Kind.NUMBER, *DATES})
WRITTEN: Final = frozenset({*TEXTS, Kind.TAGS})
TAGS: Final = frozenset({Kind.TAGS})

_TABLE: Final = (
    Operator("eq", "is", Arity.ONE, EVERY, ("=", "==", "equals")),
    Operator("neq", "is not", Arity.ONE, EVERY, ("!=", "<>", "notEquals"), "eq"),
    Operator("in", "is one of", Arity.LIST, EVERY),
    Operator("notIn", "is none of", Arity.LIST, EVERY, ("not in",), "in"),
    Operator("isNull", "is not known", Arity.NONE, EVERY, ("null",)),
    Operator("isNotNull", "is known", Arity.NONE, EVERY, ("notNull",)),
    Operator("gt", "is more than", Arity.ONE, ORDERED, (">",)),
    Operator("gte", "is at least", Arity.ONE, ORDERED, (">=",)),
    Operator("lt", "is less than", Arity.ONE, ORDERED, ("<",)),
    Operator("lte", "is at most", Arity.ONE, ORDERED, ("<=",)),
    Operator("between", "is between", Arity.PAIR, ORDERED),
    Operator("notBetween", "is not between", Arity.PAIR, ORDERED, ("not between",), "between"),
    Operator("icontains", "contains", Arity.ONE, TEXTS),
    Operator("contains", "contains exactly", Arity.ONE, WRITTEN),
    Operator("startsWith", "begins with", Arity.ONE, TEXTS, ("beginsWith",)),
    Operator("endsWith", "ends with", Arity.ONE, TEXTS),
    Operator("doesNotContain", "does not contain", Arity.ONE, WRITTEN, (), "contains"),
    Operator(
        "doesNotStartWith", "does not begin with", Arity.ONE, TEXTS, ("doesNotBeginWith",), "startsWith"
    ),
    Operator("doesNotEndWith", "does not end with", Arity.ONE, TEXTS, (), "endsWith"),
    Operator("containsAny", "has any of", Arity.LIST, TAGS),
    Operator("containsAll", "has all of", Arity.LIST, TAGS),
    Operator("inLastDays", "in the last … days", Arity.DAYS, DATES),
    Operator("inNextDays", "in the next … days", Arity.DAYS, DATES),
    Operator("beforeDaysAgo", "more than … days ago", Arity.DAYS, DATES),
    Operator("afterDaysAhead", "more than … days ahead", Arity.DAYS, DATES),
    Operator("inCurrentMonth", "is in the current month", Arity.NONE, DATES),
    Operator("anniversaryInNextDays", "has its day in the next … days", Arity.DAYS, DATES),
)
OPERATORS: Final = {operator.name: operator for operator in _TABLE}
_NAMES: Final = {
    alias.lower(): operator.name for operator in _TABLE for alias in (operator.name, *operator.aliases)
}
# Whose truth moves with the clock alone.
RELATIVE: Final = frozenset(
    {
        "inLastDays",
        "inNextDays",
        "beforeDaysAgo",
        "afterDaysAhead",
        "inCurrentMonth",
        "anniversaryInNextDays",
    }
)
# For figures of the timeline: how many, how much.
FIGURE_OPERATORS: Final = ("eq", "neq", "gt", "gte", "lt", "lte", "between")
DATE_WORDS: Final = {"gt": "is after", "gte": "is on or after", "lt": "is before", "lte": "is on or before"}
TAG_WORDS: Final = {
    "eq": "are exactly",
    "neq": "are other than",
    "in": "include any of",
    "notIn": "include none of",
    "isNull": "are empty",
    "isNotNull": "are not empty",
    "contains": "include",
    "doesNotContain": "do not include",
    "containsAny": "include any of",
    "containsAll": "include all of",
}


def operator_named(name: str) -> Operator | None:
    """The operator of this name or alias, whatever its capitals."""
    canonical = _NAMES.get(name.strip().lower())
    return None if canonical is None else OPERATORS[canonical]


def operators_of(kind: Kind) -> list[Operator]:
    """What can be asked of a field of this kind, in the order of the builder."""
    return [operator for operator in _TABLE if kind in operator.kinds]


def words_of(operator: Operator, kind: Kind) -> str:
    """The operator in words, as they fit the kind."""
    if kind is Kind.TAGS:
        return TAG_WORDS.get(operator.name, operator.words)
    if kind in DATES:
        return DATE_WORDS.get(operator.name, operator.words)
    return operator.words
