"""The root of the GraphQL schema: what each floor contributes."""

import graphene

from profiles.graphql.mutations import CustomerMutations
from profiles.graphql.queries import CustomerQueries


class Query(CustomerQueries):
    """Everything that can be read."""


class Mutation(CustomerMutations):
    """Everything that can be changed."""


schema = graphene.Schema(query=Query, mutation=Mutation)
