"""How segments are kept: refreshes under way, and the days on which time alone moves somebody."""

from django.db import models
from django.db.models import Q

from tenants.models import TenantChildModel


class RefreshStatus(models.TextChoices):
    """How far a refresh is."""

    WAITING = "WAITING", "Waiting"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"


OPEN = (RefreshStatus.WAITING, RefreshStatus.RUNNING)


class RefreshReason(models.TextChoices):
    """Why everybody is compared with the rule."""

    SCHEDULE = "SCHEDULE", "It is time"
    EDIT = "EDIT", "The rule was changed"
    PERSON = "PERSON", "Somebody asked for it"


class Refresh(TenantChildModel):
    """One comparison of everybody with a segment's rule; a row under a lease, so that a killed one is taken over."""

    segment_id = models.UUIDField()
    status = models.CharField(max_length=10, choices=RefreshStatus.choices, default=RefreshStatus.WAITING)
    reason = models.CharField(max_length=10, choices=RefreshReason.choices)
    version = models.IntegerField(null=True, help_text="Of the rule; empty until it starts.")
    attempts = models.IntegerField(db_default=0)
    leased_until = models.DateTimeField(null=True)
    joined = models.IntegerField(db_default=0)
    left = models.IntegerField(db_default=0)
    error = models.TextField(db_default="", blank=True)
    requested_at = models.DateTimeField(db_default=models.functions.Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # At most one at a time of each segment.
            models.UniqueConstraint(
                fields=["tenant", "segment_id"],
                condition=Q(status__in=OPEN),
                name="segments_refresh_open_uq",
            ),
            models.CheckConstraint(
                condition=Q(status__in=RefreshStatus.values), name="segments_refresh_status_ck"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=RefreshReason.values), name="segments_refresh_reason_ck"
            ),
        ]
        indexes = [
            # What to start or to take over.
            models.Index(
                fields=["tenant", "id"], condition=Q(status__in=OPEN), name="segments_refresh_due_idx"
            ),
            # The segment's page: its latest refreshes.
            models.Index(fields=["tenant", "segment_id", "-id"], name="segments_refresh_latest_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.segment_id}"


class DueDay(TenantChildModel):
    """The next day of the club on which time alone may move somebody in or out of a segment.

    One row a person, never later than the truth: windows count whole days, so that nothing expires between midnights,
    and whoever is due is found without a look at anybody else.
    """

    profile_id = models.UUIDField(primary_key=True)
    due_on = models.DateField()

    class Meta:
        indexes = [
            # Who is due in this club.
            models.Index(fields=["tenant", "due_on"], name="segments_dueday_due_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id} on {self.due_on}"
