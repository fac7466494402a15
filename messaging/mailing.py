"""The second backend: mails through Django's mail API (SMTP, or a provider of django-anymail)."""

import smtplib
import time
from collections.abc import Sequence
from datetime import timedelta
from email.utils import formataddr, make_msgid
from typing import TYPE_CHECKING, Any, Final

from anymail.exceptions import AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection as database

from messaging.models import Delivery, DeliveryStatus, SendPolicy
from messaging.providers import metadata_of
from messaging.send_statements import BEGIN_MAIL
from messaging.telling import event, tell
from messaging.tracking import tracked_html, unsubscribe_url
from profiles.models import CustomerProfile
from tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from messaging.sending import Claimed, Result

TURN_SECONDS: Final = 60.0
RETRY: Final = timedelta(minutes=1)
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
NOT_NOW: Final = 4


def send_mails(policy: SendPolicy, ready: "Sequence[tuple[Claimed, dict[str, Any]]]") -> "list[Result]":
    """Send each mail over one connection; a result for each that is still ours.

    Nothing can be asked of a mail server afterwards, so each mail is marked before (`_begin`), and a connection that
    breaks after the text was handed over leaves UNKNOWN, which staff settle on the page of sent messages. Those after
    it go back to the queue, as do those that a slow server leaves no time for.
    """
    results: list[Result] = []
    ends = time.monotonic() + TURN_SECONDS
    connection = get_connection(fail_silently=False)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        return [_again(one, error) for one, _ in ready]
    try:
        for place, (one, message) in enumerate(ready, start=1):
            result = _send_one(policy, connection, one, message)
            if result is None:
                continue
            results.append(result)
            if result.status == "UNKNOWN":
                results += [
                    _again(other, "The connection broke off before it.") for other, _ in ready[place:]
                ]
                break
            if time.monotonic() > ends:
                results += [_soon(other) for other, _ in ready[place:]]
                break
    finally:
        connection.close()
    return results


def _again(one: "Claimed", why: Exception | str) -> "Result":
    from messaging.sending import later  # noqa: PLC0415 - the two know each other

    return later(one, str(why)[:300], RETRY.total_seconds())


def _soon(one: "Claimed") -> "Result":
    """Back to the queue as it was."""
    from messaging.sending import Result  # noqa: PLC0415 - the two know each other

    return Result(one.id, "PLANNED", error="The mail server is slow: it had no turn yet.")


def _begin(one: "Claimed", mail: EmailMultiAlternatives) -> bool:
    """Mark the row with the mail's own id, committed before the server hears of it; false where it is no longer ours.

    After a death that tells which mail may have left; its server's log names it by this id.
    """
    from messaging.sending import LEASE  # noqa: PLC0415 - the two know each other

    values: dict[str, Any] = {"mail_id": mail.extra_headers["Message-ID"][:100], "lease": LEASE, "id": one.id}
    values |= {"tenant": current_tenant_id(), "leased_until": one.leased_until}
    with database.cursor() as cursor:
        cursor.execute(BEGIN_MAIL, values)
        return int(cursor.rowcount) == 1


def tell_sent(results: "Sequence[Result]") -> None:
    """What left stands in the timeline, as the Messaging service would say it.

    In the transaction that noted the results, and by its rows: somebody may have been merged or erased meanwhile.
    """
    sent = [result.id for result in results if result.status == "HANDED_OVER"]
    rows = list(Delivery.objects.filter(pk__in=sent, status=DeliveryStatus.HANDED_OVER))
    people = CustomerProfile.objects.in_bulk({row.profile_id for row in rows})
    if rows:
        envelopes = [event(row, people[row.profile_id], "message.sent", channel="EMAIL") for row in rows]
        tell(current_tenant_id(), envelopes)


def _send_one(
    policy: SendPolicy, connection: Any, one: "Claimed", message: dict[str, Any]
) -> "Result | None":
    """What came of it; None: it was called off, or its lease ended and somebody else has it."""
    from messaging.sending import Result  # noqa: PLC0415 - the two know each other

    if one.channel != "EMAIL" or "content" not in message:
        return Result(
            one.id, "FAILED", "REFUSED", error="Our own mail server sends only mails with a text of our own."
        )
    try:
        mail = mail_of(policy, one, message)
        mail.connection = connection
        if not _begin(one, mail):
            return None
        mail.send()
    except AnymailError as error:
        return _provider_said(one, error)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        if _asks_for_patience(error):
            return _again(one, error)
        return Result(one.id, "FAILED", "REFUSED", error=str(error)[:300])
    except ValueError as error:
        # A header that no mail may have, such as an address over two lines: nothing was sent.
        return Result(one.id, "FAILED", "CONTENT", error=str(error)[:300])
    except (smtplib.SMTPException, OSError, TimeoutError) as error:
        return Result(
            one.id, "UNKNOWN", error=f"{type(error).__name__}: {error}"[:300], wait=timedelta(days=3650)
        )
    return Result(one.id, "HANDED_OVER", service_id=_service_id(mail))


def _asks_for_patience(
    error: smtplib.SMTPRecipientsRefused | smtplib.SMTPSenderRefused | smtplib.SMTPDataError,
) -> bool:
    """Whether every answer of the server is of the kind "not now" (RFC 5321: 4yz), as greylisting is."""
    codes = (
        [code for code, _ in error.recipients.values()]
        if isinstance(error, smtplib.SMTPRecipientsRefused)
        else [error.smtp_code]
    )
    return all(code // 100 == NOT_NOW for code in codes)


def _service_id(mail: EmailMultiAlternatives) -> str:
    """The provider's own id where there is one, else that of the mail."""
    status = getattr(mail, "anymail_status", None)
    return str(getattr(status, "message_id", None) or mail.extra_headers["Message-ID"])[:100]


def _provider_said(one: "Claimed", error: AnymailError) -> "Result":
    """Refused; asked for patience; or nobody knows, which is not guessed about."""
    from messaging.sending import Result  # noqa: PLC0415 - the two know each other

    status, words = getattr(error, "status_code", None), f"{type(error).__name__}: {error}"[:300]
    if status == TOO_MANY_REQUESTS:
        return _again(one, words)
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
