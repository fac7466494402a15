"""How events and verdicts are told in the API description; nothing is parsed or rendered by these."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiResponse, inline_serializer
from rest_framework import serializers

from events.envelope import (
    DEFAULT_VERSION,
    GREATEST_SEQUENCE,
    LONGEST_ID,
    LONGEST_TYPE,
    LONGEST_VERSION,
    SOURCES,
)
from events.models import Door, ErrorCode, InboxStatus, RefusalCode
from tenants.api.openapi import ErrorBodySerializer, ErrorResponseSerializer

ENVELOPE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "type", "timestamp", "tenantId", "payload"],
    "properties": {
        "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_ID,
            "description": "Unique per tenant and source; the same id again is the same event.",
        },
        "type": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_TYPE,
            "description": "A name of the catalogue or one of its aliases, as in teetime.booking.created.",
        },
        # Said in words: generated clients take a field with a default for one that must be there.
        "version": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_VERSION,
            "description": f"`{DEFAULT_VERSION}` where it is left out.",
        },
        "timestamp": {
            "type": "string",
            "format": "date-time",
            "description": "When it happened, with an offset; at most 24 hours ahead.",
        },
        "tenantId": {
            "type": "string",
            "minLength": 1,
            "description": "UUID, slug or slug alias of a tenant of the caller's.",
        },
        "source": {
            # As `enum_names` calls it.
            "allOf": [{"$ref": "#/components/schemas/EventSource"}],
            "description": "Left out: the first part of the type.",
        },
        "identity": {
            "type": "object",
            "additionalProperties": True,
            "nullable": True,
            "description": "Whom it is about: authUserId, email, phoneNumber, sclMemberId, teetimePlayerId, "
            "messagingContactId, externalIds.",
        },
        "payload": {
            "type": "object",
            "additionalProperties": True,
            "description": "As the catalogue says for the type.",
        },
        "metadata": {"type": "object", "additionalProperties": True, "nullable": True},
        "sequence": {
            "type": "integer",
            "minimum": 0,
            "maximum": GREATEST_SEQUENCE,
            "nullable": True,
            "description": "The sender's own count: orders events of one record that have the same timestamp.",
        },
    },
}
# Under a name, so that a generated client has a type for what it sends (`TenantSchema`).
COMPONENTS: Final = {"Event": ENVELOPE}
EVENT: Final = {"$ref": "#/components/schemas/Event"}
EVENTS: Final[dict[str, Any]] = {
    "oneOf": [EVENT, {"type": "array", "items": EVENT, "maxItems": 1000}],
    "title": "One event or several",
}


# A dry run refuses payloads as well, which otherwise become dead letters.
REFUSALS: Final = [*RefusalCode.choices, ("INVALID_PAYLOAD", "Unusable payload")]
REJECTED: Final[Any] = type(
    inline_serializer(
        "RejectedEvent",
        {
            "index": serializers.IntegerField(help_text="Its place in the body, from 0."),
            "code": serializers.ChoiceField(choices=REFUSALS),
            "message": serializers.CharField(),
            "field": serializers.CharField(
                required=False, help_text="Path inside the event, as in payload.id."
            ),
        },
    )
)


WARNED: Final[Any] = type(
    inline_serializer(
        "WarnedEvent",
        {
            "index": serializers.IntegerField(help_text="Its place in the body, from 0."),
            "field": serializers.CharField(help_text="Path inside the event, as in payload.tierName."),
            "message": serializers.CharField(),
        },
    )
)


def _verdict_fields(**options: Any) -> dict[str, Any]:
    return {
        "accepted": serializers.IntegerField(help_text="How many were new.", **options),
        "duplicates": serializers.IntegerField(help_text="How many were there already.", **options),
        "rejected": REJECTED(many=True, **options),
        "warnings": WARNED(many=True, required=False, help_text="What of the good ones has no effect."),
    }


VERDICT: Final = inline_serializer("EventsVerdict", _verdict_fields())
REFUSED: Final = OpenApiResponse(
    inline_serializer("EventRefused", {"error": ErrorBodySerializer(), **_verdict_fields(required=False)}),
    description="The single event was refused (the verdict stands beside the error), or the body is no event.",
)
TOO_LARGE: Final = OpenApiResponse(
    ErrorResponseSerializer, description="More than 1,000 events, or more than 8 MiB."
)

WARNING_FIELDS: Final[dict[str, Any]] = {"field": serializers.CharField(), "message": serializers.CharField()}
STATE_FIELDS: Final[dict[str, Any]] = {
    "id": serializers.CharField(),
    "source": serializers.ChoiceField(choices=[(source, source) for source in SOURCES]),
    "type": serializers.CharField(help_text="Canonical name where the catalogue knows the type."),
    "status": serializers.ChoiceField(choices=InboxStatus.choices),
    "attempts": serializers.IntegerField(),
    "door": serializers.ChoiceField(choices=Door.choices),
    "error": inline_serializer(
        "EventError",
        {
            "code": serializers.ChoiceField(choices=[choice for choice in ErrorCode.choices if choice[0]]),
            "field": serializers.CharField(allow_null=True),
            "message": serializers.CharField(),
        },
        allow_null=True,
    ),
    "remarks": inline_serializer(
        "EventRemark",
        {"field": serializers.CharField(), "text": serializers.CharField()},
        many=True,
        help_text="What was left aside though the event was applied.",
    ),
    "customerId": serializers.UUIDField(allow_null=True),
    "activityId": serializers.IntegerField(allow_null=True),
    "occurredAt": serializers.DateTimeField(),
    "receivedAt": serializers.DateTimeField(),
    "processedAt": serializers.DateTimeField(allow_null=True),
    "dueAt": serializers.DateTimeField(allow_null=True, help_text="When it will be tried again."),
}
EVENT_STATE: Final = inline_serializer(
    "EventState",
    {
        **STATE_FIELDS,
        "warnings": inline_serializer(
            "EventWarning",
            WARNING_FIELDS,
            many=True,
            help_text="What of it has no effect, as nobody knows it.",
        ),
    },
)
EVENT_STATES: Final = inline_serializer(
    "EventStates",
    {
        "data": inline_serializer("EventStateRow", STATE_FIELDS, many=True),
        "meta": inline_serializer(
            "EventStatesMeta",
            {
                "take": serializers.IntegerField(),
                "hasMore": serializers.BooleanField(),
                "nextCursor": serializers.CharField(allow_null=True),
            },
        ),
    },
)
