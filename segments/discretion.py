"""Who may ask about money (`profiles.discretion`) by a rule.

Every rule that a person gives, and every segment whose members or reasons they read, passes here; a rule that names
such a segment is about money itself.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from profiles.discretion import MONEY_FIELDS, MoneyHidden, check_sees_money, is_money_type, sees_money
from segments.models import Segment
from segments.models.segment import RULED
from segments.rules import (
    EventLeaf,
    FieldLeaf,
    InvalidRule,
    Leaf,
    Rule,
    SegmentLeaf,
    SumTest,
    leaves_of,
    parse,
)

# Fields whose value may be a type of activity.
TYPE_FIELDS: Final = frozenset({"lastActivityType"})
# With these a type is named in full; a part of a name could stand for any type.
_IN_FULL: Final = frozenset({"eq", "neq", "in", "notIn"})
_WITHOUT_VALUE: Final = frozenset({"isNull", "isNotNull"})
_MONEY_DETAIL: Final = re.compile(r"amount|cents|price|paid|balance|complaint|currency", re.IGNORECASE)


def parse_asked(tree: Any) -> Rule:
    """The rule of a tree that somebody gives; raises InvalidRule, MoneyHidden."""
    rule = parse(tree)
    if is_about_money(rule):
        check_sees_money()
    return rule


def check_may_read(segment: Segment) -> None:
    """Whether one may read who is in the segment and why; raises MoneyHidden."""
    if not may_read(segment):
        raise MoneyHidden


def may_read(segment: Segment) -> bool:
    """Whether whoever acts may read who is in the segment and why."""
    return not (segment.has_rule and is_about_money(segment.rule)) or sees_money()


def check_may_aim(tree: Any, segment_ids: Iterable[UUID]) -> None:
    """Whether one may address whom a tree and these segments mean; raises MoneyHidden."""
    if sees_money():
        return
    if (tree and is_money_tree(tree)) or not money_segments().isdisjoint(segment_ids):
        raise MoneyHidden


def is_about_money(rule: Rule) -> bool:
    """Whether the rule, or that of a segment it names, asks for payments, values or complaints."""
    leaves = leaves_of(rule.root)
    if any(map(_tells_money, leaves)):
        return True
    named = rule.mentions.segments
    return bool(named) and not named.isdisjoint(money_segments())


def is_money_tree(tree: Any) -> bool:
    """The same of a tree as somebody gives it; one that cannot be read asks for nothing."""
    try:
        return is_about_money(parse(tree))
    except InvalidRule:
        return False


def money_segments() -> set[UUID]:
    """The open scope's segments that are about money, through others too."""
    rows = Segment.objects.filter(deleted_at__isnull=True, type__in=RULED)
    rules = {row.pk: row.rule for row in rows.only("id", "tenant_id", "version", "criteria")}
    return _closure(rules)


def _closure(rules: Mapping[UUID, Rule]) -> set[UUID]:
    found = {key for key, rule in rules.items() if any(map(_tells_money, leaves_of(rule.root)))}
    while True:
        more = {key for key, rule in rules.items() if not rule.mentions.segments.isdisjoint(found)} - found
        if not more:
            return found
        found |= more


def _tells_money(leaf: Leaf) -> bool:
    if isinstance(leaf, SegmentLeaf):
        return False
    if isinstance(leaf, EventLeaf):
        return any(map(is_money_type, leaf.types)) or any(map(_MONEY_DETAIL.search, _details_of(leaf)))
    if leaf.field in TYPE_FIELDS and leaf.operator not in _WITHOUT_VALUE:
        return leaf.operator not in _IN_FULL or any(map(is_money_type, _texts_of(leaf)))
    return leaf.field in MONEY_FIELDS


def _details_of(leaf: EventLeaf) -> Iterable[str]:
    yield from (each.key for each in leaf.where)
    if isinstance(leaf.test, SumTest):
        yield leaf.test.key


def _texts_of(leaf: FieldLeaf) -> list[str]:
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return [str(each) for each in values]
