"""The ledger: one row for each person × message × occurrence."""

from typing import Final
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from messaging.models.message import MessageClass, SendChannel
from tenants.models import TenantChildModel, TenantModel


class Source(models.TextChoices):
    """Who wanted a message sent."""

    CAMPAIGN = "CAMPAIGN", "Campaign"
    JOURNEY = "JOURNEY", "Journey"
    PERSON = "PERSON", "Written by hand"
    TEST = "TEST", "Test"


# The source id of whatever has none: letters written by hand.
NO_SOURCE: Final = UUID(int=0)


class DeliveryStatus(models.TextChoices):
    """Where a message stands; the transitions are in `messaging.transitions`."""

    PLANNED = "PLANNED", "Planned"
    DEFERRED = "DEFERRED", "Deferred"
    CLAIMED = "CLAIMED", "Being sent"
    HANDED_OVER = "HANDED_OVER", "Sent"
    DELIVERED = "DELIVERED", "Delivered"
    BOUNCED = "BOUNCED", "Bounced"
    FAILED = "FAILED", "Failed"
    SKIPPED = "SKIPPED", "Not sent"
    UNKNOWN = "UNKNOWN", "Unknown"


# What may still change without word from outside; the others have ended.
OPEN_STATUSES: Final = (
    DeliveryStatus.PLANNED,
    DeliveryStatus.DEFERRED,
    DeliveryStatus.CLAIMED,
    DeliveryStatus.UNKNOWN,
)
ENDED_STATUSES: Final = tuple(status for status in DeliveryStatus if status not in OPEN_STATUSES)
# What a person got or will get, as the caps count it: everything but what certainly never reaches them.
COUNTED_STATUSES: Final = tuple(
    status
    for status in DeliveryStatus
    if status not in (DeliveryStatus.SKIPPED, DeliveryStatus.FAILED, DeliveryStatus.DEFERRED)
)


class Reason(models.TextChoices):
    """Why somebody did not get a message. Sources above may state their own (`HOLD_OUT`)."""

    CONSENT = "CONSENT", "Has not agreed to be written to this way"
    NO_ADDRESS = "NO_ADDRESS", "There is no address for it"
    NO_CHANNEL = "NO_CHANNEL", "There is no text for a channel that reaches them"
    BOUNCE = "BOUNCE", "The address sent earlier messages back"
    COMPLAINT = "COMPLAINT", "Reported an earlier message as spam"
    RESTRICTED = "RESTRICTED", "The use of their data is restricted"
    ERASED = "ERASED", "The person was erased"
    MERGED = "MERGED", "The record was merged into another"
    SAME_MAILBOX = "SAME_MAILBOX", "Somebody with the same address gets it already"
    CAP = "CAP", "Had as many messages as the club sends in a day or week"
    QUIET_HOURS = "QUIET_HOURS", "The time falls into the quiet hours"
    EXPIRED = "EXPIRED", "It came too late to be of use"
    HOLD_OUT = "HOLD_OUT", "Held out, to compare with"
    CANCELLED = "CANCELLED", "Called off before it was sent"
    CONTENT = "CONTENT", "The text could not be made for this person"
    REFUSED = "REFUSED", "The Messaging service refused it"
    NO_ANSWER = "NO_ANSWER", "The Messaging service could not be reached in time"
    DEADLY = "DEADLY", "Every program that tried to send it broke down"


class Delivery(TenantChildModel):
    """One message to one person, from the decision to what came of it.

    Only `messaging.planning` makes rows and only `messaging.sending` hands them over. `key` is the sender's own name
    for this person × message × occurrence and the idempotency key towards the service. `mailbox` is a hash of the
    address, set where the occurrence writes once to each (`one_per_mailbox`). `good_until`: handed over later it must
    be decided anew. `lost_workers`: so many died at it in a row; `unclear_calls`: so many calls
    in a row broke off with it. The table can be partitioned by hash of the tenant as it is: every unique constraint
    leads with it (ADR 40).
    """

    key = models.CharField(max_length=200)
    source = models.CharField(max_length=10, choices=Source.choices)
    source_id = models.UUIDField(db_default=NO_SOURCE)
    occurrence = models.CharField(max_length=80, db_default="", blank=True)
    variant = models.CharField(max_length=40, db_default="", blank=True)
    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    message_class = models.CharField(max_length=15, choices=MessageClass.choices)
    channel = models.CharField(max_length=10, choices=SendChannel.choices, db_default="", blank=True)
    message_id = models.UUIDField(null=True)
    variables = models.JSONField(null=True)
    mailbox = models.BigIntegerField(null=True)
    status = models.CharField(max_length=12, choices=DeliveryStatus.choices)
    reason = models.CharField(max_length=40, db_default="", blank=True)
    zone = models.CharField(max_length=64)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    good_until = models.DateTimeField(null=True)
    defers_quiet = models.BooleanField(db_default=True)
    defers_cap = models.BooleanField(db_default=False)
    one_per_mailbox = models.BooleanField(db_default=True)
    deferrals = models.SmallIntegerField(db_default=0)
    attempts = models.SmallIntegerField(db_default=0)
    lost_workers = models.SmallIntegerField(db_default=0)
    unclear_calls = models.SmallIntegerField(db_default=0)
    leased_until = models.DateTimeField(null=True)
    service_id = models.CharField(max_length=100, db_default="", blank=True)
    error = models.CharField(max_length=300, db_default="", blank=True)
    planned_at = models.DateTimeField(db_default=models.functions.Now())
    handed_over_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    machine_opened_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True)
    complained_at = models.DateTimeField(null=True)
    history = models.JSONField(db_default=models.Value([], output_field=models.JSONField()))

    class Meta:
        constraints = [
            # Exactly once: whoever plans the same message for the same person again adds nothing.
            models.UniqueConstraint(fields=["tenant", "key"], name="messaging_delivery_key_uq"),
            # One copy for each mailbox and occurrence.
            models.UniqueConstraint(
                fields=["tenant", "source_id", "occurrence", "mailbox"],
                condition=Q(mailbox__isnull=False),
                name="messaging_delivery_mailbox_uq",
            ),
            models.CheckConstraint(condition=~Q(key=""), name="messaging_delivery_key_ck"),
            models.CheckConstraint(
                condition=Q(source__in=Source.values), name="messaging_delivery_source_ck"
            ),
            models.CheckConstraint(
                condition=Q(status__in=DeliveryStatus.values), name="messaging_delivery_status_ck"
            ),
            models.CheckConstraint(
                condition=Q(message_class__in=MessageClass.values), name="messaging_delivery_class_ck"
            ),
            # What is sent has a channel and a text; what is not has a reason, and takes nobody's mailbox.
            models.CheckConstraint(
                condition=Q(status="SKIPPED")
                | (Q(channel__in=SendChannel.values) & Q(message_id__isnull=False)),
                name="messaging_delivery_way_ck",
            ),
            models.CheckConstraint(
                condition=~Q(status="SKIPPED") | (~Q(reason="") & Q(mailbox__isnull=True)),
                name="messaging_delivery_skipped_ck",
            ),
            models.CheckConstraint(
                condition=~Q(status="CLAIMED") | Q(leased_until__isnull=False),
                name="messaging_delivery_lease_ck",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["HANDED_OVER", "DELIVERED"]) | Q(handed_over_at__isnull=False),
                name="messaging_delivery_sent_ck",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True)
                | Q(status="SKIPPED")
                | Q(expires_at__gte=F("due_at"))
                | ~Q(status="PLANNED"),
                name="messaging_delivery_expiry_ck",
            ),
        ]
        indexes = [
            # The claim: what is due of one source, in order, from a low-water mark on; which sources have any.
            models.Index(
                fields=["tenant", "source_id", "due_at", "id"],
                condition=Q(status="PLANNED"),
                name="messaging_delivery_claim_idx",
            ),
            # The sweep: leases that ended, messages to ask about, decisions to make anew.
            models.Index(
                fields=["status", "leased_until"],
                condition=Q(status__in=["CLAIMED", "UNKNOWN"]),
                name="messaging_delivery_lease_idx",
            ),
            models.Index(
                fields=["due_at"], condition=Q(status="DEFERRED"), name="messaging_delivery_defer_idx"
            ),
            # A person's messages, newest first; how many they had in a day and week (caps).
            models.Index(fields=["tenant", "profile_id", "-due_at"], name="messaging_delivery_profile_idx"),
            # A campaign's or journey's messages, in pages and by status.
            models.Index(
                fields=["tenant", "source_id", "occurrence", "id"], name="messaging_delivery_source_idx"
            ),
            # Events that name a message by the service's own id.
            models.Index(
                fields=["tenant", "service_id"],
                condition=~Q(service_id=""),
                name="messaging_delivery_service_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.status}"


class SendHold(TenantModel):
    """A source whose messages stay where they are: a paused campaign, a journey that waits for an answer."""

    source_id = models.UUIDField()
    reason = models.CharField(max_length=200, db_default="", blank=True)
    held_by_name = models.CharField(max_length=250, db_default="", blank=True)
    held_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source_id"], name="messaging_hold_source_uq"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} held"
