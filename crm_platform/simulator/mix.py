"""Events by the hundred thousand for benchmarks: cheap to make, mixed as on an ordinary day."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.mix_people import (
    MEMBERS_IN_TEN,
    PLAYERS_IN_TEN,
    SPAN,
    VERSION,
    bench_people,
    contact_id,
    email,
    member_id,
    name,
    player_id,
)

__all__ = ["bench_mix", "bench_people"]

# Different timestamps in a mix: writing one is dearer than all the rest of an event.
TICKS: Final = 2_000

Draft = tuple[str, str, dict[str, Any], dict[str, Any]]  # type, source, identity, payload
Draw = Callable[[int, str, str, random.Random], Draft]


def bench_mix(
    n_events: int, n_people: int, tenant: str, seed: int, *, until: datetime | None = None
) -> Iterator[Event]:
    """Mixed events about the people of `bench_people`, in the order of time over SPAN up to `until`.

    Aware, None: now. Ids hold the seed: two mixes with different seeds share none. Raises ValueError when there
    are no people.
    """
    if n_people < 1:
        raise ValueError("A mix needs people.")
    end = (until or datetime.now(UTC)).astimezone(UTC)
    rng = random.Random(seed)  # noqa: S311 - a load, no secrets
    ticks = [(end - SPAN + SPAN * tick / TICKS).isoformat(timespec="seconds") for tick in range(1, TICKS + 1)]
    draws = [draw for draw, share in DRAWS for _ in range(share)]
    for number in range(n_events):
        timestamp = ticks[number * TICKS // n_events]
        mark = f"{seed}-{number}"
        draw = draws[int(rng.random() * len(draws))]
        event_type, source, identity, payload = draw(int(rng.random() * n_people), mark, timestamp, rng)
        yield {
            "id": mark,
            "type": event_type,
            "version": VERSION,
            "timestamp": timestamp,
            "tenantId": tenant,
            "source": source,
            "identity": identity,
            "payload": payload,
        }


def _a_player(number: int) -> int:
    """The person, or one nearby who plays."""
    return number - number % 10 + number % 10 % PLAYERS_IN_TEN


def _a_member(number: int) -> int:
    """The person, or one nearby who is a member."""
    return number - number % 10 + number % 10 % MEMBERS_IN_TEN


def _about_contact(number: int, event_type: str, mark: str, **more: Any) -> Draft:
    contact = contact_id(number)
    payload = {"messageId": f"msg-{mark}", "contactId": contact, **more}
    return event_type, "messaging", {"messagingContactId": contact}, payload


def _sent(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    return _about_contact(number, "messaging.message.sent", mark, channel="EMAIL", campaignId="cmp-1")


def _delivered(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    return _about_contact(number, "messaging.message.delivered", mark, channel="EMAIL")


def _opened(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    is_machine = rng.random() < 0.3  # noqa: PLR2004 - as many mails are opened by proxies
    return _about_contact(
        number,
        "messaging.email.opened",
        mark,
        openedAt=timestamp,
        userAgent="Mozilla/5.0",
        isMachine=is_machine,
    )


def _clicked(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    return _about_contact(
        number, "messaging.email.clicked", mark, url="https://bench.example/book", clickedAt=timestamp
    )


def _consent(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    contact = contact_id(number)
    payload = {"contactId": contact, "smsOptIn": rng.random() < 0.5}  # noqa: PLR2004 - a coin
    return (
        "messaging.contactPreference.updated",
        "messaging",
        {"messagingContactId": contact},
        payload,
    )


def _about_player(number: int, event_type: str, payload: dict[str, Any]) -> Draft:
    player = player_id(number)
    return event_type, "teetime", {"teetimePlayerId": player}, {"playerId": player, **payload}


def _booked(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    number = _a_player(number)
    partner = _a_player(max(number - 10, 0))
    return _about_player(
        number,
        "teetime.booking.created",
        {
            "id": f"bk-{mark}",
            "clubId": "bench",
            "clubName": "Bench",
            "courseId": "bench-1",
            "courseName": "One",
            "teeTime": timestamp,
            "holes": 18,
            "players": [
                {"name": " ".join(name(number)), "playerId": player_id(number)},
                {"name": " ".join(name(partner)), "playerId": player_id(partner)},
                {"name": "Guest"},
            ],
            "priceCents": 39_000,
            "currency": "ZAR",
        },
    )


def _completed(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    payload = {"id": f"bk-{mark}", "clubId": "bench", "completedAt": timestamp, "score": 88}
    return _about_player(_a_player(number), "teetime.booking.completed", payload)


def _scored(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    gross = 72 + int(rng.random() * 40)
    payload = {
        "id": f"sc-{mark}",
        "courseId": "bench-1",
        "grossScore": gross,
        "differential": float(gross - 71),
        "playedAt": timestamp[:10],
    }
    return _about_player(_a_player(number), "teetime.score.posted", payload)


def _handicap(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    payload = {
        "previousHandicap": number % 360 / 10,
        "newHandicap": int(rng.random() * 360) / 10,
        "source": "GOLF_RSA",
        "effectiveDate": timestamp[:10],
    }
    return _about_player(_a_player(number), "teetime.handicap.updated", payload)


def _player_updated(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    player = player_id(_a_player(number))
    payload = {"id": player, "changes": ["homeClubName"], "homeClubName": f"Bench {int(rng.random() * 9)}"}
    return "teetime.player.updated", "teetime", {"teetimePlayerId": player}, payload


def _about_member(number: int, event_type: str, source: str, payload: dict[str, Any]) -> Draft:
    member = member_id(number)
    return event_type, source, {"sclMemberId": member}, {"memberId": member, **payload}


def _paid(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    payload = {
        "id": f"pay-{mark}",
        "amountCents": 5_000 + int(rng.random() * 100) * 500,
        "currency": "ZAR",
        "method": "card",
        "description": "Bar account",
        "paidAt": timestamp,
    }
    return _about_member(_a_member(number), "scl.payment.received", "scl", payload)


def _invoiced(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    payload = {
        "id": f"inv-{mark}",
        "amountCents": 150_000,
        "currency": "ZAR",
        "dueDate": timestamp[:10],
    }
    return _about_member(_a_member(number), "scl.invoice.sent", "scl", payload)


def _member_updated(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    member = member_id(_a_member(number))
    values = {"membershipExpiry": f"20{27 + int(rng.random() * 5)}-01-31"}
    payload = {"id": member, "changes": ["membershipExpiry"], **values, "updatedAt": timestamp}
    return "scl.member.updated", "scl", {"sclMemberId": member}, payload


def _reserved(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    payload = {
        "reservationId": f"rs-{mark}",
        "resourceId": "tennis-1",
        "startTime": timestamp,
        "endTime": timestamp,
        "clubId": "bench",
        "pricing": {"quotedPriceCents": 15_000, "currency": "ZAR"},
    }
    return _about_member(_a_member(number), "facilities.reservation.created", "facilities", payload)


def _complained(number: int, mark: str, timestamp: str, rng: random.Random) -> Draft:
    payload = {"id": f"cp-{mark}", "topic": "Greens", "sentiment": "negative"}
    return "feedback.complaint.opened", "feedback", {"email": email(number)}, payload


# Of a hundred events so many are of each kind.
DRAWS: Final[tuple[tuple[Draw, int], ...]] = (
    (_sent, 14),
    (_delivered, 14),
    (_opened, 14),
    (_clicked, 3),
    (_booked, 12),
    (_completed, 8),
    (_scored, 10),
    (_paid, 7),
    (_invoiced, 3),
    (_handicap, 4),
    (_player_updated, 2),
    (_member_updated, 2),
    (_consent, 3),
    (_reserved, 3),
    (_complained, 1),
)
