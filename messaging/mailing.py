"""The second backend: mails through Django's mail API (SMTP, or a provider of django-anymail)."""

import smtplib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.utils import formataddr, make_msgid
from typing import TYPE_CHECKING, Any, Final

from anymail.exceptions import AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from messaging.models import Delivery, SendPolicy
from messaging.providers import metadata_of
from messaging.telling import event, tell
from messaging.tracking import tracked_html, unsubscribe_url
from profiles.models import CustomerProfile
from tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from messaging.sending import Claimed, Result

RETRY: Final = timedelta(minutes=1)
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500


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
    except AnymailError as error:
        return _provider_said(one, error)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        return Result(one.id, "FAILED", "REFUSED", error=str(error)[:300])
    except (smtplib.SMTPException, OSError, TimeoutError) as error:
        return Result(
            one.id, "UNKNOWN", error=f"{type(error).__name__}: {error}"[:300], wait=timedelta(days=3650)
        )
    return Result(one.id, "HANDED_OVER", service_id=_service_id(mail))


def _service_id(mail: EmailMultiAlternatives) -> str:
    """The provider's own id where there is one, else that of the mail."""
    status = getattr(mail, "anymail_status", None)
    return str(getattr(status, "message_id", None) or mail.extra_headers["Message-ID"])[:100]


def _provider_said(one: "Claimed", error: AnymailError) -> "Result":
    """Refused; asked for patience; or nobody knows, which is not guessed about."""
    from messaging.sending import Result  # noqa: PLC0415 - the two know each other

    status, words = getattr(error, "status_code", None), f"{type(error).__name__}: {error}"[:300]
    if status == TOO_MANY_REQUESTS:
        return Result(one.id, "PLANNED", error=words, wait=RETRY)
    is_ours = not isinstance(error, AnymailRequestsAPIError) or isinstance(error, AnymailRecipientsRefused)
    if is_ours or (status is not None and status < SERVER_ERROR):
        return Result(one.id, "FAILED", "REFUSED", error=words)
    return Result(one.id, "UNKNOWN", error=words, wait=timedelta(days=3650))


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
    # For a provider; a plain mail server knows nothing of it. We track by links of our own.
    provided: Any = mail
    provided.metadata, provided.track_opens, provided.track_clicks = metadata_of(one.id), False, False
    if html:
        mail.attach_alternative(tracked_html(html, one), "text/html")
    return mail
