"""How webhooks are told in the API description, and how their rows are told in answers."""

from collections.abc import Sequence
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from events.models import (
    LONGEST_URL,
    DeliveryStatus,
    DisabledReason,
    EndpointStatus,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from events.webhooks.endpoints import LONGEST_DESCRIPTION, MOST_TYPES, PATTERN
from events.webhooks.signing import SECRET_FORM

WEBHOOK_ID: Final = OpenApiParameter(
    "webhookId", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The endpoint."
)
DELIVERY_ID: Final = OpenApiParameter(
    "deliveryId", {"type": "string", "minLength": 1}, OpenApiParameter.PATH, description="The delivery."
)
REASONS: Final = [choice for choice in DisabledReason.choices if choice[0] not in ("", "DELETED")]
TYPES_HELP: Final = "Types such as crm.profile.updated, patterns such as crm.profile.*, or * for everything."
SECRET_HELP: Final = "whsec_ and the base64 of 24 to 64 bytes. Left out: one is drawn."  # noqa: S105


def _types(**options: Any) -> serializers.ListField:
    child = serializers.RegexField(rf"^(\*|{PATTERN.pattern})$", max_length=100)
    return serializers.ListField(
        child=child, min_length=1, max_length=MOST_TYPES, help_text=TYPES_HELP, **options
    )


def _url(**options: Any) -> serializers.RegexField:
    return serializers.RegexField(r"^https?://[^\s\\#]+$", max_length=LONGEST_URL, **options)


def secret_field() -> serializers.RegexField:
    """A secret that the receiver brings along."""
    return serializers.RegexField(SECRET_FORM, required=False, help_text=SECRET_HELP)


def _endpoint_fields() -> dict[str, Any]:
    return {
        "id": serializers.UUIDField(),
        "url": serializers.CharField(),
        "description": serializers.CharField(),
        "eventTypes": serializers.ListField(child=serializers.CharField(), help_text=TYPES_HELP),
        "status": serializers.ChoiceField(choices=EndpointStatus.choices),
        "disabledReason": serializers.ChoiceField(choices=REASONS, allow_null=True),
        "disabledAt": serializers.DateTimeField(allow_null=True),
        "failingSince": serializers.DateTimeField(
            allow_null=True,
            help_text="The first failure since the last success; after three days it is disabled.",
        ),
        "lastSuccessAt": serializers.DateTimeField(allow_null=True),
        "oldSecretUntil": serializers.DateTimeField(
            allow_null=True, help_text="Until then the secret before the last rotation signs as well."
        ),
        "createdBy": serializers.CharField(),
        "createdAt": serializers.DateTimeField(),
        "warnings": serializers.ListField(
            child=serializers.CharField(),
            required=False,
            help_text="Once it is saved: what will keep it from being reached, as a host that cannot be found.",
        ),
    }


ENDPOINT: Final = inline_serializer("Webhook", _endpoint_fields())
ENDPOINTS: Final = type(ENDPOINT)(many=True)
MADE: Final = inline_serializer(
    "WebhookWithSecret",
    {
        **_endpoint_fields(),
        "secret": serializers.CharField(
            allow_null=True,
            help_text="Null in an answer that is repeated for an `Idempotency-Key`: ask for it then.",
        ),
    },
)
CREATE: Final = inline_serializer(
    "WebhookCreate",
    {
        "url": _url(help_text="https, to a public address."),
        "eventTypes": _types(),
        "description": serializers.CharField(
            max_length=LONGEST_DESCRIPTION, allow_blank=True, required=False
        ),
        "secret": secret_field(),
    },
)
UPDATE: Final = inline_serializer(
    "WebhookUpdate",
    {
        "url": _url(required=False),
        "eventTypes": _types(required=False),
        "description": serializers.CharField(
            max_length=LONGEST_DESCRIPTION, allow_blank=True, required=False
        ),
        "status": serializers.ChoiceField(
            choices=EndpointStatus.choices, required=False, help_text="ENABLED sends at once what waits."
        ),
    },
)
SECRET: Final = inline_serializer("WebhookSecret", {"secret": serializers.CharField()})
ROTATE: Final = inline_serializer("WebhookRotation", {"secret": secret_field()})
ATTEMPT: Final = inline_serializer(
    "WebhookAttempt",
    {
        "at": serializers.DateTimeField(),
        "succeeded": serializers.BooleanField(),
        "durationMs": serializers.IntegerField(),
        "statusCode": serializers.IntegerField(allow_null=True),
        "answer": serializers.CharField(help_text="The first kilobyte of the answer."),
        "error": serializers.CharField(allow_null=True),
    },
)


def _delivery_fields() -> dict[str, Any]:
    return {
        "id": serializers.CharField(),
        "eventId": serializers.CharField(help_text="The header webhook-id."),
        "eventType": serializers.CharField(),
        "occurredAt": serializers.DateTimeField(),
        "status": serializers.ChoiceField(choices=DeliveryStatus.choices),
        "attempts": serializers.IntegerField(help_text="Since it was made, or replayed."),
        "dueAt": serializers.DateTimeField(allow_null=True, help_text="When it is sent next."),
        "statusCode": serializers.IntegerField(allow_null=True, help_text="Of the last attempt."),
        "error": serializers.CharField(allow_null=True),
        "createdAt": serializers.DateTimeField(),
        "endedAt": serializers.DateTimeField(allow_null=True),
    }


DELIVERY: Final = inline_serializer("WebhookDelivery", _delivery_fields())
DELIVERIES: Final = type(DELIVERY)(many=True)
DELIVERY_IN_FULL: Final = inline_serializer(
    "WebhookDeliveryInFull",
    {
        **_delivery_fields(),
        "log": type(ATTEMPT)(many=True, help_text="Every attempt, oldest first."),
        "envelope": serializers.JSONField(
            allow_null=True, help_text="What would be sent now; null where nothing may be sent any more."
        ),
    },
)
TESTED: Final = inline_serializer("WebhookTest", {"delivery": type(DELIVERY)(), "attempt": type(ATTEMPT)()})
REPLAY: Final = inline_serializer(
    "WebhookReplay",
    {
        "since": serializers.DateTimeField(
            required=False, help_text="Only what was set down from then on; left out: all that failed."
        )
    },
)
REPLAYED: Final = inline_serializer("WebhookReplayed", {"replayed": serializers.IntegerField()})


def endpoint_fields(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """An endpoint as callers see it; never its secret."""
    return {
        "id": endpoint.pk,
        "url": endpoint.url,
        "description": endpoint.description,
        "eventTypes": endpoint.event_types,
        "status": endpoint.status,
        "disabledReason": endpoint.disabled_reason or None,
        "disabledAt": endpoint.disabled_at,
        "failingSince": endpoint.failing_since,
        "lastSuccessAt": endpoint.last_success_at,
        "oldSecretUntil": endpoint.old_secret_until,
        "createdBy": endpoint.created_by_name,
        "createdAt": endpoint.created_at,
    }


def delivery_fields(delivery: WebhookDelivery) -> dict[str, Any]:
    """A delivery as callers see it."""
    return {
        "id": str(delivery.pk),
        "eventId": delivery.event_id,
        "eventType": delivery.event_type,
        "occurredAt": delivery.occurred_at,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "dueAt": delivery.due_at,
        "statusCode": delivery.last_status_code,
        "error": delivery.last_error or None,
        "createdAt": delivery.created_at,
        "endedAt": delivery.ended_at,
    }


def attempt_fields(attempt: WebhookAttempt) -> dict[str, Any]:
    """An attempt as callers see it."""
    return {
        "at": attempt.at,
        "succeeded": attempt.succeeded,
        "durationMs": attempt.duration_ms,
        "statusCode": attempt.status_code,
        "answer": attempt.answer,
        "error": attempt.error or None,
    }


def in_full(delivery: WebhookDelivery, attempts: Sequence[WebhookAttempt], envelope: Any) -> dict[str, Any]:
    """A delivery with its attempts and what would be sent now."""
    log = [attempt_fields(attempt) for attempt in attempts]
    return {**delivery_fields(delivery), "log": log, "envelope": envelope}
