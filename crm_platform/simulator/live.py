"""The world goes on: a few events a minute for as long as somebody listens."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from crm_platform.simulator import (
    competitions,
    consent,
    facilities,
    feedback,
    golf,
    mail,
    membership,
    newcomers,
)
from crm_platform.simulator.agenda import Event
from crm_platform.simulator.people import Contact, Member, Player
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.stage import Stage
from crm_platform.simulator.world import World, simulation_of

Impulse = Callable[["LiveClub", datetime], None]
# An impulse makes so many events in the mean, with deliveries, openings, players and contacts of new members.
EVENTS_AN_IMPULSE: Final = 1.65
APPEAL, OPEN_DELAY_HOURS = 1.6, 0.05
PAYMENT_FAILS: Final = 0.1


def _now() -> datetime:
    return datetime.now(UTC)


def live_events(
    world: World,
    rate_per_minute: float,
    rng: Rng,
    *,
    slugs: tuple[str, ...] | None = None,
    clock: Callable[[], datetime] = _now,
) -> Iterator[Event]:
    """Events from now on, about so many a minute over all clubs, for ever; each is due at its timestamp.

    Whatever the history left on the agenda comes first, with the same ids at every start: it happens once. The
    caller waits for each event's time; after a long pause the world goes on at `clock()`. Raises ValueError for a
    rate that is not positive.
    """
    if rate_per_minute <= 0:
        raise ValueError("The rate must be above zero.")
    clubs = [
        LiveClub(settled(world, town.club.slug), rng)
        for town in world.towns
        if slugs is None or town.club.slug in slugs
    ]
    pause_seconds = 60 / rate_per_minute * EVENTS_AN_IMPULSE
    next_impulse = clock()
    while True:
        now = max(next_impulse, clock())
        club = rng.weighted([(one, one.stage.club.share) for one in clubs])
        for one in clubs:
            yield from one.due(now - timedelta(seconds=1))
        club.act(now)
        for one in clubs:
            yield from one.due(now)
        next_impulse = now + timedelta(seconds=rng.exponential(pause_seconds))


def settled(world: World, slug: str) -> Stage:
    """A club as the history leaves it; takes as long as telling the history."""
    simulation = simulation_of(world, slug)
    for _ in simulation.run():
        pass
    return simulation.stage


class LiveClub:
    """One club that goes on after its history."""

    def __init__(self, stage: Stage, rng: Rng) -> None:
        self.stage = stage
        self.rng = rng

    def due(self, until: datetime) -> Iterator[Event]:
        """What happens up to a moment."""
        for _, event in self.stage.agenda.due(until):
            yield event

    def act(self, now: datetime) -> None:
        """Somebody does something; in a very small world there may be nobody who can."""
        self.rng.weighted(IMPULSES)(self, now)

    def player(self, now: datetime) -> Player | None:
        """A player, the keen ones more often."""
        weights = [
            (one, one.person.persona.rounds * self.stage.vigour(one.person, now))
            for one in self.stage.players
        ]
        return self.rng.weighted(weights) if weights else None

    def member(self) -> Member | None:
        """A member in good standing."""
        members = [member for member in self.stage.members if member.is_active]
        return self.rng.pick(members) if members else None

    def contact(self) -> Contact | None:
        """Somebody who may be mailed."""
        contacts = [one for one in self.stage.contacts if one.opt_ins["email"]]
        return self.rng.pick(contacts) if contacts else None


def _book(club: LiveClub, now: datetime) -> None:
    if player := club.player(now):
        day = golf.tee_day(club.stage.calendar.day_of(now), club.rng)
        golf.book(club.stage, player, now, day=day, key=_key(player.person.tag, now))


def _post_score(club: LiveClub, now: datetime) -> None:
    if player := club.player(now):
        course = club.rng.pick(club.stage.club.courses)
        gross = golf.gross_score(player, course.par, club.rng)
        key = _key(player.person.tag, now)
        post = partial(golf.post_score, club.stage, player, key=key, course=course, gross=gross)
        club.stage.agenda.add(now, post)


def _mail(club: LiveClub, now: datetime) -> None:
    if contact := club.contact():
        mailing = mail.Mailing(
            _key(club.stage.club.id, now),
            "email",
            now,
            appeal=APPEAL,
            open_delay_hours=OPEN_DELAY_HOURS,
            spread_seconds=0,
        )
        mail.send(club.stage, mailing, contact)


def _pay(club: LiveClub, now: datetime) -> None:
    if member := club.member():
        words, share = club.rng.weighted(membership.PURCHASES)
        amount_cents = membership.price(club.stage, share, club.rng)
        key = _key(str(member.id), now)
        if club.rng.chance(PAYMENT_FAILS):
            fail = partial(membership.fail, club.stage, member, key=key, amount_cents=amount_cents)
            club.stage.agenda.add(now, fail)
        else:
            pay = partial(membership.pay, club.stage, member, key=key, amount_cents=amount_cents, words=words)
            club.stage.agenda.add(now, pay)


def _reserve(club: LiveClub, now: datetime) -> None:
    if member := club.member():
        facilities.reserve(club.stage, member, now, key=_key(str(member.id), now))


def _toggle(club: LiveClub, now: datetime) -> None:
    if contact := club.contact():
        channel = club.rng.weighted(consent.TOUCHED)
        club.stage.agenda.add(now, partial(consent.toggle, club.stage, contact, channel=channel))


def _speak_up(club: LiveClub, now: datetime) -> None:
    member = club.member()
    if member and member.person.auth_id:
        feedback.vote(club.stage, member.person, now)
    elif member and feedback.feedback_identity(member.person):
        feedback.complain(club.stage, member.person, now)


def _enter(club: LiveClub, now: datetime) -> None:
    player = club.player(now)
    fixtures = [
        key
        for key, closes in club.stage.open_competitions.items()
        if closes > now and player and (player.id, key) not in club.stage.entries
    ]
    if player and fixtures:
        competition_id = club.rng.pick(fixtures)
        enter = partial(competitions.enter, club.stage, player, competition_id=competition_id)
        club.stage.agenda.add(now, enter)


def _join(club: LiveClub, now: datetime) -> None:
    newcomers.join(club.stage, club.rng, now)


def _subscribe(club: LiveClub, now: datetime) -> None:
    newcomers.subscribe(club.stage, club.rng, now)


def _key(whose: str, now: datetime) -> str:
    """A key that no other run of the live world gives: it holds the time."""
    return f"{whose}-live-{int(now.timestamp() * 1000)}"


IMPULSES: Final[tuple[tuple[Impulse, float], ...]] = (
    (_book, 24.0),
    (_post_score, 14.0),
    (_mail, 32.0),
    (_pay, 12.0),
    (_reserve, 8.0),
    (_enter, 3.0),
    (_toggle, 3.0),
    (_speak_up, 2.0),
    (_subscribe, 1.5),
    (_join, 0.7),
)
