"""What three services know of the people of an unseen club, as events, and which records are one person's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from crm_platform.bench.held_out.people import Golfer, Habits, golfers, mobile, own_mailbox
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.truth import MESSAGING, SCL, TEETIME, TruePerson, TrueRecord
from profiles.normalise import folded

SINCE: Final = datetime(2023, 3, 1, 6, tzinfo=UTC)
DAYS: Final = 1_200
LETTERS: Final = "abcdefghiklmnoprstuvwyz"
TITLES: Final = ("Dr. ", "Prof. ", "Mr ", "Frau ", "Mrs. ")
EVENT_TYPES: Final = {
    SCL: "scl.member.created",
    TEETIME: "teetime.player.created",
    MESSAGING: "messaging.contact.created",
}
FIELDS: Final = {
    SCL: ("id", "firstName", "lastName", "email", "phoneNumber"),
    TEETIME: ("id", "name", "surname", "email", "phone"),
    MESSAGING: ("contactId", "firstName", "lastName", "email", "phoneNumber"),
}
# The kind of record, how often somebody has one, and how often a second.
HOW_OFTEN: Final = ((SCL, 0.64, 0.012), (TEETIME, 0.63, 0.02), (MESSAGING, 0.76, 0.07))


class UnseenClub:
    """A club's people and their records; the same seed makes the same club."""

    def __init__(self, habits: Habits, people: int, seed: str) -> None:
        self.habits = habits
        self.slug, self.country = habits.slug, habits.country
        self._rng = Rng(f"{seed}/{habits.slug}")
        self._next = 40_000
        self._given_up: list[str] = []
        self._office = [f"{role}@{habits.slug}.example" for role in ("golf", "info", "office")]
        self._desk = mobile(habits, self._rng)
        self._events: list[tuple[datetime, dict[str, Any]]] = []
        self.truth = [
            self._tell(person, household[0].id)
            for household in golfers(habits, people, self._rng.fork("people"))
            for person in household
        ]

    def events(self) -> Iterator[dict[str, Any]]:
        """In the order of their times."""
        for number, (at, event) in enumerate(sorted(self._events, key=lambda one: one[0])):
            yield event | {"id": f"{self.habits.slug}-{number}", "timestamp": at.isoformat()}

    def _tell(self, person: Golfer, household: str) -> TruePerson:
        rng = self._rng
        records: list[TrueRecord] = []
        for kind, once, again in HOW_OFTEN:
            for _ in range(rng.chance(once) + rng.chance(again)):
                records.append(self._record(person, kind))
        if not records:
            records.append(self._record(person, MESSAGING))
        if person.phones and rng.chance(0.03):
            self._given_up.append(person.phones[0])
        name = f"{person.first} {person.last}"
        notes = tuple(sorted(person.habits))
        return TruePerson(person.id, self.habits.slug, household, name, person.born, tuple(records), notes)

    def _record(self, person: Golfer, kind: str) -> TrueRecord:
        rng = self._rng
        self._next += 1
        value = {SCL: str(self._next), TEETIME: f"tt-{self._next}", MESSAGING: f"ct-{self._next}"}[kind]
        first, last = self._name(person, kind)
        email, phone = self._email(person, kind), self._phone(person)
        if not email and not phone and kind == MESSAGING:
            email = own_mailbox(person, rng)
        at = SINCE + timedelta(days=rng.between(0, DAYS), seconds=rng.between(0, 50_000))
        self._add(
            EVENT_TYPES[kind],
            self._payload(person, kind, value, (first, last, email, self._spelled(phone))),
            at,
        )
        return TrueRecord(kind, value, f"{first} {last}".strip(), email, phone)

    def _payload(self, person: Golfer, kind: str, value: str, told: tuple[str, ...]) -> dict[str, Any]:
        """What a service says of a person, by the names that it has for it."""
        payload: dict[str, Any] = dict(zip(FIELDS[kind], (value, *told), strict=True))
        if kind == SCL:
            payload |= {"id": int(value), "status": "ACTIVE"}
            if self._rng.chance(0.8):
                payload["dateOfBirth"] = person.born.isoformat()
        return payload

    def _add(self, event_type: str, payload: dict[str, Any], at: datetime) -> None:
        stated = {name: value for name, value in payload.items() if value != ""}
        self._events.append(
            (
                at,
                {
                    "type": event_type,
                    "tenantId": self.habits.slug,
                    "payload": stated,
                    "source": event_type.split(".", maxsplit=1)[0],
                },
            )
        )

    def _name(self, person: Golfer, kind: str) -> tuple[str, str]:
        rng, first, last = self._rng, person.first, person.last
        if person.short and rng.chance(0.07 if kind == SCL else 0.14):
            first = person.short
        if person.maiden and rng.chance(0.25):
            last = person.maiden
        if rng.chance(0.03):
            first = f"{first[0]}."
        elif rng.chance(0.04):
            first = f"{rng.pick(TITLES)}{first}"
        if "child of the same name" in person.habits and rng.chance(0.15):
            last = f"{last} {rng.pick(['jun.', 'Jr', 'II'])}"
        if kind == MESSAGING and rng.chance(0.05):
            return "", ""
        return self._written(first, last)

    def _written(self, first: str, last: str) -> tuple[str, str]:
        """With slips of the pen, without accents, in capitals, turned round."""
        rng = self._rng
        if rng.chance(0.018):
            first = self._typo(first)
        if rng.chance(0.018):
            last = self._typo(last)
        if not f"{first}{last}".isascii() and rng.chance(0.45):
            first, last = folded(first).title(), folded(last).title()
        if rng.chance(0.05):
            first, last = first.upper(), last.upper()
        return (last, first) if rng.chance(0.015) else (first, last)

    def _typo(self, text: str) -> str:
        rng, place = self._rng, self._rng.between(1, max(len(text) - 2, 1))
        slip = rng.between(0, 2)
        if slip == 0:
            return text[:place] + text[place + 1 :]
        if slip == 1:
            return text[:place] + rng.pick(LETTERS) + text[place:]
        return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]

    def _email(self, person: Golfer, kind: str) -> str:
        rng = self._rng
        if rng.chance(0.018):
            return rng.pick(self._office)
        if person.firm is not None and rng.chance(0.45):
            return person.firm.mailbox
        if not person.emails or rng.chance(0.05 if kind == MESSAGING else 0.1):
            return ""
        chosen = person.emails[0] if rng.chance(0.84) else rng.pick(person.emails)
        if rng.chance(0.015):
            local, _, domain = chosen.partition("@")
            return f"{self._typo(local)}@{domain}"
        return chosen

    def _phone(self, person: Golfer) -> str:
        rng = self._rng
        if rng.chance(0.01):
            return self._desk
        if person.firm is not None and rng.chance(0.25):
            return person.firm.phone
        if not person.phones or rng.chance(0.12):
            return ""
        if self._given_up and rng.chance(0.008):
            person.phones[0] = self._given_up.pop()
            person.habits.add("number of somebody before")
        chosen = person.phones[0] if rng.chance(0.88) else rng.pick(person.phones)
        return chosen[:-1] + str(rng.between(0, 9)) if rng.chance(0.01) else chosen

    def _spelled(self, phone: str) -> str:
        """As people write it: with the code, or from the trunk's 0 on."""
        code = self.habits.code
        if not phone or self._rng.chance(0.5):
            return phone
        national = f"0{phone[1 + len(code) :]}"
        return f"{national[:4]} {national[4:7]} {national[7:]}" if self._rng.chance(0.5) else national
