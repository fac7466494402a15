"""Webhooks over REST: endpoints, their secrets, the test, the delivery log, second chances."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response

from events.api import webhook_schema as schema
from events.iso_time import moment_from_iso
from events.models import DeliveryStatus, EndpointStatus, WebhookEndpoint
from events.webhooks.addresses import warnings_of
from events.webhooks.deliveries import (
    attempts_of,
    deliveries_of,
    get_delivery,
    replay_delivery,
    replay_failed,
    send_test,
)
from events.webhooks.endpoints import (
    create_endpoint,
    delete_endpoint,
    endpoints,
    get_endpoint,
    rotate_secret,
    secret_of,
    show_secret,
    update_endpoint,
)
from events.webhooks.errors import DeliveryNotFound, EndpointNotFound
from events.webhooks.rendering import envelopes_of
from tenants.api.bodies import body_object
from tenants.api.cursors import decode_cursor, encode_cursor
from tenants.api.errors import InvalidParameterError
from tenants.api.idempotency import KEPT_INSTEAD
from tenants.api.json_text import to_json
from tenants.api.listing import ListView, only, wanted_fields
from tenants.api.pagination import (
    CursorPagination,
    cursor_answer,
    read_take,
)
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import UnprocessableError
from tenants.models import Scope
from tenants.numbers import whole_number

TAGS: Final = ["webhooks"]
# Name in the body → what it is called here, and of what kind it must be.
NAMES: Final = {"url": "url", "eventTypes": "event_types", "description": "description", "secret": "secret"}


class WebhooksView(ListView):
    """The endpoints of a tenant."""

    required_scopes = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}
    list_sorts = {"createdAt": "created_at"}

    @extend_schema(
        operation_id="listWebhooks",
        tags=TAGS,
        summary="List webhook endpoints",
        responses=schema.ENDPOINTS,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """The oldest first. Secrets are not among the fields."""
        return Response(
            self.list_answer(request, endpoints(), lambda page: [schema.endpoint_fields(row) for row in page])
        )

    @extend_schema(
        operation_id="createWebhook",
        tags=TAGS,
        summary="Make a webhook endpoint",
        request=schema.CREATE,
        responses={201: schema.MADE},
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Told of everything that happens from now on and that its filters want, as signed POST requests.

        At most 20 a tenant. The answer holds the secret; `GET …/secret` shows it again. A host that cannot be found
        now is a warning, no refusal.
        """
        fields = read_fields(request, required=("url", "eventTypes"), optional=("description", "secret"))
        endpoint = create_endpoint(**{NAMES[name]: value for name, value in fields.items()})
        return with_secret(saved_fields(endpoint), endpoint, status=201)


class WebhookView(TenantApiView):
    """One endpoint."""

    required_scopes = {"GET": Scope.ADMIN, "PATCH": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(
        operation_id="getWebhook",
        tags=TAGS,
        summary="Read a webhook endpoint",
        parameters=[schema.WEBHOOK_ID],
        responses=schema.ENDPOINT,
    )
    def get(self, request: ApiRequest, webhookId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Its filters, whether it is sent to, and how it fares."""
        return Response(schema.endpoint_fields(get_endpoint(webhook_id_of(webhookId))))

    @extend_schema(
        operation_id="updateWebhook",
        tags=TAGS,
        summary="Change, disable or enable a webhook endpoint",
        parameters=[schema.WEBHOOK_ID],
        request=schema.UPDATE,
        responses=schema.ENDPOINT,
    )
    def patch(self, request: ApiRequest, webhookId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """What is left out stays.

        While it is disabled nothing new is set down for it; what waits goes on afterwards.
        """
        fields = read_fields(request, optional=("url", "eventTypes", "description", "status"))
        changes: dict[str, Any] = {NAMES[name]: value for name, value in fields.items() if name in NAMES}
        if "status" in fields:
            changes["is_enabled"] = fields["status"] == EndpointStatus.ENABLED
        return Response(saved_fields(update_endpoint(webhook_id_of(webhookId), **changes)))

    @extend_schema(
        operation_id="deleteWebhook",
        tags=TAGS,
        summary="Delete a webhook endpoint",
        parameters=[schema.WEBHOOK_ID],
        responses={204: OpenApiResponse(description="It is gone, with its secrets and its delivery log.")},
    )
    def delete(self, request: ApiRequest, webhookId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Nothing is sent from now on, not even what waits."""
        delete_endpoint(webhook_id_of(webhookId))
        return HttpResponse(status=204)


class WebhookSecretView(TenantApiView):
    """The secret of an endpoint."""

    required_scopes = {"GET": Scope.ADMIN}

    @extend_schema(
        operation_id="getWebhookSecret",
        tags=TAGS,
        summary="Read the secret of a webhook endpoint",
        parameters=[schema.WEBHOOK_ID],
        responses=schema.SECRET,
    )
    def get(self, request: ApiRequest, webhookId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """The one that signs now. Who asked for it stands in the action log."""
        return Response({"secret": show_secret(get_endpoint(webhook_id_of(webhookId)))})


class RotateWebhookSecretView(TenantApiView):
    """A new secret."""

    required_scopes = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="rotateWebhookSecret",
        tags=TAGS,
        summary="Exchange the secret of a webhook endpoint",
        parameters=[schema.WEBHOOK_ID],
        request=schema.ROTATE,
        responses=schema.MADE,
    )
    def post(self, request: ApiRequest, webhookId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """For 24 hours requests carry two signatures, by the new secret and by the one before."""
        fields = read_fields(request, optional=("secret",))
        endpoint = rotate_secret(webhook_id_of(webhookId), **fields)
        return with_secret(schema.endpoint_fields(endpoint), endpoint)


class TestWebhookView(TenantApiView):
    """A test event."""

    required_scopes = {"POST": Scope.ADMIN}
    waits_for_others = True

    @extend_schema(
        operation_id="testWebhook",
        tags=TAGS,
        summary="Send a test event now",
        parameters=[schema.WEBHOOK_ID],
        request=None,
        responses=schema.TESTED,
    )
    def post(self, request: ApiRequest, webhookId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """A signed `crm.webhook.test`, whatever the filters say; the answer tells what the receiver said.

        Takes as long as the receiver does, 15 seconds at most. A test that fails is not repeated.
        """
        delivery, attempt = send_test(webhook_id_of(webhookId))
        return Response(
            {"delivery": schema.delivery_fields(delivery), "attempt": schema.attempt_fields(attempt)}
        )


class WebhookDeliveriesView(TenantApiView):
    """The delivery log."""

    required_scopes = {"GET": Scope.ADMIN}
    pagination_class = CursorPagination

    @extend_schema(
        operation_id="listWebhookDeliveries",
        tags=TAGS,
        summary="Read the delivery log of a webhook endpoint",
        parameters=[schema.WEBHOOK_ID, OpenApiParameter("status", enum=DeliveryStatus.values)],
        responses=schema.DELIVERIES,
    )
    def get(self, request: ApiRequest, webhookId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Newest first, continued by `cursor`; kept for 30 days."""
        params = request._request.GET
        take, wanted = read_take(params), wanted_fields(type(self), params)
        endpoint = get_endpoint(webhook_id_of(webhookId))
        rows = deliveries_of(endpoint.pk, status_of(params))
        if params.get("cursor"):
            (last,) = decode_cursor(params["cursor"], (int,))
            rows = rows.filter(pk__lt=last)
        page = list(rows[: take + 1])
        cursor = encode_cursor(page[take - 1].pk) if len(page) > take else None
        fields = [schema.delivery_fields(row) for row in page[:take]]
        return Response(cursor_answer(only(fields, wanted), take=take, next_cursor=cursor))


class WebhookDeliveryView(TenantApiView):
    """One delivery."""

    required_scopes = {"GET": Scope.ADMIN}

    @extend_schema(
        operation_id="getWebhookDelivery",
        tags=TAGS,
        summary="Read a delivery with its attempts",
        parameters=[schema.WEBHOOK_ID, schema.DELIVERY_ID],
        responses=schema.DELIVERY_IN_FULL,
    )
    def get(
        self,
        request: ApiRequest,
        webhookId: str,  # noqa: N803 - the name in the path
        deliveryId: str,  # noqa: N803 - as above
    ) -> HttpResponseBase:
        """What came back each time, and the envelope as it would be sent now."""
        endpoint = get_endpoint(webhook_id_of(webhookId))
        delivery = get_delivery(endpoint.pk, delivery_id_of(deliveryId))
        attempts = attempts_of([delivery.pk])[delivery.pk]
        return Response(schema.in_full(delivery, attempts, envelopes_of([delivery])[delivery.pk]))


class ReplayWebhookDeliveryView(TenantApiView):
    """One delivery once more."""

    required_scopes = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="replayWebhookDelivery",
        tags=TAGS,
        summary="Send a delivery once more",
        parameters=[schema.WEBHOOK_ID, schema.DELIVERY_ID],
        request=None,
        responses={202: schema.DELIVERY},
    )
    def post(
        self,
        request: ApiRequest,
        webhookId: str,  # noqa: N803 - the name in the path
        deliveryId: str,  # noqa: N803 - as above
    ) -> HttpResponseBase:
        """Under the same `webhook-id`, with all its attempts, whether it had failed or arrived."""
        delivery = replay_delivery(webhook_id_of(webhookId), delivery_id_of(deliveryId))
        return Response(schema.delivery_fields(delivery), status=202)


class ReplayWebhookView(TenantApiView):
    """All that failed once more."""

    required_scopes = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="replayWebhook",
        tags=TAGS,
        summary="Send everything that failed once more",
        parameters=[schema.WEBHOOK_ID],
        request=schema.REPLAY,
        responses={202: schema.REPLAYED},
    )
    def post(self, request: ApiRequest, webhookId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Since a moment, or all that is still known, each under its own `webhook-id`."""
        fields = read_fields(request, optional=("since",))
        count = replay_failed(webhook_id_of(webhookId), since=fields.get("since"))
        return Response({"replayed": count}, status=202)


def webhook_id_of(text: str) -> UUID:
    """The id in a path; what is no UUID names nothing. Raises EndpointNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise EndpointNotFound from None


def delivery_id_of(text: str) -> int:
    """The number in a path; raises DeliveryNotFound for what is none."""
    number = whole_number(text)
    if number is None:
        raise DeliveryNotFound
    return number


def status_of(params: QueryDict) -> str | None:
    """The status to which the list is limited; raises InvalidParameterError."""
    status = params.get("status")
    if status is not None and status not in DeliveryStatus.values:
        raise InvalidParameterError("status", f"Choose one of {', '.join(DeliveryStatus.values)}.")
    return status


def read_fields(
    request: ApiRequest, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The fields of a body, each of its kind; no body is none. Raises ApiError and UnprocessableError (422)."""
    body = body_object(request)
    problems = {name: "This is needed." for name in required if name not in body}
    fields: dict[str, Any] = {}
    for name in body.keys() & {*required, *optional}:
        try:
            fields[name] = READERS[name](body[name])
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        details = [{"field": name, "message": message} for name, message in sorted(problems.items())]
        raise UnprocessableError("Some fields cannot be taken as they are.", details=details)
    return fields


def _text(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("Write a text.")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("Write a list of texts.")
    return value


def _status(value: object) -> str:
    if value not in EndpointStatus.values:
        raise ValueError(f"Choose one of {', '.join(EndpointStatus.values)}.")
    return str(value)


def _moment(value: object) -> datetime:
    moment = moment_from_iso(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("Write the time in ISO 8601 with an offset, as in 2026-03-01T10:00:00Z.")
    return moment


READERS: Final[Mapping[str, Any]] = {
    "url": _text,
    "eventTypes": _texts,
    "description": _text,
    "secret": _text,
    "status": _status,
    "since": _moment,
}


def saved_fields(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """The endpoint as it was just saved, with what will keep it from being reached."""
    return {**schema.endpoint_fields(endpoint), "warnings": warnings_of(endpoint.url)}


def with_secret(fields: dict[str, Any], endpoint: WebhookEndpoint, *, status: int = 200) -> HttpResponseBase:
    """An answer with the secret, which a stored one must not hold in plain."""
    response = Response({**fields, "secret": secret_of(endpoint)}, status=status)
    setattr(response, KEPT_INSTEAD, to_json({**fields, "secret": None}))
    return response
