"""Reads rule trees as builders write them, ours or react-querybuilder's, and says everything that is wrong at once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from segments.fields import FIELDS, field_named
from segments.operators import OPERATORS, Arity, operator_named, words_of
from segments.rules.errors import InvalidRule, Problem, Reject
from segments.rules.events import parse_event
from segments.rules.tree import SCHEMA, FieldLeaf, Group, Node, Rule, SegmentLeaf
from segments.rules.values import parse_value
from tenants.nearest import nearest

MOST_DEPTH: Final = 8
MOST_NODES: Final = 200
MOST_PROBLEMS: Final = 20
LARGEST_TREE: Final = 200_000
# What react-querybuilder shows before anything is chosen, and leaves out itself when it writes SQL.
PLACEHOLDER: Final = "~"


def parse(tree: Any) -> Rule:
    """The rule of a tree (mapping, or its JSON as text); raises InvalidRule with the paths of all mistakes.

    A bare leaf is a group of one.
    """
    return _Parser().rule(_loaded(tree))


def _loaded(tree: Any) -> Mapping[str, Any]:
    if isinstance(tree, str | bytes):
        if len(tree) > LARGEST_TREE:
            raise InvalidRule([Problem("", f"The rule is longer than {LARGEST_TREE} characters.")])
        try:
            tree = orjson.loads(tree)
        except orjson.JSONDecodeError:
            raise InvalidRule([Problem("", "The rule is no valid JSON.")]) from None
    if not isinstance(tree, Mapping):
        raise InvalidRule(
            [Problem("", 'Give an object as in {"combinator": "AND", "rules": [{"field": …}]}.')]
        )
    return tree


class _Parser:
    """Collects mistakes on the way down."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._nodes = 0

    def rule(self, tree: Mapping[str, Any]) -> Rule:
        """The whole tree."""
        schema = tree.get("schema", SCHEMA)
        if schema != SCHEMA:
            self._note(
                "schema", f"This is version {schema!r} of the rule language; version {SCHEMA} is spoken here."
            )
        root = self._node(tree, "", 1)
        if self._problems:
            raise InvalidRule(self._problems[:MOST_PROBLEMS])
        if isinstance(root, Group):
            return Rule(root)
        return Rule(Group("AND", () if root is None else (root,)))

    def _note(self, path: str, message: str) -> None:
        self._problems.append(Problem(path, message))

    def _node(self, raw: Any, path: str, depth: int) -> Node | None:
        """One node; None where it says nothing or cannot be read."""
        self._nodes += 1
        if self._nodes == MOST_NODES + 1:
            self._note(path, f"The rule has more than {MOST_NODES} parts; split it into segments.")
        if self._nodes > MOST_NODES:
            return None
        try:
            return self._read(raw, path, depth)
        except Reject as mistake:
            self._problems.append(mistake.problem)
            return None

    def _read(self, raw: Any, path: str, depth: int) -> Node | None:
        if not isinstance(raw, Mapping):
            raise Reject(path, "Give a group or a rule, which are objects.")
        if raw.get("muted") is True:
            return None
        if "rules" in raw:
            return self._group(raw, path, depth)
        if "event" in raw:
            return parse_event(raw["event"], join(path, "event"))
        if "segment" in raw:
            return _segment(raw, path)
        return _field_leaf(raw, path)

    def _group(self, raw: Mapping[str, Any], path: str, depth: int) -> Group:
        if depth > MOST_DEPTH:
            raise Reject(path, f"Groups are nested more than {MOST_DEPTH} deep.")
        rules = raw["rules"]
        if not isinstance(rules, Sequence) or isinstance(rules, str):
            raise Reject(join(path, "rules"), "Give a list of rules.")
        negated = raw.get("not", False)
        if not isinstance(negated, bool):
            raise Reject(join(path, "not"), "Give true or false.")
        if any(isinstance(each, str) for each in rules):
            return self._joined_by_words(rules, path, depth, negated=negated)
        # With words between the rules, react-querybuilder writes a group of one without any.
        is_single = len(rules) <= 1 and raw.get("combinator") is None
        combinator = "AND" if is_single else _combinator(raw.get("combinator"), join(path, "combinator"))
        if is_muted_group(rules):
            return Group(combinator, (Group("AND", ()),), negated)
        members = (
            self._node(each, f"{join(path, 'rules')}[{number}]", depth + 1)
            for number, each in enumerate(rules)
        )
        return Group(combinator, tuple(each for each in members if each is not None), negated)

    def _joined_by_words(self, rules: Sequence[Any], path: str, depth: int, *, negated: bool) -> Group:
        """Rules with AND and OR between them, as react-querybuilder has it too; AND binds tighter.

        A rule that says nothing takes the word before it along, so that the word before the next one counts.
        """
        terms: list[list[Node]] = [[]]
        word = "AND"
        for number, each in enumerate(rules):
            at = f"{join(path, 'rules')}[{number}]"
            if number % 2:
                word = _combinator(each, at)
                continue
            node = self._node(each, at, depth + 1)
            if node is None:
                continue
            if word == "OR" and terms[-1]:
                terms.append([])
            terms[-1].append(node)
        if len(terms) == 1:
            return Group("AND", tuple(terms[0]), negated)
        parts = [term[0] if len(term) == 1 else Group("AND", tuple(term)) for term in terms]
        return Group("OR", tuple(parts), negated)


def is_muted_group(rules: Sequence[Any]) -> bool:
    """Whether a group holds nothing but one that is muted: react-querybuilder takes that one for an empty group."""
    return (
        len(rules) == 1
        and isinstance(rules[0], Mapping)
        and rules[0].get("muted") is True
        and "rules" in rules[0]
    )


def join(path: str, key: str) -> str:
    """The path of what stands under a key."""
    return f"{path}.{key}" if path else key


def _combinator(raw: Any, path: str) -> str:
    text = raw.upper() if isinstance(raw, str) else ""
    if text not in ("AND", "OR"):
        raise Reject(path, 'Give "AND" or "OR".')
    return text


def _segment(raw: Mapping[str, Any], path: str) -> SegmentLeaf:
    operator = raw.get("operator", "in")
    if operator not in ("in", "notIn"):
        raise Reject(join(path, "operator"), 'Give "in" or "notIn".')
    try:
        return SegmentLeaf(UUID(str(raw["segment"])), operator)
    except ValueError:
        raise Reject(join(path, "segment"), "Give the id of a segment.") from None


def _field_leaf(raw: Mapping[str, Any], path: str) -> Node | None:
    name = raw.get("field")
    if name == PLACEHOLDER or raw.get("operator") == PLACEHOLDER or raw.get("value") == PLACEHOLDER:
        return None
    field = field_named(name) if isinstance(name, str) else None
    if field is None:
        raise Reject(join(path, "field"), _no_such("field", name, list(FIELDS)))
    if raw.get("valueSource", "value") != "value":
        raise Reject(
            join(path, "valueSource"), "A field can be compared with a value only, not with another field."
        )
    given = raw.get("operator")
    operator = operator_named(given) if isinstance(given, str) else None
    if operator is None:
        raise Reject(join(path, "operator"), _no_such("operator", given, list(OPERATORS)))
    if operator not in field.operators:
        names = ", ".join(each.name for each in field.operators)
        raise Reject(
            join(path, "operator"),
            f"{field.label} cannot be asked for “{words_of(operator, field.kind)}” ({operator.name}); use {names}.",
        )
    if operator.arity is not Arity.NONE and "value" not in raw:
        raise Reject(join(path, "value"), "Give a value.")
    return FieldLeaf(
        field.name, operator.name, parse_value(field, operator, raw.get("value"), join(path, "value"))
    )


def _no_such(what: str, given: Any, known: list[str]) -> str:
    if not isinstance(given, str):
        return f"Give the name of the {what}."
    near = nearest(given, known)
    hint = f"; did you mean {near}?" if near else f"; GET /segments/fields lists every {what}."
    return f"There is no {what} {given[:60]!r}{hint}"
