"""What a mutation that may come twice is about: known before its stored answer is handed out."""

from typing import Any

from django.http import HttpRequest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import get_argument_values, get_variable_values

from profiles.graphql.context import Context, required_scope
from tenants.api.errors import InvalidParameterError
from tenants.api.tenancy import PARAMETER
from tenants.callers import Caller
from tenants.models import Tenant


class Repeatable:
    """A mutation with an `Idempotency-Key`, whose answer is stored as a whole."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
    ) -> None:
        coerced = get_variable_values(schema, operation.variable_definitions, variables)
        self._variables = coerced if isinstance(coerced, dict) else {}
        self._root: GraphQLObjectType | None = schema.mutation_type
        self._fields = self._collected(schema, document, operation)

    def _collected(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> list[FieldNode]:
        if self._root is None:
            return []
        fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        by_alias = collect_fields(schema, fragments, self._variables, self._root, operation.selection_set)
        return [nodes[0] for nodes in by_alias.values()]

    def check_scopes(self, caller: Caller) -> None:
        """Raise ForbiddenError (MISSING_SCOPE) unless the caller may run each field now.

        The stored answer may be another token's of the same subject, which could do more.
        """
        for node in self._fields:
            field = self._root.fields.get(node.name.value) if self._root else None
            scope = required_scope(field.resolve) if field else None
            if scope is not None:
                caller.check_scope(scope)

    def tenant(self, request: HttpRequest, caller: Caller) -> Tenant:
        """The one tenant that all fields are about: the answer is kept among its data and erased with them.

        Raises InvalidParameterError (TENANT_AMBIGUOUS) for fields about several, and as `tenant_for` does.
        """
        context = Context(request, caller)
        found = {tenant.pk: tenant for tenant in map(context.tenant, self._named())}
        if len(found) != 1:
            message = (
                "With an Idempotency-Key all fields must be about one tenant; send one request for each."
            )
            raise InvalidParameterError(PARAMETER, message, code="TENANT_AMBIGUOUS")
        return next(iter(found.values()))

    def _named(self) -> set[str | None]:
        return {self._named_by(node) for node in self._fields} or {None}

    def _named_by(self, node: FieldNode) -> str | None:
        field = self._root.fields.get(node.name.value) if self._root else None
        if field is None:
            return None
        try:
            named = get_argument_values(field, node, self._variables).get("tenant_id")
        except GraphQLError:
            return None  # running the field tells it
        return named if isinstance(named, str) else None
