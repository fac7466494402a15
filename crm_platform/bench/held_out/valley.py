"""A club in a valley near a capital: a third generator, with habits that the other clubs lack.

Names taken down by ear on the phone, forms that a machine read, fields that cut a name short, numbers with an extension
and with two digits exchanged, hosts mistyped, secretaries who book for whom they work, twins, grandparents' mailboxes,
people who part and take another name and another mailbox, contacts that get their name later, two given names of which
either is used, last names by gender, one name in many Latin spellings.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from crm_platform.bench.held_out.telling import Told, in_order
from crm_platform.bench.held_out.valley_names import PEOPLES, People
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.truth import MESSAGING, SCL, TEETIME, TruePerson, TrueRecord
from profiles.normalise import folded

SLUG: Final = "val-des-hetres"
COUNTRY: Final = "BE"
SINCE: Final = datetime(2021, 4, 5, 8, tzinfo=UTC)
DAYS: Final = 1_500
HOSTS: Final = ("courrier.example", "skynet.example.net", "gmail.com", "boite.example.org", "telenet.example")
FIRM_HOSTS: Final = ("cabinet{}.example", "groupe{}.example", "etude{}.example.net")
PREFIXES: Final = ("470", "471", "475", "478", "484", "485", "486", "491", "495", "497")
KNOWN: Final = ((SCL, 0.66, 0.015), (TEETIME, 0.6, 0.025), (MESSAGING, 0.74, 0.06))
# What is heard or read for what was meant.
BY_EAR: Final = (
    ("ph", "f"),
    ("ck", "k"),
    ("c", "k"),
    ("eau", "o"),
    ("ie", "y"),
    ("th", "t"),
    ("x", "ks"),
    ("ll", "l"),
)
BY_EYE: Final = (("rn", "m"), ("m", "rn"), ("l", "i"), ("u", "v"), ("e", "c"), ("n", "r"))
LONGEST_FIELD: Final = 10


@dataclass(slots=True)
class Villager:
    """A person as they are; of `mails` and `phones` the first is the one that they give."""

    id: str
    people: People
    given: str
    family: str
    is_man: bool
    born: date
    second: str = ""
    former: str = ""
    mails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    secretary: str = ""
    notes: set[str] = field(default_factory=set)


class Valley:
    """The club's people and what three services tell of them; the same seed makes the same club."""

    slug = SLUG
    country = COUNTRY

    def __init__(self, people: int, seed: str) -> None:
        self._rng = Rng(f"{seed}/{SLUG}")
        self._next = 21_000
        self._taken: set[str] = set()
        self._events: list[Told] = []
        self.truth: list[TruePerson] = []
        while len(self.truth) < people:
            household = self._household(f"{SLUG}-{len(self.truth)}")
            self.truth += [self._tell(person, household[0].id) for person in household]

    def events(self) -> Iterator[dict[str, Any]]:
        """In the order of their times."""
        return in_order(SLUG, self._events)

    # --- people

    def _household(self, name: str) -> list[Villager]:
        rng = self._rng
        people = PEOPLES[rng.weighted([(place, one.share) for place, one in enumerate(PEOPLES)])]
        head = self._villager(f"{name}a", people, rng.pick(people.families), rng.chance(0.6), (25, 84))
        household = [head]
        kind = rng.weighted(
            [("alone", 0.48), ("couple", 0.28), ("family", 0.18), ("three generations", 0.06)]
        )
        if kind != "alone":
            household.append(self._partner(head, f"{name}b"))
        if kind in {"family", "three generations"}:
            household += self._children(household, name, of_grandparents=kind == "three generations")
        if rng.chance(0.07):
            head.secretary = self._given_out(
                f"{rng.pick(['secr', 'pa', 'assist'])}.{_plain(head.family)}", firm=True
            )
            head.notes.add("a secretary books")
        if rng.chance(0.04):
            self._begin_anew(rng.pick(household))
        return household

    def _villager(
        self, name: str, people: People, family: str, is_man: bool, ages: tuple[int, int]
    ) -> Villager:
        rng = self._rng
        born = date(2026, 2, 1) - timedelta(days=rng.between(ages[0] * 365, ages[1] * 365))
        given = rng.pick(people.men if is_man else people.women)
        person = Villager(name, people, given, _of_gender(people, family, is_man=is_man), is_man, born)
        if people.second:
            person.second = rng.pick(people.second)
        for _ in range(rng.chance(0.92) + rng.chance(0.28)):
            person.mails.append(self._mailbox(person))
        for _ in range(rng.chance(0.93) + rng.chance(0.14)):
            person.phones.append(self._mobile())
        return person

    def _partner(self, head: Villager, name: str) -> Villager:
        """Half keep their name, as is the custom; a fifth live on one mailbox, a sixth on one phone."""
        rng, people = self._rng, head.people
        family = rng.pick(people.families) if rng.chance(0.5) else ""
        partner = self._villager(name, people, family or head.family, not head.is_man, (25, 82))
        if not family and not people.feminine:
            partner.family = head.family
        if head.mails and rng.chance(0.2):
            partner.mails = head.mails[:1]
            partner.notes.add("mailbox of two")
        if rng.chance(0.16) and head.phones:
            partner.phones = [*partner.phones[:1], head.phones[0]] if rng.chance(0.5) else head.phones[:1]
            partner.notes.add("phone of two")
        return partner

    def _children(self, parents: list[Villager], name: str, *, of_grandparents: bool) -> list[Villager]:
        rng, head = self._rng, parents[0]
        ages = (6, 17) if of_grandparents else (7, 24)
        children: list[Villager] = []
        for number in range(rng.weighted([(1, 0.5), (2, 0.4), (3, 0.1)])):
            is_man = rng.chance(0.55)
            child = self._villager(f"{name}c{number}", head.people, head.family, is_man, ages)
            if not head.people.feminine:
                child.family = head.family
            if children and rng.chance(0.12):
                child.born = children[0].born
                child.notes.add("twin")
            if child.is_man and head.is_man and head.people.feminine and rng.chance(0.04):
                child.given = head.given
                child.notes.add("named as the father")
            lives_on = head if of_grandparents else rng.pick(parents)
            if lives_on.mails and rng.chance(0.55):
                child.mails = lives_on.mails[:1]
                child.notes.add("mailbox of an elder")
            if lives_on.phones and rng.chance(0.4):
                child.phones = lives_on.phones[:1]
                child.notes.add("phone of an elder")
            children.append(child)
        return children

    def _begin_anew(self, person: Villager) -> None:
        """Whoever parts or marries: another name, another mailbox, the old number in four of five cases."""
        person.former, person.family = person.family, self._rng.pick(person.people.families)
        person.mails.insert(0, self._mailbox(person))
        if self._rng.chance(0.2):
            person.phones = [self._mobile()]
        person.notes.add("took another name")

    def _mailbox(self, person: Villager) -> str:
        rng = self._rng
        given, family = _plain(person.given), _plain(person.family)
        local = rng.weighted(
            [(f"{given}.{family}", 0.3), (f"{given[0]}.{family}", 0.2), (f"{family}{given[:2]}", 0.12),
             (f"{given}{person.born.year % 100:02}", 0.12), (f"famille.{family}", 0.05),
             (f"{rng.pick(['birdie', 'eagle', 'lucky', 'bleu', 'atelier'])}{rng.between(10, 999)}", 0.21)]
        )  # fmt: skip
        return self._given_out(local)

    def _given_out(self, local: str, *, firm: bool = False) -> str:
        """An address that nobody else has."""
        while True:
            host = (
                self._rng.pick(FIRM_HOSTS).format(self._rng.between(1, 60)) if firm else self._rng.pick(HOSTS)
            )
            mailbox = f"{local}@{host}"
            if mailbox not in self._taken:
                self._taken.add(mailbox)
                return mailbox
            local = f"{local}{self._rng.between(1, 9)}"

    def _mobile(self) -> str:
        return f"+32{self._rng.pick(PREFIXES)}{self._rng.digits(6)}"

    # --- records

    def _tell(self, person: Villager, household: str) -> TruePerson:
        rng = self._rng
        kinds = [kind for kind, once, again in KNOWN for _ in range(rng.chance(once) + rng.chance(again))]
        records = [self._record(person, kind) for kind in kinds or [SCL]]
        name = f"{person.given} {person.family}"
        return TruePerson(
            person.id, SLUG, household, name, person.born, tuple(records), tuple(sorted(person.notes))
        )

    def _record(self, person: Villager, kind: str) -> TrueRecord:
        rng = self._rng
        self._next += 1
        value = {SCL: str(self._next), TEETIME: f"j{self._next}", MESSAGING: f"m-{self._next}"}[kind]
        at = SINCE + timedelta(days=rng.between(0, DAYS), minutes=rng.between(0, 800))
        first, last = self._name(person, kind)
        email, phone = self._email(person, kind), self._phone(person)
        if not email and not phone:
            email = person.mails[0] if person.mails else self._mailbox(person)
        fields = FIELDS[kind]
        payload: dict[str, Any] = {fields[0]: int(value) if kind == SCL else value}
        payload |= dict(zip(fields[1:], (first, last, email, self._spelled(phone)), strict=True))
        if kind == SCL and rng.chance(0.82):
            payload["dateOfBirth"] = self._birth(person.born)
        if kind == MESSAGING and rng.chance(0.12):
            # A newsletter knows the address first, the name when somebody opens the account.
            named = {fields[0]: value, fields[1]: first, fields[2]: last, "changes": [fields[1], fields[2]]}
            payload |= {fields[1]: "", fields[2]: ""}
            if rng.chance(0.7):
                later = at + timedelta(days=rng.between(3, 300))
                self._events.append((later, f"{PREFIX[kind]}.updated", named))
        self._events.append((at, f"{PREFIX[kind]}.created", payload))
        return TrueRecord(kind, value, f"{first} {last}".strip(), email, phone)

    def _birth(self, born: date) -> str:
        """As the form was read: in one of sixty day and month are exchanged, in one of eighty the year is another."""
        rng = self._rng
        if rng.chance(1 / 60) and born.day <= 12:  # noqa: PLR2004 - may be a month
            born = date(born.year, born.day, born.month)
        elif rng.chance(1 / 80):
            born = date(born.year + rng.pick([-1, 1, 10]), born.month, min(born.day, 28))
        return born.isoformat()

    def _name(self, person: Villager, kind: str) -> tuple[str, str]:
        rng = self._rng
        given, family = person.given, person.family
        if person.former and rng.chance(0.45):
            family = person.former
        forms = person.people.also.get(given, ())
        if forms and rng.chance(0.1 if kind == SCL else 0.2):
            given = rng.pick(forms)
        if person.second:
            # Either name, or both.
            given = rng.weighted([(given, 0.7), (person.second, 0.08), (f"{given} {person.second}", 0.22)])
        if kind == TEETIME and rng.chance(0.05):
            given, family = self._misread(given, BY_EAR), self._misread(family, BY_EAR)
        if kind == SCL and rng.chance(0.035):
            given, family = self._misread(given, BY_EYE), self._misread(family, BY_EYE)
        if kind == TEETIME:
            given, family = given[:LONGEST_FIELD].strip("- "), family[:LONGEST_FIELD].strip("- ")
        if rng.chance(0.35):
            given, family = folded(given).title(), folded(family).title()
        if rng.chance(0.08):
            family = family.upper()
        if rng.chance(0.25 if person.people.is_family_first else 0.012):
            return family, given
        return given, family

    def _misread(self, text: str, slips: tuple[tuple[str, str], ...]) -> str:
        fitting = [slip for slip in slips if slip[0] in text[1:]]
        if not fitting:
            return text
        meant, taken = self._rng.pick(fitting)
        return text[0] + text[1:].replace(meant, taken, 1)

    def _email(self, person: Villager, kind: str) -> str:
        rng = self._rng
        if person.secretary and kind != SCL and rng.chance(0.45):
            return person.secretary
        if not person.mails or rng.chance(0.05 if kind == MESSAGING else 0.11):
            return ""
        mail = person.mails[0] if rng.chance(0.85) else rng.pick(person.mails)
        local, _, host = mail.partition("@")
        if rng.chance(0.015):
            host = host.replace("example", rng.pick(["exemple", "exampl", "eaxmple"]))
        elif rng.chance(0.01) and len(local) > 4:  # noqa: PLR2004 - long enough to read wrongly
            local = self._misread(local, BY_EYE)
        return f"{local}@{host}"

    def _phone(self, person: Villager) -> str:
        rng = self._rng
        if not person.phones or rng.chance(0.13):
            return ""
        phone = person.phones[0] if rng.chance(0.88) else rng.pick(person.phones)
        if rng.chance(0.012):
            place = rng.between(6, len(phone) - 2)
            phone = phone[:place] + phone[place + 1] + phone[place] + phone[place + 2 :]
        return phone

    def _spelled(self, phone: str) -> str:
        """As it is given here: 0475/12 34 56, sometimes with the country, a note or an extension behind."""
        rng = self._rng
        if not phone or rng.chance(0.35):
            return phone
        national = f"0{phone[3:6]}/{phone[6:8]} {phone[8:10]} {phone[10:]}"
        how = rng.weighted([("plain", 0.7), ("country", 0.22), ("extension", 0.04), ("note", 0.04)])
        if how == "country":
            return f"+32 (0){phone[3:6]} {phone[6:]}"
        return national + {"plain": "", "extension": " ext. 12", "note": " (soir)"}[how]


PREFIX: Final = {SCL: "scl.member", TEETIME: "teetime.player", MESSAGING: "messaging.contact"}
FIELDS: Final = {
    SCL: ("id", "firstName", "lastName", "email", "phoneNumber"),
    TEETIME: ("id", "name", "surname", "email", "phone"),
    MESSAGING: ("contactId", "firstName", "lastName", "email", "phoneNumber"),
}


def _of_gender(people: People, family: str, *, is_man: bool) -> str:
    """The last name as a man or a woman bears it; a man's is the one that is listed."""
    if is_man:
        for masculine, feminine in people.feminine:
            if masculine and family.endswith(feminine):
                return family.removesuffix(feminine) + masculine
        return family
    for masculine, feminine in people.feminine:
        if family.endswith(masculine) and not family.endswith(feminine):
            return family[: len(family) - len(masculine)] + feminine
    return family


def _plain(text: str) -> str:
    return folded(text).replace(" ", "").encode("ascii", "ignore").decode() or "x"
