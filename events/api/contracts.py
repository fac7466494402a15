"""The contracts of events over REST: types with their payloads, and AsyncAPI of what comes in and goes out."""

from functools import cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers

from events import outbound
from events.api import schema
from events.catalogue.contracts import all_types, described, schema_of
from events.catalogue.registry import EVENT_TYPES, canonical
from tenants.api.json_text import to_json
from tenants.api.listing import FIELDS, small_list
from tenants.api.rendering import MEDIA_TYPE
from tenants.api.views import ApiRequest, TenantApiView
from tenants.callers import Caller
from tenants.declarations import every
from tenants.errors import NotFoundError
from tenants.models import Scope

TAGS: Final = ["events"]
ASYNCAPI: Final = "3.0.0"
TYPE_FIELDS: Final[dict[str, Any]] = {
    "name": serializers.CharField(),
    "source": serializers.CharField(),
    "summary": serializers.CharField(),
    "aliases": serializers.ListField(
        child=serializers.CharField(), help_text="Other names that mean the same."
    ),
    "needsIdentity": serializers.BooleanField(
        help_text="Whether it must name a person, in identity or payload."
    ),
    "payload": serializers.DictField(help_text="JSON Schema (2020-12) of the payload."),
}
EVENT_TYPE: Final = inline_serializer("EventType", TYPE_FIELDS)


class _ForPublishers(TenantApiView):
    """Says nothing of any club: good credentials are enough."""

    required_scopes = {"GET": Scope.READ}
    needs_no_scope = True
    is_about_one_tenant = False

    def check_scope(self, caller: Caller, method: str) -> None:
        """Open to whoever is known."""

    def get(self, request: ApiRequest, **names: str) -> HttpResponseBase:
        """Answered by the subclasses."""
        raise NotImplementedError


class EventTypesView(_ForPublishers):
    """The catalogue."""

    @extend_schema(
        operation_id="listEventTypes",
        tags=TAGS,
        summary="List the types of events with their payloads",
        parameters=[FIELDS],
        responses={200: inline_serializer("EventTypes", {"data": type(EVENT_TYPE)(many=True)})},
    )
    def get(self, request: ApiRequest, **names: str) -> HttpResponseBase:
        """All types that may be published, each with the JSON Schema of its payload."""
        return _json({"data": small_list(self, request, all_types())})


class EventTypeView(_ForPublishers):
    """One type."""

    @extend_schema(
        operation_id="getEventType",
        tags=TAGS,
        summary="See the payload of a type of events",
        parameters=[
            OpenApiParameter("eventType", str, OpenApiParameter.PATH, description="Its name or an alias.")
        ],
        responses=EVENT_TYPE,
    )
    def get(self, request: ApiRequest, **names: str) -> HttpResponseBase:
        """By its name or an alias, with the JSON Schema of its payload."""
        known = canonical(names["eventType"])
        if known is None:
            raise NotFoundError("There is no such type of events.")
        return _json(described(known))


class AsyncApiView(_ForPublishers):
    """Both directions in one document."""

    @extend_schema(
        operation_id="getAsyncApi",
        tags=TAGS,
        summary="AsyncAPI of what comes in and what goes out",
        responses={200: {"type": "object", "additionalProperties": True}},
    )
    def get(self, request: ApiRequest, **names: str) -> HttpResponseBase:
        """AsyncAPI 3 for generators: the queue of events in, the outbound queue and webhooks out."""
        return _json(asyncapi())


def _json(fields: Any) -> HttpResponse:
    return HttpResponse(to_json(fields), content_type=MEDIA_TYPE)


@cache
def asyncapi() -> dict[str, Any]:
    """The document; it depends on the code and the names of the queues alone."""
    incoming = {
        event_type.name: _incoming(event_type.name, schema_of(event_type)) for event_type in EVENT_TYPES
    }
    outgoing = {event.type: _outgoing(event.type) for event in every("outbound")}
    return {
        "asyncapi": ASYNCAPI,
        "info": {"title": "CRM & Marketing Platform: events", "version": "1.0.0"},
        "channels": {
            "in": {
                "address": settings.CRM_EVENTS_QUEUE,
                "description": "BullMQ queue; the same envelopes go to POST /api/v1/events.",
                "messages": incoming,
            },
            "out": {
                "address": settings.CRM_OUTBOUND_QUEUE,
                "description": "BullMQ queue; the same envelopes go to webhooks. At least once, ids stay.",
                "messages": outgoing,
            },
        },
        "operations": {
            "publish": {"action": "receive", "channel": {"$ref": "#/channels/in"}},
            "listen": {"action": "send", "channel": {"$ref": "#/channels/out"}},
        },
    }


def _incoming(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    # References inside a payload's schema must not point into this document.
    own = {key: value for key, value in payload.items() if key != "$schema"}
    envelope = {**schema.ENVELOPE, "properties": {**schema.ENVELOPE["properties"], "type": {"const": name}}}
    body = {"type": "object", "description": payload["description"], **_inlined(own)}
    return {"name": name, "payload": {**envelope, "properties": {**envelope["properties"], "payload": body}}}


def _outgoing(name: str) -> dict[str, Any]:
    properties = {**schema.ENVELOPE["properties"], "type": {"const": name}}
    payload = {
        "type": "object",
        "additionalProperties": True,
        "description": outbound.descriptions().get(name, ""),
    }
    return {"name": name, "payload": {**schema.ENVELOPE, "properties": {**properties, "payload": payload}}}


def _inlined(node: Any, definitions: dict[str, Any] | None = None) -> Any:
    """A schema without `$defs`: each reference replaced by what it means."""
    if isinstance(node, list):
        return [_inlined(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    known = node.get("$defs", definitions or {})
    if "$ref" in node:
        return _inlined(known[node["$ref"].rpartition("/")[2]], known)
    return {key: _inlined(value, known) for key, value in node.items() if key != "$defs"}
