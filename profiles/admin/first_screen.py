"""What the desk needs of somebody first: next booking, last round, what is owed, renewal, with whom they play."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from profiles.models import Activity, CustomerProfile
from tenants.admin import formatting
from tenants.admin.pages import club_of
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.scope import current_tenant_id

READ: Final = (
    "TEETIME_BOOKED",
    "TEETIME_INVITED",
    "TEETIME_CANCELLED",
    "ROUND_COMPLETED",
    "SCORE_POSTED",
    "INVOICE_SENT",
    "INVOICE_OVERDUE",
    "PAYMENT_RECEIVED",
    "PAYMENT_REFUNDED",
)
MOST_READ: Final = 300
MOST_PARTNERS: Final = 3
MOST_INVITATIONS: Final = 50
BOOKED: Final = ("TEETIME_BOOKED", "TEETIME_INVITED")
PLAYED: Final = ("ROUND_COMPLETED", "SCORE_POSTED")
# What whoever invited booked, by the event that told both: with whom, and whether they gave it back.
HOSTS: Final = """
SELECT booked.metadata ->> 'bookingId', booked.metadata -> 'players',
       EXISTS (SELECT FROM profiles_activity AS c
               WHERE c.tenant_id = booked.tenant_id AND c.profile_id = booked.profile_id
                 AND c.type = 'TEETIME_CANCELLED' AND c.occurred_at >= booked.occurred_at
                 AND c.metadata ->> 'bookingId' = booked.metadata ->> 'bookingId')
FROM unnest(%s::text[], %s::text[]) AS event (source, id)
JOIN profiles_activity AS booked
  ON booked.tenant_id = %s AND booked.source = event.source AND booked.source_event_id = event.id
WHERE booked.type = 'TEETIME_BOOKED'
"""
LOOKED_BACK: Final = timedelta(days=365)

Row = Mapping[str, Any]


def context(request: StaffRequest, profile: CustomerProfile) -> dict[str, Any]:
    """The panel's values, from the latest rows of the timeline that say something of it.

    Two queries: these rows, and what those booked who invited the person.
    """
    club, now = club_of(request), timezone.now()
    rows = list(
        Activity.objects.filter(profile_id=profile.pk, type__in=READ)
        .order_by("-occurred_at", "-id")
        .values("type", "occurred_at", "metadata", "source", "source_event_id")[:MOST_READ]
    )
    rows = _with_hosts(rows)
    booking = next_booking(rows, now)
    last_round = next((row["occurred_at"] for row in rows if row["type"] in PLAYED), None)
    owed = owing_cents(rows, club, now)
    expiry = profile.membership_expiry
    return {
        "booking": formatting.moment(booking, club) if booking else "",
        "last_round": formatting.moment(last_round, club) if last_round else "",
        "owing": formatting.money(owed, club) if owed else "",
        "renewal": formatting.day(expiry) if expiry else "",
        "is_overdue": expiry is not None and expiry < now.astimezone(club.zone).date(),
        "partners": usual_partners(rows, profile.name),
    }


def _with_hosts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows; an invitation tells who plays, and goes where whoever invited gave the booking back."""
    invited = [row for row in rows if row["type"] == "TEETIME_INVITED"][:MOST_INVITATIONS]
    if not invited:
        return rows
    events = [[row[name] for row in invited] for name in ("source", "source_event_id")]
    with connection.cursor() as cursor:
        cursor.execute(HOSTS, [*events, current_tenant_id()])
        hosts = {
            booking: (formatting.read_json(players), is_cancelled)
            for booking, players, is_cancelled in cursor.fetchall()
        }
    kept = []
    for row in rows:
        players, is_cancelled = hosts.get(row["metadata"].get("bookingId"), (None, False))
        if row["type"] == "TEETIME_INVITED" and is_cancelled:
            continue
        if row["type"] == "TEETIME_INVITED" and players:
            row = {**row, "metadata": {**row["metadata"], "players": players}}  # noqa: PLW2901 - the row told whole
        kept.append(row)
    return kept


def next_booking(rows: Iterable[Row], now: datetime) -> datetime | None:
    """The first tee time to come, booked by the person or for them, that was not cancelled."""
    rows = list(rows)
    cancelled = {row["metadata"].get("bookingId") for row in rows if row["type"] == "TEETIME_CANCELLED"}
    times = [
        moment
        for row in rows
        if row["type"] in BOOKED and row["metadata"].get("bookingId") not in cancelled
        if (moment := _moment(row["metadata"].get("teeTime"))) is not None and moment >= now
    ]
    return min(times, default=None)


def owing_cents(rows: Iterable[Row], club: Tenant, now: datetime) -> int:
    """Invoices of the last year, each once, less what was paid since; never below nothing."""
    invoices: dict[Any, int] = {}
    paid = 0
    for row in rows:
        metadata, amount = row["metadata"], row["metadata"].get("amountCents")
        if amount is None or row["occurred_at"] < now - LOOKED_BACK:
            continue
        if metadata.get("currency") not in (None, club.currency):
            continue
        if row["type"] in ("INVOICE_SENT", "INVOICE_OVERDUE"):
            invoices[metadata.get("invoiceId")] = amount
        elif row["type"] == "PAYMENT_RECEIVED":
            paid += amount
        elif row["type"] == "PAYMENT_REFUNDED":
            paid -= amount
    return max(0, sum(invoices.values()) - paid)


def usual_partners(rows: Iterable[Row], own_name: str) -> list[str]:
    """Those named most often in the person's bookings."""
    counted = Counter(
        name
        for row in rows
        if row["type"] in BOOKED
        for name in row["metadata"].get("players") or ()
        if isinstance(name, str) and name.casefold() != own_name.casefold()
    )
    return [name for name, _ in counted.most_common(MOST_PARTNERS)]


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
