"""Telling the platform what happened, through its own inbox."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from events.envelope import receive
from events.inbox import Accepted, accept
from events.models import Door
from profiles.ingest import process_pending
from tenants.models import Tenant
from tenants.scope import tenant_scope

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
_number = count(1)

Event = dict[str, Any]


def event(event_type: str, payload: dict[str, Any], *, at: int | datetime = 0, **envelope: Any) -> Event:
    """An envelope; `at` is a time, or minutes after START. Give `identity`, `id`, `source` where they matter."""
    moment = at if isinstance(at, datetime) else START + timedelta(minutes=at)
    defaults: Event = {
        "id": f"event-{next(_number)}",
        "type": event_type,
        "timestamp": moment.isoformat(),
        "identity": {},
        "payload": payload,
    }
    return defaults | envelope


def member(number: int, *, at: int | datetime = 0, **fields: Any) -> Event:
    """`scl.member.created`."""
    return event("scl.member.created", {"id": number, **fields}, at=at)


def player(player_id: str, *, at: int | datetime = 0, **fields: Any) -> Event:
    """`teetime.player.created`."""
    return event("teetime.player.created", {"id": player_id, **fields}, at=at)


def contact(contact_id: str, *, at: int | datetime = 0, **fields: Any) -> Event:
    """`messaging.contact.created`."""
    return event("messaging.contact.created", {"contactId": contact_id, **fields}, at=at)


def payment(number: int, amount_cents: int, *, at: int | datetime = 0, **envelope: Any) -> Event:
    """`scl.payment.received`."""
    payload = {"id": f"p{next(_number)}", "memberId": number, "amountCents": amount_cents, "currency": "ZAR"}
    return event("scl.payment.received", payload, at=at, **envelope)


def booking(
    player_id: str, *, at: int | datetime = 0, players: Iterable[dict[str, Any]] = (), **fields: Any
) -> Event:
    """`teetime.booking.created`."""
    payload = {
        "id": f"b{next(_number)}",
        "playerId": player_id,
        "clubName": "Fairview",
        "teeTime": "2026-03-14T07:30:00+02:00",
        "players": list(players),
        **fields,
    }
    return event("teetime.booking.created", payload, at=at)


def publish(tenant: Tenant, *events: Event, door: Door = Door.HTTP) -> Accepted:
    """Put events into the inbox."""
    now = timezone.now()
    return accept(
        [(tenant.pk, receive({"tenantId": tenant.slug, **each}, now=now)) for each in events], door=door
    )


def tell(tenant: Tenant, *events: Event) -> None:
    """Publish events together and process them."""
    publish(tenant, *events)
    with tenant_scope(tenant):
        process_pending()


def tell_one_by_one(tenant: Tenant, *events: Event) -> None:
    """Publish and process each event before the next."""
    for each in events:
        tell(tenant, each)
