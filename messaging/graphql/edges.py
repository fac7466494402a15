"""The messages of customers in GraphQL, with the fields of REST."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import graphene
from django.db.models import F

from messaging.graphql.types import CustomerMessage
from messaging.models import Delivery
from messaging.representation import letter_fields
from profiles.graphql import inputs
from profiles.graphql.edges import edge, first_of_each, many


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
