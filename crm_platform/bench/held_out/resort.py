"""A club by the sea, where half the members live abroad: another generator, with habits that the other clubs lack.

Two last names of which services know one, given names of two words, addresses that change while the club watches,
hotels that book for their guests, a newsletter that writes to couples, defaults instead of births, numbers of two
countries.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from crm_platform.bench.held_out.resort_names import ORIGINS, Origin
from crm_platform.bench.held_out.telling import Told, in_order
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.truth import MESSAGING, SCL, TEETIME, TruePerson, TrueRecord
from profiles.normalise import folded

SLUG: Final = "cala-dorada"
COUNTRY: Final = "ES"
SINCE: Final = datetime(2022, 9, 1, 7, tzinfo=UTC)
DAYS: Final = 1_300
HOSTS: Final = ("gmail.com", "gmail.com", "correo.example", "buzon.example.net", "posta.example.org")
HOTELS: Final = ("reservas@hotelbrisa{}.example", "golf@villasol{}.example", "concierge@grandmar{}.example")
NOBODY: Final = ("noemail@noemail.example", "sin.correo@cala.example", "none@none.example")
UNKNOWN_BIRTHS: Final = ("1900-01-01", "1980-01-01", "1970-01-01")
NUMBER_OF_NOBODY: Final = "600000000"
# How often somebody is known to a service, and how often twice.
KNOWN: Final = ((SCL, 0.6, 0.02), (TEETIME, 0.68, 0.03), (MESSAGING, 0.7, 0.05))
VISITOR: Final = 0.18


@dataclass(slots=True)
class Resident:
    """A person as they are; `mails` and `phones`: theirs, the one that they use now first."""

    id: str
    given: str
    families: tuple[str, ...]
    is_man: bool
    born: date
    called: str = ""
    mails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    partner: str = ""
    hotel: str = ""
    notes: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Known:
    """A record as a service has it, by the names of the golden fields."""

    kind: str
    value: str
    at: datetime
    told: dict[str, str]


class Resort:
    """The club's people and what three services tell of them; the same seed makes the same club."""

    slug = SLUG
    country = COUNTRY

    def __init__(self, people: int, seed: str) -> None:
        self._rng = Rng(f"{seed}/{SLUG}")
        self._next = 7_000
        self._hotels = [hotel.format(number) for number in range(people // 300 + 1) for hotel in HOTELS]
        self._given_out: set[str] = set()
        self._events: list[Told] = []
        self.truth: list[TruePerson] = []
        while len(self.truth) < people:
            household = self._household(f"{SLUG}-{len(self.truth)}")
            self.truth += [self._tell(person, household[0].id) for person in household]

    def events(self) -> Iterator[dict[str, Any]]:
        """In the order of their times."""
        return in_order(SLUG, self._events)

    # --- people

    def _household(self, name: str) -> list[Resident]:
        rng = self._rng
        origin = ORIGINS[rng.weighted([(place, one.share) for place, one in enumerate(ORIGINS)])]
        head = self._resident(f"{name}a", origin, is_man=rng.chance(0.64), ages=(28, 82))
        people = [head]
        kind = rng.weighted([("alone", 0.46), ("pair", 0.34), ("family", 0.2)])
        if kind != "alone":
            people.append(self._partner(head, origin, f"{name}b"))
        if kind == "family":
            for number in range(rng.between(1, 2)):
                people.append(self._child(people, origin, f"{name}c{number}"))
        if rng.chance(VISITOR):
            head.hotel = rng.pick(self._hotels)
            head.notes.add("guest of a hotel")
        return people

    def _resident(self, name: str, origin: Origin, *, is_man: bool, ages: tuple[int, int]) -> Resident:
        rng = self._rng
        given = rng.pick(origin.men if is_man else origin.women)
        families = tuple(rng.sample(origin.families, 2 if origin.has_two_families else 1))
        born = date(2026, 1, 1) - timedelta(days=rng.between(ages[0] * 365, ages[1] * 365))
        person = Resident(name, given, families, is_man, born, origin.called.get(given, ""))
        for _ in range(rng.chance(0.94) + rng.chance(0.25)):
            person.mails.append(self._mailbox(person))
        for code, chance in (("34", 0.7), (origin.code, 0.55)):
            if rng.chance(chance):
                person.phones.append(self._number(code))
        return person

    def _partner(self, head: Resident, origin: Origin, name: str) -> Resident:
        rng = self._rng
        partner = self._resident(name, origin, is_man=not head.is_man, ages=(26, 80))
        if not origin.has_two_families and rng.chance(0.7):
            partner.families = head.families
        if head.mails and rng.chance(0.24):
            partner.mails = [head.mails[0], *partner.mails[: rng.between(0, 1)]]
            partner.notes.add("mailbox of two")
        if head.phones and rng.chance(0.12):
            partner.phones = [head.phones[0]]
            partner.notes.add("phone of two")
        head.partner = partner.given
        return partner

    def _child(self, parents: list[Resident], origin: Origin, name: str) -> Resident:
        rng, parent = self._rng, self._rng.pick(parents[:2])
        child = self._resident(name, origin, is_man=rng.chance(0.6), ages=(7, 23))
        child.families = (
            parents[0].families[:1] + parents[1].families[-1:]
            if origin.has_two_families
            else parents[0].families
        )
        if child.is_man and parents[0].is_man and rng.chance(0.06):
            child.given, child.called = parents[0].given, parents[0].called
            child.notes.add("named as the father")
        if parent.mails and rng.chance(0.5):
            child.mails = parent.mails[:1]
            child.notes.add("mailbox of a parent")
        if parent.phones and rng.chance(0.35):
            child.phones = parent.phones[:1]
            child.notes.add("phone of a parent")
        return child

    def _mailbox(self, person: Resident) -> str:
        rng = self._rng
        given, family = (_plain(word) for word in (person.given.split()[0], person.families[0]))
        local = rng.pick(
            [
                f"{given}.{family}",
                f"{given[0]}{family}",
                f"{family}.{given}",
                f"{given}{person.born.year}",
                f"{family}golf",
            ]
        )
        mailbox = f"{local}{rng.between(1, 99) if rng.chance(0.6) else ''}@{rng.pick(HOSTS)}"
        while mailbox in self._given_out:
            mailbox = f"{local}{rng.between(100, 99_999)}@{rng.pick(HOSTS)}"
        self._given_out.add(mailbox)
        return mailbox

    def _number(self, code: str) -> str:
        prefix, length = {
            "34": ("6", 8),
            "44": ("7700", 6),
            "353": ("87", 7),
            "31": ("6", 8),
            "358": ("40", 7),
            "46": ("70", 7),
        }[code]
        if code == "44":
            prefix = self._rng.pick(["7843", "7912", "7501"])
        return f"+{code}{prefix}{self._rng.between(1, 9)}{self._rng.digits(length - 1)}"

    # --- records

    def _tell(self, person: Resident, household: str) -> TruePerson:
        rng = self._rng
        kinds = [kind for kind, once, again in KNOWN for _ in range(rng.chance(once) + rng.chance(again))]
        known = [self._record(person, kind) for kind in kinds or [TEETIME]]
        records = []
        for one in known:
            name = f"{one.told['first']} {one.told['last']}".strip()
            records.append(TrueRecord(one.kind, one.value, name, one.told["email"], one.told["phone"]))
        # Addresses change, and of the services one hears of it first.
        if person.mails and rng.chance(0.12):
            person.mails.insert(0, self._mailbox(person))
            person.notes.add("moved to another mailbox")
            for one in known:
                if rng.chance(0.6):
                    self._update(one, person.mails[0])
        name = f"{person.given} {' '.join(person.families)}"
        return TruePerson(
            person.id, SLUG, household, name, person.born, tuple(records), tuple(sorted(person.notes))
        )

    def _record(self, person: Resident, kind: str) -> Known:
        rng = self._rng
        self._next += 1
        value = {SCL: str(self._next), TEETIME: f"P{self._next}", MESSAGING: f"c{self._next}"}[kind]
        first, last = self._name(person, kind)
        told = {
            "first": first,
            "last": last,
            "email": self._email(person, kind),
            "phone": self._phone(person),
        }
        if not told["email"] and not told["phone"]:
            told["email"] = person.mails[0] if person.mails else self._mailbox(person)
        known = Known(
            kind, value, SINCE + timedelta(days=rng.between(0, DAYS), minutes=rng.between(0, 700)), told
        )
        self._events.append(
            (known.at, f"{PREFIX[kind]}.created", self._payload(known, self._born(person, kind)))
        )
        return known

    def _update(self, known: Known, email: str) -> None:
        later = known.at + timedelta(days=self._rng.between(5, 400))
        key, field_name = ("contactId", "email") if known.kind == MESSAGING else ("id", "email")
        payload = {key: _id(known), field_name: email, "changes": ["email"]}
        self._events.append((later, f"{PREFIX[known.kind]}.updated", payload))

    def _payload(self, known: Known, born: str) -> dict[str, Any]:
        told, names = known.told, FIELDS[known.kind]
        payload: dict[str, Any] = {
            names[0]: _id(known),
            names[1]: told["first"],
            names[2]: told["last"],
            "email": told["email"],
            names[3]: self._spelled(told["phone"]),
        }
        return payload | ({"dateOfBirth": born} if born else {})

    def _born(self, person: Resident, kind: str) -> str:
        rng = self._rng
        if kind != SCL or rng.chance(0.15):
            return ""
        if rng.chance(0.05):
            return rng.pick(UNKNOWN_BIRTHS)
        return f"{person.born.year}-01-01" if rng.chance(0.04) else person.born.isoformat()

    def _name(self, person: Resident, kind: str) -> tuple[str, str]:
        """As this service has it: one last name or both, a shorter given name, all in one field, a couple, nothing."""
        rng = self._rng
        first, last = person.given, " ".join(person.families[: 1 if rng.chance(0.45) else 2])
        if person.called and rng.chance(0.16):
            first = person.called
        elif " " in first and rng.chance(0.35):
            first = rng.pick(first.split())
        elif rng.chance(0.03):
            first = f"{first[0]}."
        if rng.chance(0.4):
            first, last = _without_accents(first), _without_accents(last)
        if kind == MESSAGING:
            if person.partner and rng.chance(0.05):
                return f"{first} & {person.partner}", last
            if rng.chance(0.07):
                return f"{first} {last}", ""
            if rng.chance(0.05):
                return "", ""
        return (first.upper(), last.upper()) if rng.chance(0.06) else (first, last)

    def _email(self, person: Resident, kind: str) -> str:
        rng = self._rng
        if person.hotel and kind != SCL and rng.chance(0.4):
            return person.hotel
        if rng.chance(0.02):
            return rng.pick(NOBODY)
        if not person.mails or rng.chance(0.04 if kind == MESSAGING else 0.1):
            return ""
        mail = person.mails[0] if rng.chance(0.86) else rng.pick(person.mails)
        local, _, host = mail.partition("@")
        if host == "gmail.com" and rng.chance(0.05):
            person.notes.add("gmail by another spelling")
            return (
                f"{local.replace('.', '')}+golf@{host}"
                if rng.chance(0.5)
                else f"{local[0]}.{local[1:]}@{host}"
            )
        return mail

    def _phone(self, person: Resident) -> str:
        rng = self._rng
        if rng.chance(0.015):
            return f"+34{NUMBER_OF_NOBODY}"
        if not person.phones or rng.chance(0.14):
            return ""
        return person.phones[0] if rng.chance(0.85) else rng.pick(person.phones)

    def _spelled(self, phone: str) -> str:
        """With a plus, with two zeroes, or, of the country itself, without its code."""
        if not phone or self._rng.chance(0.4):
            return phone
        if phone.startswith("+34") and self._rng.chance(0.7):
            return f"{phone[3:6]} {phone[6:9]} {phone[9:]}"
        return f"00{phone[1:]}"


PREFIX: Final = {SCL: "scl.member", TEETIME: "teetime.player", MESSAGING: "messaging.contact"}
FIELDS: Final = {
    SCL: ("id", "firstName", "lastName", "phoneNumber"),
    TEETIME: ("id", "name", "surname", "phone"),
    MESSAGING: ("contactId", "firstName", "lastName", "phoneNumber"),
}


def _id(known: Known) -> str | int:
    return int(known.value) if known.kind == SCL else known.value


def _without_accents(text: str) -> str:
    return folded(text).title()


def _plain(text: str) -> str:
    return folded(text).replace(" ", "").encode("ascii", "ignore").decode() or "x"
