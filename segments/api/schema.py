"""How segments are told in the API's description."""

from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from segments.models import Cause, Frequency, SegmentType

SEGMENT_ID: Final = OpenApiParameter(
    "segmentId", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The segment."
)
AT: Final = OpenApiParameter(
    "at", OpenApiTypes.DATETIME, description="A past moment, by the history of joins and leaves; ISO 8601."
)


def _tree(words: str, **options: Any) -> serializers.DictField:
    return serializers.DictField(help_text=words, **options)


_DRAFT: Final[dict[str, Any]] = {
    "description": serializers.CharField(required=False, allow_blank=True),
    "refreshFrequency": serializers.ChoiceField(choices=Frequency.choices, required=False),
    "clubId": serializers.CharField(required=False, allow_null=True),
}
CREATE: Final = inline_serializer(
    "SegmentDraft",
    {
        "name": serializers.CharField(max_length=120, help_text="Unique in the club."),
        "type": serializers.ChoiceField(choices=SegmentType.choices, required=False),
        "criteria": _tree(
            "A rule tree, ours or as react-querybuilder exports it; none for lists.", required=False
        ),
        **_DRAFT,
    },
)
CHANGE: Final = inline_serializer(
    "SegmentChange",
    {
        "name": serializers.CharField(max_length=120, required=False),
        "criteria": _tree("A new rule: everybody is compared with it soon.", required=False),
        "isActive": serializers.BooleanField(required=False),
        "addImportId": serializers.UUIDField(
            required=False, help_text="A finished import whose people go on the list."
        ),
        "addCustomerIds": serializers.ListField(
            child=serializers.UUIDField(), required=False, max_length=10_000, help_text="Lists only."
        ),
        "removeCustomerIds": serializers.ListField(
            child=serializers.UUIDField(), required=False, max_length=10_000, help_text="Lists only."
        ),
        "description": serializers.CharField(required=False, allow_blank=True),
        "refreshFrequency": serializers.ChoiceField(choices=Frequency.choices, required=False),
        "clubId": serializers.CharField(required=False, allow_null=True),
    },
)
_SEGMENT: Final[dict[str, Any]] = {
    "id": serializers.UUIDField(),
    "tenantId": serializers.UUIDField(),
    "clubId": serializers.CharField(allow_null=True),
    "name": serializers.CharField(),
    "description": serializers.CharField(allow_blank=True),
    "type": serializers.ChoiceField(choices=SegmentType.choices),
    "criteria": _tree("The canonical rule tree.", allow_null=True),
    "refreshFrequency": serializers.ChoiceField(choices=Frequency.choices),
    "lastRefreshedAt": serializers.DateTimeField(allow_null=True),
    "memberCount": serializers.IntegerField(),
    "isActive": serializers.BooleanField(),
    "isSystem": serializers.BooleanField(),
    "isStale": serializers.BooleanField(help_text="The members are still those of an older rule."),
    "messagingSegmentId": serializers.CharField(allow_null=True),
    "lastSyncedAt": serializers.DateTimeField(allow_null=True),
    "isRefreshing": serializers.BooleanField(),
    "refreshError": serializers.CharField(allow_null=True, help_text="Why the members may be out of date."),
    "refreshRetryAt": serializers.DateTimeField(
        allow_null=True, help_text="After a failure: when it is tried again by itself."
    ),
    "syncError": serializers.CharField(allow_null=True),
    "createdAt": serializers.DateTimeField(),
    "updatedAt": serializers.DateTimeField(),
    "createdBy": serializers.CharField(allow_null=True),
}
SEGMENT: Final = inline_serializer("Segment", _SEGMENT)
# Of the same class: making one empties the mapping of its fields.
SEGMENTS: Final = type(SEGMENT)(many=True)
_MEMBER: Final[dict[str, Any]] = {
    "customerId": serializers.UUIDField(),
    "displayName": serializers.CharField(),
    "email": serializers.CharField(allow_null=True),
    "joinedAt": serializers.DateTimeField(
        allow_null=True, help_text="Null where a past moment is asked for."
    ),
}
MEMBERS: Final = inline_serializer("SegmentMember", _MEMBER, many=True)
PREVIEW_ASKED: Final = inline_serializer(
    "SegmentPreviewRequest",
    {
        "criteria": _tree("A rule tree."),
        "quick": serializers.BooleanField(
            required=False, help_text="Only the count; of a large club from a sample, with its error."
        ),
    },
)
PREVIEW: Final = inline_serializer(
    "SegmentPreview",
    {
        "words": serializers.CharField(help_text="The rule in plain English."),
        "criteria": _tree("The canonical rule tree."),
        "count": serializers.IntegerField(),
        "error": serializers.IntegerField(help_text="Half the width of the 95 % interval; 0: exact."),
        "isExact": serializers.BooleanField(),
        "composition": serializers.JSONField(required=False),
        "sample": serializers.ListField(child=serializers.UUIDField(), required=False),
        "overlap": serializers.JSONField(required=False),
    },
)
FIELDS: Final = inline_serializer(
    "SegmentFields",
    {
        "fields": serializers.JSONField(
            help_text="As the `fields` of react-querybuilder, with labels and values."
        ),
        "eventTypes": serializers.JSONField(),
        "combinators": serializers.JSONField(),
        "schema": serializers.IntegerField(),
    },
)
EXPLANATION: Final = inline_serializer(
    "SegmentExplanation",
    {
        "segmentId": serializers.UUIDField(),
        "customerId": serializers.UUIDField(),
        "isMember": serializers.BooleanField(),
        "at": serializers.DateTimeField(),
        "turn": inline_serializer(
            "SegmentTurn",
            {
                "joined": serializers.BooleanField(),
                "at": serializers.DateTimeField(),
                "cause": serializers.ChoiceField(choices=Cause.choices),
                "because": serializers.CharField(allow_null=True),
            },
            allow_null=True,
        ),
        "rule": serializers.JSONField(
            allow_null=True,
            help_text="The rule with `is` and `found` at each leaf; null of lists. Of a past moment `is` is null where"
            " what the leaf asks for is not known any more.",
        ),
        "isSameRule": serializers.BooleanField(
            help_text="Whether the rule is still the one by which the customer last joined or left."
        ),
    },
)
