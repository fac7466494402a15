"""Compiles a rule to one SQL condition on the alias `p` of `profiles_customerprofile`.

The condition is never null: each leaf answers true or false, so that NOT means what it says. Values are parameters
only. Comparisons that decide what is read (tenant, person, type, time) use leakproof operators, which alone reach an
index under row level security. Mirrored in plain Python by tests/segments/oracle.py.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from segments.clock import Clock
from segments.comparing import Comparing
from segments.fields import FIELDS
from segments.rules import EventLeaf, FieldLeaf, Group, Leaf, Node, Rule, SegmentLeaf
from segments.timeline import event_condition
from tenants.models import Tenant

_PARAMETER: Final = re.compile(r"%\((\w+)\)s")
_ALIAS: Final = re.compile(r"\bp\.")
MEMBER: Final = """EXISTS (
    SELECT FROM segments_segmentmember AS m
    WHERE m.tenant_id = {tenant} AND m.segment_id = {segment} AND m.profile_id = p.id)"""


class Condition(NamedTuple):
    """SQL that is true or false for a row of `p`, with named parameters."""

    sql: str
    params: dict[str, Any]

    def aliased(self, alias: str) -> "Condition":
        """The same on another alias."""
        return Condition(_ALIAS.sub(f"{alias}.", self.sql), self.params)

    def positional(self) -> tuple[str, list[Any]]:
        """The same with parameters by position, as query sets want it."""
        names = _PARAMETER.findall(self.sql)
        return _PARAMETER.sub("%s", self.sql), [self.params[name] for name in names]


class Parameters:
    """Hands out names for values; `prefix` keeps several conditions of one statement apart."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.values: dict[str, Any] = {}

    def __call__(self, value: Any, cast: str = "") -> str:
        """The placeholder of a value, with a cast to `cast`."""
        name = f"{self._prefix}{len(self.values)}"
        self.values[name] = value
        return f"%({name})s::{cast}" if cast else f"%({name})s"


def compile(rule: Rule, tenant: Tenant, now: datetime, *, prefix: str = "r", among: str = "") -> Condition:
    """The condition of a rule at a moment, in the tenant's time zone; the statement names `p` and its tenant.

    `among`: a query for profile ids. Where the statement looks at a few people only, this keeps leaves about the
    timeline from reading everybody's. `prefix` starts the names of the parameters.
    """
    return compile_node(rule.root, tenant.pk, Clock(now, tenant.zone), prefix=prefix, among=among)


def compile_node(
    node: Node, tenant_id: Any, clock: Clock, *, prefix: str = "r", among: str = ""
) -> Condition:
    """The same of a part of a rule."""
    parameters = Parameters(prefix)
    return Condition(compile_with(parameters, node, tenant_id, clock, among=among), parameters.values)


def compile_with(parameters: Parameters, node: Node, tenant_id: Any, clock: Clock, *, among: str = "") -> str:
    """The SQL of a part, with its values among those of a larger statement."""
    return compose(node, Leaves(parameters, parameters(tenant_id, "uuid"), clock, among).leaf)


def clock_of(tenant: Tenant, now: datetime) -> Clock:
    """The tenant's calendar at a moment."""
    return Clock(now, ZoneInfo(tenant.time_zone))


def compose(node: Node, write: Callable[[Leaf], str]) -> str:
    """The condition of a node, in brackets where it needs them, of what `write` makes of its leaves; never null."""
    if not isinstance(node, Group):
        return write(node)
    if not node.rules:
        return "TRUE"
    joined = f" {node.combinator} ".join(compose(rule, write) for rule in node.rules)
    return f"(NOT ({joined}))" if node.negated else f"({joined})"


class Leaves:
    """Writes leaves as conditions on `p`, never null; others look at the timeline and at members in their own way."""

    def __init__(self, parameter: Callable[..., str], tenant: str, clock: Clock, among: str = "") -> None:
        self.parameter, self.tenant, self.among = parameter, tenant, among
        self.comparing = Comparing(parameter, clock)

    def leaf(self, leaf: Leaf) -> str:
        """The condition of a leaf."""
        if isinstance(leaf, FieldLeaf):
            return self.comparing.field(FIELDS[leaf.field], leaf.operator, leaf.value)
        if isinstance(leaf, EventLeaf):
            return self.event(leaf)
        condition = self.member(leaf)
        return condition if leaf.operator == "in" else f"(NOT {condition})"

    def event(self, leaf: EventLeaf) -> str:
        """A leaf about the timeline."""
        return event_condition(
            leaf, parameter=self.parameter, tenant=self.tenant, comparing=self.comparing, among=self.among
        )

    def member(self, leaf: SegmentLeaf) -> str:
        """Whether `p` is a member of the leaf's segment."""
        return MEMBER.format(tenant=self.tenant, segment=self.parameter(leaf.segment_id, "uuid"))
