"""The world: two clubs with their people, fixed by a seed, and the history that can be told of it."""

import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from crm_platform.simulator.addresses import AddressBook
from crm_platform.simulator.calendar import DAYS_A_MONTH, ClubCalendar
from crm_platform.simulator.clubs import CLUBS, Club
from crm_platform.simulator.enrolment import Enrolment, number_members
from crm_platform.simulator.handwriting import Handwriting
from crm_platform.simulator.households import Settlement
from crm_platform.simulator.people import Household, Person
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.simulation import Simulation
from crm_platform.simulator.stage import Stage

Event = dict[str, Any]
DEFAULT_SEED: Final = 7
DEFAULT_PEOPLE: Final = 2_500
DEFAULT_MONTHS: Final = 12
FEWEST_PEOPLE: Final = 20
RECYCLED_PHONES: Final = 0.006  # of all people
CIRCLE_SIZES: Final = (4, 8)


@dataclass(frozen=True, slots=True)
class Town:
    """A club and everybody around it, as the history begins."""

    club: Club
    households: tuple[Household, ...]

    @property
    def people(self) -> list[Person]:
        """Everybody, household by household."""
        return [person for household in self.households for person in household.people]


@dataclass(frozen=True, slots=True)
class World:
    """The parameters, and the towns they make. `start` and `until` bound the history; `stamp` names the world."""

    seed: int
    people: int
    months: int
    start: datetime
    until: datetime
    stamp: str
    towns: tuple[Town, ...]

    def town(self, slug: str) -> Town:
        """The town of a club; raises KeyError."""
        for town in self.towns:
            if town.club.slug == slug:
                return town
        raise KeyError(slug)


def build_world(
    seed: int = DEFAULT_SEED,
    people: int = DEFAULT_PEOPLE,
    months: int = DEFAULT_MONTHS,
    until: datetime | None = None,
) -> World:
    """The world of a seed; the same arguments give the same world, everywhere.

    `people`: over both clubs, at least FEWEST_PEOPLE. `until`: aware, None: now; seconds are the finest it
    resolves. Raises ValueError.
    """
    if people < FEWEST_PEOPLE or months < 1:
        raise ValueError(f"A world needs at least {FEWEST_PEOPLE} people and one month.")
    until = (until or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    start = until - timedelta(days=round(months * DAYS_A_MONTH))
    parameters = f"{seed}/{people}/{months}/{until.isoformat()}"
    return World(
        seed=seed,
        people=people,
        months=months,
        start=start,
        until=until,
        stamp=hashlib.sha256(parameters.encode()).hexdigest()[:8],
        towns=tuple(
            _settle(club, seed=seed, count=round(people * club.share), start=start, until=until)
            for club in CLUBS
        ),
    )


def _settle(club: Club, *, seed: int, count: int, start: datetime, until: datetime) -> Town:
    rng = Rng(f"{seed}/{club.slug}")
    calendar = ClubCalendar(club, str(seed))
    book = AddressBook(club.country, rng.fork("addresses"))
    settlement = Settlement(club, book, rng.fork("households"), calendar.day_of(until))
    households = settlement.settle(count)
    people = [person for household in households for person in household.people]
    _recycle_phones(people, rng.fork("recycled phones"))
    enrolment = Enrolment(
        club=club,
        calendar=calendar,
        writing=Handwriting(club, book, rng.fork("handwriting")),
        rng=rng.fork("enrolment"),
        start=start,
        until=until,
    )
    for person in people:
        enrolment.enrol(person)
    number_members(club, people)
    _form_circles(people, rng.fork("circles"))
    return Town(club, tuple(households))


def _recycle_phones(people: list[Person], rng: Rng) -> None:
    """Some numbers were somebody else's before."""
    chosen = rng.sample(people, 2 * max(1, round(len(people) * RECYCLED_PHONES)))
    for former, present in zip(chosen[::2], chosen[1::2], strict=False):
        if former.household != present.household:
            present.phone = former.phone
            present.note("has a phone number that was somebody else's before")
            former.note("gave up a phone number that is somebody else's now")


def _form_circles(people: list[Person], rng: Rng) -> None:
    """Who plays with whom: circles of friends, with guests among them, and those of one household."""
    golfers = [person for person in people if person.player or person.is_guest]
    left = rng.sample(golfers, len(golfers))
    while left:
        size = rng.between(*CIRCLE_SIZES)
        circle, left = left[:size], left[size:]
        for person in circle:
            person.partners = [other for other in circle if other is not person]
    homes: dict[str, list[Person]] = {}
    for person in golfers:
        homes.setdefault(person.household, []).append(person)
    for home in homes.values():
        for person in home:
            person.partners += [
                other for other in home if other is not person and other not in person.partners
            ]


def simulation_of(world: World, slug: str) -> Simulation:
    """A simulation of one club at its beginning, in a town of its own, so that the world stays as it is."""
    club = world.town(slug).club
    count = round(world.people * club.share)
    town = _settle(club, seed=world.seed, count=count, start=world.start, until=world.until)
    return Simulation(
        Stage(
            club, town.people, seed=str(world.seed), stamp=world.stamp, start=world.start, until=world.until
        )
    )


def history(world: World, slugs: tuple[str, ...] | None = None) -> Iterator[Event]:
    """Every event of the world in the order of time, of all clubs or of those named; ends at `world.until`."""
    streams = [
        simulation_of(world, town.club.slug).run()
        for town in world.towns
        if slugs is None or town.club.slug in slugs
    ]
    for _, event in heapq.merge(*streams, key=lambda pair: pair[0]):
        yield event
