"""What is said: a template of the Messaging service, or a text of our own."""

import uuid
from collections.abc import Mapping
from typing import Final

from django.db import models
from django.db.models import Q

from tenants.models import TenantModel


class SendChannel(models.TextChoices):
    """By what way a message reaches a person."""

    EMAIL = "EMAIL", "E-mail"
    SMS = "SMS", "SMS"
    PUSH = "PUSH", "Push"
    WHATSAPP = "WHATSAPP", "WhatsApp"


# Inside a sentence.
CHANNEL_WORDS: Final = {"EMAIL": "e-mail", "SMS": "SMS", "PUSH": "push", "WHATSAPP": "WhatsApp"}


class MessageClass(models.TextChoices):
    """Why it is sent, which decides about caps and quiet hours."""

    MARKETING = "MARKETING", "Marketing"
    TRANSACTIONAL = "TRANSACTIONAL", "About a booking, a payment or a membership"


# The column of the profile by which a channel reaches a person, and the one that says whether it may.
ADDRESS_COLUMNS: Final[Mapping[str, str]] = {
    SendChannel.EMAIL.value: "email",
    SendChannel.SMS.value: "phone_number",
    SendChannel.PUSH.value: "messaging_contact_id",
    SendChannel.WHATSAPP.value: "phone_number",
}
CONSENT_COLUMNS: Final[Mapping[str, str]] = {
    SendChannel.EMAIL.value: "email_opt_in",
    SendChannel.SMS.value: "sms_opt_in",
    SendChannel.PUSH.value: "push_opt_in",
    SendChannel.WHATSAPP.value: "whatsapp_opt_in",
}


class Message(TenantModel):
    """One text for one channel; never changed once made, so that a compiled one can be kept.

    Either `template_id` names a template of the Messaging service, or `body` (and for mails `subject`) holds Liquid.
    `fingerprint` is the content's: the same content is the same row. `profile_id` stands in letters to one person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=10, choices=SendChannel.choices)
    name = models.CharField(max_length=200, blank=True, db_default="")
    template_id = models.CharField(max_length=200, blank=True, db_default="")
    subject = models.TextField(blank=True, db_default="")
    body = models.TextField(blank=True, db_default="")
    html = models.TextField(blank=True, db_default="")
    utm = models.JSONField(db_default=models.Value({}, output_field=models.JSONField()))
    fingerprint = models.CharField(max_length=64)
    profile_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "fingerprint"], name="messaging_message_content_uq"),
            models.CheckConstraint(
                condition=Q(channel__in=SendChannel.values), name="messaging_message_channel_ck"
            ),
            models.CheckConstraint(
                condition=~Q(template_id="") | ~Q(body="") | ~Q(html=""), name="messaging_message_says_ck"
            ),
            models.CheckConstraint(
                condition=Q(fingerprint__regex=r"^[0-9a-f]{64}$"), name="messaging_message_hash_ck"
            ),
        ]
        indexes = [
            # Erasure, a copy for the person: the letters to one person.
            models.Index(
                fields=["tenant", "profile_id"],
                condition=Q(profile_id__isnull=False),
                name="messaging_message_profile_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.subject or self.template_id or self.body[:60]
