"""A trial over the past: a job with its progress and, in the end, what would have happened."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.models import TenantChildModel


class TrialStatus(models.TextChoices):
    """How far it is."""

    PENDING = "PENDING", "Waits"
    RUNNING = "RUNNING", "Runs"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"


class Trial(TenantChildModel):
    """A definition over the last `days`; `result` as in the API. One at a time for a journey."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    journey_id = models.UUIDField()
    definition = models.JSONField()
    days = models.SmallIntegerField()
    status = models.CharField(max_length=7, choices=TrialStatus.choices, default=TrialStatus.PENDING)
    progress = models.SmallIntegerField(default=0, help_text="Per cent.")
    result = models.JSONField(null=True)
    error = models.TextField(default="", blank=True)
    made_at = models.DateTimeField(db_default=Now())
    made_by_name = models.TextField(default="", blank=True)
    ended_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=TrialStatus.values), name="journeys_trial_status_ck"
            ),
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=365), name="journeys_trial_days_ck"),
            models.CheckConstraint(
                condition=~Q(status="DONE") | Q(result__isnull=False), name="journeys_trial_result_ck"
            ),
            models.UniqueConstraint(
                fields=["tenant", "journey_id"],
                condition=Q(status__in=["PENDING", "RUNNING"]),
                name="journeys_trial_active_uq",
            ),
        ]
        indexes = [
            # The newest trial of a journey.
            models.Index(fields=["tenant", "journey_id", "-made_at"], name="journeys_trial_journey_idx"),
            # What is to be run.
            models.Index(
                fields=["tenant", "made_at"],
                condition=Q(status__in=["PENDING", "RUNNING"]),
                name="journeys_trial_waiting_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days} days: {self.status}"
