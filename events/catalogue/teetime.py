"""Payloads of TeeTime: players, bookings, rounds, competitions."""

from typing import Annotated

from pydantic import BeforeValidator, Field, PlainValidator

from events.catalogue.fields import (
    Cents,
    Count,
    Currency,
    DayOf,
    Differential,
    Email,
    Handicap,
    Id,
    IncidentalCount,
    IncidentalHandicap,
    IncidentalMoment,
    Moment,
    Name,
    Phone,
    Prose,
    RequiredHandicap,
    RequiredId,
    RequiredMoment,
    RequiredName,
    WebAddress,
)
from events.catalogue.losses import Loss
from events.catalogue.payload import ChangesPayload, Payload

MOST_PLAYERS = 200  # A shotgun start of a large course.


class _Player(Payload):
    name: Name = None
    surname: Name = None
    email: Email = None
    phone: Phone = None
    handicap: IncidentalHandicap = None
    home_club_id: Id = None
    home_club_name: Name = None


class PlayerCreated(_Player):
    """`teetime.player.created`."""

    id: RequiredId
    created_at: IncidentalMoment = None


class PlayerUpdated(ChangesPayload, _Player):
    """`teetime.player.updated`: any of the player's fields, with those that changed named."""

    id: Id = None
    updated_at: IncidentalMoment = None


class HandicapUpdated(Payload):
    """`teetime.handicap.updated`."""

    player_id: Id = None
    previous_handicap: IncidentalHandicap = None
    new_handicap: RequiredHandicap
    source: Name = None
    effective_date: DayOf = None


class Partner(Payload):
    """Someone on a booking: the booker too, and guests of whom only a name is known, or nothing."""

    name: Name = None
    email: Email = None
    phone: Phone = None
    player_id: Id = None


def _list_or_nothing(value: object) -> object:
    return () if value is None else value


Partners = Annotated[tuple[Partner, ...], BeforeValidator(_list_or_nothing), Field(max_length=MOST_PLAYERS)]


UTM_NAMES = ("source", "medium", "campaign", "term", "content")
LONGEST_UTM = 200


def _read_utm(value: object) -> dict[str, str] | None:
    """The tags of the link by which somebody came; what is no tag is left out, because it must never cost a booking."""
    if not isinstance(value, dict):
        return None
    told = {name: value.get(name, value.get(f"utm_{name}")) for name in UTM_NAMES}
    known = {
        name: text.strip()[:LONGEST_UTM]
        for name, text in told.items()
        if isinstance(text, str) and text.strip() and "\x00" not in text
    }
    return known or None


def _cut_utm(value: object, read: dict[str, str] | None) -> str:
    """What is taken of tags of which something was cut or left out; empty where all that is known was taken."""
    if not isinstance(value, dict):
        return "nothing"
    told = {name: value.get(name, value.get(f"utm_{name}")) for name in UTM_NAMES}
    said = {name: text.strip() if isinstance(text, str) else text for name, text in told.items()}
    lost = [name for name, text in said.items() if text not in (None, "", (read or {}).get(name))]
    return f"what fits of {', '.join(lost)}" if lost else ""


Utm = Annotated[
    dict[str, str] | None,
    PlainValidator(_read_utm),
    Loss(f"holds something that is no text of at most {LONGEST_UTM} characters", _cut_utm),
]


class BookingCreated(Payload):
    """`teetime.booking.created`."""

    id: RequiredId
    player_id: Id = None
    club_id: Id = None
    club_name: Name = None
    course_id: Id = None
    course_name: Name = None
    tee_time: RequiredMoment
    holes: IncidentalCount = None
    players: Partners = ()
    price_cents: Cents = None
    currency: Currency = None
    utm: Utm = None


class BookingCancelled(Payload):
    """`teetime.booking.cancelled`."""

    id: RequiredId
    player_id: Id = None
    reason: Prose = None
    cancelled_at: IncidentalMoment = None


class BookingCompleted(Payload):
    """`teetime.booking.completed`."""

    id: RequiredId
    player_id: Id = None
    club_id: Id = None
    completed_at: IncidentalMoment = None
    score: IncidentalCount = None


class BookingNoShow(Payload):
    """`teetime.booking.no_show`."""

    id: RequiredId
    player_id: Id = None


class ScorePosted(Payload):
    """`teetime.score.posted`."""

    id: Id = None
    player_id: Id = None
    course_id: Id = None
    gross_score: IncidentalCount = None
    differential: Differential = None
    played_at: DayOf = None


class _Competition(Payload):
    id: RequiredId
    club_id: Id = None
    club_name: Name = None
    starts_at: Moment = None
    ends_at: Moment = None
    format: Name = None
    entry_fee_cents: Cents = None
    currency: Currency = None
    max_entries: Count = None
    handicap_min: Handicap = None
    handicap_max: Handicap = None
    gender: Name = None
    entries_close_at: Moment = None
    url: WebAddress = None
    image_url: WebAddress = None


class CompetitionPublished(_Competition):
    """`teetime.competition.published`."""

    name: RequiredName


class CompetitionUpdated(_Competition):
    """`teetime.competition.updated`."""

    name: Name = None


class CompetitionCancelled(Payload):
    """`teetime.competition.cancelled`."""

    id: RequiredId
    reason: Prose = None


class CompetitionEntry(Payload):
    """`teetime.competition.entered` and `teetime.competition.withdrawn`."""

    competition_id: RequiredId
    player_id: Id = None
    at: IncidentalMoment = None
    utm: Utm = None
