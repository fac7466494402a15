"""Lost property in GraphQL."""

from typing import Any

import graphene

from profiles.api.parameters import customer_id_of
from profiles.graphql.context import Context, scoped
from profiles.graphql.queries import TENANT
from profiles.graphql.types import DateTime, by_api_name
from tenants.models import Scope
from tests.sample.items import item_fields, waiting_items


class LostItem(graphene.ObjectType):
    """Something that a customer left behind."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    customer_id = graphene.ID(required=True)
    description = graphene.String(required=True)
    found_at = DateTime(required=True)


@scoped(Scope.READ)
def _lost_items(context: Context, *, customer_id: str) -> Any:
    items = waiting_items().filter(profile_id=customer_id_of(customer_id))
    return [item_fields(item) for item in items]


class LostPropertyQueries(graphene.ObjectType):
    """Reading lost property."""

    lost_items = graphene.List(
        graphene.NonNull(LostItem),
        required=True,
        customer_id=graphene.ID(required=True),
        tenant_id=TENANT,
        resolver=_lost_items,
    )
