"""Changing customers by GraphQL: the same acts as in REST."""

from typing import Any

import graphene

from profiles.discretion import told_customer
from profiles.editing import Author, add_note, create_customer, update_customer
from profiles.graphql import inputs, types
from profiles.graphql.context import Context, scoped
from profiles.graphql.queries import TENANT, uuid_of
from profiles.merging.actions import merge_profiles
from profiles.reading import get_customer
from profiles.representation import customer_fields, note_fields
from profiles.unmerging import unmerge_profiles
from tenants.models import Scope


@scoped(Scope.WRITE)
def _create_customer(context: Context, *, input: Any) -> Any:
    return told_customer(customer_fields(create_customer(inputs.customer_values(input))))


@scoped(Scope.WRITE)
def _update_customer(context: Context, *, id: str, input: Any) -> Any:
    return told_customer(customer_fields(update_customer(uuid_of(id), inputs.customer_values(input))))


@scoped(Scope.WRITE)
def _add_note(context: Context, *, customer_id: str, body: str, is_pinned: bool = False) -> Any:
    author = Author(name=context.caller.name, user=context.caller.user)
    return note_fields(add_note(uuid_of(customer_id), body, author, is_pinned=bool(is_pinned)))


@scoped(Scope.ADMIN)
def _merge_customers(context: Context, *, winner_id: str, loser_id: str, reason: str = "") -> Any:
    outcome = merge_profiles(uuid_of(winner_id), uuid_of(loser_id), reason=reason or "")
    return told_customer(customer_fields(get_customer(outcome.winner_id)))


@scoped(Scope.ADMIN)
def _unmerge_customers(context: Context, *, customer_id: str, merge_id: int | None = None) -> Any:
    outcome = unmerge_profiles(uuid_of(customer_id), merge_id=merge_id)
    return told_customer(customer_fields(get_customer(outcome.restored_id)))


class CustomerMutations(graphene.ObjectType):
    """Acts on customers; all that one request names are done, or none."""

    create_customer = graphene.Field(
        types.Customer, tenant_id=TENANT, input=inputs.CustomerInput(required=True), resolver=_create_customer
    )
    update_customer = graphene.Field(
        types.Customer,
        id=graphene.ID(required=True),
        tenant_id=TENANT,
        input=inputs.CustomerInput(required=True),
        resolver=_update_customer,
    )
    merge_customers = graphene.Field(
        types.Customer,
        winner_id=graphene.ID(required=True),
        loser_id=graphene.ID(required=True),
        reason=graphene.String(default_value=""),
        tenant_id=TENANT,
        resolver=_merge_customers,
        description="The loser becomes the winner, who is answered; an unmerge takes it back.",
    )
    unmerge_customers = graphene.Field(
        types.Customer,
        customer_id=graphene.ID(required=True),
        merge_id=graphene.BigInt(),
        tenant_id=TENANT,
        resolver=_unmerge_customers,
        description="Takes back the merge by which this customer was merged into another; answers who is back.",
    )
    add_note = graphene.Field(
        types.Note,
        customer_id=graphene.ID(required=True),
        tenant_id=TENANT,
        body=graphene.String(required=True),
        is_pinned=graphene.Boolean(default_value=False),
        resolver=_add_note,
    )
