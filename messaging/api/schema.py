"""How messages to one person are told in the API's description."""

from typing import Any, Final

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from messaging.models import DeliveryStatus, SendChannel
from messaging.models.delivery import Source


def _channel(**values: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=SendChannel.choices, **values)


def _moment(words: str = "") -> serializers.DateTimeField:
    return serializers.DateTimeField(allow_null=True, help_text=words)


WRITE: Final = inline_serializer(
    "CustomerMessageCreate",
    {
        "channel": _channel(),
        "subject": serializers.CharField(required=False, max_length=200, help_text="Of mails; Liquid."),
        "body": serializers.CharField(required=False, help_text="Liquid, as in `{{ firstName }}`."),
        "templateId": serializers.CharField(
            required=False, max_length=200, help_text="A template of the Messaging service instead of a text."
        ),
    },
)
_FIELDS: Final[dict[str, serializers.Field[Any, Any, Any, Any]]] = {
    "id": serializers.CharField(help_text="Its key, the idempotency key towards the Messaging service."),
    "source": serializers.ChoiceField(choices=Source.choices, help_text="Who wanted it sent."),
    "sourceId": serializers.UUIDField(allow_null=True, help_text="The campaign or journey."),
    "channel": _channel(allow_null=True),
    "subject": serializers.CharField(allow_null=True, help_text="As written, before names were put in."),
    "status": serializers.ChoiceField(choices=DeliveryStatus.choices),
    "reason": serializers.CharField(allow_null=True, help_text="Why not, as in CONSENT."),
    "reasonText": serializers.CharField(allow_null=True),
    "dueAt": _moment(),
    "handedOverAt": _moment(),
    "deliveredAt": _moment(),
    "openedAt": _moment("By a person; machines are left out."),
    "clickedAt": _moment(),
    "repliedAt": _moment(),
}
_LETTER: Final = type(inline_serializer("CustomerMessage", _FIELDS))
LETTER: Final = _LETTER()
LETTERS: Final = _LETTER(many=True)
PREVIEW: Final = inline_serializer(
    "CustomerMessagePreview",
    {
        "subject": serializers.CharField(),
        "body": serializers.CharField(),
        "channels": inline_serializer(
            "CustomerMessageChannel",
            {
                "channel": _channel(),
                "isOpen": serializers.BooleanField(
                    help_text="Whether this person may be written to by it now."
                ),
                "reasonText": serializers.CharField(allow_null=True, help_text="Why not."),
            },
            many=True,
        ),
    },
)
