"""Tee times, rounds, scores and handicaps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.calendar import DAY, DAYS_A_MONTH, is_weekend
from crm_platform.simulator.clubs import Course
from crm_platform.simulator.envelope import lot, player_identity
from crm_platform.simulator.onboarding import player_moved
from crm_platform.simulator.people import Person, Player
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.stage import Stage

# How many play along, by weight.
PARTNER_COUNTS: Final = ((0, 8.0), (1, 22.0), (2, 18.0), (3, 52.0))
# How the booker names a partner, by weight.
NAMED_BY: Final = (("id", 46.0), ("email", 20.0), ("name", 26.0), ("guest", 8.0))
LONGEST_LEAD_DAYS: Final = 9
WEEKEND_PULL: Final = 3.2
CANCELLED, NO_SHOW = 0.08, 0.02
SCORED, POSTED = 0.7, 0.45
CANCEL_REASONS: Final = (("other plans", 40.0), ("injury", 15.0), ("work", 25.0), ("rain forecast", 20.0))
CLOSED_REASONS: Final = {"ZA": "thunderstorm, course closed", "GB": "course waterlogged"}
HOLES: Final = ((18, 82.0), (9, 18.0))
ROUND: Final = timedelta(hours=4, minutes=20)
SLOPE: Final = 1.08
RATING_BELOW_PAR: Final = 0.3
HANDICAP_SHARE, BAD_ROUNDS, COUNTING = 0.07, 0.5, 0.5
# The other rounds are played on a partner's booking.
BOOKED_BY_ONESELF: Final = 0.42
LOWEST_TENTHS, HIGHEST_TENTHS = -50, 540
HOME_CLUB_NEWS: Final = 0.00025


def plan_day(stage: Stage, day: date) -> None:
    """Decide who books today, and for when."""
    rng = stage.rng(f"golf/{day.isoformat()}")
    noon = stage.calendar.at(day, 12)
    season = stage.calendar.season(day)
    for player in stage.players:
        if player.registered > noon:
            continue
        person = player.person
        vigour = stage.vigour(person, noon)
        if rng.chance(person.persona.rounds * BOOKED_BY_ONESELF / DAYS_A_MONTH * season * vigour):
            when = stage.calendar.waking_hours(day, rng)
            book(stage, player, when, day=tee_day(day, rng), key=f"{person.tag}-{day:%y%m%d}")
        if rng.chance(HOME_CLUB_NEWS * vigour):
            when = stage.calendar.waking_hours(day, rng)
            stage.agenda.add(when, partial(player_moved, stage, player))


def tee_day(day: date, rng: Rng) -> date:
    """The day for which somebody books: within the next days, a weekend for choice."""
    ahead = [day + DAY * number for number in range(1, LONGEST_LEAD_DAYS + 1)]
    return rng.weighted([(other, WEEKEND_PULL if is_weekend(other) else 1.0) for other in ahead])


@dataclass(frozen=True, slots=True)
class Booking:
    """A tee time that somebody holds, with the chance that decides what becomes of it."""

    id: str
    player: Player
    booked: datetime
    tee_time: datetime
    course: Course
    partners: list[Person]
    rng: Rng

    @property
    def identity(self) -> dict[str, Any]:
        """Who holds it."""
        return player_identity(self.player, self.id)


def book(stage: Stage, player: Player, when: datetime, *, day: date, key: str) -> None:
    """Put a booking on the agenda, with what becomes of it; nothing for somebody who plays that day already.

    `key` is unique per booking.
    """
    playing = stage.playing[day]
    if player.person.id in playing:
        return
    rng = stage.rng(f"booking/{key}")
    friends = [one for one in player.person.partners if one.id not in playing]
    partners = rng.sample(friends, rng.weighted(PARTNER_COUNTS))
    playing.update(one.id for one in (player.person, *partners))
    booking = Booking(
        id=f"bk-{stage.club.id}-{key}",
        player=player,
        booked=when,
        tee_time=stage.calendar.tee_time(day, rng),
        course=rng.pick(stage.club.courses),
        partners=partners,
        rng=rng,
    )
    payload = _described(stage, booking)
    stage.agenda.add_event(
        when,
        stage.post.event(
            "teetime.booking.created", booking.id, when, identity=booking.identity, payload=payload
        ),
    )
    _plan_outcome(stage, booking)


def _described(stage: Stage, booking: Booking) -> dict[str, Any]:
    club, person = stage.club, booking.player.person
    is_member = person.member is not None and person.member.is_active
    fee = club.member_fee_cents if is_member else club.green_fee_cents
    return {
        "id": booking.id,
        "playerId": booking.player.id,
        "clubId": club.id,
        "clubName": club.short_name,
        "courseId": booking.course.id,
        "courseName": booking.course.name,
        "teeTime": stage.calendar.local(booking.tee_time).isoformat(timespec="minutes"),
        "holes": booking.rng.weighted(HOLES),
        "players": [
            {"name": person.written_name, "playerId": booking.player.id},
            *(_named(partner, booking.rng, booking.tee_time) for partner in booking.partners),
        ],
        "priceCents": fee + club.green_fee_cents * sum(not one.members for one in booking.partners),
        "currency": club.currency,
    }


def _named(partner: Person, rng: Rng, tee_time: datetime) -> dict[str, Any]:
    """A partner as the booker typed it."""
    how = rng.weighted(NAMED_BY)
    is_registered = partner.player is not None and partner.player.registered < tee_time
    if partner.is_guest and how != "guest":
        return {"name": partner.written_name, "email": partner.mailbox}
    if how == "id" and partner.player is not None and is_registered:
        return {"name": partner.written_name, "playerId": partner.player.id}
    if how == "email":
        return {"name": partner.written_name, "email": partner.mailbox}
    return {"name": "Guest"} if how == "guest" else {"name": partner.written_name}


def _plan_outcome(stage: Stage, booking: Booking) -> None:
    rng, tee_time, booked = booking.rng, booking.tee_time, booking.booked
    if stage.calendar.is_closed(stage.calendar.day_of(tee_time)):
        cancelled = tee_time - timedelta(minutes=rng.between(60, 180))
        _cancel(stage, booking, max(cancelled, booked), CLOSED_REASONS[stage.club.country])
    elif rng.chance(CANCELLED):
        cancelled = booked + (tee_time - booked) * rng.uniform(0.2, 0.95)
        _cancel(stage, booking, cancelled, rng.weighted(CANCEL_REASONS))
    elif rng.chance(NO_SHOW):
        when = tee_time + timedelta(minutes=45)
        payload = {"id": booking.id, "playerId": booking.player.id}
        stage.agenda.add_event(
            when,
            stage.post.event(
                "teetime.booking.no_show", booking.id, when, identity=booking.identity, payload=payload
            ),
        )
    else:
        when = tee_time + ROUND + timedelta(minutes=rng.between(-25, 40))
        stage.agenda.add(when, partial(_completed, stage, booking))


def _cancel(stage: Stage, booking: Booking, when: datetime, reason: str) -> None:
    payload = {
        "id": booking.id,
        "playerId": booking.player.id,
        "reason": reason,
        "cancelledAt": stage.calendar.local(when).isoformat(timespec="seconds"),
    }
    stage.agenda.add_event(
        when,
        stage.post.event(
            "teetime.booking.cancelled", booking.id, when, identity=booking.identity, payload=payload
        ),
    )


def _completed(stage: Stage, booking: Booking, when: datetime) -> Iterable[Event]:
    """The round was played; some who played post their score."""
    rng, par = booking.rng, booking.course.par
    scores = [(booking.player, gross_score(booking.player, par, rng))]
    payload: dict[str, Any] = {
        "id": booking.id,
        "playerId": booking.player.id,
        "clubId": stage.club.id,
        "completedAt": stage.calendar.local(when).isoformat(timespec="seconds"),
    }
    if rng.chance(SCORED):
        payload["score"] = scores[0][1]
    yield stage.post.event(
        "teetime.booking.completed", booking.id, when, identity=booking.identity, payload=payload
    )
    for partner in booking.partners:
        if partner.player is not None and partner.player.registered < when:
            scores.append((partner.player, gross_score(partner.player, par, rng)))
    for player, gross in scores:
        if rng.chance(POSTED * min(1.0, 2 * stage.vigour(player.person, when))):
            later = when + timedelta(minutes=rng.between(5, 200))
            key = f"{booking.id}-{player.person.tag}"
            post = partial(post_score, stage, player, key=key, course=booking.course, gross=gross)
            stage.agenda.add(later, post)


def gross_score(player: Player, par: int, rng: Rng) -> int:
    """Strokes of a round: the handicap and a few more, on a good day fewer."""
    handicap = 200 if player.handicap_tenths is None else player.handicap_tenths
    return round(par + handicap / 10 * SLOPE + rng.bell(2.5, 3.4))


def post_score(
    stage: Stage, player: Player, when: datetime, *, key: str, course: Course, gross: int
) -> Iterable[Event]:
    """A score counts for the handicap, which follows overnight."""
    differential_tenths = round((gross - course.par + RATING_BELOW_PAR) / SLOPE * 10)
    payload = {
        "id": f"sc-{key}",
        "playerId": player.id,
        "courseId": course.id,
        "grossScore": gross,
        "differential": differential_tenths / 10,
        "playedAt": stage.calendar.day_of(when).isoformat(),
    }
    yield stage.post.event(
        "teetime.score.posted", key, when, identity=player_identity(player, key), payload=payload
    )
    if player.handicap_tenths is None or stage.rng(f"handicap/{key}").chance(COUNTING):
        night = stage.calendar.at(stage.calendar.day_of(when) + DAY, 2, lot(key, 60))
        revise = partial(_revise_handicap, stage, player, key=key, differential_tenths=differential_tenths)
        stage.agenda.add(night, revise)


def _revise_handicap(
    stage: Stage, player: Player, when: datetime, *, key: str, differential_tenths: int
) -> Iterable[Event]:
    """The authority's nightly run; it changes a few tenths or nothing."""
    previous = player.handicap_tenths
    revised = differential_tenths
    if previous is not None:
        # A good round counts for more than a bad one: only the best of the last rounds are averaged.
        step = (differential_tenths - previous) * HANDICAP_SHARE
        revised = previous + int(step if step < 0 else step * BAD_ROUNDS)
    revised = min(max(revised, LOWEST_TENTHS), HIGHEST_TENTHS)
    if revised == previous:
        return
    player.handicap_tenths = revised
    payload: dict[str, Any] = {
        "playerId": player.id,
        "newHandicap": revised / 10,
        "source": stage.club.handicap_authority,
        "effectiveDate": stage.calendar.day_of(when).isoformat(),
    }
    if previous is not None:
        payload["previousHandicap"] = previous / 10
    external = {stage.club.golf_id_kind: player.golf_id} if player.golf_id else {}
    identity = {"teetimePlayerId": player.id, "externalIds": external}
    yield stage.post.event("teetime.handicap.updated", key, when, identity=identity, payload=payload)
