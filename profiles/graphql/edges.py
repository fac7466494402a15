"""From a customer to what belongs to them, in GraphQL: read for a whole page of customers at once.

A root field hands each row the page it stands in (`with_page`); the first row that is asked for an edge reads it for
all of them, in the scope of their tenant, and the others find it there. So a page of customers with three edges costs
four readings and not three for each customer. What rows cost is counted before (`crm_platform.api.graphql_limits`).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import graphene
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from graphql import GraphQLResolveInfo

from profiles.discretion import sees_money, telling
from profiles.graphql import inputs
from profiles.graphql.context import Context
from profiles.graphql.intelligence import CustomerScores
from profiles.graphql.pages_of_customers import PAGE, CustomersOfPage, Row, key_of, with_page
from profiles.graphql.types import Activity, CursorMeta, Customer, Note, by_api_name
from profiles.models import CustomerProfile, HouseholdMember
from profiles.models import Note as NoteRow
from profiles.representation import COLUMNS, activity_fields, note_fields, row_fields
from profiles.scoring.reading import scores_of_many
from profiles.scoring.representation import score_fields
from profiles.timeline import read_timelines
from tenants.actors import acting_as, actor_of_caller
from tenants.api.cursors import encode_cursor
from tenants.api.pagination import cursor_answer
from tenants.models import Scope
from tenants.scope import tenant_scope

# What belongs to each of these customers, with what the document asks for.
Load = Callable[..., Mapping[UUID, Any]]


def edge(kind: Any, load: Load, words: str, *, empty: Callable[[], Any], **arguments: Any) -> graphene.Field:
    """A field of Customer that `load(ids, **arguments)` reads for a page; `empty` where somebody has nothing."""

    def resolve(root: Row, info: GraphQLResolveInfo, **given: Any) -> Any:
        context: Context = info.context
        context.caller.check_scope(Scope.READ)
        page: CustomersOfPage = root.get(PAGE) or CustomersOfPage([key_of(root)])
        name = f"{info.field_name} {sorted(given.items())!r}"
        if name not in page.read:
            with tenant_scope(UUID(str(root["tenantId"]))), acting_as(actor_of_caller(context.caller)):
                page.read[name] = load(page.ids, **given)
        found = page.read[name].get(key_of(root))
        return empty() if found is None else found

    return graphene.Field(kind, description=words, resolver=resolve, **arguments)


def first_of_each(rows: QuerySet[Any], take: int, order: Sequence[Any]) -> dict[UUID, list[Any]]:
    """The first rows of each customer (`profile_id`), in one statement; `order` as in `order_by`."""
    placed = rows.annotate(
        place_of_edge=Window(RowNumber(), partition_by=[F("profile_id")], order_by=list(order))
    )
    found = defaultdict(list)
    for row in placed.filter(place_of_edge__lte=take).order_by("profile_id", "place_of_edge"):
        found[row.profile_id].append(row)
    return dict(found)


def _timelines(ids: Sequence[UUID], *, filters: Any = None, take: int | None = None) -> Mapping[UUID, Any]:
    rows = inputs.take_of(take)
    chosen = inputs.timeline_filter_of(filters)
    return {
        profile_id: cursor_answer(
            [activity_fields(row) for row in page.rows],
            take=rows,
            next_cursor=encode_cursor(*page.next_place) if page.next_place else None,
        )
        for profile_id, page in read_timelines(ids, chosen=chosen, take=rows).items()
    }


def _notes(ids: Sequence[UUID], *, take: int | None = None) -> Mapping[UUID, Any]:
    rows = NoteRow.objects.filter(profile_id__in=ids)
    order = [F("is_pinned").desc(), F("created_at").desc(), F("id").desc()]
    found = first_of_each(rows, inputs.take_of(take), order)
    return {key: [note_fields(note) for note in notes] for key, notes in found.items()}


def _scores(ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    found, sees_all = scores_of_many(ids), sees_money()
    return {
        one: {**score_fields(scores, sees_all=sees_all), "history": [], "stages": []}
        for one, scores in found.items()
    }


def _households(ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    homes = dict(HouseholdMember.objects.filter(profile_id__in=ids).values_list("profile_id", "household_id"))
    members: dict[UUID, list[UUID]] = defaultdict(list)
    of_homes = HouseholdMember.objects.filter(household_id__in=set(homes.values())).order_by("profile_id")
    for household_id, profile_id in of_homes.values_list("household_id", "profile_id"):
        members[household_id].append(profile_id)
    wanted = {one for others in members.values() for one in others}
    people = CustomerProfile.objects.filter(pk__in=wanted, status__in=("ACTIVE", "INACTIVE"))
    tell = telling()
    found = [tell(row_fields(row)) for row in people.values_list(*COLUMNS)]
    rows = {key_of(fields): fields for fields in found}
    for fields in rows.values():
        fields["externalIds"] = dict(fields["externalIds"])
    with_page(list(rows.values()))
    return {
        one: [rows[other] for other in members[home] if other != one and other in rows]
        for one, home in homes.items()
    }


class CustomerTimeline(graphene.ObjectType):
    """The newest rows of a customer's timeline; `customerTimeline` goes on from the cursor."""

    class Meta:
        default_resolver = by_api_name

    data = graphene.List(graphene.NonNull(Activity), required=True)
    meta = graphene.Field(CursorMeta, required=True)


def many(kind: Any) -> Any:
    """A list of them, never null."""
    return graphene.NonNull(graphene.List(graphene.NonNull(kind)))


EDGES: Final = {
    "timeline": edge(
        graphene.NonNull(CustomerTimeline),
        _timelines,
        "What they did, newest first.",
        empty=lambda: cursor_answer([], take=0, next_cursor=None),
        filters=inputs.TimelineFilter(),
        take=graphene.Int(),
    ),
    "notes": edge(
        many(Note), _notes, "What staff wrote, pinned ones first.", empty=list, take=graphene.Int()
    ),
    "scores": edge(
        CustomerScores,
        _scores,
        "Both scores with their reasons, without their history; null before the first scoring.",
        empty=lambda: None,
    ),
    "household": edge(many(Customer), _households, "The others under one roof, as staff say.", empty=list),
}
