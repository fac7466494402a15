"""The root of the GraphQL schema: what each app brings."""

from functools import cache
from typing import Any, Final

import graphene
from graphql import GraphQLObjectType

from profiles.graphql.types import Customer
from tenants.declarations import every, extensions, resolve

PAGING_ARGUMENTS: Final = frozenset({"take", "pagination"})


def _root(name: str, words: str, part: str) -> Any:
    """An object type with the fields of all classes that the apps bring for it."""
    return type(name, (*map(resolve, every(part)), graphene.ObjectType), {"__doc__": words})


def _join_edges() -> None:
    """Give the customer what each app hangs below them; before the schema is made, which reads the fields once."""
    for extension in extensions().values():
        if extension.graphql_customer_edges:
            Customer._meta.fields.update(resolve(extension.graphql_customer_edges))


_join_edges()
schema = graphene.Schema(
    query=_root("Query", "Everything that can be read.", "graphql_queries"),
    mutation=_root("Mutation", "Everything that can be changed.", "graphql_mutations"),
)


@cache
def paged_fields() -> frozenset[str]:
    """The names of fields that answer as many rows as an argument asks for: what hangs below costs as often."""
    return frozenset(
        name
        for found in schema.graphql_schema.type_map.values()
        if isinstance(found, GraphQLObjectType)
        for name, field in found.fields.items()
        if PAGING_ARGUMENTS & field.args.keys()
    )
