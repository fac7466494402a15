"""How social publishing is told in the API description."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from segments.fields import MEMBERSHIP_STATUSES
from social.connecting import LONGEST_REDIRECT
from social.models import (
    ConnectionStatus,
    MediaKind,
    Network,
    Outcome,
    PostStatus,
    PromotionStatus,
    SourceType,
    StepKind,
    TargetStatus,
)
from social.posts import LONGEST
from social.promoting.actions import MOST_REMINDER_DAYS, PLAN_CHANNELS

TAGS: Final = ["social"]
PROMOTIONS: Final = ["promotions"]
CONNECTION_ID: Final = OpenApiParameter("connectionId", str, OpenApiParameter.PATH)
POST_ID: Final = OpenApiParameter("postId", str, OpenApiParameter.PATH)
MEDIA_ID: Final = OpenApiParameter("mediaId", str, OpenApiParameter.PATH)
PROMOTION_ID: Final = OpenApiParameter("promotionId", str, OpenApiParameter.PATH)
PLATFORM: Final = serializers.ChoiceField(choices=Network.choices)


def _text(**how: Any) -> Any:
    return serializers.CharField(**how)


def _words(column: str) -> Any:
    return _text(required=False, allow_blank=True, max_length=LONGEST[column])


def _maybe(field: type[Any], **how: Any) -> Any:
    return field(allow_null=True, **how)


CONNECTION: Final = inline_serializer(
    "SocialConnection",
    {
        "id": _text(), "platform": PLATFORM, "accountId": _text(), "accountName": _text(),
        "username": _maybe(serializers.CharField),
        "login": _maybe(serializers.CharField, help_text="INSTAGRAM: connected by Instagram itself."),
        "status": serializers.ChoiceField(choices=ConnectionStatus.choices),
        "problem": _maybe(serializers.CharField), "health": _text(help_text="In words for staff."),
        "tokenExpiresAt": _maybe(serializers.DateTimeField),
        "dataAccessExpiresAt": _maybe(serializers.DateTimeField),
        "pausedUntil": _maybe(serializers.DateTimeField),
        "quotaUsed": _maybe(serializers.IntegerField), "quotaTotal": _maybe(serializers.IntegerField),
        "scopes": serializers.ListField(child=serializers.CharField()),
        "connectedBy": _maybe(serializers.CharField), "connectedAt": serializers.DateTimeField(),
    },
)  # fmt: skip
CONNECTIONS: Final = type(CONNECTION)(many=True)
CONNECT: Final = inline_serializer(
    "SocialConnect",
    {
        "platform": PLATFORM,
        "redirectUri": serializers.RegexField(
            "^https?://", max_length=LONGEST_REDIRECT, help_text="Where the network sends the person back."
        ),
        "login": _text(
            required=False,
            allow_blank=True,
            help_text="INSTAGRAM: by Instagram itself, without a Facebook Page.",
        ),
    },
)
BEGUN: Final = inline_serializer("SocialConsent", {"url": _text(), "state": _text()})
CALLBACK: Final = inline_serializer(
    "SocialCallback",
    {"state": _text(), "code": _text(required=False), "error": _text(required=False)},
)
CONNECTED: Final = inline_serializer(
    "SocialConnected",
    {
        "connections": type(CONNECTION)(many=True),
        "remarks": serializers.ListField(
            child=serializers.CharField(), help_text="What was left out, and why."
        ),
    },
)
TARGET: Final = inline_serializer(
    "SocialTarget",
    {
        "id": _text(), "connectionId": _text(), "platform": PLATFORM, "accountName": _text(),
        "status": serializers.ChoiceField(choices=TargetStatus.choices), "dueAt": serializers.DateTimeField(),
        "publishedAt": _maybe(serializers.DateTimeField), "networkPostId": _maybe(serializers.CharField),
        "permalink": _maybe(serializers.CharField), "deletedAt": _maybe(serializers.DateTimeField),
        "problem": _maybe(serializers.CharField), "problemCode": _maybe(serializers.CharField),
        "explanation": _maybe(serializers.CharField), "whoMustAct": _maybe(serializers.CharField),
        "asksHuman": serializers.BooleanField(),
        "seen": serializers.ListField(child=serializers.JSONField(), help_text="Posts that could be this one."),
    },
)  # fmt: skip
WORDS: Final = inline_serializer(
    "SocialWords", {"text": _text(required=False, help_text="What is said; for edit and reply.")}
)
_WRITTEN: Final[dict[str, Any]] = {
    "text": _words("text"), "firstComment": _words("first_comment"), "utmCampaign": _words("utm_campaign"),
    "link": _words("link"),
    "variants": inline_serializer(
        "SocialVariants", {name: _text(required=False, allow_blank=True) for name in Network.values},
        required=False, help_text="Platform → text.",
    ),
    "connectionIds": serializers.ListField(child=serializers.UUIDField(), required=False),
    "mediaIds": serializers.ListField(child=serializers.UUIDField(), required=False),
    "scheduledAt": serializers.DateTimeField(required=False, allow_null=True),
    "isEvergreen": serializers.BooleanField(required=False),
    "allowDuplicate": serializers.BooleanField(required=False),
    "lateAfterMinutes": serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=10_080,
        help_text="From how late on, after an outage, somebody is asked first; null: by the kind of post.",
    ),
    "repeats": _text(required=False, allow_blank=True, help_text="Five fields of cron, on the club's clock."),
    "repeatsUntil": serializers.DateTimeField(required=False, allow_null=True),
    "campaignId": serializers.UUIDField(required=False, allow_null=True),
}  # fmt: skip
WRITE_POST: Final = inline_serializer("SocialPostInput", _WRITTEN)
_POST: Final[dict[str, Any]] = {
    "id": _text(), "text": _text(), "link": _maybe(serializers.CharField),
    "firstComment": _maybe(serializers.CharField),
    "variants": serializers.DictField(child=serializers.CharField()),
    "mediaIds": serializers.ListField(child=serializers.CharField()),
    "status": serializers.ChoiceField(choices=PostStatus.choices),
    "scheduledAt": _maybe(serializers.DateTimeField), "isEvergreen": serializers.BooleanField(),
    "lateAfterMinutes": serializers.IntegerField(),
    "repeats": _maybe(serializers.CharField), "repeatsUntil": _maybe(serializers.DateTimeField),
    "promotionId": _maybe(serializers.CharField), "campaignId": _maybe(serializers.CharField),
    "approvedBy": _maybe(serializers.CharField), "reviewNote": _maybe(serializers.CharField),
    "estimatedCost": _maybe(serializers.CharField, help_text="What X will charge."),
    "targets": type(TARGET)(many=True), "createdBy": _maybe(serializers.CharField),
    "createdAt": serializers.DateTimeField(), "updatedAt": serializers.DateTimeField(),
}  # fmt: skip
_ATTEMPT: Final = inline_serializer(
    "SocialAttempt",
    {
        "kind": serializers.ChoiceField(choices=StepKind.choices), "startedAt": serializers.DateTimeField(),
        "endedAt": _maybe(serializers.DateTimeField), "outcome": serializers.ChoiceField(choices=Outcome.choices),
        "statusCode": _maybe(serializers.IntegerField), "code": _maybe(serializers.CharField),
        "trace": _maybe(serializers.CharField, help_text="The network's own name of the call."),
        "message": _maybe(serializers.CharField),
    },
)  # fmt: skip
_PROBLEM: Final = inline_serializer(
    "SocialProblem",
    {
        "platform": serializers.ChoiceField(choices=Network.choices, allow_null=True, help_text="Null: all of them."),
        "field": _text(), "message": _text(),
        "severity": serializers.ChoiceField(choices=["REFUSED", "WARNING"]),
    },
)  # fmt: skip
POST_IN_FULL: Final = inline_serializer(
    "SocialPostInFull",
    {
        **_POST,
        "attempts": type(_ATTEMPT)(many=True, help_text="Every call that was made for it."),
        "problems": type(_PROBLEM)(many=True, help_text="What networks would refuse of it."),
    },
)
POST: Final = inline_serializer("SocialPost", _POST)
POSTS: Final = type(POST)(many=True)
MEDIA: Final = inline_serializer(
    "SocialMedia",
    {
        "id": _text(), "kind": serializers.ChoiceField(choices=MediaKind.choices), "name": _text(),
        "altText": _maybe(serializers.CharField), "contentType": _text(), "size": serializers.IntegerField(),
        "width": serializers.IntegerField(), "height": serializers.IntegerField(),
        "durationMs": _maybe(serializers.IntegerField), "createdAt": serializers.DateTimeField(),
    },
)  # fmt: skip
MEDIA_LIST: Final = type(MEDIA)(many=True)
ADD_MEDIA: Final = inline_serializer(
    "SocialMediaInput",
    {"name": _text(), "content": _text(help_text="Base64, at most 5 MB."), "altText": _text(required=False)},
)
SCHEDULE: Final = inline_serializer(
    "SocialPublish", {"scheduledAt": serializers.DateTimeField(required=False, help_text="Left out: now.")}
)
TOUCH: Final = inline_serializer(
    "PromotionTouch",
    {
        "id": _text(), "kind": _text(), "channel": _text(), "dueAt": _maybe(serializers.DateTimeField),
        "status": _text(), "reason": _maybe(serializers.CharField), "postId": _maybe(serializers.CharField),
        "campaignId": _maybe(serializers.CharField),
    },
)  # fmt: skip


class _Audience(serializers.Serializer[Any]):
    """Memberships that a plan is narrowed to; empty or left out: any."""

    membershipTiers = serializers.ListField(child=serializers.CharField(), required=False)  # noqa: N815 - of the API
    membershipStatuses = serializers.ListField(  # noqa: N815 - as above
        child=serializers.ChoiceField(choices=MEMBERSHIP_STATUSES), required=False
    )

    class Meta:
        ref_name = "PromotionAudience"


def _plan() -> dict[str, Any]:
    """Anew for each body: a serializer class takes the fields out of the dictionary that it is made from."""
    return {
        "channels": serializers.ListField(
            child=serializers.ChoiceField(choices=PLAN_CHANNELS), required=False
        ),
        "announceAt": serializers.DateTimeField(required=False, allow_null=True),
        "reminderDays": serializers.ListField(
            child=serializers.IntegerField(min_value=0, max_value=MOST_REMINDER_DAYS), required=False
        ),
        "segmentId": serializers.UUIDField(required=False, allow_null=True),
        "audience": _Audience(
            required=False,
            help_text="Whom it writes to, beside those who fit the event and have not entered.",
        ),
        "templates": serializers.DictField(child=serializers.JSONField(), required=False),
        "connectionIds": serializers.ListField(child=serializers.UUIDField(), required=False),
        "pictureId": serializers.UUIDField(
            required=False, allow_null=True, help_text="Of the library; with one, Instagram takes part."
        ),
    }


CHANGE_PROMOTION: Final = inline_serializer("PromotionChange", _plan())
MAKE_PROMOTION: Final = inline_serializer(
    "PromotionInput",
    {
        "sourceType": serializers.ChoiceField(choices=SourceType.choices), "sourceId": _text(),
        "event": serializers.DictField(
            child=serializers.JSONField(),
            help_text="name, startsAt, entriesCloseAt, url … as a competition has them.",
        ),
        **_plan(),
    },
)  # fmt: skip
PROMOTION: Final = inline_serializer(
    "Promotion",
    {
        "id": _text(), "sourceType": serializers.ChoiceField(choices=SourceType.choices), "sourceId": _text(),
        "name": _text(), "status": serializers.ChoiceField(choices=PromotionStatus.choices),
        "event": serializers.JSONField(), "channels": serializers.ListField(child=serializers.CharField()),
        "announceAt": _maybe(serializers.DateTimeField),
        "reminderDays": serializers.ListField(child=serializers.IntegerField()),
        "segmentId": _maybe(serializers.CharField), "audience": _Audience(), "templates": serializers.JSONField(),
        "connectionIds": serializers.ListField(child=serializers.CharField()),
        "pictureId": _maybe(serializers.CharField),
        "pictureProblem": _maybe(serializers.CharField, help_text="Why the event's own picture is missing."),
        "entered": serializers.IntegerField(), "maxEntries": _maybe(serializers.IntegerField),
        "isFull": serializers.BooleanField(), "runsByItself": serializers.BooleanField(),
        "pendingChanges": serializers.ListField(child=serializers.CharField(), allow_null=True),
        "touches": type(TOUCH)(many=True),
        "history": serializers.ListField(child=serializers.JSONField()),
        "approvedBy": _maybe(serializers.CharField), "createdAt": serializers.DateTimeField(),
        "updatedAt": serializers.DateTimeField(),
    },
)  # fmt: skip
PROMOTION_LIST: Final = type(PROMOTION)(many=True)
ANALYTICS: Final = inline_serializer(
    "SocialAnalytics",
    {
        "since": serializers.DateTimeField(), "until": serializers.DateTimeField(),
        "planned": serializers.IntegerField(),
        "byStatus": serializers.DictField(child=serializers.IntegerField()),
        **{name: serializers.ListField(child=serializers.JSONField())
           for name in ("byPlatform", "byHour", "byKind", "byPromotion", "before", "conversions")},
    },
)  # fmt: skip
