"""Which services know whom, since when, and what their records say."""

from datetime import date, datetime, timedelta
from typing import Final

from crm_platform.simulator.calendar import ClubCalendar
from crm_platform.simulator.clubs import Club, Tier
from crm_platform.simulator.handwriting import Handwriting
from crm_platform.simulator.people import Change, Contact, Member, Person, Player
from crm_platform.simulator.personas import (
    CORPORATE,
    JUNIOR,
    KEEN,
    LAPSED,
    MEMBER_PERSONAS,
    NEW,
    READER,
    SOCIAL,
    VISITOR,
    Persona,
)
from crm_platform.simulator.rng import Rng

# m: member, p: player, c: contact, g: a guest whom no service knows.
ADULT_PATTERNS: Final = (
    ("mpc", 31.0),
    ("mp", 4.0),
    ("mc", 7.0),
    ("m", 2.5),
    ("pc", 14.5),
    ("p", 13.0),
    ("c", 24.0),
    ("g", 4.0),
)
CHILD_PATTERNS: Final = (("mp", 55.0), ("m", 25.0), ("mpc", 14.0), ("p", 6.0))
OFFICE_PATTERNS: Final = (("pc", 40.0), ("p", 30.0), ("c", 10.0), ("g", 20.0))
# Services that may know a login, and the letter of those whom they know.
LOGIN_SOURCES: Final = (("scl", "m"), ("teetime", "p"))
CHANNELS: Final = ("email", "sms", "push", "whatsapp")
# Mean and spread of a handicap, in tenths.
HANDICAPS: Final = {
    "keen": (105, 75),
    "steady": (182, 70),
    "social": (265, 65),
    "junior": (240, 90),
    "new": (240, 90),
}
ORDINARY_HANDICAP: Final = (185, 80)
LOWEST_TENTHS, HIGHEST_TENTHS = -38, 540
GROWN_UP: Final = 18
BY_ANNIVERSARY: Final = 0.4
YEAR: Final = timedelta(days=365)
# Nobody is known for less than this when the history ends.
SETTLED: Final = timedelta(days=2)


class Enrolment:
    """Gives people their records. `start` and `until` bound the history (aware times)."""

    def __init__(
        self,
        *,
        club: Club,
        calendar: ClubCalendar,
        writing: Handwriting,
        rng: Rng,
        start: datetime,
        until: datetime,
    ) -> None:
        self._club = club
        self._calendar = calendar
        self._writing = writing
        self._rng = rng
        self._start = start
        self._until = until
        self._today = calendar.day_of(until)

    def enrol(self, person: Person) -> None:
        """All records of one person; member numbers follow in `number_members`."""
        rng = self._rng
        is_child = person.age_on(self._today) < GROWN_UP
        patterns = CHILD_PATTERNS if is_child else OFFICE_PATTERNS if person.work_mailbox else ADULT_PATTERNS
        pattern = rng.weighted(patterns)
        person.persona = self._persona(person, pattern, is_child)
        if rng.chance(0.4) and pattern not in {"c", "g"}:
            person.auth_id = f"auth0|{rng.hex(24)}"
            known_to = [source for source, letter in LOGIN_SOURCES if letter in pattern]
            person.auth_sources = tuple(rng.sample(known_to, 2 if rng.chance(0.6) else 1))
        if "m" in pattern:
            person.members.append(self._member(person, is_child))
        if "p" in pattern:
            person.player = self._player(person)
        if "c" in pattern:
            person.contacts.append(self._contact(person))
        person.is_guest = pattern == "g"
        self._add_second_records(person)
        self._add_changes(person)

    def _persona(self, person: Person, pattern: str, is_child: bool) -> Persona:
        if is_child:
            return JUNIOR
        if "m" in pattern:
            return self._rng.weighted(MEMBER_PERSONAS) if "p" in pattern else SOCIAL
        if person.work_mailbox:
            return CORPORATE
        return READER if pattern == "c" else VISITOR

    def _moment(self, *, years: float, in_window: bool) -> datetime:
        """Some time ago: within the history, or up to so many years before it."""
        rng = self._rng
        if in_window:
            span = (self._until - SETTLED - self._start).total_seconds()
            day = self._calendar.day_of(self._start + timedelta(seconds=span * rng.uniform(0.02, 1)))
        else:
            day = self._calendar.day_of(self._start - YEAR * rng.uniform(0.05, years))
        moment = self._calendar.waking_hours(day, rng)
        return min(moment, self._until - SETTLED)

    def _member(self, person: Person, is_child: bool) -> Member:
        rng, writing = self._rng, self._writing
        joined = self._moment(years=4 if is_child else 17, in_window=person.persona is NEW)
        first, last = writing.name(person, "scl")
        member = Member(
            person=person,
            id=0,
            first=first,
            last=last,
            email=writing.mailbox(person, "scl"),
            phone=writing.phone(person, "scl"),
            born=None if rng.chance(0.04) else person.born,
            tier=self._tier(person, is_child),
            joined=joined,
            expires=self._paid_until(self._calendar.day_of(joined)),
            pays_monthly=rng.chance(0.35),
        )
        if rng.chance(0.3) and joined < self._start - 3 * YEAR:
            person.old_system_id = str(rng.between(10_000, 99_999))
        if person.persona is LAPSED and joined < self._start - 2 * YEAR and rng.chance(0.45):
            member.left = max(joined + YEAR, self._start - YEAR * rng.uniform(0.1, 2))
            member.expires = self._calendar.day_of(member.left)
        return member

    def _paid_until(self, joined: date) -> date:
        """The end of the subscription year in which the history begins (or the membership, if later).

        Some pay by the club's year, others by the day on which they joined.
        """
        day = max(joined, self._calendar.day_of(self._start))
        renewal = date(day.year, self._club.subscription_month, 1)
        if self._rng.chance(BY_ANNIVERSARY):
            renewal = date(day.year, joined.month, min(joined.day, 28))
        if renewal <= day:
            renewal = renewal.replace(year=day.year + 1)
        return renewal - timedelta(days=1)

    def _tier(self, person: Person, is_child: bool) -> Tier:
        if is_child:
            return self._club.junior_tier
        if person.persona is SOCIAL and self._rng.chance(0.7):
            return self._club.social_tier
        return self._rng.weighted([(tier, tier.share) for tier in self._club.tiers])

    def _player(self, person: Person) -> Player:
        rng, writing = self._rng, self._writing
        first, last = writing.name(person, "teetime")
        is_recent = person.persona is NEW or (person.persona in {VISITOR, CORPORATE} and rng.chance(0.3))
        mean, spread = HANDICAPS.get(person.persona.name, ORDINARY_HANDICAP)
        handicap = int(rng.bell(mean, spread))
        player = Player(
            person=person,
            id=rng.uuid(),
            first=first,
            last=last,
            email=writing.mailbox(person, "teetime"),
            phone=writing.phone(person, "teetime"),
            handicap_tenths=min(max(handicap, LOWEST_TENTHS), HIGHEST_TENTHS),
            registered=self._moment(years=6, in_window=is_recent),
            golf_id="",
        )
        if person.persona is VISITOR and rng.chance(0.2):
            player.handicap_tenths = None
        if person.persona is KEEN and rng.chance(0.06):
            player.handicap_tenths = -rng.between(1, 35)
        if self._club.golf_id_kind and rng.chance(0.8):
            player.golf_id = f"27{rng.digits(8)}"
        return player

    def _contact(self, person: Person) -> Contact:
        rng, writing = self._rng, self._writing
        # Two contacts with one address can only be told apart by their names.
        first, last = writing.name(person, "messaging", is_needed=person.shares_mailbox)
        email = writing.mailbox(person, "messaging")
        is_recent = person.persona is NEW or (person.persona is READER and rng.chance(0.25))
        phone = writing.phone(person, "messaging")
        return Contact(
            person=person,
            id=f"ct-{rng.hex(12)}",
            first=first,
            last=last,
            email=email,
            phone=phone,
            created=self._moment(years=5, in_window=is_recent),
            opt_ins={
                "email": rng.chance(0.9),
                "sms": bool(phone) and rng.chance(0.5),
                "push": rng.chance(0.15),
                "whatsapp": bool(phone) and self._club.country == "ZA" and rng.chance(0.35),
            },
            is_dead=email == person.old_mailbox != "" and not person.maiden and rng.chance(0.6),
            is_proxied=rng.chance(0.25),
            is_scanned=email == person.work_mailbox != "" and rng.chance(0.4),
        )

    def _add_second_records(self, person: Person) -> None:
        """Some come twice: as a contact with another address, as a member with a new number."""
        rng, member = self._rng, person.member
        if person.contacts and rng.chance(0.012):
            person.contacts.append(self._contact(person))
            person.note("two contacts of one person")
        if (
            member
            and member.joined > self._start - YEAR
            and person.persona is not LAPSED
            and rng.chance(0.05)
        ):
            earlier = self._member(person, is_child=False)
            earlier.joined = self._start - YEAR * rng.uniform(3, 9)
            earlier.left = earlier.joined + YEAR * rng.uniform(0.9, 1.9)
            earlier.expires = self._calendar.day_of(earlier.left)
            person.members.insert(0, earlier)
            person.note("rejoined under a new member number")

    def _add_changes(self, person: Person) -> None:
        """New e-mail, new phone, new name: told to the membership service, at times to Messaging."""
        rng, member = self._rng, person.member
        if member is None:
            return
        earliest = max([member.joined, *(contact.created for contact in person.contacts)]) + timedelta(
            days=20
        )
        latest = self._until - SETTLED
        if earliest >= latest:
            return
        when = earliest + (latest - earliest) * rng.uniform(0, 1)
        if person.old_mailbox and member.email.strip().lower() == person.mailbox:
            self._change_mailbox(person, member, when)
        if person.maiden and rng.chance(0.12):
            member.changes.append(Change(when, "last", person.full_name[1]))
            member.last = person.maiden
            person.note("took another family name")
        if rng.chance(0.03) and member.phone:
            member.changes.append(Change(when, "phone", member.phone))
            member.phone = self._writing.former_phone()
            person.note("the phone number changed")

    def _change_mailbox(self, person: Person, member: Member, when: datetime) -> None:
        member.changes.append(Change(when, "email", member.email))
        member.email = person.old_mailbox
        for contact in person.contacts:
            if contact.email == person.mailbox and self._rng.chance(0.5):
                contact.changes.append(Change(when + timedelta(hours=2), "email", contact.email))
                contact.email = person.old_mailbox


def number_members(club: Club, people: list[Person]) -> None:
    """Member numbers in the order of joining, with gaps for those who are long gone."""
    members = [(member.joined, person.id, member) for person in people for member in person.members]
    number = club.first_member_id
    for position, (_, _, member) in enumerate(sorted(members, key=lambda row: row[:2])):
        number += 1 + position % 3
        member.id = number
