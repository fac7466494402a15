"""Asking about people: one statement for all, with the part that decided and its value."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from segments.compiler import clock_of, compile_node
from segments.fields import FIELDS
from segments.rules import FieldLeaf, Node, Rule, parse
from tenants.models import Tenant


class Decided(NamedTuple):
    """SQL on alias `p`: `place` is the number of the part that decided (-1: none), `value` what stood there (jsonb).

    The rule holds where `place` is -1 and `holds_by_default`, or where it is not and not.
    """

    place: str
    value: str
    parts: list[Any]
    holds_by_default: bool
    params: dict[str, Any]

    @property
    def holds(self) -> str:
        """The rule as a condition."""
        return f"({self.place}) = -1" if self.holds_by_default else f"({self.place}) >= 0"


def decide(tree: Any, tenant: Tenant, now: datetime, *, prefix: str = "c", among: str = "") -> Decided:
    """The rule with its first deciding part: of AND the first that is false, of OR the first that is true."""
    root = rule_of(orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)).root
    nodes: Sequence[Node] = [root]
    is_or = False
    if root.rules and not root.negated:
        nodes, is_or = root.rules, root.combinator == "OR"
    params: dict[str, Any] = {}
    cases, values = [], []
    for number, node in enumerate(nodes):
        condition = compile_node(
            node, tenant.pk, clock_of(tenant, now), prefix=f"{prefix}{number}_", among=among
        )
        params |= condition.params
        cases.append(f"WHEN {'' if is_or else 'NOT '}({condition.sql}) THEN {number}")
        if (value := _value_of(node)) is not None:
            values.append(f"WHEN {number} THEN to_jsonb({value})")
    index = f"CASE {' '.join(cases)} ELSE -1 END"
    value = f"CASE ({index}) {' '.join(values)} END" if values else "NULL::jsonb"
    return Decided(index, value, [node.to_json() for node in nodes], not is_or, params)


def _value_of(node: Node) -> str | None:
    if not isinstance(node, FieldLeaf):
        return None
    field = FIELDS[node.field]
    return f"trim_scale(({field.sql})::numeric / {field.scale})" if field.scale != 1 else field.sql


@lru_cache(maxsize=2000)
def rule_of(tree: bytes) -> Rule:
    """A parsed rule, once a process."""
    return parse(orjson.loads(tree))


ANYTHING: Final = "TRUE"
