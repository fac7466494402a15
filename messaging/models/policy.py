"""What a club allows itself, and whom it must not write to again."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import time
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from messaging.models.message import MessageClass, SendChannel
from tenants.models import Tenant, TenantModel

# In the caps, beside the channels: over all of them together.
ALL_CHANNELS: Final = "ALL"
MORNING: Final = time(9)


def exempt_by_default() -> list[str]:
    """What caps and quiet hours do not hold, unless a club says otherwise."""
    return [MessageClass.TRANSACTIONAL.value]


class SendPolicy(TenantModel):
    """A club's rules for whatever it sends; a club without a row has no caps and no quiet hours.

    `caps`: `{"EMAIL": {"day": 1, "week": 3}, "ALL": {"day": 2}}`, by calendar days and weeks (from Monday) in the
    person's zone. Quiet hours are wall-clock times there, and may pass midnight. `club_zones`: home club id → zone.
    `rates`: `{"EMAIL": 600}`, messages a minute. `backend`: who delivers mails.
    """

    class Backend(models.TextChoices):
        """Who delivers."""

        MESSAGING = "MESSAGING", "The Messaging service"
        MAIL = "MAIL", "Our own mail server (SMTP); only e-mail"

    tenant = models.OneToOneField(
        "tenants.Tenant", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    caps = models.JSONField(default=dict, blank=True)
    exempt_classes = ArrayField(models.CharField(max_length=15), default=exempt_by_default, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    club_zones = models.JSONField(default=dict, blank=True)
    rates = models.JSONField(default=dict, blank=True)
    needs_consent_always = models.BooleanField(
        default=True, help_text="Also messages about bookings and payments go only to those who opted in."
    )
    sender_name = models.CharField(max_length=100, blank=True, default="")
    sender_email = models.CharField(max_length=254, blank=True, default="")
    reply_to = models.CharField(max_length=254, blank=True, default="")
    sms_sender = models.CharField(max_length=20, blank=True, default="")
    backend = models.CharField(max_length=10, choices=Backend.choices, default=Backend.MESSAGING.value)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (
                    Q(quiet_from__isnull=False, quiet_until__isnull=False)
                    & ~Q(quiet_from=models.F("quiet_until"))
                ),
                name="messaging_policy_quiet_ck",
            ),
            models.CheckConstraint(
                condition=Q(exempt_classes__contained_by=MessageClass.values),
                name="messaging_policy_exempt_ck",
            ),
            models.CheckConstraint(
                condition=Q(backend__in=["MESSAGING", "MAIL"]), name="messaging_policy_backend_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"Sending rules of {self.tenant_id}"

    @property
    def has_quiet_hours(self) -> bool:
        """Whether there are hours in which nobody is written to."""
        return self.quiet_from is not None and self.quiet_until is not None

    def cap(self, channel: str, span: str) -> int | None:
        """How many a person may get over `channel` (or "ALL") in a `day` or `week`; None: any number."""
        value: Any = self.caps.get(channel, {}).get(span)
        return int(value) if value is not None else None


# The rules of a club in whose name much is tried at once.
_kept: ContextVar[SendPolicy | None] = ContextVar("crm_kept_policy", default=None)


@contextmanager
def policy_kept(tenant: Tenant) -> Iterator[SendPolicy]:
    """In this block the club's rules stay as they are now, and are not read again."""
    policy = policy_of(tenant)
    token = _kept.set(policy)
    try:
        yield policy
    finally:
        _kept.reset(token)


def policy_of(tenant: Tenant) -> SendPolicy:
    """The club's rules; an unsaved row where it never set any. Needs the scope."""
    kept = _kept.get()
    if kept is not None and kept.tenant_id == tenant.pk:
        return kept
    found: SendPolicy | None = SendPolicy.objects.filter(tenant=tenant).first()
    return found or SendPolicy(tenant=tenant)


def sends_mails_itself(tenant: Tenant, policy: SendPolicy) -> bool:
    """Whether mails go through our own server. Those deliver to real people: a sandbox speaks to the stand-in."""
    return policy.backend == SendPolicy.Backend.MAIL and not tenant.is_sandbox


class SuppressionKind(models.TextChoices):
    """Why an address is not written to."""

    BOUNCE = "BOUNCE", "It does not exist"
    SOFT_BOUNCE = "SOFT_BOUNCE", "It was full or away several times"
    COMPLAINT = "COMPLAINT", "The reader reported us"


class Suppression(TenantModel):
    """An address that is not written to over a channel: a hash, so that it outlives the person's data.

    Of soft bounces only the third in a row counts (`strikes`), and only until `until`.
    """

    channel = models.CharField(max_length=10, choices=SendChannel.choices)
    mailbox = models.BigIntegerField(help_text="hashtextextended(address, 0)")
    kind = models.CharField(max_length=12, choices=SuppressionKind.choices)
    strikes = models.SmallIntegerField(db_default=1)
    until = models.DateTimeField(null=True)
    noted_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "channel", "mailbox"], name="messaging_suppression_mailbox_uq"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SuppressionKind.values), name="messaging_suppression_kind_ck"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=SendChannel.values), name="messaging_suppression_channel_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.kind}"
