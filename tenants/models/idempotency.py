"""Answers that are kept, so that a repeated request gets the first answer and has no second effect."""

from django.db import models
from django.db.models import Q

from tenants.models.base import TenantModel


class IdempotencyRecord(TenantModel):
    """The answer to one unsafe request that carried an `Idempotency-Key`.

    Written in the transaction of the request's own effects: either both are there or neither is.
    """

    caller = models.CharField(max_length=250)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64, help_text="SHA-256 over method, path, query and body.")
    method = models.CharField(max_length=7)
    path = models.TextField()
    response_status = models.SmallIntegerField()
    response_body = models.BinaryField()
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "caller", "key"], name="tenants_idempotency_key_uq"),
            models.CheckConstraint(condition=~Q(key=""), name="tenants_idempotency_key_ck"),
            models.CheckConstraint(
                condition=Q(request_hash__regex=r"^[0-9a-f]{64}$"), name="tenants_idempotency_hash_ck"
            ),
            # Only answers that changed something are kept.
            models.CheckConstraint(
                condition=Q(response_status__range=(200, 399)), name="tenants_idempotency_status_ck"
            ),
        ]
        indexes = [
            # Pruning: the oldest records of all tenants.
            models.Index(fields=["created_at"], name="tenants_idempotency_age_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.key}"
