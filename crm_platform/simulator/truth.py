"""The truth: which records of the services belong to one person. Written beside the history, read by the score."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson

from crm_platform.simulator.people import Change, Contact, Member, Person, Player
from crm_platform.simulator.world import Town

# Digits of a phone number that are the same in all spellings.
SIGNIFICANT_DIGITS: Final = 9
SCL, TEETIME, MESSAGING, LOGIN, EMAIL = (
    "sclMemberId",
    "teetimePlayerId",
    "messagingContactId",
    "authUserId",
    "email",
)
# Records of a service; the other keys are only carried by them.
RECORD_KINDS: Final = frozenset({SCL, TEETIME, MESSAGING, LOGIN, EMAIL})


@dataclass(frozen=True, slots=True)
class TrueRecord:
    """A record of a service, with the details that it showed first; guests have none but their e-mail."""

    kind: str
    value: str
    name: str = ""
    email: str = ""
    phone: str = ""
    former: tuple[str, ...] = ()

    @property
    def addresses(self) -> frozenset[str]:
        """E-mails and phones that the record ever had, in a form that can be compared."""
        return frozenset(
            comparable
            for text in (self.email, self.phone, *self.former)
            if (comparable := comparable_address(text))
        )


@dataclass(frozen=True, slots=True)
class TruePerson:
    """A person with all records; `notes` say what makes the person hard to recognise."""

    person_id: str
    tenant: str
    household_id: str
    name: str
    born: date
    records: tuple[TrueRecord, ...]
    notes: tuple[str, ...]


def comparable_address(text: str) -> str:
    """An e-mail in small letters, the last digits of a phone number; empty for names and nothing."""
    if "@" in text:
        return text.strip().lower()
    digits = "".join(char for char in text if char.isdigit())
    return digits[-SIGNIFICANT_DIGITS:] if len(digits) >= SIGNIFICANT_DIGITS else ""


def truth_of(town: Town) -> Iterator[TruePerson]:
    """Everybody of a town, household by household."""
    people = town.people
    sharers = Counter(person.mailbox for person in people)
    for person in people:
        records = tuple(_records(town, person))
        notes = list(person.hard)
        if sharers[person.mailbox] > 1:
            notes.append(f"shares the mailbox with {sharers[person.mailbox] - 1} more")
        if not _hang_together(records):
            notes.append("no address or login that all records have in common")
        yield TruePerson(
            person_id=person.id,
            tenant=town.club.slug,
            household_id=person.household,
            name=f"{person.given} {person.family}",
            born=person.born,
            records=records,
            notes=tuple(notes),
        )


def _records(town: Town, person: Person) -> Iterator[TrueRecord]:
    for member in person.members:
        yield _record(SCL, str(member.id), member, member.changes)
    if person.player:
        yield _record(TEETIME, person.player.id, person.player, ())
        if person.player.golf_id:
            yield TrueRecord(town.club.golf_id_kind, person.player.golf_id)
    for contact in person.contacts:
        yield _record(MESSAGING, contact.id, contact, contact.changes)
    if person.auth_id:
        yield TrueRecord(LOGIN, person.auth_id)
    if person.old_system_id:
        yield TrueRecord(town.club.old_system_kind, person.old_system_id)
    if person.is_guest and not person.shares_mailbox:
        yield TrueRecord(EMAIL, person.mailbox, name=person.written_name, email=person.mailbox)


def _record(
    kind: str, value: str, record: Member | Player | Contact, changes: Iterable[Change]
) -> TrueRecord:
    return TrueRecord(
        kind=kind,
        value=value,
        name=f"{record.first} {record.last}".strip(),
        email=record.email.strip(),
        phone=record.phone,
        former=tuple(change.value for change in changes if change.field in {"email", "phone"}),
    )


def _hang_together(records: Iterable[TrueRecord]) -> bool:
    """Whether addresses lead from each service's record to every other."""
    groups: list[frozenset[str]] = []
    for record in records:
        if record.kind not in {SCL, TEETIME, MESSAGING}:
            continue
        joined = record.addresses
        apart = []
        for group in groups:
            if group & joined:
                joined |= group
            else:
                apart.append(group)
        groups = [*apart, joined]
    return len(groups) <= 1


def as_line(person: TruePerson) -> bytes:
    """One line of a truth file."""
    document = {
        "personId": person.person_id,
        "tenant": person.tenant,
        "householdId": person.household_id,
        "name": person.name,
        "born": person.born.isoformat(),
        "records": [
            {key: value for key, value in asdict(record).items() if value} for record in person.records
        ],
        "notes": list(person.notes),
    }
    return orjson.dumps(document) + b"\n"


def read_truth(path: Path) -> list[TruePerson]:
    """The people of a truth file; raises OSError and ValueError."""
    return [_person(orjson.loads(line)) for line in path.read_bytes().splitlines() if line.strip()]


def _person(document: Mapping[str, Any]) -> TruePerson:
    return TruePerson(
        person_id=document["personId"],
        tenant=document["tenant"],
        household_id=document["householdId"],
        name=document["name"],
        born=date.fromisoformat(document["born"]),
        records=tuple(
            TrueRecord(**{**record, "former": tuple(record.get("former", ()))})
            for record in document["records"]
        ),
        notes=tuple(document["notes"]),
    )
