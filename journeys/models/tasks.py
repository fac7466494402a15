"""Tasks for staff: about whom, what, why, by when, and what came of it."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.models import TenantModel


class TaskStatus(models.TextChoices):
    """Whether there is still something to do."""

    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"


class Outcome(models.TextChoices):
    """What came of a task."""

    CALLED = "CALLED", "Called"
    PROMISED = "PROMISED", "Promised to stay"
    LOST = "LOST", "Lost"
    DONE = "DONE", "Done"


class TaskSource(models.TextChoices):
    """Who made it."""

    PERSON = "PERSON", "A colleague"
    JOURNEY = "JOURNEY", "A journey"
    SLIPPING = "SLIPPING", "Slipping away"


class Task(TenantModel):
    """One thing to do about one customer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    title = models.CharField(max_length=200)
    reason = models.TextField(default="", blank=True)
    owner = models.ForeignKey("tenants.User", null=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField()
    snoozed_until = models.DateField(null=True)
    status = models.CharField(max_length=6, choices=TaskStatus.choices, default=TaskStatus.OPEN)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default="", blank=True)
    note = models.TextField(default="", blank=True)
    source = models.CharField(max_length=8, choices=TaskSource.choices, default=TaskSource.PERSON)
    source_key = models.CharField(max_length=120, default="", blank=True)
    value_cents = models.BigIntegerField(default=0, help_text="What the customer was worth when it was made.")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    created_by_name = models.TextField(default="", blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="journeys_task_title_ck"),
            models.CheckConstraint(condition=Q(status__in=TaskStatus.values), name="journeys_task_status_ck"),
            models.CheckConstraint(condition=Q(source__in=TaskSource.values), name="journeys_task_source_ck"),
            models.CheckConstraint(
                condition=(Q(status="OPEN", outcome="", closed_at__isnull=True))
                | (Q(status="CLOSED", outcome__in=Outcome.values, closed_at__isnull=False)),
                name="journeys_task_outcome_ck",
            ),
            # What a journey's step makes, it makes once.
            models.UniqueConstraint(
                fields=["tenant", "source_key"], condition=~Q(source_key=""), name="journeys_task_source_uq"
            ),
        ]
        indexes = [
            # My day: open ones by due date.
            models.Index(
                fields=["tenant", "due_on"], condition=Q(status="OPEN"), name="journeys_task_open_idx"
            ),
            # The customer page.
            models.Index(fields=["tenant", "profile_id", "-created_at"], name="journeys_task_profile_idx"),
            # Saved this quarter.
            models.Index(
                fields=["tenant", "closed_at"], condition=Q(status="CLOSED"), name="journeys_task_closed_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class MorningMail(TenantModel):
    """A colleague who wants the day's tasks by mail; `sent_on`: for which day it was sent last."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey("tenants.User", on_delete=models.CASCADE, related_name="+")
    sent_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="journeys_morningmail_user_uq"),
        ]

    def __str__(self) -> str:
        return f"of {self.user}"
