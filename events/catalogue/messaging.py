"""Payloads of Messaging: contacts, consent, delivery."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import PlainValidator, model_validator

from events.catalogue.fields import (
    Address,
    Channel,
    ChannelChoice,
    Email,
    Flag,
    Id,
    IncidentalMoment,
    Name,
    Phone,
    Prose,
    RequiredChannel,
    RequiredId,
    channel_or,
    one_of,
)
from events.catalogue.payload import Payload, refuse_field


class BounceType(StrEnum):
    """Whether the address is dead for good or only for now."""

    HARD = "hard"
    SOFT = "soft"


class _OptIns(Payload):
    contact_id: Id = None
    email_opt_in: Flag = None
    sms_opt_in: Flag = None
    push_opt_in: Flag = None
    whatsapp_opt_in: Flag = None

    @property
    def opt_ins(self) -> dict[Channel, bool]:
        """The channels that the event speaks of."""
        flags = ((channel, getattr(self, field)) for channel, field in OPT_IN_FIELDS.items())
        return {channel: flag for channel, flag in flags if flag is not None}


OPT_IN_FIELDS: Final = {
    Channel.EMAIL: "email_opt_in",
    Channel.SMS: "sms_opt_in",
    Channel.PUSH: "push_opt_in",
    Channel.WHATSAPP: "whatsapp_opt_in",
}


class Contact(_OptIns):
    """`messaging.contact.created` and `messaging.contact.updated`."""

    email: Email = None
    phone_number: Phone = None
    first_name: Name = None
    last_name: Name = None


class ContactDeleted(Payload):
    """`messaging.contact.deleted`."""

    contact_id: Id = None


class ContactPreferenceUpdated(_OptIns):
    """`messaging.contactPreference.updated`: one flag at least, for no change of consent may pass unseen."""

    @model_validator(mode="after")
    def _check_flags(self) -> Self:
        if not self.opt_ins:
            refuse_field("", "must have emailOptIn, smsOptIn, pushOptIn or whatsappOptIn")
        return self


class MessageDelivery(Payload):
    """`messaging.message.sent`, `.delivered`, `.bounced` and `.failed`."""

    message_id: RequiredId
    contact_id: Id = None
    channel: ChannelChoice = None
    campaign_id: Id = None
    idempotency_key: Id = None
    subject: Prose = None
    reason: Prose = None
    bounce_type: Annotated[BounceType | None, PlainValidator(one_of(BounceType))] = None


class EmailOpened(Payload):
    """`messaging.email.opened`."""

    message_id: Id = None
    contact_id: Id = None
    opened_at: IncidentalMoment = None
    user_agent: Prose = None
    is_machine: Flag = None


class EmailClicked(Payload):
    """`messaging.email.clicked`. The address is what stood in the mail: not to be linked to as it is."""

    message_id: Id = None
    contact_id: Id = None
    url: Address = None
    clicked_at: IncidentalMoment = None
    user_agent: Prose = None
    is_machine: Flag = None


class EmailComplained(Payload):
    """`messaging.email.complained`."""

    message_id: Id = None
    contact_id: Id = None
    channel: Annotated[Channel, PlainValidator(channel_or(Channel.EMAIL))] = Channel.EMAIL


class MessageUnsubscribed(Payload):
    """`messaging.message.unsubscribed`: from which channel must be said, for consent ends there."""

    message_id: Id = None
    contact_id: Id = None
    channel: RequiredChannel


class SmsReplied(Payload):
    """`messaging.sms.replied`."""

    message_id: Id = None
    contact_id: Id = None
    channel: Annotated[Channel, PlainValidator(channel_or(Channel.SMS))] = Channel.SMS
    text: Prose = None
