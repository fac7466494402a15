"""Root fields about messages."""

from typing import Any

import graphene

from messaging.graphql.types import CustomerMessagePage
from messaging.representation import letter_fields, letters_to
from profiles.graphql import inputs
from profiles.graphql.context import Context, scoped
from profiles.graphql.pages import page_of
from profiles.graphql.queries import TENANT, uuid_of
from profiles.reading import get_customer
from tenants.models import Scope


@scoped(Scope.READ)
def _messages(context: Context, *, customer_id: str, pagination: Any = None) -> Any:
    return page_of(letters_to(get_customer(uuid_of(customer_id)).pk), pagination, letter_fields)


class MessageQueries(graphene.ObjectType):
    """Reading messages."""

    customer_messages = graphene.Field(
        CustomerMessagePage,
        customer_id=graphene.ID(required=True),
        tenant_id=TENANT,
        pagination=inputs.PaginationInput(),
        description="All of a customer's, the newest first; `messages` below a customer are the first of them.",
        resolver=_messages,
    )
