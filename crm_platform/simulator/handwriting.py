"""How a person's details were written down by each service; what makes somebody hard to recognise is noted."""

from typing import Final

from crm_platform.simulator.addresses import (
    PLACEHOLDER_EMAILS,
    PLACEHOLDER_PHONES,
    AddressBook,
    spelled_email,
    spelled_phone,
)
from crm_platform.simulator.clubs import Club
from crm_platform.simulator.names import SHORT_FORMS
from crm_platform.simulator.people import Person
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.spelling import FullName, capitals, initial, latin, plain, swapped, typo

# Service → what kind of name stands in its records, by weight.
NAME_STYLES: Final = {
    "scl": (("full", 93.0), ("capitals", 4.0), ("typo", 1.5), ("plain", 1.5)),
    "teetime": (
        ("full", 38.0),
        ("plain", 22.0),
        ("short", 26.0),
        ("initial", 4.0),
        ("capitals", 4.0),
        ("typo", 3.5),
        ("swapped", 1.5),
        ("maiden", 1.0),
    ),
    "messaging": (
        ("full", 50.0),
        ("short", 18.0),
        ("first only", 10.0),
        ("nothing", 8.0),
        ("plain", 6.0),
        ("script", 4.0),
        ("typo", 2.5),
        ("initial", 1.5),
    ),
}
# Service → which mailbox and which phone it was given, by weight.
MAILBOXES: Final = {
    "scl": (
        ("own", 91.0),
        ("old", 3.0),
        ("nothing", 2.5),
        ("placeholder", 1.5),
        ("office", 1.0),
        ("work", 1.0),
    ),
    "teetime": (("own", 85.0), ("work", 5.0), ("old", 5.0), ("nothing", 3.0), ("placeholder", 2.0)),
    "messaging": (("own", 93.0), ("work", 4.0), ("old", 3.0)),
}
PHONES: Final = {
    "scl": (("own", 94.0), ("nothing", 3.5), ("placeholder", 2.0), ("office", 0.5)),
    "teetime": (("own", 84.0), ("nothing", 10.0), ("placeholder", 4.0), ("other", 2.0)),
    "messaging": (("own", 50.0), ("nothing", 50.0)),
}
SERVICE_NAMES: Final = {"scl": "SCL", "teetime": "TeeTime", "messaging": "Messaging"}


class Handwriting:
    """Writes names and addresses of one club's people as a service would have got them."""

    def __init__(self, club: Club, book: AddressBook, rng: Rng) -> None:
        self._club = club
        self._book = book
        self._rng = rng

    def name(self, person: Person, service: str, *, is_needed: bool = False) -> FullName:
        """The name on the service's record; `is_needed` where nothing else tells the record from another."""
        style = self._rng.weighted(NAME_STYLES[service])
        if is_needed and style == "nothing":
            style = "first only"
        full = person.full_name
        written = {
            "full": full,
            "plain": (plain(full[0]), plain(full[1])),
            "short": (self._short(person), full[1]),
            "initial": (initial(full[0]), full[1]),
            "capitals": capitals((plain(full[0]), plain(full[1]))),
            "typo": self._slip(full),
            "swapped": swapped(full),
            "maiden": (full[0], latin(person.maiden) or full[1]),
            "first only": (full[0], ""),
            "nothing": ("", ""),
            # People write their own alphabet to those who let them.
            "script": (person.given, person.family),
        }[style]
        if written[0] and style not in {"full", "plain", "capitals"} and written != full:
            person.note(f"{SERVICE_NAMES[service]} writes “{' '.join(written).strip()}” ({style})")
        return written

    def _short(self, person: Person) -> str:
        forms = SHORT_FORMS.get(person.given)
        return self._rng.pick(forms) if forms else person.full_name[0]

    def _slip(self, name: FullName) -> FullName:
        if self._rng.chance(0.5):
            return typo(name[0], self._rng), name[1]
        return name[0], typo(name[1], self._rng)

    def mailbox(self, person: Person, service: str) -> str:
        """The e-mail address on the service's record; empty where it got none."""
        rng, kind = self._rng, self._rng.weighted(MAILBOXES[service])
        if person.old_mailbox and service != "scl" and rng.chance(0.6):
            # Whoever moved house once has forgotten one of the services.
            kind = "old"
        if kind == "old":
            return self._old(person)
        if kind == "work":
            return self._work(person, service)
        if kind == "placeholder":
            person.note(f"{SERVICE_NAMES[service]} was given a placeholder for the e-mail")
            return rng.pick(PLACEHOLDER_EMAILS)
        if kind == "office":
            person.note(f"{SERVICE_NAMES[service]} was given the club's own e-mail")
            return self._club.office_email
        return "" if kind == "nothing" else spelled_email(person.mailbox, rng)

    def _old(self, person: Person) -> str:
        if not person.old_mailbox:
            person.old_mailbox = self._book.email(person.given, person.family, year=person.born.year)
        person.note("the e-mail changed; not every service was told")
        return person.old_mailbox

    def _work(self, person: Person, service: str) -> str:
        if not person.work_mailbox:
            person.work_mailbox = self._book.work_email(person.given, person.family)
        person.note(f"{SERVICE_NAMES[service]} has the address at work")
        return person.work_mailbox

    def phone(self, person: Person, service: str) -> str:
        """The phone number on the service's record; empty where it got none."""
        rng, kind = self._rng, self._rng.weighted(PHONES[service])
        if kind == "placeholder":
            person.note(f"{SERVICE_NAMES[service]} was given a placeholder for the phone")
            return rng.pick(PLACEHOLDER_PHONES)
        if kind == "office":
            person.note(f"{SERVICE_NAMES[service]} was given the club's own phone")
            return self._club.office_phone
        if kind == "nothing":
            return ""
        phone = self._book.phone() if kind == "other" else person.phone
        return spelled_phone(phone, self._club.country, rng)

    def former_phone(self) -> str:
        """A number that somebody used to have."""
        return spelled_phone(self._book.phone(), self._club.country, self._rng)
