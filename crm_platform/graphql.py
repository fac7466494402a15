"""The root of the GraphQL schema: what each floor contributes."""

import graphene

from profiles.graphql.intelligence import IntelligenceMutations, IntelligenceQueries
from profiles.graphql.mutations import CustomerMutations
from profiles.graphql.queries import CustomerQueries


class Query(CustomerQueries, IntelligenceQueries):
    """Everything that can be read."""


class Mutation(CustomerMutations, IntelligenceMutations):
    """Everything that can be changed."""


schema = graphene.Schema(query=Query, mutation=Mutation)
