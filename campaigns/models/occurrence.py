"""The timers of campaigns: each time that one is sent, and the people whom an event set off."""

from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import Q

from campaigns.models.campaign import Campaign
from tenants.models import TenantChildModel


class OccurrenceStatus(models.TextChoices):
    """Where one sending of a campaign stands."""

    WAITING = "WAITING", "Waiting for its hour"
    LATE = "LATE", "Found late: a person must decide"
    TESTING = "TESTING", "The test is under way, the rest waits"
    SENDING = "SENDING", "Planned and being sent"
    COMPLETED = "COMPLETED", "Completed"
    CANCELLED = "CANCELLED", "Called off"
    FAILED = "FAILED", "Could not be planned"


# A worker may have to do something at `due_at`: plan, decide a test, see whether all is sent.
DUE_STATUSES: Final = (OccurrenceStatus.WAITING, OccurrenceStatus.TESTING, OccurrenceStatus.SENDING)
OPEN_STATUSES: Final = (*DUE_STATUSES, OccurrenceStatus.LATE)
# Backfills, late files and long pauses: of what happened so long ago nobody wants a message now.
OLDEST_EVENT: Final = timedelta(days=2)


class CampaignOccurrence(TenantChildModel):
    """One sending: a timer with a lease, and its own numbers.

    `hour` is the time that staff chose, `due_at` when a worker has to look next. The figures of the audience are
    those of planning; what came of the messages stands in CampaignCount.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="occurrences"
    )
    number = models.IntegerField()
    hour = models.DateTimeField()
    status = models.CharField(
        max_length=10, choices=OccurrenceStatus.choices, default=OccurrenceStatus.WAITING
    )
    due_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    is_released = models.BooleanField(default=False, help_text="A person said: send it although it is late.")

    audience = models.IntegerField(default=0)
    planned = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    reasons = models.JSONField(default=dict, help_text="Why people were left out → how many.")
    forgiven = models.IntegerField(default=0, help_text="Failures that a person has seen and let pass.")
    planned_at = models.DateTimeField(null=True)
    decide_at = models.DateTimeField(null=True)
    winner = models.CharField(max_length=1, blank=True, default="")
    verdict = models.JSONField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "campaign", "number"], name="campaigns_occurrence_number_uq"
            ),
            # The same hour is sent once, however often a worker looks for the next one.
            models.UniqueConstraint(
                fields=["tenant", "campaign", "hour"], name="campaigns_occurrence_hour_uq"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OccurrenceStatus.values), name="campaigns_occurrence_status_ck"
            ),
            models.CheckConstraint(
                condition=Q(status__in=DUE_STATUSES, due_at__isnull=False)
                | (~Q(status__in=DUE_STATUSES) & Q(due_at=None, leased_until=None)),
                name="campaigns_occurrence_due_ck",
            ),
            models.CheckConstraint(
                condition=Q(audience__gte=0, planned__gte=0, skipped__gte=0),
                name="campaigns_occurrence_counts_ck",
            ),
            models.CheckConstraint(
                condition=~Q(status="TESTING") | Q(decide_at__isnull=False),
                name="campaigns_occurrence_test_ck",
            ),
            models.CheckConstraint(
                condition=Q(winner="") | Q(verdict__isnull=False), name="campaigns_occurrence_winner_ck"
            ),
        ]
        indexes = [
            # The claim, over all tenants: what is due.
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=["WAITING", "TESTING", "SENDING"]),
                name="campaigns_occurrence_due_idx",
            ),
            # The calendar: what lies in a month.
            models.Index(fields=["tenant", "hour"], name="campaigns_occurrence_hour_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} no. {self.number}"


class TriggeredPerson(TenantChildModel):
    """Somebody whom an event set a campaign off for: planned when `due_at` has come, then kept for the cap."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    activity_id = models.BigIntegerField()
    due_at = models.DateTimeField()
    planned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "campaign", "activity_id"], name="campaigns_triggered_event_uq"
            ),
        ]
        indexes = [
            # What is due to be planned.
            models.Index(
                fields=["tenant", "campaign", "due_at"],
                condition=Q(planned_at=None),
                name="campaigns_triggered_due_idx",
            ),
            # The cap: when the person was last set off; merges and erasure.
            models.Index(
                fields=["tenant", "profile_id", "campaign", "-due_at"],
                name="campaigns_triggered_cap_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} for {self.profile_id}"
