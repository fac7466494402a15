"""The second backend: mails through Django's mail API (SMTP, or a provider of django-anymail)."""

import smtplib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.utils import formataddr, make_msgid
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from messaging.models import Delivery, SendPolicy
from messaging.telling import event, tell
from messaging.tracking import tracked_html, unsubscribe_url
from profiles.models import CustomerProfile
from tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from messaging.sending import Claimed, Result

RETRY: Final = timedelta(minutes=1)


def send_mails(policy: SendPolicy, ready: "Sequence[tuple[Claimed, dict[str, Any]]]") -> "list[Result]":
    """Send each mail over one connection; a result for each.

    Nothing can be asked of a mail server afterwards, so a connection that breaks after the text was handed over leaves
    UNKNOWN, which staff settle on the page of sent messages.
    """
    from messaging.sending import Result  # noqa: PLC0415 - the two know each other

    results: list[Result] = []
    connection = get_connection(fail_silently=False)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        return [Result(one.id, "PLANNED", error=str(error)[:300], wait=RETRY) for one, _ in ready]
    try:
        results += [_send_one(policy, connection, one, message) for one, message in ready]
    finally:
        connection.close()
    _tell_sent(results, {one.id: one for one, _ in ready})
    return results


def _tell_sent(results: "Sequence[Result]", claimed: "Mapping[int, Claimed]") -> None:
    """What left stands in the timeline, as the Messaging service would say it."""
    sent = {result.id: result.service_id for result in results if result.status == "HANDED_OVER"}
    if not sent:
        return
    rows = Delivery.objects.in_bulk(sent)
    people = CustomerProfile.objects.in_bulk([claimed[row_id].profile_id for row_id in sent])
    envelopes = []
    for row_id, service_id in sent.items():
        row = rows[row_id]
        row.service_id = service_id
        envelopes.append(event(row, people[row.profile_id], "message.sent", channel="EMAIL"))
    tell(current_tenant_id(), envelopes)


def _send_one(policy: SendPolicy, connection: Any, one: "Claimed", message: dict[str, Any]) -> "Result":
    from messaging.sending import Result  # noqa: PLC0415 - the two know each other

    if one.channel != "EMAIL" or "content" not in message:
        return Result(
            one.id, "FAILED", "REFUSED", error="Our own mail server sends only mails with a text of our own."
        )
    mail = mail_of(policy, one, message)
    mail.connection = connection
    try:
        mail.send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        return Result(one.id, "FAILED", "REFUSED", error=str(error)[:300])
    except (smtplib.SMTPException, OSError, TimeoutError) as error:
        return Result(
            one.id, "UNKNOWN", error=f"{type(error).__name__}: {error}"[:300], wait=timedelta(days=3650)
        )
    return Result(one.id, "HANDED_OVER", service_id=str(mail.extra_headers["Message-ID"])[:100])


def mail_of(policy: SendPolicy, one: "Claimed", message: dict[str, Any]) -> EmailMultiAlternatives:
    """The mail, with one-click unsubscription (RFC 8058) where it is marketing."""
    content, sender = message["content"], message["from"]
    address = policy.sender_email or settings.DEFAULT_FROM_EMAIL
    link = unsubscribe_url(one)
    headers = {"Message-ID": make_msgid(domain=address.rpartition("@")[2].strip(">") or None)}
    text, html = content["text"], content["html"]
    if one.message_class == "MARKETING":
        headers |= {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        text = f"{text}\n\n--\nChange what we send you, or unsubscribe: {link}\n"
    mail = EmailMultiAlternatives(
        subject=content["subject"],
        body=text,
        from_email=formataddr((sender["name"], address)),
        to=[one.address],
        reply_to=[policy.reply_to] if policy.reply_to else None,
        headers=headers,
    )
    if html:
        mail.attach_alternative(tracked_html(html, one), "text/html")
    return mail
