"""The fixture list: published, changed, entered, cancelled when it rains."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.calendar import DAY, SATURDAY
from crm_platform.simulator.envelope import player_identity
from crm_platform.simulator.golf import gross_score, post_score
from crm_platform.simulator.people import Player
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.stage import Stage

PUBLISHED_AHEAD: Final = 35 * DAY
CLOSES_AHEAD: Final = 3 * DAY
MOVED, WITHDRAWN = 0.12, 0.06
FEWEST_SEASON: Final = 0.3
COUNTING_FORMATS: Final = frozenset({"strokeplay", "stableford"})


@dataclass(frozen=True, slots=True)
class Fixture:
    """A kind of competition; `week` is the Saturday of the month, `months` when it is held (empty: all)."""

    name: str
    format: str
    week: int
    fee_share: float
    pull: float
    months: tuple[int, ...] = ()
    gender: str = ""
    handicap_max: float = 36.0


@dataclass(frozen=True, slots=True)
class Span:
    """When a competition was published and starts, and whether the weather lets it be held."""

    published: datetime
    starts: datetime
    is_held: bool


FIXTURES: Final = (
    Fixture("Monthly Medal", "strokeplay", 1, 0.3, 1.0),
    Fixture("Saturday Stableford", "stableford", 3, 0.2, 0.9),
    Fixture("Club Championship", "strokeplay", 2, 0.8, 1.6, (9,), handicap_max=18.0),
    Fixture("Captain's Day", "betterball", 2, 0.6, 1.6, (5,)),
    Fixture("Ladies' Open", "stableford", 2, 0.6, 1.8, (4, 10), gender="F"),
    Fixture("Charity Texas Scramble", "scramble", 4, 1.0, 1.3, (3, 7, 11)),
    Fixture("Junior Trophy", "stableford", 4, 0.1, 1.2, (8, 12), handicap_max=54.0),
)


def plan_day(stage: Stage, day: date) -> None:
    """Publish the competitions that are held so many days from now."""
    held_on = day + PUBLISHED_AHEAD
    if held_on.weekday() != SATURDAY or stage.calendar.season(held_on) < FEWEST_SEASON:
        return
    week = (held_on.day - 1) // 7 + 1
    for fixture in FIXTURES:
        if fixture.week == week and (not fixture.months or held_on.month in fixture.months):
            _publish(stage, fixture, day, held_on)


def _publish(stage: Stage, fixture: Fixture, day: date, held_on: date) -> None:
    key = f"{stage.club.id}-{fixture.name.lower().replace(' ', '-').replace(chr(39), '')}-{held_on:%y%m}"
    rng = stage.rng(f"competition/{key}")
    published = stage.calendar.at(day, 9, rng.between(0, 50))
    payload = _described(stage, fixture, key, held_on)
    stage.agenda.add_event(
        published,
        stage.post.event("teetime.competition.published", key, published, identity={}, payload=payload),
    )
    if rng.chance(MOVED):
        held_on += DAY
        moved = stage.calendar.at(day + 12 * DAY, 10, rng.between(0, 50))
        payload = _described(stage, fixture, key, held_on)
        stage.agenda.add_event(
            moved, stage.post.event("teetime.competition.updated", key, moved, identity={}, payload=payload)
        )
    starts = stage.calendar.at(held_on, 7)
    stage.open_competitions[key] = starts - CLOSES_AHEAD
    is_held = not stage.calendar.is_closed(held_on)
    if not is_held:
        when = starts - timedelta(hours=14)
        reason = {"id": key, "reason": "course closed by the weather"}
        stage.agenda.add_event(
            when, stage.post.event("teetime.competition.cancelled", key, when, identity={}, payload=reason)
        )
    _plan_entries(stage, fixture, key, Span(published, starts, is_held), rng)


def _described(stage: Stage, fixture: Fixture, key: str, held_on: date) -> dict[str, Any]:
    club, calendar = stage.club, stage.calendar
    described: dict[str, Any] = {
        "id": key,
        "name": fixture.name,
        "clubId": club.id,
        "clubName": club.short_name,
        "startsAt": calendar.local(calendar.at(held_on, 7)).isoformat(),
        "endsAt": calendar.local(calendar.at(held_on, 17)).isoformat(),
        "format": fixture.format,
        "entryFeeCents": round(club.green_fee_cents * fixture.fee_share / 100) * 100,
        "currency": club.currency,
        "maxEntries": 120,
        "handicapMin": -5,
        "handicapMax": fixture.handicap_max,
        "entriesCloseAt": calendar.local(calendar.at(held_on - CLOSES_AHEAD, 18)).isoformat(),
        "url": f"https://{club.slug}.example/competitions/{key}",
        "imageUrl": f"https://{club.slug}.example/images/{fixture.format}.jpg",
    }
    if fixture.gender:
        described["gender"] = fixture.gender
    return described


def _may_enter(fixture: Fixture, player: Player, published: datetime) -> bool:
    if player.registered > published or player.handicap_tenths is None:
        return False
    if fixture.gender and not player.person.is_female:
        return False
    return player.handicap_tenths <= fixture.handicap_max * 10


def _plan_entries(stage: Stage, fixture: Fixture, competition_id: str, span: Span, rng: Rng) -> None:
    """Those who like competitions enter within the weeks before it closes."""
    opens = stage.calendar.day_of(span.published) + DAY
    open_days = (span.starts - CLOSES_AHEAD - span.published).days - 2
    for player in stage.players:
        liking = player.person.persona.competitions / 2 * fixture.pull
        eagerness = liking * stage.vigour(player.person, span.published)
        if not rng.chance(min(eagerness, 0.9)) or not _may_enter(fixture, player, span.published):
            continue
        entered = stage.calendar.waking_hours(opens + DAY * rng.between(0, open_days), rng)
        stage.agenda.add(entered, partial(enter, stage, player, competition_id=competition_id))
        if rng.chance(WITHDRAWN):
            left = span.starts - timedelta(hours=18) - entered
            stage.agenda.add(
                entered + left * rng.uniform(0.1, 1),
                partial(withdraw, stage, player, competition_id=competition_id),
            )
        elif span.is_held and fixture.format in COUNTING_FORMATS:
            course = stage.club.courses[0]
            gross = gross_score(player, course.par, rng)
            played = span.starts + timedelta(minutes=rng.between(300, 620))
            key = f"{competition_id}-{player.person.tag}"
            post = partial(post_score, stage, player, key=key, course=course, gross=gross)
            stage.agenda.add(played, post)


def enter(stage: Stage, player: Player, when: datetime, *, competition_id: str) -> Iterable[Event]:
    """Somebody enters."""
    stage.entries.add((player.id, competition_id))
    yield _entry(stage, player, when, competition_id=competition_id, verb="entered")


def withdraw(stage: Stage, player: Player, when: datetime, *, competition_id: str) -> Iterable[Event]:
    """Somebody thinks better of it."""
    yield _entry(stage, player, when, competition_id=competition_id, verb="withdrawn")


def _entry(stage: Stage, player: Player, when: datetime, *, competition_id: str, verb: str) -> Event:
    key = f"{competition_id}-{player.person.tag}"
    payload = {
        "competitionId": competition_id,
        "playerId": player.id,
        "at": stage.calendar.local(when).isoformat(timespec="seconds"),
    }
    return stage.post.event(
        f"teetime.competition.{verb}", key, when, identity=player_identity(player, key), payload=payload
    )
