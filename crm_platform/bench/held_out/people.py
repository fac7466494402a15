"""The people of an unseen club: households, firms, and the addresses that they have or share."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from crm_platform.bench.held_out.names import TONGUES
from crm_platform.simulator.rng import Rng
from profiles.normalise import folded

FIRST_BIRTH: Final = date(1938, 1, 1)
PRIVATE_HOSTS: Final = ("post.example", "web.example", "mail.example.net", "inbox.example.org")
ROLES: Final = ("info", "office", "admin", "kontakt", "reception", "golf", "sales", "accounts", "hello")
HOUSE_WORDS: Final = ("familie", "the", "fam", "casa")
FIRM_WORDS: Final = ("bau", "legal", "wines", "motors", "dental", "farms", "design", "transport", "estates")
# So many of a hundred adults work where others of the club do, or own it.
AT_A_FIRM: Final = 0.16


@dataclass(frozen=True, slots=True)
class Habits:
    """A club's country, its languages with their shares, and how its phones look."""

    slug: str
    country: str
    code: str
    mobile_prefixes: tuple[str, ...]
    line_prefixes: tuple[str, ...]
    tongues: tuple[tuple[str, float], ...]


CLUBS: Final = (
    Habits(
        "dune-links", "ZA", "27", ("82", "83", "72", "79"), ("21", "44"),
        (("afrikaans", 0.3), ("english", 0.25), ("nguni", 0.2), ("indian", 0.15), ("german", 0.05), ("iberian", 0.05)),
    ),
    Habits(
        "seeblick", "DE", "49", ("151", "160", "170"), ("89", "30"),
        (("german", 0.55), ("turkish", 0.15), ("polish", 0.12), ("italian", 0.1), ("nordic", 0.08)),
    ),
    Habits(
        "heathercombe", "GB", "44", ("7843", "7912", "7501"), ("207", "161"),
        (("english", 0.5), ("indian", 0.15), ("polish", 0.1), ("italian", 0.1), ("iberian", 0.1), ("nordic", 0.05)),
    ),
)  # fmt: skip


@dataclass(slots=True)
class Firm:
    """A workplace of several golfers: one mailbox and one line for all."""

    family: str
    mailbox: str
    phone: str


@dataclass(slots=True)
class Golfer:
    """A person as they are; `emails` and `phones` are those they give, their own first."""

    id: str
    first: str
    last: str
    is_man: bool
    born: date
    short: str = ""
    maiden: str = ""
    firm: Firm | None = None
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    habits: set[str] = field(default_factory=set)


def golfers(club: Habits, count: int, rng: Rng) -> Iterator[list[Golfer]]:
    """Households until there are so many people."""
    firms = [_firm(club, rng) for _ in range(count // 40)]
    made = 0
    while made < count:
        household = _household(club, rng, firms, f"{club.slug}-{made}")
        made += len(household)
        yield household


def mobile(club: Habits, rng: Rng) -> str:
    """A number of the country, as E.164."""
    prefix = rng.pick(club.mobile_prefixes)
    length = {"ZA": 9, "DE": 10 if prefix in {"160", "170"} else 11, "GB": 10}[club.country]
    return f"+{club.code}{prefix}{_digits(rng, length - len(prefix))}"


def _line(club: Habits, rng: Rng) -> str:
    prefix = rng.pick(club.line_prefixes)
    length = {"ZA": 9, "DE": 10, "GB": 10}[club.country]
    return f"+{club.code}{prefix}{rng.between(2, 8)}{_digits(rng, length - len(prefix) - 1)}"


def _digits(rng: Rng, count: int) -> str:
    return "".join(str(rng.between(0, 9)) for _ in range(count))


def _firm(club: Habits, rng: Rng) -> Firm:
    family = rng.pick(TONGUES[rng.weighted(club.tongues)].families)
    domain = f"{_plain(family)}-{rng.pick(FIRM_WORDS)}{rng.between(1, 99)}.example"
    return Firm(family, f"{rng.pick(ROLES)}@{domain}", _line(club, rng))


def _plain(text: str) -> str:
    return folded(text).replace(" ", "").replace("ß", "ss").encode("ascii", "ignore").decode() or "x"


def _person(
    club: Habits, rng: Rng, name: str, tongue: str, family: str, *, is_man: bool, born: date
) -> Golfer:
    words = TONGUES[tongue]
    first = rng.pick(words.men if is_man else words.women)
    person = Golfer(name, first, family, is_man, born, words.short.get(first, ""))
    if rng.chance(0.93):
        person.phones.append(mobile(club, rng))
    if rng.chance(0.93):
        person.emails.append(own_mailbox(person, rng))
    if rng.chance(0.22):
        person.emails.append(own_mailbox(person, rng))
    return person


def own_mailbox(person: Golfer, rng: Rng) -> str:
    """An address as people choose theirs; a third do not spell the name."""
    first, last = _plain(person.first), _plain(person.last)
    year, number = person.born.year % 100, rng.between(1, 999)
    local = rng.pick(
        [f"{first}.{last}", f"{first[0]}{last}{year:02}", f"{last}{number}", f"{first}{number}",
         f"golfer{number}{year}x", f"{first}_{last}{year:02}"]
    )  # fmt: skip
    return f"{local}{rng.between(1, 60) if rng.chance(0.5) else ''}@{rng.pick(PRIVATE_HOSTS)}"


def _birth(rng: Rng, youngest: int, oldest: int) -> date:
    return date(2026, 1, 1) - timedelta(days=rng.between(youngest * 365, oldest * 365))


def _household(club: Habits, rng: Rng, firms: list[Firm], name: str) -> list[Golfer]:
    tongue = rng.weighted(club.tongues)
    family = rng.pick(TONGUES[tongue].families)
    is_man, born = rng.chance(0.62), _birth(rng, 24, 80)
    people = [_person(club, rng, f"{name}a", tongue, family, is_man=is_man, born=born)]
    kind = rng.weighted([("single", 0.5), ("couple", 0.27), ("family", 0.21), ("father and son", 0.02)])
    if kind in {"couple", "family"}:
        people.append(_partner(club, rng, people[0], f"{name}b", tongue))
    if kind == "family":
        for child in range(rng.between(1, 3)):
            born = _birth(rng, 8, 24)
            people.append(
                _person(club, rng, f"{name}c{child}", tongue, family, is_man=rng.chance(0.6), born=born)
            )
            _live_on_parents(rng, people[-1], people[0])
    if kind == "father and son":
        son = _person(club, rng, f"{name}s", tongue, family, is_man=is_man, born=_birth(rng, 14, 40))
        son.first, son.short = people[0].first, people[0].short
        son.habits.add("child of the same name")
        people.append(son)
        if rng.chance(0.6):
            _live_on_parents(rng, son, people[0])
    if len(people) > 1:
        _share(club, rng, people)
    for person in people:
        if person.born.year < 2002 and rng.chance(AT_A_FIRM):  # noqa: PLR2004 - the grown up
            _employ(rng, person, firms)
    return people


def _partner(club: Habits, rng: Rng, one: Golfer, name: str, tongue: str) -> Golfer:
    born = max(FIRST_BIRTH, one.born + timedelta(days=rng.between(-2500, 2500)))
    keeps_name = rng.chance(0.25)
    family = rng.pick(TONGUES[tongue].families) if keeps_name else one.last
    partner = _person(club, rng, name, tongue, family, is_man=not one.is_man, born=born)
    if not keeps_name and not partner.is_man and rng.chance(0.25):
        partner.maiden = rng.pick(TONGUES[tongue].families)
    return partner


def _live_on_parents(rng: Rng, child: Golfer, parent: Golfer) -> None:
    if parent.emails and rng.chance(0.45):
        child.emails = [parent.emails[0]]
        child.habits.add("parent's mailbox")
    if parent.phones and rng.chance(0.35):
        child.phones = [parent.phones[0]]
        child.habits.add("parent's phone")


def _share(club: Habits, rng: Rng, people: list[Golfer]) -> None:
    """A line for the house, a mailbox for two, one who gives the other's."""
    if rng.chance(0.22):
        line = _line(club, rng)
        for person in people:
            person.phones.append(line)
            person.habits.add("line of the house")
    if rng.chance(0.2):
        local = f"{rng.pick(HOUSE_WORDS)}.{_plain(people[0].last)}{rng.between(1, 99)}"
        mailbox = f"{local}@{rng.pick(PRIVATE_HOSTS)}"
        for person in people[:2]:
            person.emails = [mailbox, *person.emails[: rng.between(0, 1)]]
            person.habits.add("mailbox of two")
    elif rng.chance(0.2) and people[0].emails:
        people[1].emails = [people[0].emails[0]]
        people[1].habits.add("partner's mailbox")


def _employ(rng: Rng, person: Golfer, firms: list[Firm]) -> None:
    kin = [firm for firm in firms if firm.family == person.last]
    person.firm = rng.pick(kin) if kin and rng.chance(0.6) else rng.pick(firms)
    person.habits.add("firm")
