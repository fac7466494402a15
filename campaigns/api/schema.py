"""How campaigns are told in the API's description."""

from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from campaigns.models import CampaignChannel, CampaignStatus, CampaignType, Goal, SendWindow, WinnerMetric
from campaigns.stats import NAMES, RATES
from messaging.models import DeliveryStatus

CAMPAIGN_ID: Final = OpenApiParameter(
    "campaignId", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The campaign."
)
PERCENT_OF_PEOPLE: Final = (
    "Per cent of the audience who get nothing, to compare with; the same people each time."
)


def _uuids(words: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.UUIDField(), max_length=50, required=False, help_text=words
    )


def _channels(words: str = "") -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=CampaignChannel.choices),
        max_length=len(CampaignChannel.choices),
        required=False,
        help_text=words,
    )


_TEXT: Final = type(
    inline_serializer(
        "CampaignText",
        {
            "subject": serializers.CharField(required=False, help_text="Of mails."),
            "body": serializers.CharField(required=False, help_text="Liquid, as in `{{ firstName }}`."),
            "html": serializers.CharField(required=False, help_text="Of mails; Liquid."),
        },
    )
)


def _content() -> serializers.DictField:
    words = "Channel → an own text, where no template is named."
    return serializers.DictField(child=_TEXT(), help_text=words, required=False)


_VARIANT: Final = type(
    inline_serializer(
        "CampaignVariant",
        {
            "label": serializers.RegexField("^[A-Z]$"),
            "weight": serializers.IntegerField(min_value=1, max_value=100, required=False),
            "content": _content(),
            "channels": _channels(),
            "templateIds": serializers.DictField(child=serializers.CharField(), required=False),
            "delayMinutes": serializers.IntegerField(
                min_value=0, max_value=10_080, required=False, help_text="Later than the campaign's hour."
            ),
        },
    )
)


def _writable() -> dict[str, Any]:
    return {
        "description": serializers.CharField(required=False, allow_blank=True),
        "clubId": serializers.CharField(required=False, allow_blank=True, max_length=200),
        "type": serializers.ChoiceField(choices=CampaignType.choices, required=False),
        "segmentId": serializers.UUIDField(
            required=False, allow_null=True, help_text="The first of `segmentIds`."
        ),
        "segmentIds": _uuids("Members of any of them."),
        "excludedSegmentIds": _uuids("But not of these."),
        "excludedCampaignIds": _uuids("Nor whoever got one of these campaigns."),
        "rule": serializers.JSONField(required=False, allow_null=True, help_text="A rule tree besides."),
        "holdOutPercent": serializers.IntegerField(
            min_value=0, max_value=50, required=False, help_text=PERCENT_OF_PEOPLE
        ),
        "channels": _channels("In order of preference: mail, else SMS."),
        "emailTemplateId": serializers.CharField(required=False, allow_blank=True, max_length=200),
        "smsTemplateId": serializers.CharField(required=False, allow_blank=True, max_length=200),
        "pushTemplateId": serializers.CharField(required=False, allow_blank=True, max_length=200),
        "whatsappTemplateId": serializers.CharField(required=False, allow_blank=True, max_length=200),
        "content": _content(),
        "isTransactional": serializers.BooleanField(
            required=False, help_text="About a booking or membership: no consent to marketing needed."
        ),
        "scheduledAt": serializers.DateTimeField(required=False, allow_null=True),
        "timezone": serializers.CharField(required=False, help_text="Left out: the club's."),
        "window": serializers.ChoiceField(choices=SendWindow.choices, required=False),
        "spreadMinutes": serializers.IntegerField(min_value=0, max_value=10_080, required=False),
        "recurPattern": serializers.CharField(
            required=False, allow_blank=True, help_text="Cron of five fields, on the campaign's clock."
        ),
        "recurEndAt": serializers.DateTimeField(required=False, allow_null=True),
        "triggerEvent": serializers.CharField(
            required=False, allow_blank=True, help_text="A type of the catalogue."
        ),
        "triggerWhere": serializers.DictField(
            child=serializers.JSONField(), required=False, help_text="Payload field → its value."
        ),
        "triggerDelayMinutes": serializers.IntegerField(min_value=0, max_value=43_200, required=False),
        "triggerCapDays": serializers.IntegerField(min_value=0, max_value=365, required=False),
        "variants": serializers.ListField(child=_VARIANT(), required=False, max_length=6),
        "winnerMetric": serializers.ChoiceField(choices=WinnerMetric.choices, required=False),
        "testPercent": serializers.IntegerField(min_value=1, max_value=100, required=False),
        "testMinutes": serializers.IntegerField(min_value=1, max_value=20_160, required=False),
        "goal": serializers.ChoiceField(choices=Goal.choices, required=False),
        "goalDays": serializers.IntegerField(min_value=1, max_value=90, required=False),
    }


CREATE: Final = inline_serializer(
    "CampaignCreate", {"name": serializers.CharField(max_length=200), **_writable()}
)
UPDATE: Final = inline_serializer(
    "CampaignUpdate", {"name": serializers.CharField(max_length=200, required=False), **_writable()}
)
COUNTERS: Final = inline_serializer(
    "CampaignCounters",
    {
        **{name: serializers.IntegerField() for name in NAMES.values()},
        NAMES["revenue_cents"]: serializers.IntegerField(
            allow_null=True,
            help_text="Null for a person whose role in the club sees no payments; services with a key always read it.",
        ),
    },
)
RATES_OF: Final = inline_serializer(
    "CampaignRates", {name: serializers.FloatField(allow_null=True) for name in RATES}
)


def _readable() -> dict[str, Any]:
    nullable = {
        "segmentId", "rule", "clubId", "emailTemplateId", "smsTemplateId", "pushTemplateId", "whatsappTemplateId",
        "scheduledAt", "recurPattern", "recurEndAt", "triggerEvent",
    }  # fmt: skip
    fields = _writable()
    for name, one in fields.items():
        # Where a serializer looks when it copies its fields; what is set on them themselves it forgets.
        one._kwargs |= {"required": True, "allow_null": name in nullable}
    return fields


CAMPAIGN: Final = inline_serializer(
    "Campaign",
    {
        "id": serializers.UUIDField(),
        "tenantId": serializers.UUIDField(),
        "name": serializers.CharField(),
        "status": serializers.ChoiceField(choices=CampaignStatus.choices),
        "version": serializers.IntegerField(
            min_value=1, help_text="Another one after each change of the draft."
        ),
        **_readable(),
        "startedAt": serializers.DateTimeField(allow_null=True),
        "completedAt": serializers.DateTimeField(allow_null=True),
        "pauseReason": serializers.CharField(allow_null=True, help_text="PERSON, ERRORS or LATE."),
        "pauseNote": serializers.CharField(allow_null=True),
        "createdBy": serializers.CharField(),
        "isApproved": serializers.BooleanField(),
        "approvedBy": serializers.CharField(allow_null=True),
        "counters": type(COUNTERS)(),
        "rates": type(RATES_OF)(),
        "createdAt": serializers.DateTimeField(),
        "updatedAt": serializers.DateTimeField(),
        "archivedAt": serializers.DateTimeField(allow_null=True),
    },
)
CAMPAIGNS: Final = type(CAMPAIGN)(many=True)
SCHEDULE: Final = inline_serializer(
    "CampaignSchedule",
    {
        "scheduledAt": serializers.DateTimeField(
            required=False, allow_null=True, help_text="Left out: the campaign's own hour, or at once."
        )
    },
)
APPROVAL: Final = inline_serializer(
    "CampaignApproval",
    {
        "version": serializers.IntegerField(
            required=False,
            allow_null=True,
            min_value=1,
            help_text="The version that was looked at; 409 where the draft is another by now.",
        )
    },
)
TEST: Final = inline_serializer(
    "CampaignTest",
    {"customerIds": serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20)},
)
TESTED: Final = inline_serializer(
    "CampaignTested",
    {
        "data": serializers.ListField(
            child=inline_serializer(
                "CampaignTestDecision",
                {
                    "customerId": serializers.UUIDField(),
                    "status": serializers.CharField(),
                    "reason": serializers.CharField(allow_null=True),
                    "channel": serializers.CharField(allow_null=True),
                },
            )
        )
    },
)
STATS: Final = inline_serializer(
    "CampaignStats",
    {
        "campaignId": serializers.UUIDField(),
        "status": serializers.CharField(),
        "sum": serializers.JSONField(
            help_text="target = sent + skipped + failed + waiting, and why skipped."
        ),
        "counters": type(COUNTERS)(),
        "rates": type(RATES_OF)(),
        "variants": serializers.JSONField(help_text="Counters and rates of each."),
        "channels": serializers.JSONField(help_text="Counters and rates of each."),
        "occurrences": serializers.JSONField(help_text="Each sending with its own numbers, newest first."),
        "hours": serializers.JSONField(help_text="Opened and clicked by the hour of the campaign's clock."),
        "tiers": serializers.JSONField(help_text="Sent, opened, clicked by membership tier."),
        "segments": serializers.JSONField(help_text="The same by segment."),
        "links": serializers.JSONField(help_text="Clicks of people and of machines by address."),
        "test": serializers.JSONField(allow_null=True, help_text="Each variant's probability of being best."),
        "lift": serializers.JSONField(
            allow_null=True, help_text="Against the hold-out, with a 95 % interval."
        ),
        "past": serializers.JSONField(allow_null=True, help_text="Rates of the club's last campaigns."),
    },
)
ANALYTICS: Final = inline_serializer(
    "CampaignAnalytics",
    {
        "days": serializers.IntegerField(),
        "counters": type(COUNTERS)(),
        "rates": type(RATES_OF)(),
        "channels": serializers.JSONField(),
        "campaigns": serializers.JSONField(),
    },
)
RECIPIENT: Final = inline_serializer(
    "CampaignRecipient",
    {
        "id": serializers.CharField(),
        "customerId": serializers.UUIDField(),
        "customerName": serializers.CharField(),
        "occurrence": serializers.CharField(),
        "variant": serializers.CharField(allow_null=True),
        "channel": serializers.CharField(allow_null=True),
        "status": serializers.ChoiceField(choices=DeliveryStatus.choices),
        "reason": serializers.CharField(allow_null=True),
        "reasonText": serializers.CharField(allow_null=True),
        "dueAt": serializers.DateTimeField(),
        "handedOverAt": serializers.DateTimeField(allow_null=True),
        "deliveredAt": serializers.DateTimeField(allow_null=True),
        "openedAt": serializers.DateTimeField(allow_null=True),
        "machineOpenedAt": serializers.DateTimeField(allow_null=True),
        "clickedAt": serializers.DateTimeField(allow_null=True),
        "unsubscribedAt": serializers.DateTimeField(allow_null=True),
    },
)
RECIPIENTS: Final = type(RECIPIENT)(many=True)
