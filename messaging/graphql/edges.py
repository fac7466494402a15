"""The messages of customers in GraphQL, with the fields of REST."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import graphene
from django.db.models import F

from messaging.models import Delivery, DeliveryStatus, SendChannel
from messaging.representation import letter_fields
from profiles.graphql import inputs
from profiles.graphql.edges import edge, first_of_each, many
from profiles.graphql.types import DateTime, by_api_name, text_enum

State = text_enum("MessageStatus", DeliveryStatus.values, "What became of a message.")
By = text_enum("MessageChannel", SendChannel.values, "How a message goes out.")


class CustomerMessage(graphene.ObjectType):
    """One message to a customer, or why there was none."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    source = graphene.String(required=True)
    source_id = graphene.ID()
    channel = graphene.Field(By)
    subject = graphene.String()
    status = graphene.Field(State, required=True)
    reason = graphene.String()
    reason_text = graphene.String()
    due_at = DateTime()
    handed_over_at = DateTime()
    delivered_at = DateTime()
    opened_at = DateTime()
    clicked_at = DateTime()
    replied_at = DateTime()


def _messages(ids: Sequence[UUID], *, take: int | None = None) -> Mapping[UUID, Any]:
    rows = Delivery.objects.filter(profile_id__in=ids)
    found = first_of_each(rows, inputs.take_of(take), [F("due_at").desc(), F("id").desc()])
    told = iter(letter_fields([row for letters in found.values() for row in letters]))
    return {one: [next(told) for _ in letters] for one, letters in found.items()}


EDGES: Final = {
    "messages": edge(
        many(CustomerMessage),
        _messages,
        "Of campaigns, journeys and colleagues, the newest first; also what was not sent, with the reason.",
        empty=list,
        take=graphene.Int(),
    )
}
