"""The domain log, the cursors of its consumers, and the entries a consumer could not digest."""

from typing import Any

from django.db import models
from django.db.models import Func, Q

from tenants.models import TenantModel


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
    higher one. Below the oldest running transaction's `xid` nothing can appear any more. Transactions are counted by
    each cluster for itself: `cluster` is the identity of the one in which the entry was appended. Kinds are declared by
    the apps that append them (`Extension.log_kinds`).
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    xid = TransactionIdField(db_default=Func(function="pg_current_xact_id"), editable=False)
    cluster = models.BigIntegerField(db_default=Func(function="events_cluster"), editable=False)
    kind = models.CharField(max_length=60)
    profile_id = models.UUIDField(null=True)
    data = models.JSONField(db_default=models.Value({}, output_field=models.JSONField()))
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        indexes = [
            # Every consumer's read: what came after its position at a tenant.
            models.Index(fields=["tenant", "cluster", "xid", "id"], name="events_log_position_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Consumer(models.Model):
    """One reader of the log, and whether an operator has paused it everywhere."""

    name = models.CharField(max_length=40, primary_key=True)
    is_paused = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class ConsumerPosition(TenantModel):
    """How far one consumer has read one tenant's entries; the row is the lock of the pair as well.

    `cluster` 0 stands before everything. `leased_until` holds others off while the consumer speaks to a peer, outside
    any transaction. `stopped_at`: so many entries in a row had to be parked that the breaker stopped it; at `probe_at`
    it tries the next one.
    """

    consumer = models.CharField(max_length=40)
    cluster = models.BigIntegerField(db_default=0)
    last_xid = TransactionIdField(db_default=models.Value("0", output_field=TransactionIdField()))
    last_id = models.BigIntegerField(db_default=0)
    moved_at = models.DateTimeField(null=True)
    last_error = models.TextField(db_default="", blank=True)
    failed_at = models.DateTimeField(null=True)
    parked_in_row = models.IntegerField(db_default=0)
    stopped_at = models.DateTimeField(null=True)
    probe_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "consumer"], name="events_consumer_position_uq"),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | Q(probe_at__isnull=False),
                name="events_consumer_position_stop_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.last_id}"


class ParkedEntry(TenantModel):
    """A log entry that a consumer could not digest; the consumer went on without it."""

    class Status(models.TextChoices):
        """What staff decided."""

        PARKED = "PARKED", "Set aside"
        RETRIED = "RETRIED", "Retried"
        DISCARDED = "DISCARDED", "Discarded"

    consumer = models.CharField(max_length=40)
    log_id = models.BigIntegerField()
    kind = models.CharField(max_length=60)
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
