"""People under way: the narrow live table, its history, what each step did, what a run waits for."""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.models import TenantChildModel, TenantModel

LONGEST_KEY = 200


class RunStatus(models.TextChoices):
    """Of a live run."""

    WAITING = "WAITING", "Waiting"
    HELD = "HELD", "Held"  # see `hold`
    SUSPENDED = "SUSPENDED", "Suspended by a merge"


class Hold(models.TextChoices):
    """Why a run that was due does not go on."""

    NONE = "", "Not held"
    PAUSED = "PAUSED", "The journey is paused"
    OVERDUE = "OVERDUE", "Too late: staff decide"
    FLOOD = "FLOOD", "One of many overdue messages: staff decide"
    SKIP = "SKIP", "Goes on without the messages up to the next wait"
    GO = "GO", "Goes on now: a colleague ended the wait"
    REST = "REST", "Looked at again each hour: the data must rest"


class EndedStatus(models.TextChoices):
    """How a run ended."""

    COMPLETED = "COMPLETED", "Completed"
    EXITED = "EXITED", "Left"
    FAILED = "FAILED", "Failed"


# As the API tells it: ACTIVE is a run that waits for nothing.
RUN_STATUSES: Final = ("ACTIVE", *RunStatus.values, *EndedStatus.values)


class Run(TenantChildModel):
    """One person in one journey at one step. Narrow, because `due_at` is indexed and moves at each stop.

    `arrived_at` is null until the step was executed: then the run waits at it. `moves` counts the steps executed, and
    numbers them in the step log: (run, move) is executed once.
    """

    id = models.BigAutoField(primary_key=True)
    due_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField()
    version_id = models.BigIntegerField()
    moves = models.IntegerField(default=0)
    sent = models.SmallIntegerField(default=0)
    journey_id = models.UUIDField()
    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    status = models.CharField(max_length=9, choices=RunStatus.choices, default=RunStatus.WAITING)
    hold = models.CharField(max_length=7, choices=Hold.choices, default=Hold.NONE)
    step = models.CharField(max_length=40)
    key = models.CharField(max_length=LONGEST_KEY, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="journeys_run_status_ck"),
            models.CheckConstraint(
                condition=~Q(status="WAITING") | Q(due_at__isnull=False), name="journeys_run_due_ck"
            ),
            models.CheckConstraint(
                condition=Q(status="HELD", hold__in=["PAUSED", "OVERDUE", "FLOOD"])
                | (~Q(status="HELD") & Q(hold__in=["", "SKIP", "GO", "REST"])),
                name="journeys_run_hold_ck",
            ),
            # Never twice in a journey for one business key, whatever the version.
            models.UniqueConstraint(
                fields=["tenant", "journey_id", "profile_id", "key"],
                condition=~Q(status="SUSPENDED"),
                name="journeys_run_live_uq",
            ),
        ]
        indexes = [
            # The claim: what is due in a club, from a low-water mark on.
            models.Index(
                fields=["tenant", "due_at"], condition=Q(status="WAITING"), name="journeys_run_due_idx"
            ),
            # Exits, wakes and merges from the log; the customer page.
            models.Index(fields=["tenant", "profile_id"], name="journeys_run_profile_idx"),
            # Who is at a step: the journey page, moves to another version.
            models.Index(fields=["tenant", "version_id", "step"], name="journeys_run_step_idx"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"


class RunData(TenantModel):
    """What a run was started with and learned: kept apart, because few steps ask for it."""

    run_id = models.BigIntegerField(primary_key=True)
    profile_id = models.UUIDField()
    cause = models.CharField(max_length=20)
    event_type = models.CharField(max_length=40, default="", blank=True)
    event_id = models.BigIntegerField(null=True, help_text="The activity that started it.")
    data = models.JSONField(default=dict)
    variables = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # Erasure: what is kept of a person.
            models.Index(fields=["tenant", "profile_id"], name="journeys_rundata_profile_idx"),
        ]

    def __str__(self) -> str:
        return f"data of run {self.run_id}"


class RunEnded(TenantChildModel):
    """A run that is over; the same id. Rows come in the order of `ended_at`, so that months can become partitions."""

    id = models.BigIntegerField(primary_key=True)
    journey_id = models.UUIDField()
    version_id = models.BigIntegerField()
    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    key = models.CharField(max_length=LONGEST_KEY, default="", blank=True)
    step = models.CharField(max_length=40)
    moves = models.IntegerField()
    sent = models.SmallIntegerField(default=0)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(db_default=Now())
    status = models.CharField(max_length=9, choices=EndedStatus.choices)
    reason = models.CharField(max_length=60, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=EndedStatus.values), name="journeys_runended_status_ck"
            ),
        ]
        indexes = [
            # Entry policies; the customer page; conversions after the end.
            models.Index(
                fields=["tenant", "profile_id", "journey_id", "-ended_at"],
                name="journeys_runended_profile_idx",
            ),
            # The journey page: who ended, newest first.
            models.Index(
                fields=["tenant", "journey_id", "-ended_at", "-id"], name="journeys_runended_journey_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"


class StepLog(TenantModel):
    """What a step did for a run, and why; append-only. (run, move) is unique: a step is executed once."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.BigIntegerField()
    move = models.IntegerField()
    version_id = models.BigIntegerField()
    step = models.CharField(max_length=40)
    outcome = models.CharField(max_length=40)
    at = models.DateTimeField(db_default=Now())
    detail = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "run_id", "move"], name="journeys_steplog_move_uq"),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.outcome}"


class StepCounter(TenantModel):
    """How many runs a pass took through a step; rows are added, summed when asked and rolled up at night."""

    id = models.BigAutoField(primary_key=True)
    journey_id = models.UUIDField()
    version_id = models.BigIntegerField()
    step = models.CharField(max_length=40)
    outcome = models.CharField(max_length=40)
    day = models.DateField()
    count = models.IntegerField()

    class Meta:
        indexes = [
            # The journey page: sums by step.
            models.Index(fields=["tenant", "journey_id", "day"], name="journeys_stepcounter_day_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.count}"


class Subscription(TenantModel):
    """What a run at a WAIT_UNTIL waits for; found by the person in the log."""

    run_id = models.BigIntegerField(primary_key=True)
    profile_id = models.UUIDField()
    types = ArrayField(models.CharField(max_length=40), default=list)
    key = models.CharField(max_length=LONGEST_KEY, default="", blank=True)
    since = models.DateTimeField()
    has_condition = models.BooleanField(default=False)

    class Meta:
        indexes = [
            # Which runs an entry of the log about a person may wake.
            models.Index(fields=["tenant", "profile_id"], name="journeys_subscription_who_idx"),
        ]

    def __str__(self) -> str:
        return f"run {self.run_id}"


class WebhookCall(TenantModel):
    """A request of a WEBHOOK step: a timer with a lease, like every other."""

    class Status(models.TextChoices):
        """How far it is."""

        PENDING = "PENDING", "Pending"
        DONE = "DONE", "Done"
        FAILED = "FAILED", "Failed"

    id = models.BigAutoField(primary_key=True)
    run_id = models.BigIntegerField()
    move = models.IntegerField()
    version_id = models.BigIntegerField()
    step = models.CharField(max_length=40)
    body = models.JSONField(default=dict)
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.PENDING)
    attempts = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    answer = models.JSONField(null=True)
    error = models.TextField(default="", blank=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "run_id", "move"], name="journeys_webhookcall_move_uq"),
            models.CheckConstraint(
                condition=Q(status__in=["PENDING", "DONE", "FAILED"]), name="journeys_webhookcall_status_ck"
            ),
        ]
        indexes = [
            # What is to be sent now.
            models.Index(
                fields=["tenant", "due_at"],
                condition=Q(status="PENDING"),
                name="journeys_webhookcall_due_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"call of run {self.run_id}"
