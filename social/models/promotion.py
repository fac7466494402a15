"""Promotion: an event, who entered it, and the plan of touches that fills its field."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from messaging.models import SendChannel
from tenants.models import TenantChildModel, TenantModel


class SourceType(models.TextChoices):
    """What is promoted."""

    COMPETITION = "COMPETITION", "Competition"
    CLUB_EVENT = "CLUB_EVENT", "Club event"
    SPECIAL = "SPECIAL", "Special"


class PromotionStatus(models.TextChoices):
    """Where a plan stands."""

    DRAFT = "DRAFT", "Waits for approval"
    ACTIVE = "ACTIVE", "Running"
    PAUSED = "PAUSED", "Paused"
    COMPLETED = "COMPLETED", "Over"
    CANCELLED = "CANCELLED", "Cancelled"


class Competition(TenantModel):
    """What TeeTime last said of a competition; `facts` is its payload, `log_id` the entry that brought it."""

    key = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)
    log_id = models.BigIntegerField(default=0)
    is_cancelled = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="social_competition_key_uq")]

    def __str__(self) -> str:
        return str(self.facts.get("name", self.key))


class Entrant(TenantModel):
    """Who is in a competition now, or was; the field of an event is who has not withdrawn."""

    competition_key = models.CharField(max_length=200)
    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    entered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "competition_key", "profile_id", "origin_profile_id"],
                name="social_entrant_person_uq",
            ),
        ]
        indexes = [
            # Merging, erasure and copies by person.
            models.Index(fields=["tenant", "profile_id"], name="social_entrant_profile_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.competition_key} {self.profile_id}"


class Promotion(TenantModel):
    """The plan for one event. `pending` holds a change that waits to settle, or for a decision."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source_type = models.CharField(max_length=11, choices=SourceType.choices)
    source_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=9, choices=PromotionStatus.choices, default=PromotionStatus.DRAFT)
    facts = models.JSONField(
        default=dict, help_text="The event as the plan knows it, by the payload's names."
    )
    channels = models.JSONField(default=list)
    reminder_days = models.JSONField(default=list)
    template = models.JSONField(default=dict, help_text="The words of each kind of touch.")
    segment_id = models.UUIDField(null=True)
    connection_ids = models.JSONField(default=list)
    audience = models.JSONField(
        default=dict,
        help_text="Whom it writes to beside the event's own rules: membershipTiers, membershipStatuses.",
    )
    picture_id = models.UUIDField(null=True, help_text="A picture of the library that its posts show.")
    picture_is_chosen = models.BooleanField(
        default=False, help_text="Staff chose the picture, or none: the event's own is not fetched."
    )
    picture_due_at = models.DateTimeField(null=True, help_text="When the event's own picture is fetched.")
    picture_tries = models.PositiveSmallIntegerField(default=0)
    picture_problem = models.CharField(
        max_length=300, blank=True, help_text="Why the event's own picture is missing."
    )
    announce_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)
    max_entries = models.PositiveIntegerField(null=True)
    entered = models.PositiveIntegerField(default=0)
    band = models.PositiveSmallIntegerField(default=0, help_text="How many handicap bands have been invited.")
    is_full = models.BooleanField(default=False)
    runs_by_itself = models.BooleanField(default=False)
    pending = models.JSONField(default=dict)
    pending_since = models.DateTimeField(null=True)
    history = models.JSONField(default=list)
    approved_by_name = models.CharField(max_length=250, blank=True)
    created_by_name = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="social_promotion_tenant_uq"),
            models.UniqueConstraint(
                fields=["tenant", "source_type", "source_id"], name="social_promotion_source_uq"
            ),
            models.CheckConstraint(
                condition=Q(source_type__in=SourceType.values), name="social_promotion_source_ck"
            ),
            models.CheckConstraint(
                condition=Q(status__in=PromotionStatus.values), name="social_promotion_status_ck"
            ),
        ]
        indexes = [
            # Changes that have settled.
            models.Index(
                fields=["pending_since"],
                condition=Q(pending_since__isnull=False),
                name="social_promotion_pending_idx",
            ),
            # Pictures of events that are to be fetched.
            models.Index(
                fields=["picture_due_at"],
                condition=Q(picture_due_at__isnull=False),
                name="social_promotion_picture_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TouchKind(models.TextChoices):
    """Why a touch happens."""

    ANNOUNCE = "ANNOUNCE", "Announcement"
    REMINDER = "REMINDER", "Reminder"
    LAST_PLACES = "LAST_PLACES", "Last places"
    FULL = "FULL", "Full: waiting list"
    RESULTS = "RESULTS", "Results"
    CORRECTION = "CORRECTION", "Correction"
    CANCELLATION = "CANCELLATION", "Cancellation"


class TouchStatus(models.TextChoices):
    """What became of a touch."""

    PLANNED = "PLANNED", "Planned"
    DONE = "DONE", "Done"
    DROPPED = "DROPPED", "Dropped"
    CANCELLED = "CANCELLED", "Taken back"


class Touch(TenantChildModel):
    """One act of a plan on one channel; due at an anchor of the event plus an offset, or when something happens.

    `key` makes it once: kind, channel, offset and the round of a correction.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    promotion = models.ForeignKey(
        Promotion, on_delete=models.CASCADE, related_name="touches", db_constraint=False
    )
    key = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=TouchKind.choices)
    channel = models.CharField(max_length=8, help_text="POST, EMAIL, SMS, PUSH or WHATSAPP.")
    anchor = models.CharField(
        max_length=10,
        help_text="publish, closes, starts, fixed (a time of staff), or when: something happens.",
    )
    offset_days = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=9, choices=TouchStatus.choices, default=TouchStatus.PLANNED)
    reason = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    post_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "promotion", "key"], name="social_touch_key_uq"),
            models.CheckConstraint(condition=Q(kind__in=TouchKind.values), name="social_touch_kind_ck"),
            models.CheckConstraint(condition=Q(status__in=TouchStatus.values), name="social_touch_status_ck"),
            models.CheckConstraint(
                condition=Q(channel__in=["POST", "EMAIL", "SMS", "PUSH", "WHATSAPP"]),
                name="social_touch_channel_ck",
            ),
        ]
        indexes = [
            # Touches that are due.
            models.Index(fields=["due_at"], condition=Q(status="PLANNED"), name="social_touch_due_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel}"

    @property
    def channel_label(self) -> str:
        """By what way, as staff read it."""
        return "Post" if self.channel == "POST" else str(SendChannel(self.channel).label)
