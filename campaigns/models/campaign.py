"""A campaign: to whom, what, when, and how it is tested."""

import uuid
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tenants.models import TenantModel


class CampaignType(models.TextChoices):
    """What sets a campaign off."""

    ONE_TIME = "ONE_TIME", "Once"
    RECURRING = "RECURRING", "Again and again"
    TRIGGERED = "TRIGGERED", "When something happens"
    JOURNEY = "JOURNEY", "Part of a journey"


class CampaignStatus(models.TextChoices):
    """Where a campaign stands; what may follow on what is in `campaigns.transitions`."""

    DRAFT = "DRAFT", "Draft"
    SCHEDULED = "SCHEDULED", "Scheduled"
    ACTIVE = "ACTIVE", "Being sent"
    PAUSED = "PAUSED", "Paused"
    COMPLETED = "COMPLETED", "Completed"
    CANCELLED = "CANCELLED", "Cancelled"


class CampaignChannel(models.TextChoices):
    """By what way people are reached; SOCIAL marks campaigns that posts belong to and is nobody's mailbox."""

    EMAIL = "EMAIL", "E-mail"
    SMS = "SMS", "SMS"
    PUSH = "PUSH", "Push"
    WHATSAPP = "WHATSAPP", "WhatsApp"
    SOCIAL = "SOCIAL", "Social media"


DIRECT_CHANNELS: Final = tuple(
    channel for channel in CampaignChannel if channel is not CampaignChannel.SOCIAL
)


class SendWindow(models.TextChoices):
    """When each person gets it, counted from the campaign's hour."""

    TOGETHER = "TOGETHER", "Everybody at the same moment"
    OWN_ZONE = "OWN_ZONE", "Everybody at that hour of their own clock"
    BEST_HOUR = "BEST_HOUR", "Everybody at the hour at which they read"
    SPREAD = "SPREAD", "Spread evenly over some hours"


class Goal(models.TextChoices):
    """What people are to do."""

    NONE = "NONE", "Nothing that can be counted"
    BOOKED = "BOOKED", "Book a tee time or facility"
    ENTERED = "ENTERED", "Enter a competition"
    RENEWED = "RENEWED", "Renew the membership"
    PAID = "PAID", "Pay"


class WinnerMetric(models.TextChoices):
    """By what a test is decided."""

    OPENS = "OPENS", "Opened by people"
    CLICKS = "CLICKS", "Clicked"
    CONVERSIONS = "CONVERSIONS", "Reached the goal"
    REVENUE = "REVENUE", "Money brought"


class PauseReason(models.TextChoices):
    """Why a campaign is paused."""

    NONE = "", "Not paused"
    PERSON = "PERSON", "Paused by hand"
    ERRORS = "ERRORS", "Too many messages failed"
    LATE = "LATE", "Found too long after its hour"


# Of these statuses nobody changes audience or content any more.
ENDED: Final = (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED)
MOST_PERCENT: Final = 100


def _percent(name: str, most: int = MOST_PERCENT) -> Q:
    return Q(**{f"{name}__range": (0, most)})


class Campaign(TenantModel):
    """One campaign of a club. Written only by this app's functions; its status only by conditional updates.

    `channels` stand in order of preference: whoever cannot be reached by the first gets the next ("mail, else SMS").
    `content` holds per channel an own text (`{"EMAIL": {"subject", "body"}}`), where no template is named.
    `version` goes up with each change of the draft, and counts what an approval was given for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    club_id = models.TextField(blank=True, default="")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    type = models.CharField(max_length=10, choices=CampaignType.choices, default=CampaignType.ONE_TIME.value)
    status = models.CharField(
        max_length=10, choices=CampaignStatus.choices, default=CampaignStatus.DRAFT.value
    )
    version = models.IntegerField(default=1)

    # To whom
    segment_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    excluded_segment_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    excluded_campaign_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    rule = models.JSONField(null=True, blank=True, help_text="A rule tree besides the segments.")
    hold_out_percent = models.SmallIntegerField(default=0)

    # What
    channels = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    email_template_id = models.CharField(max_length=200, blank=True, default="")
    sms_template_id = models.CharField(max_length=200, blank=True, default="")
    push_template_id = models.CharField(max_length=200, blank=True, default="")
    whatsapp_template_id = models.CharField(max_length=200, blank=True, default="")
    content = models.JSONField(default=dict, blank=True)
    is_transactional = models.BooleanField(default=False)

    # When
    scheduled_at = models.DateTimeField(null=True)
    timezone = models.CharField(max_length=64)
    window = models.CharField(max_length=10, choices=SendWindow.choices, default=SendWindow.TOGETHER.value)
    spread_minutes = models.IntegerField(default=0)
    recur_pattern = models.CharField(max_length=100, blank=True, default="")
    recur_end_at = models.DateTimeField(null=True)
    trigger_event = models.CharField(max_length=100, blank=True, default="")
    trigger_where = models.JSONField(
        default=dict, blank=True, help_text="Payload field → the value that it must have."
    )
    trigger_delay_minutes = models.IntegerField(default=0)
    trigger_cap_days = models.IntegerField(
        default=1, help_text="Each person at most once in so many days; 0: each time."
    )

    # The test
    winner_metric = models.CharField(
        max_length=12, choices=WinnerMetric.choices, default=WinnerMetric.CLICKS.value
    )
    test_percent = models.SmallIntegerField(default=100, help_text="So many take part; 100: no rest to wait.")
    test_minutes = models.IntegerField(default=240)

    # What it is to bring
    goal = models.CharField(max_length=10, choices=Goal.choices, default=Goal.NONE.value)
    goal_days = models.SmallIntegerField(default=7)

    # How it went
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(
        max_length=10, choices=PauseReason.choices, blank=True, default=PauseReason.NONE.value
    )
    pause_note = models.CharField(max_length=300, blank=True, default="")
    archived_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey("tenants.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_by_name = models.CharField(max_length=250, default="")
    changed_by = models.ForeignKey("tenants.User", null=True, on_delete=models.SET_NULL, related_name="+")
    approval_asked_at = models.DateTimeField(null=True)
    approval_asked_by = models.ForeignKey(
        "tenants.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_version = models.IntegerField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_by_name = models.CharField(max_length=250, blank=True, default="")
    created_at = models.DateTimeField(db_default=models.functions.Now())
    updated_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            # What children refer to, so that none can point into another tenant.
            models.UniqueConstraint(fields=["tenant", "id"], name="campaigns_campaign_tenant_uq"),
            models.CheckConstraint(condition=~Q(name=""), name="campaigns_campaign_name_ck"),
            models.CheckConstraint(
                condition=Q(type__in=CampaignType.values), name="campaigns_campaign_type_ck"
            ),
            models.CheckConstraint(
                condition=Q(status__in=CampaignStatus.values), name="campaigns_campaign_status_ck"
            ),
            models.CheckConstraint(
                condition=Q(channels__contained_by=CampaignChannel.values), name="campaigns_campaign_way_ck"
            ),
            models.CheckConstraint(
                condition=Q(window__in=SendWindow.values) & Q(spread_minutes__range=(0, 7 * 24 * 60)),
                name="campaigns_campaign_window_ck",
            ),
            models.CheckConstraint(condition=Q(goal__in=Goal.values), name="campaigns_campaign_goal_ck"),
            models.CheckConstraint(condition=Q(goal_days__range=(1, 90)), name="campaigns_campaign_days_ck"),
            models.CheckConstraint(
                condition=_percent("hold_out_percent", 50), name="campaigns_campaign_holdout_ck"
            ),
            models.CheckConstraint(
                condition=Q(winner_metric__in=WinnerMetric.values)
                & Q(test_percent__range=(1, MOST_PERCENT))
                & Q(test_minutes__range=(1, 14 * 24 * 60)),
                name="campaigns_campaign_test_ck",
            ),
            models.CheckConstraint(
                condition=Q(trigger_delay_minutes__range=(0, 30 * 24 * 60))
                & Q(trigger_cap_days__range=(0, 365)),
                name="campaigns_campaign_trigger_ck",
            ),
            # Whatever left the draft has an hour, and its kind's own part.
            models.CheckConstraint(
                condition=Q(status="DRAFT") | Q(scheduled_at__isnull=False),
                name="campaigns_campaign_hour_ck",
            ),
            models.CheckConstraint(
                condition=Q(status="DRAFT") | ~Q(type="RECURRING") | ~Q(recur_pattern=""),
                name="campaigns_campaign_recur_ck",
            ),
            models.CheckConstraint(
                condition=Q(status="DRAFT") | ~Q(type="TRIGGERED") | ~Q(trigger_event=""),
                name="campaigns_campaign_event_ck",
            ),
            models.CheckConstraint(
                condition=Q(status="PAUSED", pause_reason__in=["PERSON", "ERRORS", "LATE"])
                | (~Q(status="PAUSED") & Q(pause_reason="")),
                name="campaigns_campaign_pause_ck",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["COMPLETED", "CANCELLED"], completed_at__isnull=False)
                | (~Q(status__in=["COMPLETED", "CANCELLED"]) & Q(completed_at=None)),
                name="campaigns_campaign_end_ck",
            ),
            models.CheckConstraint(
                condition=Q(approved_version__isnull=True, approved_at__isnull=True)
                | Q(
                    approved_version__isnull=False,
                    approved_version__lte=F("version"),
                    approved_at__isnull=False,
                ),
                name="campaigns_campaign_approval_ck",
            ),
        ]
        indexes = [
            # The list, newest first.
            models.Index(fields=["tenant", "-created_at", "-id"], name="campaigns_campaign_newest_idx"),
            # What an event of the log may set off.
            models.Index(
                fields=["tenant", "trigger_event"],
                condition=Q(status="ACTIVE", type="TRIGGERED"),
                name="campaigns_campaign_event_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """On whose wall its hours are read."""
        return ZoneInfo(self.timezone)

    @property
    def direct_channels(self) -> list[str]:
        """The channels that reach a person, in order of preference."""
        return [channel for channel in self.channels if channel in DIRECT_CHANNELS]

    @property
    def is_draft(self) -> bool:
        """Whether audience and content may still change."""
        return self.status == CampaignStatus.DRAFT

    @property
    def has_ended(self) -> bool:
        """Whether nothing can happen any more."""
        return self.status in ENDED

    @property
    def is_approved(self) -> bool:
        """Whether a second person agreed to it as it stands now."""
        return self.approved_version is not None and self.approved_version == self.version

    @property
    def test_wait(self) -> timedelta:
        """How long a test runs before the rest gets the winner."""
        return timedelta(minutes=self.test_minutes)

    def template_id(self, channel: str) -> str:
        """The Messaging service's template for a channel; empty: an own text."""
        return str(getattr(self, f"{channel.lower()}_template_id", ""))


class CampaignVariant(TenantModel):
    """One arm of an A/B test: what differs from the campaign. A campaign without rows has one arm, called A.

    `content` and `channels` replace the campaign's where they say something; `delay_minutes` tests the time.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="variants"
    )
    label = models.CharField(max_length=1)
    weight = models.SmallIntegerField(default=1)
    content = models.JSONField(default=dict, blank=True)
    channels = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    template_ids = models.JSONField(default=dict, blank=True)
    delay_minutes = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "campaign", "label"], name="campaigns_variant_label_uq"
            ),
            models.CheckConstraint(condition=Q(label__regex="^[A-Z]$"), name="campaigns_variant_label_ck"),
            models.CheckConstraint(condition=Q(weight__range=(1, 100)), name="campaigns_variant_weight_ck"),
            models.CheckConstraint(
                condition=Q(channels__contained_by=CampaignChannel.values), name="campaigns_variant_way_ck"
            ),
            models.CheckConstraint(
                condition=Q(delay_minutes__range=(0, 7 * 24 * 60)), name="campaigns_variant_delay_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"Variant {self.label}"


class CampaignAct(TenantModel):
    """What was done to a campaign, by whom; append-only."""

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="acts"
    )
    act = models.CharField(max_length=30)
    from_status = models.CharField(max_length=10, blank=True, default="")
    to_status = models.CharField(max_length=10, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    actor_name = models.CharField(max_length=250)
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(act=""), name="campaigns_act_named_ck")]
        indexes = [
            # The history of one campaign, newest first.
            models.Index(fields=["tenant", "campaign", "-id"], name="campaigns_act_campaign_idx"),
        ]

    def __str__(self) -> str:
        return self.act
