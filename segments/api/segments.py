"""Segments over REST."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from events.iso_time import moment_from_iso
from profiles.api.parameters import customer_id_of
from segments.actions import (
    Maker,
    create_segment,
    delete_segment,
    get_segment,
    list_segments,
    refresh_segment,
    update_segment,
)
from segments.api import schema
from segments.api.parameters import changes_of, draft_of, ids_of, import_id_of, segment_id_of
from segments.explaining import explain
from segments.lists import add_import, add_members, remove_members
from segments.members import list_members, member_fields
from segments.models import Segment
from segments.representation import one_segment, preview, rule_fields, segment_fields
from segments.syncing import sync_segment
from tenants.api.bodies import body_object
from tenants.api.errors import InvalidParameterError
from tenants.api.listing import ListView
from tenants.api.views import ApiRequest, TenantApiView
from tenants.directory import tenant_by_id
from tenants.models import Scope
from tenants.scope import current_tenant_id

TAGS: Final = ["segments"]


def moment_of(text: str | None) -> datetime | None:
    """A past moment; raises InvalidParameterError."""
    if not text:
        return None
    moment = moment_from_iso(text.replace(" ", "+"))
    if moment is None or moment.tzinfo is None:
        raise InvalidParameterError(
            "at", "Write the time in ISO 8601 with an offset, as in 2026-03-01T10:00:00Z."
        )
    return moment


def change_segment(segment_id: UUID, body: dict[str, Any]) -> Segment:
    """What a PATCH does: plain changes, and people in and out of a list."""
    changes = changes_of(body)
    segment = update_segment(segment_id, changes) if changes else get_segment(segment_id)
    added, removed = ids_of(body, "addCustomerIds"), ids_of(body, "removeCustomerIds")
    if added:
        add_members(segment_id, added)
    if removed:
        remove_members(segment_id, removed)
    imported = import_id_of(body)
    if imported:
        add_import(segment_id, imported)
    return get_segment(segment_id) if added or removed or imported else segment


class SegmentsView(ListView):
    """The segments of a club."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}
    list_sorts = {"createdAt": "created_at", "updatedAt": "updated_at", "name": "name"}

    @extend_schema(
        operation_id="listSegments",
        tags=TAGS,
        summary="List segments",
        parameters=[OpenApiParameter("search", OpenApiTypes.STR, description="Part of the name.")],
        responses=schema.SEGMENTS,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """By name."""
        params = request._request.GET
        chosen = list_segments()
        if params.get("search"):
            chosen = chosen.filter(name__icontains=params["search"][:120])
        return Response(self.list_answer(request, chosen, segment_fields))

    @extend_schema(
        operation_id="createSegment",
        tags=TAGS,
        summary="Make a segment",
        request=schema.CREATE,
        responses={201: schema.SEGMENT},
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Its members are found within seconds."""
        segment = create_segment(
            draft_of(body_object(request), Maker(request.caller.name, request.caller.user))
        )
        return Response(one_segment(segment), status=201)


class SegmentView(TenantApiView):
    """One segment."""

    required_scopes = {"GET": Scope.READ, "PATCH": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(
        operation_id="getSegment",
        tags=TAGS,
        summary="Read a segment",
        parameters=[schema.SEGMENT_ID],
        responses=schema.SEGMENT,
    )
    def get(self, request: ApiRequest, segmentId: str) -> HttpResponseBase:  # noqa: N803 - the name in the address
        """With its freshness."""
        return Response(one_segment(get_segment(segment_id_of(segmentId))))

    @extend_schema(
        operation_id="updateSegment",
        tags=TAGS,
        summary="Change a segment",
        parameters=[schema.SEGMENT_ID],
        request=schema.CHANGE,
        responses=schema.SEGMENT,
    )
    def patch(self, request: ApiRequest, segmentId: str) -> HttpResponseBase:  # noqa: N803 - the name in the address
        """What is left out stays."""
        return Response(one_segment(change_segment(segment_id_of(segmentId), body_object(request))))

    @extend_schema(
        operation_id="deleteSegment",
        tags=TAGS,
        summary="Delete a segment",
        parameters=[schema.SEGMENT_ID],
        responses={204: None},
    )
    def delete(self, request: ApiRequest, segmentId: str) -> HttpResponseBase:  # noqa: N803 - the name in the address
        """Refused while something needs it; its history stays."""
        delete_segment(segment_id_of(segmentId))
        return Response(status=204)


class MembersView(ListView):
    """Who is in a segment."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="listSegmentMembers",
        tags=TAGS,
        summary="List the members of a segment",
        parameters=[schema.SEGMENT_ID, schema.AT],
        responses=schema.MEMBERS,
    )
    def get(self, request: ApiRequest, segmentId: str) -> HttpResponseBase:  # noqa: N803 - the name in the address
        """The newest first."""
        rows = list_members(segment_id_of(segmentId), moment_of(request._request.GET.get("at")))
        return Response(self.list_answer(request, rows, lambda page: member_fields(list(page))))


class RefreshView(TenantApiView):
    """Comparing everybody anew."""

    required_scopes = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="refreshSegment",
        tags=TAGS,
        summary="Compare everybody with the rule",
        parameters=[schema.SEGMENT_ID],
        request=None,
        responses={202: schema.SEGMENT},
    )
    def post(self, request: ApiRequest, segmentId: str) -> HttpResponseBase:  # noqa: N803 - the name in the address
        """In the background; `isRefreshing` tells when it is done."""
        return Response(one_segment(refresh_segment(segment_id_of(segmentId))), status=202)


class SyncView(TenantApiView):
    """The list of the Messaging service."""

    required_scopes = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="syncSegment",
        tags=TAGS,
        summary="Bring the Messaging service's list up to date",
        parameters=[schema.SEGMENT_ID],
        request=None,
        responses=schema.SEGMENT,
    )
    def post(self, request: ApiRequest, segmentId: str) -> HttpResponseBase:  # noqa: N803 - the name in the address
        """From then on it follows by itself; `syncError` says in words what went wrong."""
        return Response(one_segment(sync_segment(segment_id_of(segmentId))))


class PreviewView(TenantApiView):
    """A rule before it is saved."""

    required_scopes = {"POST": Scope.READ}

    @extend_schema(
        operation_id="previewSegment",
        tags=TAGS,
        summary="Count whom a rule means",
        request=schema.PREVIEW_ASKED,
        responses=schema.PREVIEW,
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Words, count, composition, a sample, overlap with other segments."""
        body = body_object(request)
        names = dict(list_segments().values_list("pk", "name"))
        tenant = tenant_by_id(current_tenant_id())
        quick = body.get("quick") is True
        return Response(preview(body.get("criteria"), tenant, names, timezone.now(), is_quick=quick))


class FieldsView(TenantApiView):
    """What rules may ask for."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="listSegmentFields",
        tags=TAGS,
        summary="List the fields and operators of rules",
        responses=schema.FIELDS,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """In the shape that react-querybuilder takes."""
        return Response(rule_fields(tenant_by_id(current_tenant_id())))


class ExplainView(TenantApiView):
    """Why in, why out."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="explainSegment",
        tags=TAGS,
        summary="Say why a customer is in a segment or not",
        parameters=[
            schema.SEGMENT_ID,
            OpenApiParameter("customerId", OpenApiTypes.UUID, required=True),
            schema.AT,
        ],
        responses=schema.EXPLANATION,
    )
    def get(self, request: ApiRequest, segmentId: str) -> HttpResponseBase:  # noqa: N803 - the name in the address
        """Leaf by leaf with the customer's values, or at a past moment by the history."""
        params = request._request.GET
        answer = explain(
            segment_id_of(segmentId),
            customer_id_of(params.get("customerId", "")),
            tenant_by_id(current_tenant_id()),
            timezone.now(),
            moment_of(params.get("at")),
        )
        return Response(answer)
