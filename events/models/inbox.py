"""The inbox: every event that was accepted, once, and what became of it."""

from django.db import models
from django.db.models import Q

from tenants.models import TenantModel


class InboxStatus(models.TextChoices):
    """Where an accepted event stands."""

    PENDING = "PENDING", "Waiting"
    PROCESSING = "PROCESSING", "Being processed"
    SUCCESS = "SUCCESS", "Done"
    FAILED = "FAILED", "Failed, will be tried again"
    SKIPPED = "SKIPPED", "Skipped"
    DEAD = "DEAD", "Could not be applied"


# Waiting to be claimed; the rest is at rest.
CLAIMABLE_STATUSES = (InboxStatus.PENDING, InboxStatus.FAILED)
AT_REST_STATUSES = tuple(status for status in InboxStatus if status not in CLAIMABLE_STATUSES)


class Door(models.TextChoices):
    """How an event came in."""

    HTTP = "HTTP", "POST /api/v1/events"
    QUEUE = "QUEUE", "BullMQ queue"
    FILE = "FILE", "File"


class ErrorCode(models.TextChoices):
    """Why an accepted event could not be applied."""

    NONE = "", "None"
    UNKNOWN_TYPE = "UNKNOWN_TYPE", "Unknown event type"
    INVALID_PAYLOAD = "INVALID_PAYLOAD", "Payload does not fit its type"
    NO_IDENTITY = "NO_IDENTITY", "No person given"
    PROCESSING_FAILED = "PROCESSING_FAILED", "Processing failed"
    ERASED_PERSON = "ERASED_PERSON", "About somebody who was erased"


class InboxEvent(TenantModel):
    """One accepted event.

    The row is the promise given at the door: it is committed before the sender gets its answer. The tenant
    has no foreign key in the database, because the check would lock the tenant's row once per event; row level
    security allows no other tenant than the one the door looked up.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    source = models.CharField(max_length=20)
    event_id = models.CharField(max_length=200)
    type = models.CharField(max_length=100, help_text="Canonical name where the catalogue knows the type.")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=models.functions.Now())
    door = models.CharField(max_length=5, choices=Door.choices)
    priority = models.SmallIntegerField(help_text="1 at once, 2 normal, 3 batched, 4 backfill.")
    status = models.CharField(max_length=10, choices=InboxStatus.choices, db_default=InboxStatus.PENDING)
    attempts = models.SmallIntegerField(db_default=0)
    due_at = models.DateTimeField(null=True, help_text="Not before this time; empty: at once.")
    error_code = models.CharField(max_length=20, choices=ErrorCode.choices, db_default="", blank=True)
    error_field = models.CharField(max_length=200, db_default="", blank=True)
    error_message = models.TextField(db_default="", blank=True)
    remarks = models.JSONField(
        null=True, help_text="What was left aside though the event was applied: field, text."
    )
    processed_at = models.DateTimeField(null=True)
    profile_id = models.UUIDField(null=True)
    activity_id = models.BigIntegerField(null=True)
    envelope = models.JSONField(help_text="The event as it came, or as staff repaired it.")
    original_envelope = models.JSONField(null=True, help_text="As it came, where staff repaired it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source", "event_id"], name="events_inbox_event_uq"),
            models.CheckConstraint(condition=Q(status__in=InboxStatus.values), name="events_inbox_status_ck"),
            models.CheckConstraint(condition=Q(priority__range=(1, 4)), name="events_inbox_priority_ck"),
            models.CheckConstraint(
                condition=~Q(status=InboxStatus.DEAD) | ~Q(error_code=""), name="events_inbox_dead_reason_ck"
            ),
        ]
        indexes = [
            # The claim: what waits for one tenant, urgent first, then by arrival.
            models.Index(
                fields=["tenant", "priority", "id"],
                condition=Q(status__in=CLAIMABLE_STATUSES),
                name="events_inbox_claim_idx",
            ),
            # Operations pages: what needs a human.
            models.Index(
                fields=["tenant", "status", "-id"],
                condition=Q(status__in=(InboxStatus.DEAD, InboxStatus.FAILED)),
                name="events_inbox_trouble_idx",
            ),
            # Privacy: a person's own events, for their copy and their erasure.
            models.Index(
                fields=["profile_id"], condition=Q(profile_id__isnull=False), name="events_inbox_person_idx"
            ),
            # Privacy: repaired by staff, so that the index of texts need not follow.
            models.Index(
                fields=["tenant", "id"],
                condition=Q(original_envelope__isnull=False),
                name="events_inbox_repaired_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
