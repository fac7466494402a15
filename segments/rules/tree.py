"""The rule language as tagged unions: a group, a leaf about a field, one about the timeline, one about a segment."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import orjson

from segments.operators import RELATIVE

SCHEMA: Final = 1

Scalar = str | bool | Decimal | date | datetime | UUID
Value = Scalar | int | tuple[Scalar, ...] | None


def plain(value: Any) -> Any:
    """A value as JSON has it; numbers that are whole become integers."""
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


@dataclass(frozen=True, slots=True)
class FieldLeaf:
    """A comparison of one field; `value` is parsed: Decimal, date, text, a tuple of them, days, or None."""

    field: str
    operator: str
    value: Value = None

    def to_json(self) -> dict[str, Any]:
        """The canonical tree."""
        node: dict[str, Any] = {"field": self.field, "operator": self.operator}
        return node if self.value is None else {**node, "value": plain(self.value)}


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of the timeline counts: whole days on the club's clock. All None: everything.

    From `in_last_days` ago, until `before_days_ago` (that day excluded), from `since`, until `until` (both included).
    """

    in_last_days: int | None = None
    before_days_ago: int | None = None
    since: date | None = None
    until: date | None = None

    @property
    def is_relative(self) -> bool:
        """Whether it moves with the clock."""
        return self.in_last_days is not None or self.before_days_ago is not None

    def to_json(self) -> dict[str, Any]:
        """The keys that are set."""
        pairs = {
            "inLastDays": self.in_last_days,
            "beforeDaysAgo": self.before_days_ago,
            "since": plain(self.since),
            "until": plain(self.until),
        }
        return {key: value for key, value in pairs.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on a row's details: `key` is a name in its metadata, or channel or source.

    `operator` "in" compares with any of `values`; the others compare a number with the first.
    """

    key: str
    operator: str
    values: tuple[str | bool | Decimal, ...]

    def to_json(self) -> Any:
        """What stands under the key."""
        if self.operator == "in":
            values = plain(self.values)
            return values[0] if len(values) == 1 else values
        return {"op": self.operator, "value": plain(self.values[0])}


@dataclass(frozen=True, slots=True)
class CountTest:
    """How many rows there are."""

    operator: str
    value: Decimal | tuple[Decimal, Decimal]

    def to_json(self) -> dict[str, Any]:
        """The keys of the leaf."""
        return {"count": {"op": self.operator, "value": plain(self.value)}}


@dataclass(frozen=True, slots=True)
class SumTest:
    """What a number in the rows' details adds up to; no rows make 0."""

    key: str
    operator: str
    value: Decimal | tuple[Decimal, Decimal]

    def to_json(self) -> dict[str, Any]:
        """The keys of the leaf."""
        return {"sum": {"field": self.key, "op": self.operator, "value": plain(self.value)}}


@dataclass(frozen=True, slots=True)
class MomentTest:
    """When the first or last row happened (`which`), as a leaf on a date; without rows it is unknown."""

    which: str
    operator: str
    value: Value

    def to_json(self) -> dict[str, Any]:
        """The keys of the leaf."""
        test: dict[str, Any] = {"op": self.operator}
        return {self.which: test if self.value is None else {**test, "value": plain(self.value)}}


@dataclass(frozen=True, slots=True)
class NeverTest:
    """There is no such row."""

    def to_json(self) -> dict[str, Any]:
        """The keys of the leaf."""
        return {"never": True}


Test = CountTest | SumTest | MomentTest | NeverTest


@dataclass(frozen=True, slots=True)
class EventLeaf:
    """A question to the timeline: rows of these types, with these details, in this window, pass the test."""

    types: tuple[str, ...]
    test: Test
    where: tuple[Where, ...] = ()
    window: Window = Window()

    def to_json(self) -> dict[str, Any]:
        """The canonical tree."""
        event: dict[str, Any] = {"types": list(self.types)}
        if self.where:
            event["where"] = {each.key: each.to_json() for each in self.where}
        return {"event": {**event, **self.test.to_json(), **self.window.to_json()}}


@dataclass(frozen=True, slots=True)
class SegmentLeaf:
    """Whether somebody is a stored member of another segment."""

    segment_id: UUID
    operator: str

    def to_json(self) -> dict[str, Any]:
        """The canonical tree."""
        return {"segment": str(self.segment_id), "operator": self.operator}


Leaf = FieldLeaf | EventLeaf | SegmentLeaf


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of which all (AND) or at least one (OR) must be true; an empty one is true, negated or not."""

    combinator: str
    rules: tuple["Node", ...]
    negated: bool = False

    def to_json(self) -> dict[str, Any]:
        """The canonical tree."""
        rules = [rule.to_json() for rule in self.rules]
        return {"combinator": self.combinator, "not": self.negated, "rules": rules}


Node = Group | Leaf


@dataclass(frozen=True, slots=True)
class Mentions:
    """What the truth of a rule depends on. `moves_with_time`: it may change without anything happening."""

    fields: frozenset[str]
    event_types: frozenset[str]
    segments: frozenset[UUID]
    moves_with_time: bool


@dataclass(frozen=True)
class Rule:
    """A parsed rule tree, version `SCHEMA` of the language."""

    root: Group

    def to_json(self) -> dict[str, Any]:
        """The canonical tree, which parses to the same rule."""
        return {"schema": SCHEMA, **self.root.to_json()}

    @cached_property
    def fingerprint(self) -> str:
        """The same for all trees that differ in the order of their rules or the writing of values only."""
        return hashlib.sha256(f"{SCHEMA}:{_digest(self.root)}".encode()).hexdigest()

    @cached_property
    def mentions(self) -> Mentions:
        """What the rule asks for."""
        leaves = list(leaves_of(self.root))
        return Mentions(
            fields=frozenset(leaf.field for leaf in leaves if isinstance(leaf, FieldLeaf)),
            event_types=frozenset(
                name for leaf in leaves if isinstance(leaf, EventLeaf) for name in leaf.types
            ),
            segments=frozenset(leaf.segment_id for leaf in leaves if isinstance(leaf, SegmentLeaf)),
            moves_with_time=any(moves_with_time(leaf) for leaf in leaves),
        )


def moves_with_time(leaf: Leaf) -> bool:
    """Whether the answer may change at midnight, without anything happening."""
    if isinstance(leaf, FieldLeaf):
        return leaf.operator in RELATIVE or leaf.field == "age"
    if isinstance(leaf, EventLeaf):
        return leaf.window.is_relative or (
            isinstance(leaf.test, MomentTest) and leaf.test.operator in RELATIVE
        )
    return False


def leaves_of(node: Node) -> list[Leaf]:
    """The leaves, in the order in which they stand."""
    if isinstance(node, Group):
        return [leaf for rule in node.rules for leaf in leaves_of(rule)]
    return [node]


def leaf_fingerprint(leaf: Leaf) -> str:
    """Names a leaf in history, whatever happens to the tree around it."""
    return hashlib.sha256(_digest(leaf).encode()).hexdigest()[:16]


def _digest(node: Node) -> str:
    if not isinstance(node, Group):
        return orjson.dumps(node.to_json(), option=orjson.OPT_SORT_KEYS).decode()
    inner = "|".join(sorted({_digest(rule) for rule in node.rules}))
    return hashlib.sha256(f"{node.combinator}:{node.negated}:{inner}".encode()).hexdigest()
