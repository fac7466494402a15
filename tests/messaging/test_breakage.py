"""What must not harm the others of a batch, a club, or a message that was called off: odd texts, merges, outages."""

import smtplib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from events.models import InboxEvent
from messaging import sending, settling
from messaging.holds import cancel_source, release_source
from messaging.models import Delivery, SendPolicy
from messaging.sandbox.faults import Fault
from messaging.sandbox.server import Sandbox
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.privacy.erasing import erase_customer
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import MARKETING_ID, candidate, ledger, mail, plan, reader, rules, said

pytestmark = pytest.mark.django_db
MEANWHILE: list[Callable[[], object]] = []


class SlowBackend(EmailBackend):
    """Keeps mails in the outbox; while one is sent, something happens elsewhere."""

    def send_messages(self, email_messages: Any) -> int:
        """Sends, then lets the rest of the world go on."""
        sent: int = super().send_messages(email_messages)
        while MEANWHILE:
            MEANWHILE.pop()()
        return sent


def in_the_past(tenant: Tenant, **values: Any) -> None:
    with tenant_scope(tenant):
        Delivery.objects.update(**values)


def called_off(tenant: Tenant) -> None:
    """As `cancel_campaign` does with a paused one."""
    with tenant_scope(tenant):
        cancel_source(MARKETING_ID)
        release_source(MARKETING_ID)


def own_server(tenant: Tenant) -> None:
    rules(tenant, backend=SendPolicy.Backend.MAIL, sender_email="news@fairview.example")


@pytest.mark.parametrize("fault", [Fault("status", status=429, retry_after=1), Fault("cut_before")])
def test_what_was_called_off_while_it_was_handed_over_is_not_sent_afterwards(
    fairview: Club, sandbox: Sandbox, fault: Fault
) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    lane = sending.due_lanes()[0][0]
    sandbox.faults.faults.append(fault)
    with tenant_scope(tenant):
        _, claimed = sending.claim(lane, 500)
        called_off(tenant)
        sending.finish(sending.hand_over(lane, claimed))

    for _ in range(2):
        ago = timezone.now() - timedelta(minutes=1)
        in_the_past(tenant, due_at=ago, leased_until=ago, history=[{"at": ago.isoformat()}])
        settling.settle(tenant)
        sending.send_due()

    assert (said(tenant), list(sandbox.book.rows("SELECT * FROM message"))) == ({"Anna": "CANCELLED"}, [])


def test_what_arrived_although_it_was_called_off_counts_as_sent(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    lane = sending.due_lanes()[0][0]
    with tenant_scope(tenant):
        _, claimed = sending.claim(lane, 500)
        called_off(tenant)
        sending.finish(sending.hand_over(lane, claimed))

    row = ledger(tenant)["Anna"]
    assert (row.status, row.reason) == ("HANDED_OVER", "")


def test_a_text_that_cannot_be_made_for_one_fails_alone(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    # A moment in milliseconds, as some services tell it, is a year that there is not.
    text = mail(tenant, body="Booked{{ event.at | date: ' for %d %B %Y' }}.")
    people = {"Anna": "2026-06-01", "Ben": 1764500000000}
    plan(
        tenant,
        [
            candidate(reader(tenant, name), text, variables={"event": {"at": at}})
            for name, at in people.items()
        ],
    )

    sending.send_due()

    rows = ledger(tenant)
    assert (rows["Anna"].status, rows["Ben"].status, rows["Ben"].reason) == (
        "HANDED_OVER",
        "FAILED",
        "CONTENT",
    )
    assert "out of range" in rows["Ben"].error


@pytest.mark.parametrize("link", ["https://[your link]", "https://[::1", "https://club.example:port/x"])
def test_an_address_that_is_none_stays_as_it_was_written(fairview: Club, sandbox: Sandbox, link: str) -> None:
    tenant = fairview.tenant
    message = mail(tenant, body=f"Book at {link} today", utm={"utm_source": "crm"})
    plan(tenant, [candidate(reader(tenant), message)])

    sending.send_due()

    assert said(tenant) == {"Anna": "HANDED_OVER"}
    (sent,) = sandbox.book.rows("SELECT text FROM message")
    assert sent["text"].startswith("Book at https://")


def test_a_mail_that_cannot_be_written_fails_alone(fairview: Club, mailoutbox: list[Any]) -> None:
    tenant = fairview.tenant
    own_server(tenant)
    odd = reader(tenant, "Ben", email="ben@exa\nmple.org")
    plan(tenant, [candidate(odd, mail(tenant)), candidate(reader(tenant), mail(tenant))])

    sending.send_due()

    rows = ledger(tenant)
    assert (rows["Anna"].status, rows["Ben"].status, rows["Ben"].reason) == (
        "HANDED_OVER",
        "FAILED",
        "CONTENT",
    )
    assert len(mailoutbox) == 1


def test_a_merge_while_a_mail_is_sent_loses_nothing(
    fairview: Club, settings: Any, mailoutbox: list[Any]
) -> None:
    tenant = fairview.tenant
    own_server(tenant)
    settings.EMAIL_BACKEND = "tests.messaging.test_breakage.SlowBackend"
    anna, twin = reader(tenant), reader(tenant, "Ann")
    plan(tenant, [candidate(anna, mail(tenant))])
    MEANWHILE.append(lambda: merge_profiles(twin.pk, anna.pk))

    sending.send_due()

    with tenant_scope(tenant):
        row = Delivery.objects.get()
        told = InboxEvent.objects.get(type="messaging.message.sent")
    assert (row.status, row.profile_id, len(mailoutbox)) == ("HANDED_OVER", twin.pk, 1)
    assert told.envelope["payload"]["messageId"] == row.service_id


def test_an_erasure_while_a_mail_is_sent_leaves_no_trace_of_it(
    fairview: Club, settings: Any, mailoutbox: list[Any]
) -> None:
    tenant = fairview.tenant
    own_server(tenant)
    settings.EMAIL_BACKEND = "tests.messaging.test_breakage.SlowBackend"
    anna = reader(tenant)
    plan(tenant, [candidate(anna, mail(tenant))])
    MEANWHILE.append(lambda: erase_customer(anna.pk, reason="gdpr_erasure"))

    sending.send_due()

    with tenant_scope(tenant):
        row = Delivery.objects.get()
        assert (row.status, row.reason, row.service_id) == ("SKIPPED", "ERASED", "")
        assert not InboxEvent.objects.filter(type="messaging.message.sent").exists()


def test_a_mail_server_that_is_away_holds_up_no_other_club(
    fairview: Club, kingsmere: Club, settings: Any, sandbox: Sandbox
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    first, second = sorted((fairview.tenant, kingsmere.tenant), key=lambda one: one.pk)
    own_server(first)
    for tenant in (first, second):
        plan(tenant, [candidate(reader(tenant), mail(tenant))])

    turn = sending.send_due()

    assert turn.is_away
    assert (said(first), said(second)) == ({"Anna": "PLANNED"}, {"Anna": "HANDED_OVER"})


def test_after_a_connection_that_broke_the_rest_of_the_mails_is_tried_again(
    fairview: Club, settings: Any, mailoutbox: list[Any]
) -> None:
    tenant = fairview.tenant
    own_server(tenant)
    settings.EMAIL_BACKEND = "tests.messaging.test_breakage.SlowBackend"
    plan(tenant, [candidate(reader(tenant, name), mail(tenant)) for name in ("Anna", "Ben", "Cleo")])

    def break_off() -> None:
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    MEANWHILE.append(break_off)

    sending.send_due()

    assert said(tenant) == {"Anna": "UNKNOWN", "Ben": "PLANNED", "Cleo": "PLANNED"}
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(("code", "status"), [(451, "PLANNED"), (550, "FAILED")])
def test_a_mail_server_that_says_not_now_is_asked_again(
    fairview: Club, settings: Any, mailoutbox: list[Any], code: int, status: str
) -> None:
    tenant = fairview.tenant
    own_server(tenant)
    settings.EMAIL_BACKEND = "tests.messaging.test_breakage.SlowBackend"
    anna = reader(tenant)
    plan(tenant, [candidate(anna, mail(tenant))])

    def answer() -> None:
        raise smtplib.SMTPRecipientsRefused({str(anna.email): (code, b"Greylisted, come back later")})

    MEANWHILE.append(answer)

    sending.send_due()

    assert ledger(tenant)["Anna"].status == status


def test_a_long_outage_loses_no_message(fairview: Club, settings: Any) -> None:
    tenant = fairview.tenant
    settings.CRM_MESSAGING_URL = "http://127.0.0.1:9"
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    in_the_past(tenant, attempts=100)

    sending.send_due()

    row = ledger(tenant)["Anna"]
    assert row.status == "PLANNED"
    # Later each time, so that nobody is asked about every few seconds for hours.
    assert timedelta(minutes=4) < row.due_at - timezone.now() <= timedelta(minutes=5)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_known_fails_no_message(fairview: Club, sandbox: Sandbox, status: int) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    sandbox.faults.faults.append(Fault("status", status=status))

    turn = sending.send_due()

    assert (turn.is_away, said(tenant)) == (True, {"Anna": "PLANNED"})
    assert "key" in ledger(tenant)["Anna"].error


def test_a_family_keeps_the_copies_that_were_put_off(fairview: Club, sandbox: Sandbox) -> None:
    """What is sent to each of them, and not once a mailbox, is so decided again."""
    tenant = fairview.tenant
    rules(tenant, caps={"EMAIL": {"day": 1}})
    family = [reader(tenant, name, email="family@example.org") for name in ("Anna", "Ben")]
    plan(tenant, [candidate(person, mail(tenant)) for person in family], one_per_mailbox=False)
    plan(
        tenant, [candidate(person, mail(tenant)) for person in family], source_id=uuid4(), on_cap="DEFER",
        one_per_mailbox=False,
    )  # fmt: skip
    with tenant_scope(tenant):
        put_off = Delivery.objects.filter(status="DEFERRED")
        assert put_off.count() == 2
        Delivery.objects.exclude(status="DEFERRED").update(due_at=timezone.now() - timedelta(days=8))
        put_off.update(due_at=timezone.now() - timedelta(seconds=1))

    settling.settle(tenant)

    with tenant_scope(tenant):
        assert set(Delivery.objects.values_list("status", "reason")) == {("PLANNED", "")}
        assert CustomerProfile.objects.count() == 2
