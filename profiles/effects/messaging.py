"""Effects of the Messaging service's events: contacts, consent, and what became of messages."""

from typing import Any

from events.catalogue import messaging
from events.catalogue.fields import Channel
from profiles.club import Club
from profiles.effects.drafts import DecodedEvent, Effect, Subject
from profiles.effects.registry import effect_of
from profiles.effects.subjects import (
    add_activity,
    add_facts,
    effect_on,
    stated_values,
    subject_of,
    with_reason,
)
from profiles.golden_rows.rules import FILLS_GAPS, OWNER
from profiles.vocabulary import ActivityCategory, LifecycleStage

LONGEST_TITLE = 200
CONSENT_FIELDS = {
    Channel.EMAIL: "emailOptIn",
    Channel.SMS: "smsOptIn",
    Channel.PUSH: "pushOptIn",
    Channel.WHATSAPP: "whatsappOptIn",
}
CHANNEL_WORDS = {
    Channel.EMAIL: "e-mail",
    Channel.SMS: "SMS",
    Channel.PUSH: "push message",
    Channel.WHATSAPP: "WhatsApp message",
}
PERSON_FIELDS = {
    "first_name": "firstName",
    "last_name": "lastName",
    "email": "email",
    "phone_number": "phoneNumber",
}


def _consents(opt_ins: dict[Channel, bool]) -> dict[str, bool]:
    return {CONSENT_FIELDS[channel]: is_in for channel, is_in in opt_ins.items()}


@effect_of("messaging.contact.created", "messaging.contact.updated")
def contact_stated(event: DecodedEvent, payload: messaging.Contact, club: Club) -> Effect:
    """Links the contact, takes over consent, fills names and addresses that nobody else gave."""
    subject = subject_of(event, club)
    if subject is None:
        return Effect()
    subject.links = True
    replaces = event.type == "messaging.contact.updated"
    facts = stated_values(club, payload.stated(), PERSON_FIELDS, told_at=event.occurred_at, replaces=replaces)
    add_facts(subject, event.source, facts, rank=FILLS_GAPS)
    add_facts(subject, event.source, _consents(payload.opt_ins), rank=OWNER)
    return effect_on(subject)


@effect_of("messaging.contact.deleted")
def contact_deleted(event: DecodedEvent, payload: messaging.ContactDeleted, club: Club) -> Effect:
    """Unlinks the contact; its consents no longer count."""
    subject = subject_of(event, club)
    if subject is None:
        return Effect()
    subject.links = False
    add_facts(subject, event.source, dict.fromkeys(CONSENT_FIELDS.values()), rank=OWNER)
    add_activity(
        subject,
        event,
        "CONTACT_DELETED",
        ActivityCategory.CONSENT,
        "Removed from the mailing contacts",
        channel="",
    )
    return effect_on(subject)


@effect_of("messaging.contactPreference.updated")
def preference_updated(
    event: DecodedEvent, payload: messaging.ContactPreferenceUpdated, club: Club
) -> Effect:
    """Each flag that is stated, with a row of the timeline per channel."""
    subject = subject_of(event, club)
    if subject is None:
        return Effect()
    add_facts(subject, event.source, _consents(payload.opt_ins), rank=OWNER)
    for channel, is_in in payload.opt_ins.items():
        add_activity(
            subject,
            event,
            "CONSENT_OPTED_IN" if is_in else "CONSENT_OPTED_OUT",
            ActivityCategory.CONSENT,
            f"{'Opted in to' if is_in else 'Opted out of'} {CHANNEL_WORDS[channel]}s",
            channel=channel.value,
        )
    return effect_on(subject)


def _message(
    event: DecodedEvent,
    club: Club,
    activity_type: str,
    title: str,
    *,
    channel: Channel | None,
    message_id: str | None,
    **metadata: Any,
) -> Subject | None:
    """A row of the timeline about one message."""
    subject = subject_of(event, club)
    if subject is not None:
        add_activity(
            subject,
            event,
            activity_type,
            ActivityCategory.COMMUNICATION,
            title,
            channel=(channel or Channel.EMAIL).value,
            metadata={"messageId": message_id} | metadata,
        )
    return subject


def _delivery(
    event: DecodedEvent,
    payload: messaging.MessageDelivery,
    club: Club,
    activity_type: str,
    title: str,
    **more: Any,
) -> Effect:
    return effect_on(
        _message(
            event,
            club,
            activity_type,
            with_reason(title, payload.reason),
            channel=payload.channel,
            message_id=payload.message_id,
            campaignId=payload.campaign_id,
            idempotencyKey=payload.idempotency_key,
            subject=payload.subject and payload.subject[:LONGEST_TITLE],
            reason=payload.reason,
            **more,
        )
    )


def _words(channel: Channel | None, *, article: bool = False) -> str:
    word = CHANNEL_WORDS[channel or Channel.EMAIL]
    if not article:
        return word
    return f"an {word}" if word[0] in "eS" else f"a {word}"


@effect_of("messaging.message.sent")
def message_sent(event: DecodedEvent, payload: messaging.MessageDelivery, club: Club) -> Effect:
    """A message left for the person."""
    return _delivery(
        event, payload, club, "MESSAGE_SENT", f"Was sent {_words(payload.channel, article=True)}"
    )


@effect_of("messaging.message.delivered")
def message_delivered(event: DecodedEvent, payload: messaging.MessageDelivery, club: Club) -> Effect:
    """It arrived."""
    return _delivery(
        event, payload, club, "MESSAGE_DELIVERED", f"Received {_words(payload.channel, article=True)}"
    )


@effect_of("messaging.message.bounced")
def message_bounced(event: DecodedEvent, payload: messaging.MessageDelivery, club: Club) -> Effect:
    """It came back, for good (hard) or for now (soft)."""
    bounce_type = payload.bounce_type.value if payload.bounce_type else None
    title = f"{_capital(_words(payload.channel))} bounced"
    return _delivery(event, payload, club, "MESSAGE_BOUNCED", title, bounceType=bounce_type)


@effect_of("messaging.message.failed")
def message_failed(event: DecodedEvent, payload: messaging.MessageDelivery, club: Club) -> Effect:
    """It could not be sent."""
    return _delivery(
        event, payload, club, "MESSAGE_FAILED", f"{_capital(_words(payload.channel))} could not be sent"
    )


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


@effect_of("messaging.email.opened")
def email_opened(event: DecodedEvent, payload: messaging.EmailOpened, club: Club) -> Effect:
    """Opened; a machine's opening stands in the timeline but says nothing about the person."""
    title = "E-mail opened by a machine" if payload.is_machine else "Opened an e-mail"
    subject = _message(
        event,
        club,
        "EMAIL_OPENED",
        title,
        channel=Channel.EMAIL,
        message_id=payload.message_id,
        isMachine=payload.is_machine or None,
    )
    if subject is not None and not payload.is_machine:
        subject.figures.opened_at = club.aware(payload.opened_at) or event.occurred_at
        subject.stage = LifecycleStage.PROSPECT
    return effect_on(subject)


@effect_of("messaging.email.clicked")
def email_clicked(event: DecodedEvent, payload: messaging.EmailClicked, club: Club) -> Effect:
    """Followed a link; machines as above."""
    title = "Link in an e-mail followed by a machine" if payload.is_machine else "Clicked a link in an e-mail"
    subject = _message(
        event,
        club,
        "EMAIL_CLICKED",
        title,
        channel=Channel.EMAIL,
        message_id=payload.message_id,
        url=payload.url,
        isMachine=payload.is_machine or None,
    )
    if subject is not None and not payload.is_machine:
        subject.figures.clicked_at = club.aware(payload.clicked_at) or event.occurred_at
        subject.stage = LifecycleStage.PROSPECT
    return effect_on(subject)


@effect_of("messaging.email.complained")
def email_complained(event: DecodedEvent, payload: messaging.EmailComplained, club: Club) -> Effect:
    """A report as spam ends the consent."""
    title = "Reported an e-mail as spam"
    subject = _message(
        event, club, "EMAIL_COMPLAINED", title, channel=payload.channel, message_id=payload.message_id
    )
    return _opted_out(event, subject, payload.channel)


@effect_of("messaging.message.unsubscribed")
def unsubscribed(event: DecodedEvent, payload: messaging.MessageUnsubscribed, club: Club) -> Effect:
    """An unsubscription ends the consent for its channel."""
    title = f"Unsubscribed from {_words(payload.channel)}s"
    subject = _message(
        event, club, "MESSAGE_UNSUBSCRIBED", title, channel=payload.channel, message_id=payload.message_id
    )
    return _opted_out(event, subject, payload.channel)


def _opted_out(event: DecodedEvent, subject: Subject | None, channel: Channel) -> Effect:
    if subject is not None:
        add_facts(subject, event.source, {CONSENT_FIELDS[channel]: False}, rank=OWNER)
    return effect_on(subject)


@effect_of("messaging.sms.replied")
def sms_replied(event: DecodedEvent, payload: messaging.SmsReplied, club: Club) -> Effect:
    """An answer to a text message."""
    title = f"Replied to an SMS: {payload.text}" if payload.text else "Replied to an SMS"
    return effect_on(
        _message(
            event,
            club,
            "SMS_REPLIED",
            title[:LONGEST_TITLE],
            channel=payload.channel,
            message_id=payload.message_id,
            text=payload.text,
        )
    )
