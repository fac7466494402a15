"""Server-sent events over the domain log, for screens that are live."""

from typing import Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from events import outbound
from events.tailing import LogPlace, end_of_log, read_on
from tenants.api.errors import InvalidParameterError
from tenants.api.views import ApiRequest, TenantApiView
from tenants.json_writing import written
from tenants.models import Scope

RETRY_MS: Final = 2_000
MEDIA: Final = "text/event-stream"


class StreamView(TenantApiView):
    """What is told from now on."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="streamEvents",
        tags=["events"],
        summary="Follow what happens, as server-sent events",
        parameters=[
            OpenApiParameter(
                "types",
                {"type": "string", "maxLength": 2000},
                description="Names of outbound events, separated by commas; left out: all but the frequent ones "
                "(crm.activity.recorded, crm.score.changed).",
            ),
            OpenApiParameter(
                "Last-Event-ID",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="Where to go on, as a reader sends it by itself; without it from now on.",
            ),
        ],
        responses={(200, MEDIA): OpenApiTypes.STR},
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """The envelopes that webhooks get, each with its place as `id`; nothing between two answers is missed.

        An answer holds what has happened since and ends; the reader asks again after `retry` (2 s), as every
        `EventSource` does by itself. So a thousand open screens hold no connection of the platform.
        """
        wanted = frozenset(filter(None, request._request.GET.get("types", "").split(",")))
        known = set(outbound.types().values())
        if unknown := sorted(wanted - known):
            there = ", ".join(sorted(known))
            raise InvalidParameterError(
                "types", f"Nothing is told as {', '.join(unknown)}; there are {there}."
            )
        named = request._request.META.get("HTTP_LAST_EVENT_ID")
        place = LogPlace.parse(named) if named else None
        if named and place is None:
            raise InvalidParameterError(
                "Last-Event-ID", "This is no place in the stream.", code="INVALID_CURSOR"
            )
        return HttpResponse(_text(place, wanted), content_type=MEDIA, headers={"Cache-Control": "no-store"})


def _text(place: LogPlace | None, wanted: frozenset[str]) -> bytes:
    parts = [f"retry: {RETRY_MS}\n\n".encode()]
    end = end_of_log()
    told = [] if place is None else read_on(place, types=wanted)
    if not told:
        # An id without data moves the reader's place and shows nothing: who asks for something rare does not read the
        # log of the whole day again every two seconds. Taken before the reading, so that nothing lies in between.
        return parts[0] + (f"id: {end}\n\n".encode() if place is None or end > place else b"")
    for at, envelope in told:
        head = f"id: {at}\n"
        if envelope is not None:
            head += f"event: {envelope['type']}\ndata: {written(envelope).decode()}\n"
        parts.append(f"{head}\n".encode())
    return b"".join(parts)
