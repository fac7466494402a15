"""Effects of the golf service's events: players, bookings, rounds, competitions."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from events.catalogue import teetime
from events.catalogue.payload import Payload
from events.identity_hints import IdentityKey, IdentityKind
from profiles.club import Club
from profiles.effects.drafts import ActivityDraft, DecodedEvent, Effect, Subject
from profiles.effects.keys import normal_keys
from profiles.effects.registry import effect_of
from profiles.effects.subjects import (
    CHANNELS,
    add_activity,
    add_facts,
    effect_on,
    own_id,
    stated_values,
    subject_of,
    with_reason,
)
from profiles.golden_rows.rules import FILLS_GAPS
from profiles.vocabulary import ActivityCategory, LifecycleStage

PLAYER_FIELDS = {
    "name": "firstName",
    "surname": "lastName",
    "email": "email",
    "phone": "phoneNumber",
    "handicap": "handicap",
    "home_club_id": "homeClubId",
    "home_club_name": "homeClubName",
}


def _tenths(handicap: Decimal) -> int:
    return int(handicap * 10)


def _in_words(handicap: Decimal, club: Club) -> str:
    """A plus handicap is a negative number."""
    return club.decimal(f"+{-handicap:.1f}" if handicap < 0 else f"{handicap:.1f}")


def _player_facts(
    payload: teetime.PlayerCreated | teetime.PlayerUpdated, club: Club, told_at: datetime
) -> dict[str, Any]:
    is_update = isinstance(payload, teetime.PlayerUpdated)
    facts = stated_values(club, payload.stated(), PLAYER_FIELDS, told_at=told_at, replaces=is_update)
    if facts.get("handicap") is not None:
        facts["handicap"] = _tenths(facts["handicap"])
    return facts


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


@effect_of("teetime.player.created")
def player_created(event: DecodedEvent, payload: teetime.PlayerCreated, club: Club) -> Effect:
    """Links the player's id and states the facts; a row of the timeline only for somebody new."""
    subject = subject_of(event, club, LifecycleStage.LEAD)
    if subject is None:
        return Effect()
    subject.links = True
    add_facts(subject, event.source, _player_facts(payload, club, event.occurred_at))
    subject.if_new = ActivityDraft(
        "PROFILE_CREATED", ActivityCategory.IDENTITY, "First seen as a player", CHANNELS["teetime"], {}
    )
    return effect_on(subject)


@effect_of("teetime.player.updated")
def player_updated(event: DecodedEvent, payload: teetime.PlayerUpdated, club: Club) -> Effect:
    """Facts that changed; named in `changes` and null means emptied."""
    subject = subject_of(event, club, LifecycleStage.LEAD)
    if subject is None:
        return Effect()
    subject.links = True
    add_facts(subject, event.source, _player_facts(payload, club, event.occurred_at))
    add_activity(
        subject,
        event,
        "PLAYER_UPDATED",
        ActivityCategory.GOLF,
        "Player details updated",
        metadata={"changes": payload.changes},
    )
    return effect_on(subject)


@effect_of("teetime.handicap.updated")
def handicap_updated(event: DecodedEvent, payload: teetime.HandicapUpdated, club: Club) -> Effect:
    """The new handicap."""
    subject = subject_of(event, club, LifecycleStage.LEAD)
    if subject is None:
        return Effect()
    add_facts(subject, event.source, {"handicap": _tenths(payload.new_handicap)})
    title = f"Handicap {_in_words(payload.new_handicap, club)}"
    if payload.previous_handicap is not None:
        title = (
            f"Handicap {_in_words(payload.previous_handicap, club)} → {_in_words(payload.new_handicap, club)}"
        )
    add_activity(
        subject,
        event,
        "HANDICAP_UPDATED",
        ActivityCategory.GOLF,
        title,
        metadata={
            "previousHandicap": _number(payload.previous_handicap),
            "newHandicap": _number(payload.new_handicap),
        },
    )
    return effect_on(subject)


@effect_of("teetime.booking.created")
def booking_created(event: DecodedEvent, payload: teetime.BookingCreated, club: Club) -> Effect:
    """The booker's booking, and an invitation for each partner who can be told apart by id or e-mail."""
    subject = subject_of(event, club, LifecycleStage.CUSTOMER)
    if subject is None:
        return Effect()
    tee_time = club.aware(payload.tee_time) or payload.tee_time
    what = _what_where_when(payload, tee_time, club)
    metadata = {
        "bookingId": payload.id,
        "clubId": payload.club_id,
        "clubName": payload.club_name,
        "courseId": payload.course_id,
        "courseName": payload.course_name,
        "teeTime": tee_time.isoformat(),
        "holes": payload.holes,
        "players": [player.name for player in payload.players if player.name],
        "amountCents": payload.price_cents,
        "currency": payload.currency,
        **({"utm": payload.utm} if payload.utm else {}),
    }
    add_activity(
        subject,
        event,
        "TEETIME_BOOKED",
        ActivityCategory.BOOKING,
        f"Booked {what}",
        metadata=metadata,
        once=own_id(payload.id),
    )
    subject.figures.booked_at = event.occurred_at
    effect = effect_on(subject)
    booker = _booker_name(subject, payload)
    for player in payload.players:
        partner = _partner(event, player, subject, club)
        if partner is not None:
            article = "a " if what[0].isdigit() else ""
            invited = f"Invited by {booker} to {article}{what}" if booker else f"Invited to {article}{what}"
            add_activity(
                partner,
                event,
                "TEETIME_INVITED",
                ActivityCategory.BOOKING,
                invited,
                metadata={
                    key: metadata[key] for key in ("bookingId", "clubId", "clubName", "courseName", "teeTime")
                },
                once=own_id(payload.id),
            )
            effect.subjects.append(partner)
    return effect


def _what_where_when(payload: teetime.BookingCreated, tee_time: datetime, club: Club) -> str:
    """As in: 4-ball at Fairview, Sat 14 March 07:30."""
    size = f"{len(payload.players)}-ball" if len(payload.players) > 1 else "a tee time"
    where = f" at {payload.club_name}" if payload.club_name else ""
    return f"{size}{where}, {club.moment(tee_time)}"


def _booker_name(subject: Subject, payload: teetime.BookingCreated) -> str:
    own = {key.value for key in subject.keys}
    return next((player.name for player in payload.players if player.name and player.player_id in own), "")


def _partner(event: DecodedEvent, player: teetime.Partner, booker: Subject, club: Club) -> Subject | None:
    """A playing partner as somebody of their own; None for the booker and for those known by name only."""
    given = (
        (IdentityKind.TEETIME_PLAYER, player.player_id),
        (IdentityKind.EMAIL, player.email),
        (IdentityKind.PHONE, player.phone),
    )
    normal = normal_keys([IdentityKey(kind, value) for kind, value in given if value], event.source, club)
    if not normal or normal[0] in booker.keys:
        return None
    first, _, last = (player.name or "").strip().partition(" ")
    partner = Subject(keys=normal, stage=LifecycleStage.LEAD)
    names = {"firstName": first, "lastName": last.strip()}
    add_facts(
        partner, event.source, {field: value for field, value in names.items() if value}, rank=FILLS_GAPS
    )
    return partner


@effect_of("teetime.booking.cancelled")
def booking_cancelled(event: DecodedEvent, payload: teetime.BookingCancelled, club: Club) -> Effect:
    """A booking given back."""
    subject = subject_of(event, club, LifecycleStage.LEAD)
    if subject is not None:
        title = with_reason("Cancelled a tee time", payload.reason)
        metadata = {"bookingId": payload.id, "reason": payload.reason}
        add_activity(
            subject,
            event,
            "TEETIME_CANCELLED",
            ActivityCategory.BOOKING,
            title,
            metadata=metadata,
            once=own_id(payload.id),
        )
    return effect_on(subject)


@effect_of("teetime.booking.completed")
def round_completed(event: DecodedEvent, payload: teetime.BookingCompleted, club: Club) -> Effect:
    """A round was played."""
    subject = subject_of(event, club, LifecycleStage.CUSTOMER)
    if subject is not None:
        title = f"Completed a round: {payload.score}" if payload.score is not None else "Completed a round"
        metadata = {"bookingId": payload.id, "clubId": payload.club_id, "score": payload.score}
        add_activity(
            subject,
            event,
            "ROUND_COMPLETED",
            ActivityCategory.GOLF,
            title,
            metadata=metadata,
            once=own_id(payload.id),
        )
    return effect_on(subject)


@effect_of("teetime.booking.no_show")
def no_show(event: DecodedEvent, payload: teetime.BookingNoShow, club: Club) -> Effect:
    """Booked, and did not come."""
    subject = subject_of(event, club, LifecycleStage.LEAD)
    if subject is not None:
        add_activity(
            subject,
            event,
            "TEETIME_NO_SHOW",
            ActivityCategory.BOOKING,
            "Did not show up for a tee time",
            metadata={"bookingId": payload.id},
            once=own_id(payload.id),
        )
    return effect_on(subject)


@effect_of("teetime.score.posted")
def score_posted(event: DecodedEvent, payload: teetime.ScorePosted, club: Club) -> Effect:
    """A score for the handicap."""
    subject = subject_of(event, club, LifecycleStage.LEAD)
    if subject is not None:
        score = f" of {payload.gross_score}" if payload.gross_score is not None else ""
        differential = (
            f" (differential {club.decimal(f'{payload.differential:.1f}')})"
            if payload.differential is not None
            else ""
        )
        metadata = {
            "courseId": payload.course_id,
            "grossScore": payload.gross_score,
            "differential": payload.differential,
        }
        title = f"Posted a score{score}{differential}"
        add_activity(
            subject,
            event,
            "SCORE_POSTED",
            ActivityCategory.GOLF,
            title,
            metadata=metadata,
            once=own_id(payload.id),
        )
    return effect_on(subject)


@effect_of("teetime.competition.entered", "teetime.competition.withdrawn")
def competition_entry(event: DecodedEvent, payload: teetime.CompetitionEntry, club: Club) -> Effect:
    """In or out of a competition."""
    is_entry = event.type == "teetime.competition.entered"
    subject = subject_of(event, club, LifecycleStage.CUSTOMER if is_entry else LifecycleStage.LEAD)
    if subject is not None:
        add_activity(
            subject,
            event,
            "COMPETITION_ENTERED" if is_entry else "COMPETITION_WITHDRAWN",
            ActivityCategory.GOLF,
            "Entered a competition" if is_entry else "Withdrew from a competition",
            metadata={
                "competitionId": payload.competition_id,
                **({"utm": payload.utm} if payload.utm else {}),
            },
        )
    return effect_on(subject)


@effect_of("teetime.competition.published", "teetime.competition.updated", "teetime.competition.cancelled")
def competition_changed(event: DecodedEvent, payload: Payload, club: Club) -> Effect:
    """No profile: the club's promotions follow it through the domain log."""
    aliases = {name: field.alias for name, field in type(payload).model_fields.items()}
    stated = {aliases[name]: _as_json(value) for name, value in payload.stated().items()}
    change = event.type.rpartition(".")[2]
    return Effect(
        competition={"change": change, "occurredAt": event.occurred_at.isoformat(), "competition": stated}
    )


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, datetime) else value
