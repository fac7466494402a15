"""The journeys of customers in GraphQL."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import graphene
from django.db.models import F

from journeys.explaining import run_json
from journeys.graphql.schema import JourneyEnrollment
from journeys.models import Run, RunEnded
from profiles.graphql import inputs
from profiles.graphql.edges import edge, first_of_each, many


def _runs(ids: Sequence[UUID], *, take: int | None = None) -> Mapping[UUID, Any]:
    """Live ones first, then those that are over, the newest first."""
    rows = inputs.take_of(take)
    live = first_of_each(
        Run.objects.filter(profile_id__in=ids), rows, [F("entered_at").desc(), F("id").desc()]
    )
    over = first_of_each(
        RunEnded.objects.filter(profile_id__in=ids), rows, [F("ended_at").desc(), F("id").desc()]
    )
    return {
        one: [run_json(run) for run in (*live.get(one, ()), *over.get(one, ()))][:rows]
        for one in live.keys() | over.keys()
    }


EDGES: Final = {
    "runs": edge(
        many(JourneyEnrollment), _runs, "The journeys they are in, or were.", empty=list, take=graphene.Int()
    )
}
