"""People as they are, and what each service knows of them."""

from dataclasses import dataclass, field
from datetime import date, datetime

from crm_platform.simulator.clubs import Tier
from crm_platform.simulator.personas import Persona
from crm_platform.simulator.spelling import FullName, latin


@dataclass(slots=True)
class Change:
    """A detail that one service learns later: from then on its record holds the new value.

    `field` is one of first, last, email, phone.
    """

    when: datetime
    field: str
    value: str


@dataclass(slots=True, eq=False)
class Member:
    """A record of the membership service. Times are aware; `expires` is the last paid day."""

    person: "Person"
    id: int
    first: str
    last: str
    email: str
    phone: str
    born: date | None
    tier: Tier
    joined: datetime
    expires: date
    pays_monthly: bool
    status: str = "ACTIVE"
    left: datetime | None = None
    changes: list[Change] = field(default_factory=list)

    @property
    def is_active(self) -> bool:
        """Whether the person is a member in good standing."""
        return self.status == "ACTIVE"


@dataclass(slots=True, eq=False)
class Player:
    """A record of the golf service. The handicap is in tenths, negative for a plus handicap; None: none yet."""

    person: "Person"
    id: str
    first: str
    last: str
    email: str
    phone: str
    handicap_tenths: int | None
    registered: datetime
    golf_id: str


@dataclass(slots=True, eq=False)
class Contact:
    """A record of the messaging service.

    `is_dead`: the mailbox no longer exists. `is_proxied`: a machine opens all mail. `is_scanned`: a gateway
    follows all links.
    """

    person: "Person"
    id: str
    first: str
    last: str
    email: str
    phone: str
    created: datetime
    opt_ins: dict[str, bool]
    is_dead: bool = False
    is_proxied: bool = False
    is_scanned: bool = False
    is_deleted: bool = False
    changes: list[Change] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Person:
    """A human being: one, whatever the services think.

    `mailbox` and `phone` are what is used today; both may be shared with the household. `hard` says in plain
    words why this person is difficult to recognise. `auth_sources` are the services that know the login
    `auth_id`. `partners` are those with whom rounds are played. `is_guest`: no service knows the person, only
    bookings name the e-mail.
    """

    id: str
    household: str
    given: str
    family: str
    is_female: bool
    born: date
    culture: str
    persona: Persona
    mailbox: str = ""
    phone: str = ""
    shares_mailbox: bool = False
    old_mailbox: str = ""
    work_mailbox: str = ""
    maiden: str = ""
    auth_id: str = ""
    auth_sources: tuple[str, ...] = ()
    old_system_id: str = ""
    members: list[Member] = field(default_factory=list)
    player: Player | None = None
    contacts: list[Contact] = field(default_factory=list)
    partners: list["Person"] = field(default_factory=list)
    hard: list[str] = field(default_factory=list)
    is_guest: bool = False

    @property
    def full_name(self) -> FullName:
        """As the person writes it in Latin letters."""
        return latin(self.given), latin(self.family)

    @property
    def written_name(self) -> str:
        """Given and family name in one text."""
        return " ".join(self.full_name)

    @property
    def tag(self) -> str:
        """The last part of the id, for keys that name the club already."""
        return self.id.rpartition("-")[2]

    @property
    def member(self) -> Member | None:
        """The newest membership."""
        return self.members[-1] if self.members else None

    def age_on(self, day: date) -> int:
        """Whole years."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))

    def note(self, reason: str) -> None:
        """Remember what makes the person difficult, once."""
        if reason not in self.hard:
            self.hard.append(reason)


@dataclass(slots=True)
class Household:
    """People under one roof, with what they share; empty text: nothing shared."""

    id: str
    people: list[Person]
    mailbox: str = ""
    phone: str = ""
