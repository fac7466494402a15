"""The HTTP door for events, and what became of one of them."""

from typing import IO, Any, Final, cast

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from events.api import schema
from events.api.door import load_batch, take_in
from events.envelope import SOURCES
from events.models import InboxEvent
from events.refusals import EnvelopeRefused
from tenants.api.errors import ApiError, InvalidParameterError, Problem, envelope
from tenants.api.rendering import MEDIA_TYPE, check_length, read_body
from tenants.api.throttling import EVENTS, charge
from tenants.api.views import ApiRequest, TenantApiView
from tenants.callers import Caller
from tenants.errors import NotFoundError
from tenants.models import Scope
from tenants.request_id import current_request_id

MOST_EVENTS: Final = 1_000
LARGEST_BODY_BYTES: Final = 8 * 1024 * 1024
TAGS: Final = ["events"]
UNPROCESSABLE: Final = 422


class EventsView(TenantApiView):
    """Publish events; each names its own tenant."""

    required_scopes = {"POST": Scope.EVENTS}
    described_components = schema.COMPONENTS
    is_about_one_tenant = False

    def rate_class(self, method: str) -> None:
        """Charged by the number of events, once that is known."""

    @extend_schema(
        operation_id="publishEvents",
        tags=TAGS,
        summary="Publish events",
        request={MEDIA_TYPE: schema.EVENTS},
        responses={202: schema.VERDICT, 413: schema.TOO_LARGE, 422: schema.REFUSED},
        examples=[schema.PAYMENT, schema.MIXED_VERDICT],
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """One event or a list of up to 1,000, at most 8 MiB. Answered when what was accepted is safely stored.

        Every event gets its own verdict: bad ones do not spoil their neighbours. An event that was sent before (same
        tenant, source and id) counts as a duplicate and has no second effect, so that sending again is always safe.
        A single event that is refused is answered with 422. A key publishes for the services to which it is bound only.
        """
        items, is_single = read_items(request)
        charge(request.caller, EVENTS, cost=max(1, len(items)))
        verdict = take_in(items, caller=request.caller, now=timezone.now())
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
        charge(request.caller, EVENTS)
        raise ApiError(refused.message, code=refused.code.value) from refused
    if isinstance(body, dict):
        return [body], True
    if not isinstance(body, list):
        charge(request.caller, EVENTS)
        message = "Send an event as a JSON object, or several as an array."
        raise ApiError(message, code="INVALID_ENVELOPE", status=UNPROCESSABLE)
    if len(body) > MOST_EVENTS:
        charge(request.caller, EVENTS)
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
        parameters=[
            OpenApiParameter(
                "eventId",
                {"type": "string", "minLength": 1},
                OpenApiParameter.PATH,
                description="The `id` of its envelope.",
            ),
            OpenApiParameter(
                "source", enum=SOURCES, description="Which service sent it, where two use the same id."
            ),
        ],
        responses=schema.EVENT_STATE,
    )
    def get(self, request: ApiRequest, eventId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Status, attempts, reason of failure, times, and the customer and activity it led to.

        Also open to holders of `crm:read`; others see the events of the services to which their key is bound.
        """
        events = InboxEvent.objects.filter(event_id=eventId).defer("envelope", "original_envelope")
        caller = request.caller
        if Scope.READ not in caller.scopes and caller.sources is not None:
            events = events.filter(source__in=caller.sources)
        source = request._request.GET.get("source")
        if source is not None:
            if source not in SOURCES:
                raise InvalidParameterError("source", f"Choose one of {', '.join(SOURCES)}.")
            events = events.filter(source=source)
        found = list(events.order_by("id")[:2])
        if not found:
            raise NotFoundError("There is no such event.")
        if len(found) > 1:
            message = "Several services sent an event with this id; name one as source."
            raise InvalidParameterError("source", message, code="SOURCE_REQUIRED")
        return Response(event_fields(found[0]))


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
