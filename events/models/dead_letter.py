"""What the queue delivered and no inbox row could be made of."""

from django.db import models
from django.db.models import Q

from tenants.models import TenantModel


class RefusalCode(models.TextChoices):
    """Why a door refuses an event."""

    INVALID_JSON = "INVALID_JSON", "Not JSON"
    INVALID_ENVELOPE = "INVALID_ENVELOPE", "Malformed envelope"
    INVALID_TIMESTAMP = "INVALID_TIMESTAMP", "Unusable timestamp"
    UNKNOWN_TENANT = "UNKNOWN_TENANT", "Unknown tenant"
    UNKNOWN_SOURCE = "UNKNOWN_SOURCE", "Unknown source"
    FOREIGN_SOURCE = "FOREIGN_SOURCE", "Source of another service"
    ID_REUSED = "ID_REUSED", "Another event has this id"


class DeadLetter(TenantModel):
    """A job of the queue that is no event; the sender cannot be answered, so it is kept for staff.

    `tenant` is empty where the job names no known tenant: then only platform operators see it.
    """

    tenant = models.ForeignKey(  # type: ignore[assignment]  # unlike elsewhere it may be empty
        "tenants.Tenant", null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    queue = models.CharField(max_length=100)
    job_id = models.CharField(max_length=300)
    job_name = models.CharField(max_length=300)
    code = models.CharField(max_length=20, choices=RefusalCode.choices)
    field = models.CharField(max_length=200, blank=True, default="")
    message = models.TextField()
    body = models.TextField(help_text="What the job held, cut after 100,000 characters.")
    received_at = models.DateTimeField(db_default=models.functions.Now())
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(
        "tenants.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            # A job that is redelivered after a crash is the same letter.
            models.UniqueConstraint(
                fields=["queue", "job_id", "code", "message"], name="events_deadletter_job_uq"
            ),
            models.CheckConstraint(
                condition=Q(code__in=RefusalCode.values), name="events_deadletter_code_ck"
            ),
        ]
        indexes = [
            # The operations page, newest first.
            models.Index(fields=["tenant", "-id"], name="events_deadletter_tenant_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.job_id}"
