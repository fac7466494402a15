"""A customer's timeline and notes over REST."""

from datetime import datetime

from django.http import QueryDict
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from profiles.activity_entry import add_activity
from profiles.api import schema
from profiles.api.customers import json_answer
from profiles.api.parameters import customer_id_of, timeline_filter
from profiles.editing import Author, add_note
from profiles.errors import InvalidFields
from profiles.reading import customer_timeline, list_notes
from profiles.representation import activity_fields, note_fields
from profiles.timeline import Place
from tenants.api.bodies import body_object
from tenants.api.cursors import decode_cursor, encode_cursor
from tenants.api.listing import ListView, only, wanted_fields
from tenants.api.pagination import (
    CursorPagination,
    cursor_answer,
    read_take,
)
from tenants.api.views import ApiRequest, TenantApiView
from tenants.models import Scope

NOTE_FIELDS = frozenset({"body", "isPinned"})


class ActivitiesView(TenantApiView):
    """A customer's timeline."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    pagination_class = CursorPagination

    @extend_schema(
        operation_id="listActivities",
        tags=["timeline"],
        summary="Read a timeline",
        parameters=[schema.CUSTOMER_ID, *schema.TIMELINE_PARAMETERS],
        responses=schema.ACTIVITIES,
    )
    def get(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Newest first, continued by `cursor`. List filters may be repeated or separated by commas."""
        params = request._request.GET
        take, wanted = read_take(params), wanted_fields(type(self), params)
        page = customer_timeline(
            customer_id_of(customerId), chosen=timeline_filter(params), after=place_of(params), take=take
        )
        cursor = encode_cursor(*page.next_place) if page.next_place else None
        rows = [activity_fields(row) for row in page.rows]
        return json_answer(cursor_answer(only(rows, wanted), take=take, next_cursor=cursor))

    @extend_schema(
        operation_id="addActivity",
        tags=["timeline"],
        summary="Add to a timeline by hand",
        parameters=[schema.CUSTOMER_ID],
        request=schema.ACTIVITY_CREATE,
        responses={201: schema.ACTIVITY},
    )
    def post(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """What somebody saw happen and no service tells."""
        row = add_activity(customer_id_of(customerId), body_object(request))
        return Response(activity_fields(row), status=201)


class NotesView(ListView):
    """What staff wrote about a customer."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    list_sorts = {"createdAt": "created_at", "updatedAt": "updated_at"}

    @extend_schema(
        operation_id="listNotes",
        tags=["notes"],
        summary="Read notes",
        parameters=[schema.CUSTOMER_ID],
        responses=schema.NOTES,
    )
    def get(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Pinned ones first, then newest first."""
        rows = list_notes(customer_id_of(customerId))
        return json_answer(self.list_answer(request, rows, lambda page: [note_fields(note) for note in page]))

    @extend_schema(
        operation_id="addNote",
        tags=["notes"],
        summary="Write a note",
        parameters=[schema.CUSTOMER_ID],
        request=schema.NOTE_CREATE,
        responses={201: schema.NOTE},
    )
    def post(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Signed with the caller's name; it also stands in the timeline."""
        fields = body_object(request)
        problems = {}
        if not isinstance(fields.get("body"), str):
            problems["body"] = "Write a text."
        if not isinstance(fields.get("isPinned", False), bool):
            problems["isPinned"] = "Write true or false."
        if problems:
            raise InvalidFields(problems)
        author = Author(name=request.caller.name, user=request.caller.user)
        note = add_note(
            customer_id_of(customerId), fields["body"], author, is_pinned=fields.get("isPinned", False)
        )
        return Response(note_fields(note), status=201)


def place_of(params: QueryDict) -> Place | None:
    """Where the page begins; raises InvalidParameterError for a cursor that is not ours."""
    text = params.get("cursor")
    if not text:
        return None
    moment, activity_id = decode_cursor(text, (datetime, int))
    return moment, activity_id
