"""How customers, activities and notes are told in the API description; nothing is parsed or rendered by these."""

from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers
from rest_framework.fields import Field

from events.envelope import SOURCES
from profiles.activity_entry import LONGEST_TITLE
from profiles.api.customer_pages import SORTS
from profiles.api.customer_schema import CUSTOMER
from profiles.api.parameters import HIGHEST_SCORE, LONGEST_KEY, LONGEST_SEARCH, RESOLVABLE
from profiles.customer_filters import brought_filters
from profiles.editing import EARLIEST_BIRTH, LONGEST_NOTE, LONGEST_TAG, LONGEST_TEXT, MOST_TAGS, STATUSES
from profiles.models import ActivityCategory, LifecycleStage, ProfileStatus
from tenants.api.openapi import ErrorResponseSerializer
from tenants.api.rendering import MEDIA_TYPE

# What the description calls them, see `enum_names` in the app's extension.
CUSTOMER_STATUSES = ProfileStatus.choices
STAGES = LifecycleStage.choices
CATEGORIES = ActivityCategory.choices

EXAMPLE_ID: Final = "0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a11"


def _text(help_text: str = "", **options: Any) -> serializers.CharField:
    return serializers.CharField(allow_null=True, help_text=help_text, **options)


def _number(help_text: str = "", **options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(help_text=help_text, **options)


def _editable(**options: Any) -> serializers.CharField:
    return serializers.CharField(
        allow_null=True, allow_blank=True, required=False, max_length=LONGEST_TEXT, **options
    )


def _editable_fields() -> dict[str, Field[Any, Any, Any, Any]]:
    return {
        "firstName": _editable(),
        "lastName": _editable(),
        "displayName": _editable(),
        "gender": _editable(),
        "postcode": _editable(),
        "country": _editable(),
        "language": _editable(),
        "email": _editable(help_text="Must not lead to another customer."),
        "phoneNumber": _editable(help_text="With its prefix, or as dialled in the club's country."),
        "dateOfBirth": serializers.DateField(
            allow_null=True, required=False, help_text=f"From {EARLIEST_BIRTH} until today."
        ),
        "status": serializers.ChoiceField(choices=STATUSES, required=False),
        "tags": serializers.ListField(
            child=serializers.CharField(max_length=LONGEST_TAG, allow_blank=True),
            max_length=MOST_TAGS,
            required=False,
        ),
    }


CUSTOMER_CREATE: Final = inline_serializer("CustomerCreate", _editable_fields())
CUSTOMER_CHANGE: Final = inline_serializer("CustomerChange", _editable_fields())

ACTIVITY_FIELDS: Final[dict[str, Field[Any, Any, Any, Any]]] = {
    "id": _number(),
    "type": serializers.CharField(help_text="As in TEETIME_BOOKED."),
    "category": serializers.ChoiceField(choices=ActivityCategory.choices),
    "channel": _text("Through which channel, as in EMAIL or CLUB."),
    "source": serializers.CharField(help_text="The service that told it."),
    "sourceEventId": serializers.CharField(help_text="The event it came from."),
    "title": serializers.CharField(help_text="For people, as in Booked 4-ball at Fairview."),
    "metadata": serializers.DictField(help_text="Particulars of the type."),
    "occurredAt": serializers.DateTimeField(),
}
ACTIVITY: Final = inline_serializer("Activity", ACTIVITY_FIELDS)
ACTIVITIES: Final = type(ACTIVITY)(many=True)
ACTIVITY_CREATE: Final = inline_serializer(
    "ActivityCreate",
    {
        "type": serializers.RegexField(r"^[A-Z][A-Z0-9_]{0,39}$", help_text="In capitals, as in PHONE_CALL."),
        "category": serializers.ChoiceField(choices=ActivityCategory.choices),
        "title": serializers.CharField(max_length=LONGEST_TITLE),
        "metadata": serializers.DictField(required=False, allow_null=True, help_text="At most 16 KiB."),
        "occurredAt": serializers.DateTimeField(required=False, allow_null=True, help_text="Left out: now."),
    },
)

NOTE_FIELDS: Final[dict[str, Field[Any, Any, Any, Any]]] = {
    "id": serializers.UUIDField(),
    "customerId": serializers.UUIDField(),
    "body": serializers.CharField(),
    "isPinned": serializers.BooleanField(),
    "authorName": _text("Who wrote it."),
    "createdAt": serializers.DateTimeField(),
    "updatedAt": serializers.DateTimeField(),
}
NOTE: Final = inline_serializer("Note", NOTE_FIELDS)
NOTES: Final = type(NOTE)(many=True)
NOTE_CREATE: Final = inline_serializer(
    "NoteCreate",
    {
        "body": serializers.CharField(max_length=LONGEST_NOTE),
        "isPinned": serializers.BooleanField(required=False, help_text="Pinned notes come first."),
    },
)

PREVIEW_FIELD: Final = inline_serializer(
    "MergePreviewField",
    {
        "name": serializers.CharField(),
        "winner": serializers.JSONField(allow_null=True),
        "loser": serializers.JSONField(allow_null=True),
        "survivor": serializers.JSONField(allow_null=True, help_text="What the survivor says afterwards."),
    },
)
MERGE_PREVIEW: Final = inline_serializer(
    "MergePreview",
    {
        "fields": type(PREVIEW_FIELD)(many=True, help_text="Those on which the three differ."),
        "moved": serializers.DictField(
            child=serializers.IntegerField(), help_text="Rows that move, by kind."
        ),
        "warnings": serializers.ListField(child=serializers.CharField(), help_text="What speaks against it."),
    },
)
MERGE: Final = inline_serializer(
    "CustomerMerge",
    {
        "loserId": serializers.UUIDField(help_text="Who is to be merged into the customer of the path."),
        "reason": serializers.CharField(required=False, allow_null=True, max_length=500),
        "dryRun": serializers.BooleanField(required=False, help_text="Only show what would happen."),
    },
)
MERGED: Final = inline_serializer(
    "CustomerMerged",
    {
        "customer": type(CUSTOMER)(allow_null=True, help_text="The survivor; null in a dry run."),
        "preview": type(MERGE_PREVIEW)(),
        "mergeId": _number("Names the merge, to take it back.", allow_null=True),
    },
)
UNMERGE: Final = inline_serializer(
    "CustomerUnmerge",
    {
        "mergeId": serializers.IntegerField(
            required=False, allow_null=True, min_value=1, help_text="One merge of several."
        )
    },
)
UNMERGED: Final = inline_serializer(
    "CustomerUnmerged",
    {"winner": type(CUSTOMER)(), "restored": type(CUSTOMER)(), "mergeId": _number()},
)

WINNER_ID: Final = OpenApiParameter(
    "winnerId", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The customer who survives."
)
CUSTOMER_ID: Final = OpenApiParameter(
    "customerId", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The customer."
)
IF_MATCH: Final = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` of what is edited: a customer changed since is left alone (412).",
)
BATCH: Final = {
    MEDIA_TYPE: {
        "type": "object",
        "required": ["customers"],
        "additionalProperties": False,
        "properties": {
            "customers": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": {
                    "type": "object",
                    "additionalProperties": True,
                    "properties": {
                        "id": {"type": "string", "format": "uuid", "description": "Whom to change."}
                    },
                    "description": "Fields as when one customer is made or changed.",
                },
            }
        },
    }
}
BATCH_VERDICT: Final = inline_serializer(
    "CustomersVerdict",
    {
        "data": inline_serializer(
            "CustomerVerdict",
            {
                "index": serializers.IntegerField(help_text="Its place in the body, from 0."),
                "status": serializers.ChoiceField(choices=["MADE", "CHANGED", "REFUSED"]),
                "id": serializers.CharField(allow_null=True),
                "error": serializers.DictField(allow_null=True, help_text="Code, message and details."),
            },
            many=True,
        )
    },
)
RESOLVE_MANY: Final = {
    MEDIA_TYPE: {
        "type": "object",
        "required": ["keys"],
        "additionalProperties": False,
        "properties": {
            "keys": {
                "type": "array",
                "minItems": 1,
                "maxItems": 500,
                "items": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": False,
                    "properties": {kind: {"type": "string", "maxLength": LONGEST_KEY} for kind in RESOLVABLE},
                },
            }
        },
    }
}
RESOLVED_MANY: Final = inline_serializer(
    "ResolvedCustomers",
    {
        "data": inline_serializer(
            "ResolvedCustomer",
            {"index": serializers.IntegerField(), "customer": type(CUSTOMER)(allow_null=True)},
            many=True,
        )
    },
)
SCORE_SCHEMA: Final = {"type": "integer", "minimum": 0, "maximum": HIGHEST_SCORE}
LIST_PARAMETERS: Final = [
    OpenApiParameter(
        "status", enum=ProfileStatus.values, description="Left out: neither merged nor deleted ones."
    ),
    OpenApiParameter("lifecycleStage", enum=LifecycleStage.values),
    OpenApiParameter(
        "search",
        {"type": "string", "maxLength": LONGEST_SEARCH},
        description="Name, any e-mail address, phone or number, club, tag or note; beginnings of words are enough."
        " At most 500, the best first. Where nobody fits, those whose names are one slip of the finger away.",
    ),
    OpenApiParameter("engagementMin", SCORE_SCHEMA, description="Engagement score of at least."),
    OpenApiParameter("churnRiskMin", SCORE_SCHEMA, description="Churn risk of at least."),
    OpenApiParameter("emailOptIn", OpenApiTypes.BOOL),
    OpenApiParameter(
        "createdFrom", OpenApiTypes.DATETIME, description="Known since then; ISO 8601 with an offset."
    ),
    OpenApiParameter(
        "updatedFrom",
        OpenApiTypes.DATETIME,
        description="Changed since then. Ask again from a minute before the greatest `updatedAt` that was seen.",
    ),
    OpenApiParameter(
        "sort",
        # No default: generated clients would send it beside a search.
        {"type": "string", "enum": list(SORTS)},
        description="By which field, `-` for the greatest first; without it the newest first. A search has an order of "
        "its own.",
    ),
    OpenApiParameter(
        "cursor",
        {"type": "string", "maxLength": 500},
        description="`meta.nextCursor` of the page before: the list goes on after its last row whatever came since. "
        "Instead of `skip`; not with `search`.",
    ),
    OpenApiParameter(
        "fields",
        {"type": "string", "maxLength": 2000},
        description="Names of the wanted fields, separated by commas; `id` always comes along.",
    ),
    *(
        OpenApiParameter(each.parameter, dict(each.schema), description=each.description)
        for each in brought_filters().values()
    ),
]
UNUSABLE_FILTER: Final = OpenApiResponse(
    ErrorResponseSerializer, description="A filter can be read but makes no sense; `details` says where."
)
RESOLVE_PARAMETERS: Final = [
    OpenApiParameter(kind, {"type": "string", "maxLength": LONGEST_KEY}) for kind in RESOLVABLE
]


def _list_parameter(name: str, items: dict[str, Any], description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name, {"type": "array", "items": items}, explode=True, style="form", description=description
    )


TIMELINE_PARAMETERS: Final = [
    _list_parameter(
        "category", {"type": "string", "enum": ActivityCategory.values}, "Any of these categories."
    ),
    _list_parameter("type", {"type": "string"}, "Any of these types, as in TEETIME_BOOKED."),
    _list_parameter("source", {"type": "string", "enum": list(SOURCES)}, "Told by any of these services."),
    OpenApiParameter("from", OpenApiTypes.DATETIME, description="Not before; ISO 8601 with an offset."),
    OpenApiParameter("to", OpenApiTypes.DATETIME, description="Before; ISO 8601 with an offset."),
]
