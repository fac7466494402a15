"""What stands first on a customer's page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone

from profiles.admin.customer_page import membership_of
from profiles.admin.first_screen import context, next_booking, owing_cents, usual_partners
from profiles.models import CustomerProfile
from tenants.admin import formatting
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.stories import booking, event, player, tell

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


def test_who_was_invited_plays_too_until_the_booking_is_given_back(fairview: Club) -> None:
    first, second = (NOW + timedelta(days=days) for days in (2, 5))
    players = [
        {"playerId": "t-1", "name": "Ann Host"},
        {"playerId": "t-2", "name": "Ben Guest"},
    ]
    soon = booking("t-1", at=NOW - timedelta(days=1), players=players, id="b-1", teeTime=first.isoformat())
    later = booking("t-1", at=NOW - timedelta(days=1), players=players, id="b-2", teeTime=second.isoformat())
    tell(
        fairview.tenant,
        player("t-1", name="Ann", surname="Host"),
        player("t-2", name="Ben", surname="Guest"),
        soon,
        later,
        event("teetime.score.posted", {"playerId": "t-2", "grossScore": 91}, at=NOW - timedelta(days=3)),
    )

    shown = first_screen(fairview, "Ben")
    tell(fairview.tenant, event("teetime.booking.cancelled", {"id": "b-1", "playerId": "t-1"}, at=NOW))
    after = first_screen(fairview, "Ben")

    assert shown["booking"] == formatting.moment(first, fairview.tenant)
    assert after["booking"] == formatting.moment(second, fairview.tenant)
    assert shown["partners"] == ["Ann Host"]
    assert shown["last_round"] == formatting.moment(NOW - timedelta(days=3), fairview.tenant)


def first_screen(club: Club, name: str) -> dict[str, Any]:
    """The panel's values, for the club's receptionist."""
    request: Any = RequestFactory().get("/")
    request.user, request.tenant = club.staff, club.tenant
    with tenant_scope(club.tenant):
        return context(request, CustomerProfile.objects.get(first_name=name))
