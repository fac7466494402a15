"""What the Messaging service says comes back into the ledger, and only grows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db import connection, transaction
from django.utils import timezone

from events.consumers import Entry
from events.models import DomainLogEntry
from messaging import receiving, sending, settling
from messaging.models import Delivery, Suppression
from messaging.sandbox.faults import Fault
from messaging.sandbox.publishing import Envelope, publish_due
from messaging.sandbox.server import Sandbox
from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import candidate, ledger, mail, plan, reader, said
from tests.patience import wait_until
from tests.profiles.stories import tell
from tests.profiles.test_erasing_races import Beside

pytestmark = pytest.mark.django_db
# Somebody waits for what this transaction has written.
WAITED_FOR = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid)"
)


def bring(tenant: Tenant, sandbox: Sandbox, *acts: str) -> None:
    """Readers and machines act on the newest message, its events come in, and the consumer reads them."""
    entries = told(tenant, sandbox, *acts)
    with tenant_scope(tenant), transaction.atomic():
        receiving.handle(tenant, entries)


def told(tenant: Tenant, sandbox: Sandbox, *acts: str) -> list[Entry]:
    """Readers and machines act on the newest message; what the log says of it when its events have come in."""
    (message,) = sandbox.book.rows("SELECT id FROM message ORDER BY accepted_at DESC LIMIT 1")
    for act in acts:
        requests.post(f"{sandbox.url}/sandbox/messages/{message['id']}/{act}", timeout=60).raise_for_status()
    with tenant_scope(tenant):
        before = list(DomainLogEntry.objects.values_list("pk", flat=True))

    def publish(envelopes: Sequence[Envelope]) -> None:
        tell(tenant, *envelopes)

    publish_due(sandbox.book, publish)
    with tenant_scope(tenant):
        fresh = DomainLogEntry.objects.filter(kind="activity.recorded").exclude(pk__in=before).order_by("pk")
        return [
            Entry("0", entry.pk, tenant.pk, entry.kind, entry.profile_id, entry.data, entry.at)
            for entry in fresh
        ]


def sent(club: Club, sandbox: Sandbox, **values: Any) -> Delivery:
    """A mail to Anna that the service has."""
    plan(club.tenant, [candidate(reader(club.tenant, **values), mail(club.tenant), key="c:1:anna")])
    sending.send_due()
    return ledger(club.tenant)["Anna"]


def changes(tenant: Tenant) -> list[str]:
    """What was announced, in order."""
    with tenant_scope(tenant):
        rows = DomainLogEntry.objects.filter(kind="delivery.changed").order_by("pk")
        return [entry.data["change"] for entry in rows]


def test_a_message_is_delivered_opened_and_clicked(fairview: Club, sandbox: Sandbox) -> None:
    sent(fairview, sandbox)

    bring(fairview.tenant, sandbox, "deliver", "machine-open", "open", "click", "click")

    row = ledger(fairview.tenant)["Anna"]
    assert row.status == "DELIVERED"
    assert None not in (row.delivered_at, row.machine_opened_at, row.opened_at, row.clicked_at)
    assert changes(fairview.tenant) == [
        "HANDED_OVER",
        "DELIVERED",
        "MACHINE_OPENED",
        "OPENED",
        "CLICKED",
        "CLICKED",
    ]
    assert [line["status"] for line in row.history] == ["PLANNED", "CLAIMED", "HANDED_OVER", "DELIVERED"]


def test_a_machine_that_opens_is_no_reader(fairview: Club, sandbox: Sandbox) -> None:
    sent(fairview, sandbox)

    bring(fairview.tenant, sandbox, "deliver", "machine-open")

    assert ledger(fairview.tenant)["Anna"].opened_at is None


@pytest.mark.parametrize(("act", "reason"), [("bounce", "BOUNCE"), ("complain", "COMPLAINT")])
def test_an_address_that_bounced_or_complained_gets_nothing_more(
    fairview: Club, sandbox: Sandbox, act: str, reason: str
) -> None:
    tenant = fairview.tenant
    anna = sent(fairview, sandbox)

    bring(tenant, sandbox, act)
    again = reader(tenant, "Ben", email=_address(tenant, anna))
    plan(tenant, [candidate(again, mail(tenant), occurrence="next")])

    assert said(tenant)["Ben"] == reason


def _address(tenant: Tenant, row: Delivery) -> str:
    with tenant_scope(tenant):
        return str(CustomerProfile.objects.get(pk=row.profile_id).email)


def test_the_third_soft_bounce_in_a_row_means_a_rest(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    anna = reader(tenant)
    for number in range(3):
        plan(tenant, [candidate(anna, mail(tenant), occurrence=str(number))])
        sending.send_due()
        bring(tenant, sandbox, "soft-bounce")

    with tenant_scope(tenant):
        row = Suppression.objects.get()
    assert (row.kind, row.strikes) == ("SOFT_BOUNCE", 3)
    assert row.until is not None
    assert timedelta(days=6) < row.until - timezone.now() <= timedelta(days=7)


@pytest.mark.parametrize("one_per_mailbox", [True, False])
def test_what_arrives_ends_the_row_of_soft_bounces(
    fairview: Club, sandbox: Sandbox, one_per_mailbox: bool
) -> None:
    tenant = fairview.tenant
    anna = reader(tenant)
    for number, act in enumerate(["soft-bounce", "soft-bounce", "deliver"]):
        plan(
            tenant,
            [candidate(anna, mail(tenant), occurrence=str(number))],
            one_per_mailbox=one_per_mailbox,
        )
        sending.send_due()
        bring(tenant, sandbox, act)

    with tenant_scope(tenant):
        assert not Suppression.objects.exists()


def test_word_of_a_message_settles_what_is_unknown_without_asking(fairview: Club, sandbox: Sandbox) -> None:
    sandbox.faults.faults.append(Fault("cut_after"))
    unknown = sent(fairview, sandbox)

    bring(fairview.tenant, sandbox, "deliver")

    row = ledger(fairview.tenant)["Anna"]
    assert (unknown.status, row.status) == ("UNKNOWN", "DELIVERED")
    assert row.service_id != ""
    assert row.handed_over_at is not None
    settling.settle(fairview.tenant)
    assert ledger(fairview.tenant)["Anna"].status == "DELIVERED"


@pytest.mark.django_db(transaction=True)
def test_word_that_waits_for_the_sender_is_added_to_what_the_sender_notes(
    fairview: Club, sandbox: Sandbox
) -> None:
    tenant = fairview.tenant
    sandbox.faults.faults.append(Fault("cut_after"))
    unknown = sent(fairview, sandbox)
    entries = told(tenant, sandbox, "deliver")

    def read() -> None:
        with transaction.atomic():
            receiving.handle(tenant, entries)

    def is_waited_for() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(WAITED_FOR)
            return bool(cursor.fetchone()[0])

    with tenant_scope(tenant), transaction.atomic():
        sending.finish([sending.Result(unknown.pk, "HANDED_OVER", service_id="noted")])
        consumer = Beside(tenant, read)
        wait_until(is_waited_for)
    consumer.join_and_raise()

    row = ledger(tenant)["Anna"]
    assert [line["status"] for line in row.history] == [
        *("PLANNED", "CLAIMED", "UNKNOWN", "HANDED_OVER", "DELIVERED")
    ]
    assert (row.status, row.service_id) == ("DELIVERED", "noted")


def test_a_late_word_takes_nothing_back(fairview: Club, sandbox: Sandbox) -> None:
    sent(fairview, sandbox)
    bring(fairview.tenant, sandbox, "deliver", "open")

    bring(fairview.tenant, sandbox, "fail", "deliver")

    assert ledger(fairview.tenant)["Anna"].status == "DELIVERED"


def test_who_unsubscribes_is_noted_and_gets_no_more(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    sent(fairview, sandbox)

    bring(tenant, sandbox, "deliver", "unsubscribe")

    assert ledger(tenant)["Anna"].unsubscribed_at is not None
    assert changes(tenant)[-1] == "UNSUBSCRIBED"
