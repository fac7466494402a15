"""The HTTP door for events, and what became of one of them."""

from typing import IO, Any, Final, cast

from django.db.models import QuerySet
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from events.api import schema
from events.api.door import load_batch, take_in
from events.catalogue.contracts import warnings_of
from events.catalogue.registry import canonical
from events.envelope import SOURCES
from events.iso_time import moment_from_iso
from events.models import InboxEvent, InboxStatus
from events.refusals import EnvelopeRefused
from events.replay import REPAIRABLE, Selection, replay
from tenants.api.cursors import decode_cursor, encode_cursor
from tenants.api.errors import ApiError, InvalidParameterError, Problem, envelope
from tenants.api.listing import only, wanted_fields
from tenants.api.openapi import TENANT_PARAMETERS
from tenants.api.pagination import DEFAULT_TAKE, FIELDS_PARAMETER, MAX_TAKE, cursor_answer, read_take
from tenants.api.rendering import MEDIA_TYPE, check_length, read_body
from tenants.api.tenancy import tenant_for
from tenants.api.throttling import EVENTS, READ
from tenants.api.views import ApiRequest, TenantApiView
from tenants.callers import Caller
from tenants.errors import ConflictError, NotFoundError
from tenants.models import Scope
from tenants.request_id import current_request_id
from tenants.scope import tenant_scope

MOST_EVENTS: Final = 1_000
LARGEST_BODY_BYTES: Final = 8 * 1024 * 1024
TAGS: Final = ["events"]
UNPROCESSABLE: Final = 422
EVENT_ID: Final = OpenApiParameter(
    "eventId",
    {"type": "string", "minLength": 1},
    OpenApiParameter.PATH,
    description="The `id` of its envelope.",
)
SOURCE: Final = OpenApiParameter(
    "source", enum=SOURCES, description="Which service sent it, where two use the same id."
)
PAGE_PARAMETERS: Final = (
    OpenApiParameter(
        "take",
        {"type": "integer", "default": DEFAULT_TAKE, "minimum": 1, "maximum": MAX_TAKE},
        description="How many at most.",
    ),
    OpenApiParameter("cursor", str, description="`meta.nextCursor` of the page before."),
    OpenApiParameter("fields", str, description=FIELDS_PARAMETER["description"]),
)


class EventsView(TenantApiView):
    """Publish events; each names its own tenant."""

    required_scopes = {"GET": Scope.EVENTS, "POST": Scope.EVENTS}
    described_components = schema.COMPONENTS
    is_about_one_tenant = False
    largest_body_bytes = LARGEST_BODY_BYTES

    def rate_class(self, method: str) -> str | None:
        """Publishing is charged by the number of events, once that is known."""
        return None if method == "POST" else READ

    def check_scope(self, caller: Caller, method: str) -> None:
        """Whoever may read customers may also see what became of events."""
        if method == "POST" or Scope.READ not in caller.scopes:
            super().check_scope(caller, method)

    @extend_schema(
        operation_id="listEvents",
        tags=TAGS,
        summary="List what became of events",
        parameters=[
            OpenApiParameter("status", enum=InboxStatus.values, description="`DEAD`: could not be applied."),
            OpenApiParameter("source", enum=SOURCES, description="Of this service."),
            OpenApiParameter("type", str, description="Of this type, by its name or an alias."),
            OpenApiParameter("since", OpenApiTypes.DATETIME, description="Received then or later."),
            *PAGE_PARAMETERS,
            *TENANT_PARAMETERS,
        ],
        responses=schema.EVENT_STATES,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """The newest first: status, reason of failure, customer. With `crm:events` alone those of one's own services.

        Also open to holders of `crm:read`. What the queue delivered and was no event at all stands with staff.
        """
        params = request._request.GET
        with tenant_scope(tenant_for(request._request, request.caller).pk):
            take, wanted = read_take(params), wanted_fields(type(self), params)
            rows = list(chosen_events(params, request.caller)[: take + 1])
        has_more, rows = len(rows) > take, rows[:take]
        next_cursor = encode_cursor(rows[-1].pk) if has_more else None
        data = only([event_fields(row) for row in rows], wanted)
        return Response(cursor_answer(data, take=take, next_cursor=next_cursor))

    @extend_schema(
        operation_id="publishEvents",
        tags=TAGS,
        summary="Publish events",
        request={MEDIA_TYPE: schema.EVENTS},
        responses={202: schema.VERDICT, 413: schema.TOO_LARGE, 422: schema.REFUSED},
        parameters=[
            OpenApiParameter("dryRun", bool, description="Check everything, payloads too, and store nothing.")
        ],
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """One event or a list of up to 1,000, at most 8 MiB. Answered when what was accepted is safely stored.

        Every event gets its own verdict: bad ones do not spoil their neighbours. An event that was sent before (same
        tenant, source and id) counts as a duplicate and has no second effect, so that sending again is always safe.
        `warnings` name what has no effect: types and fields that nobody knows. A single event that is refused is
        answered with 422. A key publishes for the services to which it is bound only.
        """
        items, is_single = read_items(request)
        request.charge(EVENTS, cost=max(1, len(items)))
        is_dry = read_flag(request._request.GET, "dryRun")
        verdict = take_in(items, caller=request.caller, now=timezone.now(), is_dry=is_dry)
        if is_single and verdict.rejected:
            refused = verdict.rejected[0]
            problem = Problem(UNPROCESSABLE, refused.code, refused.message, [refused.as_fields()])
            return Response(
                {**envelope(problem, current_request_id()), **verdict.as_fields()}, status=UNPROCESSABLE
            )
        return Response(verdict.as_fields(), status=202)


def read_items(request: ApiRequest) -> tuple[list[Any], bool]:
    """The events of a body, and whether it was a single one.

    Raises ApiError: 400 for what is no JSON, 413 for too much, 415, 422 for JSON of another kind.
    """
    plain = request._request
    check_length(plain.META, LARGEST_BODY_BYTES)
    if plain.content_type != MEDIA_TYPE:
        raise ApiError(
            f"Send the events as {MEDIA_TYPE}, not as {plain.content_type or 'nothing'}.",
            code="UNSUPPORTED_MEDIA_TYPE",
            status=415,
        )
    try:
        body = load_batch(read_body(cast(IO[bytes], plain), LARGEST_BODY_BYTES))
    except EnvelopeRefused as refused:
        request.charge(EVENTS)
        raise ApiError(refused.message, code=refused.code.value) from refused
    if isinstance(body, dict):
        return [body], True
    if not isinstance(body, list):
        request.charge(EVENTS)
        message = "Send an event as a JSON object, or several as an array."
        raise ApiError(message, code="INVALID_ENVELOPE", status=UNPROCESSABLE)
    if len(body) > MOST_EVENTS:
        request.charge(EVENTS)
        message = f"These are {len(body):,} events; send at most {MOST_EVENTS:,} at once."
        raise ApiError(message, code="TOO_MANY_EVENTS", status=413)
    return body, False


class EventView(TenantApiView):
    """One accepted event."""

    required_scopes = {"GET": Scope.EVENTS}

    def check_scope(self, caller: Caller, method: str) -> None:
        """Whoever may read customers may also see what an event did to them."""
        if Scope.READ not in caller.scopes:
            super().check_scope(caller, method)

    @extend_schema(
        operation_id="getEvent",
        tags=TAGS,
        summary="See what became of an event",
        parameters=[EVENT_ID, SOURCE],
        responses=schema.EVENT_STATE,
    )
    def get(self, request: ApiRequest, eventId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Status, attempts, reason of failure, times, and the customer and activity it led to.

        Also open to holders of `crm:read`; others see the events of the services to which their key is bound.
        """
        event = find_event(eventId, request)
        envelope = event.envelope if isinstance(event.envelope.get("payload"), dict) else {"payload": {}}
        warnings = [warned._asdict() for warned in warnings_of(event.type, envelope["payload"])]
        return Response({**event_fields(event), "warnings": warnings})


class ReplayEventView(TenantApiView):
    """One event once more."""

    required_scopes = {"POST": Scope.EVENTS}

    @extend_schema(
        operation_id="replayEvent",
        tags=TAGS,
        summary="Let an event be processed anew",
        parameters=[EVENT_ID, SOURCE],
        request=None,
        responses={202: schema.EVENT_STATE},
    )
    def post(self, request: ApiRequest, eventId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """For an event that is `DEAD`, `FAILED` or `SKIPPED`, after what stood in its way is gone.

        An event that says something else is a new one, under another id.
        """
        event = find_event(eventId, request)
        done = replay(Selection(statuses=REPAIRABLE, ids=[event.pk]))
        if not done:
            raise ConflictError(
                f"The event is {event.status}; there is nothing to do anew.", code="WRONG_STATUS"
            )
        event.refresh_from_db()
        return Response({**event_fields(event), "warnings": []}, status=202)


def find_event(event_id: str, request: ApiRequest) -> InboxEvent:
    """The event with this id that the caller may see; `source` of the query says whose where two have it.

    Raises NotFoundError, InvalidParameterError.
    """
    events = chosen_events(request._request.GET, request.caller).filter(event_id=event_id)
    found: list[InboxEvent] = list(events.defer(None)[:2])
    if not found:
        raise NotFoundError("There is no such event.")
    if len(found) > 1:
        message = "Several services sent an event with this id; name one as source."
        raise InvalidParameterError("source", message, code="SOURCE_REQUIRED")
    return found[0]


def chosen_events(params: QueryDict, caller: Caller) -> QuerySet[InboxEvent]:
    """The events of the open scope that the caller may see and the query chooses, the newest first."""
    events: QuerySet[InboxEvent] = InboxEvent.objects.defer("envelope", "original_envelope").order_by("-id")
    if Scope.READ not in caller.scopes and caller.sources is not None:
        events = events.filter(source__in=caller.sources)
    for name, allowed in (("status", InboxStatus.values), ("source", SOURCES)):
        value = params.get(name)
        if value is not None and value not in allowed:
            raise InvalidParameterError(name, f"Choose one of {', '.join(allowed)}.")
        if value is not None:
            events = events.filter(**{name: value})
    if kind := params.get("type"):
        known = canonical(kind)
        events = events.filter(type=known.name if known else kind)
    if since := params.get("since"):
        moment = moment_from_iso(since)
        if moment is None or moment.tzinfo is None:
            raise InvalidParameterError("since", "Write the time as 2026-03-01T08:15:00Z.")
        events = events.filter(received_at__gte=moment)
    if cursor := params.get("cursor"):
        events = events.filter(pk__lt=decode_cursor(cursor, (int,))[0])
    return events


def read_flag(params: QueryDict, name: str) -> bool:
    """`true` or `false` of the query; raises InvalidParameterError."""
    value = params.get(name, "false")
    if value not in ("true", "false"):
        raise InvalidParameterError(name, f"{name} must be true or false.")
    return value == "true"


def event_fields(event: InboxEvent) -> dict[str, Any]:
    """An accepted event as callers see it."""
    error = {"code": event.error_code, "field": event.error_field or None, "message": event.error_message}
    return {
        "id": event.event_id,
        "source": event.source,
        "type": event.type,
        "status": event.status,
        "attempts": event.attempts,
        "door": event.door,
        "error": error if event.error_code else None,
        "remarks": event.remarks or [],
        "customerId": event.profile_id,
        "activityId": event.activity_id,
        "occurredAt": event.occurred_at,
        "receivedAt": event.received_at,
        "processedAt": event.processed_at,
        "dueAt": event.due_at,
    }
