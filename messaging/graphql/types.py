"""Messages in GraphQL, with the fields of REST."""

import graphene

from messaging.models import DeliveryStatus, SendChannel, Source
from profiles.graphql.types import DateTime, PageMeta, by_api_name, text_enum

State = text_enum("MessageStatus", DeliveryStatus, "What became of a message.")
Wanted = text_enum("MessageSource", Source, "Who wanted a message sent.")
By = text_enum("MessageChannel", SendChannel, "How a message goes out.")


class CustomerMessage(graphene.ObjectType):
    """One message to a customer, or why there was none."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    source = graphene.Field(Wanted, required=True)
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


class CustomerMessagePage(graphene.ObjectType):
    """Some messages."""

    data = graphene.List(graphene.NonNull(CustomerMessage), required=True)
    meta = graphene.Field(PageMeta, required=True)
