"""Which leaf of a rule decided: of those that hold the answer up, the one that what happened can have turned."""

from collections.abc import Iterator, Sequence

from segments.rules import EventLeaf, FieldLeaf, Group, Leaf, Node, Rule, moves_with_time

TIME = "time"


def decisive_leaf(rule: Rule, answers: Sequence[bool], tokens: frozenset[str]) -> Leaf | None:
    """The leaf to name as the reason; `answers` as `leaves_of` orders them. None: the rule asks nothing."""
    holding = holding_leaves(rule.root, answers)
    for leaf in holding:
        if tokens & tokens_of(leaf):
            return leaf
    return holding[0] if holding else None


def holding_leaves(node: Node, answers: Sequence[bool]) -> list[Leaf]:
    """The leaves that make the answer of a node what it is."""
    given = iter(answers)
    return _hold(node, given)[1]


def _hold(node: Node, answers: Iterator[bool]) -> tuple[bool, list[Leaf]]:
    if not isinstance(node, Group):
        return next(answers), [node]
    parts = [_hold(rule, answers) for rule in node.rules]
    if not parts:
        return True, []
    together = (all if node.combinator == "AND" else any)(truth for truth, _ in parts)
    # All that agree with the whole hold it up: all true ones of a true OR, all false ones of a false AND.
    leaves = [leaf for truth, held in parts if truth == together for leaf in held]
    return together != node.negated, leaves


def tokens_of(leaf: Leaf) -> frozenset[str]:
    """What can turn a leaf: `field:x`, `event:X`, `segment:id`, `time`."""
    if isinstance(leaf, FieldLeaf):
        found = {f"field:{leaf.field}"}
        if leaf.field == "age":
            found.add("field:dateOfBirth")
    elif isinstance(leaf, EventLeaf):
        found = {f"event:{name}" for name in leaf.types}
    else:
        found = {f"segment:{leaf.segment_id}"}
    return frozenset(found | {TIME}) if moves_with_time(leaf) else frozenset(found)
