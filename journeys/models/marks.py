"""What was decided about people besides their runs: refusals, hold-outs, conversions, what triggers remember."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.models import TenantChildModel


class EntryRefusal(TenantChildModel):
    """Somebody who was not let in, with the first reason; append-only."""

    id = models.BigAutoField(primary_key=True)
    journey_id = models.UUIDField()
    profile_id = models.UUIDField()
    key = models.TextField(default="", blank=True)
    reason = models.CharField(max_length=30)
    cause = models.CharField(max_length=20)
    detail = models.JSONField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # Why not? The newest refusal of a person.
            models.Index(
                fields=["tenant", "profile_id", "journey_id", "-at"], name="journeys_refusal_person_idx"
            ),
            # The journey page: refusals by reason.
            models.Index(fields=["tenant", "journey_id", "at"], name="journeys_refusal_journey_idx"),
        ]

    def __str__(self) -> str:
        return self.reason


class Holdout(TenantChildModel):
    """Somebody kept out on purpose, to compare with."""

    id = models.BigAutoField(primary_key=True)
    journey_id = models.UUIDField()
    profile_id = models.UUIDField()
    key = models.TextField(default="", blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "journey_id", "profile_id", "key"], name="journeys_holdout_person_uq"
            ),
        ]

    def __str__(self) -> str:
        return str(self.profile_id)


class Conversion(TenantChildModel):
    """The goal was reached, by a run or by somebody held out; the first time counts."""

    class Subject(models.TextChoices):
        """Who reached it."""

        RUN = "RUN", "Run"
        HOLDOUT = "HOLDOUT", "Held out"

    id = models.BigAutoField(primary_key=True)
    journey_id = models.UUIDField()
    subject = models.CharField(max_length=7, choices=Subject.choices)
    subject_id = models.BigIntegerField()
    profile_id = models.UUIDField()
    activity_id = models.BigIntegerField(null=True)
    value_cents = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "subject", "subject_id"], name="journeys_conversion_subject_uq"
            ),
            models.CheckConstraint(
                condition=Q(subject__in=["RUN", "HOLDOUT"]), name="journeys_conversion_subject_ck"
            ),
        ]
        indexes = [
            # Conversions of a journey over time.
            models.Index(fields=["tenant", "journey_id", "at"], name="journeys_conversion_at_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}"


class ScoreLatch(TenantChildModel):
    """When a score trigger last fired for somebody, and whether the score was past the re-arm level since."""

    id = models.BigAutoField(primary_key=True)
    journey_id = models.UUIDField()
    profile_id = models.UUIDField()
    trigger = models.SmallIntegerField()
    fired_at = models.DateTimeField()
    is_armed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "journey_id", "profile_id", "trigger"], name="journeys_scorelatch_person_uq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id} at {self.fired_at}"


class TriggerMark(TenantChildModel):
    """A date or an instant that a trigger dealt with: each once, whatever the number of workers.

    `occurrence` names it together with what the trigger asks, so that other triggers may come and go.
    """

    id = models.BigAutoField(primary_key=True)
    journey_id = models.UUIDField()
    occurrence = models.CharField(max_length=40)
    outcome = models.CharField(max_length=20)
    count = models.IntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "journey_id", "occurrence"], name="journeys_triggermark_once_uq"
            ),
        ]

    def __str__(self) -> str:
        return self.occurrence
