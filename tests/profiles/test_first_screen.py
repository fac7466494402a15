"""What stands first on a customer's page."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from profiles.admin.customer_page import membership_of
from profiles.admin.first_screen import next_booking, owing_cents, usual_partners
from profiles.models import CustomerProfile
from tests.cast import Club

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def row(kind: str, days: int = 0, **metadata: Any) -> dict[str, Any]:
    return {"type": kind, "occurred_at": NOW - timedelta(days=days), "metadata": metadata}


def booked(name: str, days_ahead: int, *players: str) -> dict[str, Any]:
    at = (NOW + timedelta(days=days_ahead)).isoformat()
    return row("TEETIME_BOOKED", bookingId=name, teeTime=at, players=list(players))


def test_the_next_booking_is_neither_past_nor_cancelled() -> None:
    rows = [booked("a", -1), booked("b", 2), booked("c", 4), row("TEETIME_CANCELLED", bookingId="b")]

    assert next_booking(rows, NOW) == NOW + timedelta(days=4)
    assert next_booking([row("TEETIME_BOOKED", teeTime="soon")], NOW) is None


def test_an_invoice_counts_once_and_payments_lessen_it(fairview: Club) -> None:
    bill: dict[str, Any] = {"invoiceId": "1", "amountCents": 500, "currency": fairview.tenant.currency}
    rows = [row("INVOICE_OVERDUE", **bill), row("INVOICE_SENT", 9, **bill)]
    paid = row("PAYMENT_RECEIVED", 1, amountCents=200, currency=fairview.tenant.currency)

    assert owing_cents(rows, fairview.tenant, NOW) == 500
    assert owing_cents([*rows, paid], fairview.tenant, NOW) == 300
    assert owing_cents([*rows, paid, paid, paid], fairview.tenant, NOW) == 0
    assert owing_cents([row("INVOICE_SENT", 400, **bill)], fairview.tenant, NOW) == 0


def test_usual_partners_are_those_named_most() -> None:
    rows = [booked("a", 1, "Anna", "Ben"), booked("b", 1, "Ben", "me"), booked("c", 1, "Ben", "Cleo")]

    assert usual_partners(rows, "Me")[0] == "Ben"
    assert "me" not in usual_partners(rows, "Me")


def test_both_numbers_of_a_member_stand_with_the_membership(fairview: Club) -> None:
    person = CustomerProfile(scl_member_id=4711, external_ids={"memberNumber": "GC-00123/A"})

    shown = membership_of(person, {}, NOW.date())

    assert [(one.label, one.text) for one in shown] == [
        ("Member number", "4711"),
        ("Club's number", "GC-00123/A"),
    ]
