"""The domain log, the cursors of its consumers, and the entries a consumer could not digest."""

from typing import Any

from django.db import models
from django.db.models import Func, Q

from tenants.models import TenantModel


class LogKind(models.TextChoices):
    """What can stand in the log."""

    PROFILE_CREATED = "profile.created"
    PROFILE_CHANGED = "profile.changed"
    PROFILE_MERGED = "profile.merged"
    PROFILE_UNMERGED = "profile.unmerged"
    PROFILE_ERASED = "profile.erased"
    ACTIVITY_RECORDED = "activity.recorded"
    COMPETITION_CHANGED = "competition.changed"
    PRIVACY_REQUESTED = "privacy.requested"
    CHURN_RISK_HIGH = "churn.risk.high"


class TransactionIdField(models.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """PostgreSQL's xid8: 64-bit transaction numbers that never wrap."""

    def db_type(self, connection: Any) -> str:
        """Column type."""
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        """The driver hands xid8 over as text."""
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Sent as text, cast by the column."""
        return None if value is None else str(value)


class DomainLogEntry(TenantModel):
    """Something that happened, appended in the transaction in which it happened; never updated.

    Readers go by (`xid`, `id`): numbers of `id` are handed out before commit, so a lower one may appear after a
    higher one. Below the oldest running transaction's `xid` nothing can appear any more.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    xid = TransactionIdField(db_default=Func(function="pg_current_xact_id"), editable=False)
    kind = models.CharField(max_length=30, choices=LogKind.choices)
    profile_id = models.UUIDField(null=True)
    data = models.JSONField(db_default=models.Value({}, output_field=models.JSONField()))
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        indexes = [
            # Every consumer's read: what came after its cursor.
            models.Index(fields=["xid", "id"], name="events_log_cursor_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Consumer(models.Model):
    """One reader of the log and how far it has come; the row is its lock as well."""

    name = models.CharField(max_length=40, primary_key=True)
    last_xid = TransactionIdField(default=0)
    last_id = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)
    is_paused = models.BooleanField(default=False)
    last_error = models.TextField(default="", blank=True)
    failed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class ParkedEntry(TenantModel):
    """A log entry that a consumer could not digest; the consumer went on without it."""

    class Status(models.TextChoices):
        """What staff decided."""

        PARKED = "PARKED", "Parked"
        RETRIED = "RETRIED", "Retried"
        DISCARDED = "DISCARDED", "Discarded"

    consumer = models.CharField(max_length=40)
    log_id = models.BigIntegerField()
    kind = models.CharField(max_length=30)
    profile_id = models.UUIDField(null=True)
    data = models.JSONField()
    at = models.DateTimeField()
    error = models.TextField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PARKED)
    parked_at = models.DateTimeField(db_default=models.functions.Now())
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consumer", "log_id"], name="events_parked_entry_uq"),
            models.CheckConstraint(
                condition=Q(status__in=["PARKED", "RETRIED", "DISCARDED"]), name="events_parked_status_ck"
            ),
        ]
        indexes = [
            # The operations page.
            models.Index(fields=["tenant", "-id"], name="events_parked_tenant_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.kind} {self.log_id}"
