"""Webhooks: where events are sent, which event goes where, and each attempt to bring it there."""

import uuid
from typing import Final
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tenants.models import TenantModel


class EndpointStatus(models.TextChoices):
    """Whether events are sent to an endpoint."""

    ENABLED = "ENABLED", "Enabled"
    DISABLED = "DISABLED", "Disabled"


class DisabledReason(models.TextChoices):
    """Why an endpoint is disabled."""

    NONE = "", "Not disabled"
    STAFF = "STAFF", "Switched off by hand"
    FAILING = "FAILING", "Nothing got through for three days"
    GONE = "GONE", "The receiver said that it is gone (410)"
    DELETED = "DELETED", "Deleted"


class DeliveryStatus(models.TextChoices):
    """Where a delivery stands."""

    PENDING = "PENDING", "Waiting"
    DELIVERED = "DELIVERED", "Delivered"
    FAILED = "FAILED", "Failed"
    DROPPED = "DROPPED", "Not sent"


ENDED_STATUSES: Final = tuple(status for status in DeliveryStatus if status is not DeliveryStatus.PENDING)
LONGEST_URL: Final = 2000
LONGEST_ANSWER: Final = 1024


class WebhookEndpoint(TenantModel):
    """A URL that is told of a club's events.

    `leased_until` is the lease of the worker that sends to it now, `backoff_until` keeps everybody from an endpoint of
    which a whole wave failed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    url = models.TextField()
    description = models.CharField(max_length=200, blank=True, default="")
    event_types = ArrayField(models.CharField(max_length=100))
    status = models.CharField(
        max_length=10, choices=EndpointStatus.choices, default=EndpointStatus.ENABLED.value
    )
    disabled_reason = models.CharField(
        max_length=10, choices=DisabledReason.choices, blank=True, default=DisabledReason.NONE.value
    )
    disabled_at = models.DateTimeField(null=True)
    sealed_secret = models.TextField(help_text="Encrypted, see tenants.encryption.")
    sealed_old_secret = models.TextField(blank=True, default="")
    old_secret_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True, help_text="The first failure since the last success.")
    last_success_at = models.DateTimeField(null=True)
    consecutive_failures = models.PositiveSmallIntegerField(default=0)
    backoff_until = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    is_slow = models.BooleanField(db_default=False, help_text="The last batch took seconds.")
    created_by_name = models.CharField(max_length=250)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            # Deliveries refer to both columns, so that none can point into another tenant.
            models.UniqueConstraint(fields=["tenant", "id"], name="events_endpoint_tenant_uq"),
            models.CheckConstraint(
                condition=Q(status__in=EndpointStatus.values), name="events_endpoint_status_ck"
            ),
            models.CheckConstraint(
                condition=Q(disabled_reason__in=DisabledReason.values), name="events_endpoint_reason_ck"
            ),
            models.CheckConstraint(
                condition=Q(status="ENABLED", disabled_reason="", disabled_at=None)
                | (Q(disabled_at__isnull=False) & ~Q(status="ENABLED") & ~Q(disabled_reason="")),
                name="events_endpoint_disabled_ck",
            ),
            models.CheckConstraint(condition=Q(event_types__len__gt=0), name="events_endpoint_types_ck"),
        ]

    def __str__(self) -> str:
        return self.description or self.host

    @property
    def host(self) -> str:
        """The part of the URL that staff recognise; the rest may hold a receiver's own token."""
        return urlsplit(self.url).netloc

    @property
    def is_gone(self) -> bool:
        """Whether somebody deleted it: the row goes when its deliveries have gone."""
        return self.disabled_reason == DisabledReason.DELETED

    @property
    def is_enabled(self) -> bool:
        """Whether events are sent to it."""
        return self.status == EndpointStatus.ENABLED


class WebhookDelivery(TenantModel):
    """One event for one endpoint: a timer and its outcome.

    Refers to the log entry and holds nothing of the person: the payload is made when it is sent.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    log_id = models.BigIntegerField(null=True, help_text="The entry of the domain log; empty: a test event.")
    event_id = models.CharField(max_length=100, help_text="The header webhook-id, the same at each attempt.")
    event_type = models.CharField(max_length=100)
    occurred_at = models.DateTimeField()
    status = models.CharField(
        max_length=10, choices=DeliveryStatus.choices, db_default=DeliveryStatus.PENDING.value
    )
    due_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True, help_text="Somebody is sending it until then.")
    attempts = models.PositiveSmallIntegerField(db_default=0, help_text="Since it was made or replayed.")
    last_status_code = models.PositiveSmallIntegerField(null=True)
    last_error = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField(db_default=models.functions.Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="events_delivery_event_uq"),
            models.CheckConstraint(
                condition=Q(status__in=DeliveryStatus.values), name="events_delivery_status_ck"
            ),
            models.CheckConstraint(
                condition=Q(status="PENDING", due_at__isnull=False, ended_at=None)
                | (~Q(status="PENDING") & Q(due_at=None, leased_until=None, ended_at__isnull=False)),
                name="events_delivery_due_ck",
            ),
        ]
        indexes = [
            # The claim: what is due at one endpoint.
            models.Index(
                fields=["endpoint", "due_at"], condition=Q(status="PENDING"), name="events_delivery_claim_idx"
            ),
            # The list of one endpoint, newest first.
            models.Index(fields=["endpoint", "-id"], name="events_delivery_newest_idx"),
            # The same list and replaying, of those that failed.
            models.Index(
                fields=["endpoint", "-id"],
                condition=Q(status__in=["FAILED", "DROPPED"]),
                name="events_delivery_trouble_idx",
            ),
            # Retention.
            models.Index(fields=["tenant", "created_at"], name="events_delivery_age_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"


class WebhookAttempt(TenantModel):
    """One request to an endpoint and what came back."""

    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    at = models.DateTimeField()
    succeeded = models.BooleanField()
    duration_ms = models.PositiveIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True, default="", help_text="The first kilobyte.")
    error = models.TextField(blank=True, default="")

    class Meta:
        indexes = [
            # The attempts of one delivery, and erasing them with it.
            models.Index(fields=["delivery", "id"], name="events_attempt_delivery_idx"),
            # How an endpoint did in the last hours.
            models.Index(fields=["endpoint", "at"], name="events_attempt_endpoint_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.status_code or self.error}"
