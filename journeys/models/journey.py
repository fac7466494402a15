"""A journey, its immutable versions, and the draft that is being edited."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.models import TenantChildModel, TenantModel


class JourneyStatus(models.TextChoices):
    """Whether people may enter and move."""

    DRAFT = "DRAFT", "Draft"
    ACTIVE = "ACTIVE", "Active"
    PAUSED = "PAUSED", "Paused"
    ARCHIVED = "ARCHIVED", "Archived"


class Journey(TenantModel):
    """What should happen to a golfer, under a name. `version_id` is the version that new people enter.

    `takes_entries`: false after an archiving that lets those under way finish, and while paused with DROP.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    description = models.TextField(default="", blank=True)
    status = models.CharField(max_length=10, choices=JourneyStatus.choices, default=JourneyStatus.DRAFT)
    version_id = models.BigIntegerField(null=True)
    template = models.CharField(max_length=40, default="", blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    created_by_name = models.TextField(default="", blank=True)
    activated_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    queues_entries = models.BooleanField(
        default=True, help_text="While paused, entries wait (at most 7 days)."
    )
    submitted_at = models.DateTimeField(
        null=True, help_text="Waits for a second person's approval since then."
    )
    submitted_by_id = models.BigIntegerField(null=True)
    submitted_by_name = models.TextField(default="", blank=True)
    scanned_at = models.DateTimeField(
        db_default=Now(), help_text="Dates and schedules were looked at until then."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="journeys_journey_tenant_uq"),
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=~Q(status="ARCHIVED"), name="journeys_journey_name_uq"
            ),
            models.CheckConstraint(
                condition=Q(status__in=JourneyStatus.values), name="journeys_journey_status_ck"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="journeys_journey_name_ck"),
            models.CheckConstraint(
                condition=Q(status__in=["DRAFT", "ARCHIVED"]) | Q(version_id__isnull=False),
                name="journeys_journey_version_ck",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class JourneyVersion(TenantModel):
    """A published definition; a trigger of the database refuses every change of it but by an erasure."""

    id = models.BigAutoField(primary_key=True)
    journey_id = models.UUIDField()
    number = models.IntegerField()
    definition = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    published_at = models.DateTimeField(db_default=Now())
    published_by_name = models.TextField(default="", blank=True)
    note = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="journeys_version_tenant_uq"),
            models.UniqueConstraint(
                fields=["tenant", "journey_id", "number"], name="journeys_version_number_uq"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="journeys_version_number_ck"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class JourneyDraft(TenantModel):
    """What is being edited; `position` is the revision that shows, so that undo and redo only move it."""

    id = models.BigAutoField(primary_key=True)
    journey_id = models.UUIDField()
    definition = models.JSONField()
    position = models.IntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now())
    updated_by_name = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "journey_id"], name="journeys_draft_journey_uq"),
        ]

    def __str__(self) -> str:
        return f"draft of {self.journey_id}"


class DraftRevision(TenantChildModel):
    """One state of a draft and the act that led to it."""

    id = models.BigAutoField(primary_key=True)
    journey_id = models.UUIDField()
    number = models.IntegerField()
    definition = models.JSONField()
    act = models.TextField(default="")
    made_at = models.DateTimeField(db_default=Now())
    made_by_name = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "journey_id", "number"], name="journeys_draftrevision_number_uq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.act}"


class JourneySecret(TenantModel):
    """A secret that webhook steps sign with, by name; encrypted, never in a definition, a log or a preview."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60)
    sealed = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    created_by_name = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="journeys_secret_name_uq")]

    def __str__(self) -> str:
        return self.name
