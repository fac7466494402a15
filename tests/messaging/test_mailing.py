"""Mails that we deliver ourselves, to a real SMTP server on loopback."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from events.models import InboxEvent
from messaging import sending
from messaging.models import SendPolicy
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import candidate, ledger, mail, plan, reader, rules, said

pytestmark = pytest.mark.django_db


class Postbox:
    """Keeps what arrives; some addresses it refuses, at some it hangs up after the text."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        """Refuses those who are not there."""
        if address.startswith("nobody"):
            return "550 There is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Takes the mail."""
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return "250 OK"


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """A mail server on loopback that Django's mail API uses."""
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield box
    controller.stop()


def own_server(club: Club) -> None:
    rules(
        club.tenant,
        backend=SendPolicy.Backend.MAIL,
        sender_name="Fairview",
        sender_email="news@fairview.example",
    )


def test_a_mail_arrives_with_a_way_out_of_one_click(fairview: Club, postbox: Postbox) -> None:
    own_server(fairview)
    anna = reader(fairview.tenant)
    message = mail(fairview.tenant, html="<p>Dear {{ firstName }}</p>")
    plan(fairview.tenant, [candidate(anna, message)])

    sending.send_due()

    (arrived,) = postbox.mails
    assert (arrived["To"], arrived["From"]) == (anna.email, "Fairview <news@fairview.example>")
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = arrived["List-Unsubscribe"].strip().strip("<>")
    text = arrived.get_body(("plain",))
    assert text is not None
    assert link in text.get_content()
    row = ledger(fairview.tenant)["Anna"]
    assert (row.status, row.service_id) == ("HANDED_OVER", arrived["Message-ID"])
    with tenant_scope(fairview.tenant):
        assert InboxEvent.objects.get().type == "messaging.message.sent"


def test_an_address_that_the_server_refuses_fails_alone(fairview: Club, postbox: Postbox) -> None:
    own_server(fairview)
    people = [reader(fairview.tenant, "Anna"), reader(fairview.tenant, "Ben", email="nobody@example.org")]
    plan(fairview.tenant, [candidate(person, mail(fairview.tenant)) for person in people])

    sending.send_due()

    rows = ledger(fairview.tenant)
    assert (rows["Anna"].status, rows["Ben"].status, rows["Ben"].reason) == (
        "HANDED_OVER",
        "FAILED",
        "REFUSED",
    )
    assert "There is no such mailbox" in rows["Ben"].error
    assert len(postbox.mails) == 1


def test_a_server_that_is_away_keeps_mails_in_the_queue(fairview: Club, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    own_server(fairview)
    plan(fairview.tenant, [candidate(reader(fairview.tenant), mail(fairview.tenant))])

    turn = sending.send_due()

    assert (turn.is_away, said(fairview.tenant)) == (True, {"Anna": "PLANNED"})
