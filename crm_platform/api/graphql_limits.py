"""What a GraphQL document may cost, found out before anything is executed.

Saying much with few words is what GraphQL is for; these limits keep one request from meaning a thousand. Fragments are
weighed once and remembered, so that fragments of fragments cannot make the weighing itself expensive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from crm_platform.graphql import paged_fields
from tenants.api.errors import ApiError
from tenants.api.pagination import DEFAULT_TAKE, MAX_TAKE

MOST_TOKENS: Final = 2_000
DEEPEST: Final = 12
MOST_ALIASES: Final = 30
MOST_ROOT_FIELDS: Final = 20
# A full page of customers with every field is about 5,000.
HIGHEST_COST: Final = 10_000
LONGEST_TAKE: Final = 9  # Digits; more of them mean the most in any case.


@dataclass(frozen=True, slots=True)
class Weight:
    """What a selection amounts to; `fields` counts its own level only."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0
    fields: int = 0

    def beside(self, other: "Weight") -> "Weight":
        """Both selections together."""
        return Weight(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.cost + other.cost,
            self.fields + other.fields,
        )


class TooExpensiveError(ApiError):
    """The document asks for more than one request may."""

    code = "QUERY_TOO_EXPENSIVE"


def check_limits(
    document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Weight:
    """The weight of an operation of a valid document; raises TooExpensiveError naming the limit."""
    weight = _Scale(document, variables).weigh(operation.selection_set)
    limits = (
        ("goes {} levels deep", weight.depth, DEEPEST, "Ask for the inner ones in a request of their own."),
        ("has {} aliases", weight.aliases, MOST_ALIASES, "Send several requests."),
        ("has {} root fields", weight.fields, MOST_ROOT_FIELDS, "Send several requests."),
        (
            "has {} fields in all",
            weight.cost,
            HIGHEST_COST,
            "Ask for fewer rows (`take`) or fewer fields of each.",
        ),
    )
    for words, found, limit, advice in limits:
        if found > limit:
            said = words.format(f"{found:,}")
            raise TooExpensiveError(f"The query {said}; {limit:,} is the limit. {advice}")
    return weight


class _Scale:
    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._weighed: dict[str, Weight] = {}

    def weigh(self, selection: SelectionSetNode | None) -> Weight:
        """All of a selection; fragments without a name count as a level, so that they cannot hide depth."""
        total = Weight()
        for node in selection.selections if selection else ():
            if isinstance(node, FieldNode):
                total = total.beside(self._field(node))
            elif isinstance(node, FragmentSpreadNode):
                total = total.beside(self._fragment(node.name.value))
            else:
                inner = self.weigh(getattr(node, "selection_set", None))
                total = total.beside(replace(inner, depth=inner.depth + 1))
        return total

    def _field(self, node: FieldNode) -> Weight:
        alias = 1 if node.alias else 0
        if node.name.value.startswith("__"):
            # Introspection reads the schema only; its standard query is deeper than any of ours, and one of the
            # standard rules of validation keeps it from going round in circles.
            return Weight(1, alias, 1 + self.weigh(node.selection_set).cost, 1)
        inner = self.weigh(node.selection_set)
        times = self._take(node) if node.name.value in paged_fields() else 1
        return Weight(1 + inner.depth, alias + inner.aliases, 1 + times * inner.cost, 1)

    def _fragment(self, name: str) -> Weight:
        if name not in self._weighed:
            self._weighed[name] = self.weigh(self._fragments[name].selection_set)
        return self._weighed[name]

    def _take(self, node: FieldNode) -> int:
        given = {argument.name.value: argument.value for argument in node.arguments}
        if "take" in given:
            return self._whole_number(given["take"])
        page = given.get("pagination")
        if isinstance(page, VariableNode):
            value = self._variables.get(page.name.value)
            return _bounded(value.get("take", DEFAULT_TAKE)) if isinstance(value, dict) else DEFAULT_TAKE
        if isinstance(page, ObjectValueNode):
            for field in page.fields:
                if field.name.value == "take":
                    return self._whole_number(field.value)
        return DEFAULT_TAKE

    def _whole_number(self, node: ValueNode) -> int:
        if isinstance(node, IntValueNode):
            return _bounded(int(node.value[:LONGEST_TAKE]))
        if isinstance(node, VariableNode):
            return _bounded(self._variables.get(node.name.value, MAX_TAKE))
        return MAX_TAKE


def _bounded(value: object) -> int:
    return max(1, min(value, MAX_TAKE)) if isinstance(value, int) else MAX_TAKE
