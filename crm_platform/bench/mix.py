"""A mixed stream of events about known people, as an ordinary day of three services brings it."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Final, NamedTuple

from crm_platform.bench.people import contact_id_of, email_of, envelope, member_id_of, player_id_of

SEED: Final = 20_260_301
SPREAD_SECONDS: Final = 120 * 86_400
PAYMENT_CENTS: Final = 15_000


class Made(NamedTuple):
    """An event, whose it is, how many rows of timelines it makes, and how much it adds to lifetime values."""

    event: dict[str, Any]
    person: int
    activities: int = 1
    value_cents: int = 0


@dataclass(frozen=True, slots=True)
class _Draw:
    """What a maker may draw on."""

    number: int
    person: int
    other: int
    at: datetime
    rng: random.Random
    run: str

    def event(
        self, kind: str, source: str, identity: dict[str, Any], payload: dict[str, Any]
    ) -> dict[str, Any]:
        event_id = f"{self.run}-{self.number}"
        return envelope(event_id, kind, source, identity=identity, payload=payload, at=self.at)

    def of_contact(self, kind: str, payload: dict[str, Any]) -> Made:
        contact = contact_id_of(self.person)
        payload = {"messageId": f"{self.run}-m{self.number}", "contactId": contact, **payload}
        return Made(self.event(kind, "messaging", {"messagingContactId": contact}, payload), self.person)

    def of_player(self, kind: str, payload: dict[str, Any], *, activities: int = 1) -> Made:
        player = player_id_of(self.person)
        payload = {"playerId": player, **payload}
        return Made(
            self.event(kind, "teetime", {"teetimePlayerId": player}, payload), self.person, activities
        )


def _sent(draw: _Draw) -> Made:
    return draw.of_contact("message.sent", {"channel": "EMAIL", "campaignId": "c-1"})


def _delivered(draw: _Draw) -> Made:
    return draw.of_contact("message.delivered", {"channel": "EMAIL"})


def _opened(draw: _Draw) -> Made:
    return draw.of_contact("email.opened", {"openedAt": draw.at.isoformat(), "userAgent": "Mozilla/5.0"})


def _clicked(draw: _Draw) -> Made:
    return draw.of_contact("email.clicked", {"url": "https://club.example/book"})


def _booked(draw: _Draw) -> Made:
    """A booking with a partner, who gets a row as well."""
    players = [{"name": "Thandi Golfer", "playerId": player_id_of(draw.person)}]
    if draw.other != draw.person:
        players.append({"name": "Sipho Dube", "playerId": player_id_of(draw.other)})
    payload = {
        "id": f"{draw.run}-b{draw.number}",
        "clubId": "fv",
        "clubName": "Fairview",
        "courseName": "East",
        "teeTime": (draw.at + timedelta(days=3)).isoformat(),
        "holes": 18,
        "players": players,
        "priceCents": 180_000,
        "currency": "ZAR",
    }
    return draw.of_player("teetime.booking.created", payload, activities=len(players))


def _completed(draw: _Draw) -> Made:
    return draw.of_player(
        "teetime.booking.completed", {"id": f"{draw.run}-b{draw.number}", "clubId": "fv", "score": 82}
    )


def _scored(draw: _Draw) -> Made:
    payload = {"id": f"{draw.run}-s{draw.number}", "grossScore": 82, "differential": 9.7}
    return draw.of_player("teetime.score.posted", payload)


def _handicap(draw: _Draw) -> Made:
    return draw.of_player("teetime.handicap.updated", {"newHandicap": draw.rng.randrange(300) / 10})


def _paid(draw: _Draw) -> Made:
    member = member_id_of(draw.person)
    payload = {
        "id": f"{draw.run}-x{draw.number}",
        "memberId": member,
        "amountCents": PAYMENT_CENTS,
        "currency": "ZAR",
    }
    event = draw.event("scl.payment.received", "scl", {"sclMemberId": member}, {**payload, "method": "card"})
    return Made(event, draw.person, value_cents=PAYMENT_CENTS)


def _preference(draw: _Draw) -> Made:
    contact = contact_id_of(draw.person)
    payload = {"contactId": contact, "smsOptIn": draw.rng.random() < 0.5}  # noqa: PLR2004
    event = draw.event("contactPreference.updated", "messaging", {"messagingContactId": contact}, payload)
    return Made(event, draw.person)


def _voted(draw: _Draw) -> Made:
    payload = {"featureId": f"{draw.run}-f{draw.number}", "title": "Dark mode"}
    return Made(
        draw.event("feedback.voted", "feedback", {"email": email_of(draw.person)}, payload), draw.person
    )


# Shares in percent.
MIX: Final[tuple[tuple[int, Callable[[_Draw], Made]], ...]] = (
    (12, _sent),
    (12, _delivered),
    (16, _opened),
    (5, _clicked),
    (13, _booked),
    (12, _completed),
    (5, _scored),
    (8, _handicap),
    (10, _paid),
    (3, _preference),
    (4, _voted),
)


def mixed_events(count: int, people: int, *, now: datetime, run: str = "e") -> Iterator[Made]:
    """`count` events of the last 120 days about people drawn evenly; the same ones for the same arguments."""
    rng = random.Random(SEED)  # noqa: S311 - a load, not a secret
    makers = [maker for _, maker in MIX]
    bounds = list(accumulate(share for share, _ in MIX))
    for number in range(count):
        (maker,) = rng.choices(makers, cum_weights=bounds)
        at = now - timedelta(seconds=rng.randrange(SPREAD_SECONDS))
        yield maker(_Draw(number, rng.randrange(people), rng.randrange(people), at, rng, run))
