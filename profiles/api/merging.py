"""Merging and unmerging over REST."""

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema

from profiles.api import schema
from profiles.api.customers import json_answer
from profiles.api.parameters import customer_id_of
from profiles.discretion import told_customer
from profiles.errors import InvalidFields
from profiles.merging.actions import merge_profiles
from profiles.merging.previewing import preview_fields, preview_merge
from profiles.reading import get_customer
from profiles.representation import customer_fields
from profiles.unmerging import unmerge_profiles
from tenants.api.bodies import body_object
from tenants.api.views import ApiRequest, TenantApiView
from tenants.models import Scope

LONGEST_REASON = 500


class MergeView(TenantApiView):
    """Two customers become one."""

    required_scopes = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="mergeCustomers",
        tags=["customers"],
        summary="Merge another customer into this one",
        parameters=[schema.WINNER_ID],
        request=schema.MERGE,
        responses=schema.MERGED,
    )
    def post(self, request: ApiRequest, winnerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Everything of the loser moves to the winner, and comes back with an unmerge. `dryRun` only shows the preview.

        The loser's id answers with the winner from then on. Fields survive by the rules of facts: the service that owns
        a field, then the newest word; consent can only narrow.
        """
        winner_id = customer_id_of(winnerId)
        fields = merge_fields(body_object(request))
        loser_id = customer_id_of(fields["loserId"])
        preview = preview_fields(preview_merge(winner_id, loser_id))
        if fields["dryRun"]:
            return json_answer({"customer": None, "preview": preview, "mergeId": None})
        outcome = merge_profiles(winner_id, loser_id, reason=fields["reason"])
        customer = told_customer(customer_fields(get_customer(outcome.winner_id)))
        return json_answer({"customer": customer, "preview": preview, "mergeId": outcome.merge_id})


class UnmergeView(TenantApiView):
    """A merged customer stands alone again."""

    required_scopes = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="unmergeCustomer",
        tags=["customers"],
        summary="Take a merge back",
        parameters=[schema.CUSTOMER_ID],
        request=schema.UNMERGE,
        responses=schema.UNMERGED,
    )
    def post(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """The id is that of the customer who was merged into another: the newest merge by a person, else by the rules.

        Both sides get back what they had; what came since goes to the side whose identifier brought it. `mergeId` names
        one merge of several.
        """
        merge_id = unmerge_fields(body_object(request))
        outcome = unmerge_profiles(customer_id_of(customerId), merge_id=merge_id)
        return json_answer(
            {
                "winner": told_customer(customer_fields(get_customer(outcome.winner_id))),
                "restored": told_customer(customer_fields(get_customer(outcome.restored_id))),
                "mergeId": outcome.merge_id,
            }
        )


def merge_fields(body: dict[str, Any]) -> dict[str, Any]:
    """loserId, reason and dryRun of a merge; raises InvalidFields."""
    problems = {}
    fields = {"reason": "", "dryRun": False, **{name: body[name] for name in body if body[name] is not None}}
    if not isinstance(fields.get("loserId"), str):
        problems["loserId"] = "Give the id of the customer who is to be merged into this one."
    if not isinstance(fields["reason"], str) or len(fields["reason"]) > LONGEST_REASON:
        problems["reason"] = f"Write a text of at most {LONGEST_REASON} characters."
    if not isinstance(fields["dryRun"], bool):
        problems["dryRun"] = "Write true or false."
    if problems:
        raise InvalidFields(problems)
    return fields


def unmerge_fields(body: dict[str, Any]) -> int | None:
    """The merge that is meant, None where it goes without saying; raises InvalidFields."""
    merge_id = body.get("mergeId")
    if merge_id is not None and (not isinstance(merge_id, int) or isinstance(merge_id, bool) or merge_id < 1):
        raise InvalidFields({"mergeId": "Give the number of the merge."})
    return merge_id
