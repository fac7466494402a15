"""Reading customers by GraphQL. Each root field reads what it shows at once, so that rows never cost queries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import graphene
import orjson

from profiles.api.customer_pages import counter_of, places_of
from profiles.discretion import telling, told_customer
from profiles.errors import CustomerNotFound
from profiles.graphql import inputs, types
from profiles.graphql.context import Context, scoped
from profiles.graphql.pages import page_of
from profiles.graphql.pages_of_customers import with_page
from profiles.reading import (
    customer_timeline,
    list_customers,
    list_notes,
    read_customer,
    resolve_customer,
)
from profiles.representation import COLUMNS, activity_fields, note_fields, row_fields
from tenants.action_log import log_seen
from tenants.api.cursors import decode_cursor, encode_cursor
from tenants.api.pagination import cursor_answer
from tenants.models import Scope

TENANT = graphene.String(description="UUID, slug or alias; may be left out where the request names it.")


def uuid_of(text: str) -> UUID:
    """A customer's id; what is no UUID names nobody. Raises CustomerNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise CustomerNotFound from None


@scoped(Scope.READ)
def _customer(context: Context, *, id: str) -> Any:
    customer = told_customer(orjson.loads(read_customer(uuid_of(id))))
    log_seen("customer.viewed", subject_kind="customer", subject_id=id)
    with_page([customer])
    return customer


@scoped(Scope.READ)
def _customers(context: Context, *, filter: Any = None, sort: Any = None, pagination: Any = None) -> Any:
    chosen = inputs.customer_filter_of(filter)
    places = places_of(list_customers(chosen), inputs.text_of(sort), is_search=bool(chosen.search))
    return page_of(places.rows.values_list(*COLUMNS), pagination, _told, places, counter_of(chosen))


def _told(rows: Sequence[Any]) -> Any:
    tell = telling()
    fields = [tell(row_fields(row)) for row in rows]
    for each in fields:
        each["externalIds"] = dict(each["externalIds"])
    return with_page(fields)


@scoped(Scope.READ)
def _resolve_customer(context: Context, **keys: str | None) -> Any:
    fields = told_customer(resolve_customer(inputs.identity_keys_of(keys)))
    # Written and read again, because a plain cursor leaves `externalIds` as a piece of JSON.
    return {**fields, "externalIds": orjson.loads(orjson.dumps(fields["externalIds"]))}


@scoped(Scope.READ)
def _customer_timeline(
    context: Context,
    *,
    customer_id: str,
    filters: Any = None,
    take: int | None = None,
    cursor: str | None = None,
) -> Any:
    rows = inputs.take_of(take)
    after: Any = decode_cursor(cursor, (datetime, int)) if cursor else None
    page = customer_timeline(
        uuid_of(customer_id), chosen=inputs.timeline_filter_of(filters), after=after, take=rows
    )
    next_cursor = encode_cursor(*page.next_place) if page.next_place else None
    return cursor_answer([activity_fields(row) for row in page.rows], take=rows, next_cursor=next_cursor)


@scoped(Scope.READ)
def _customer_notes(context: Context, *, customer_id: str, pagination: Any = None) -> Any:
    notes = list_notes(uuid_of(customer_id))
    return page_of(notes, pagination, lambda page: [note_fields(note) for note in page])


class CustomerQueries(graphene.ObjectType):
    """Root fields about customers."""

    customer = graphene.Field(
        types.Customer, id=graphene.ID(required=True), tenant_id=TENANT, resolver=_customer
    )
    customers = graphene.Field(
        types.CustomerPage,
        tenant_id=TENANT,
        filter=inputs.CustomerFilter(),
        sort=types.Sort(),
        pagination=inputs.PaginationInput(),
        resolver=_customers,
    )
    resolve_customer = graphene.Field(
        types.Customer,
        tenant_id=TENANT,
        **{name: graphene.String() for name in inputs.KEY_ARGUMENTS},
        resolver=_resolve_customer,
    )
    customer_timeline = graphene.Field(
        types.TimelinePage,
        customer_id=graphene.ID(required=True),
        tenant_id=TENANT,
        filters=inputs.TimelineFilter(),
        take=graphene.Int(),
        cursor=graphene.String(),
        resolver=_customer_timeline,
    )
    customer_notes = graphene.Field(
        types.NotePage,
        customer_id=graphene.ID(required=True),
        tenant_id=TENANT,
        pagination=inputs.PaginationInput(),
        resolver=_customer_notes,
    )
