"""Who events say they are about, and the people and keys that are known already. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from events.identity_hints import IdentityKey, IdentityKind
from profiles.names import PersonName

WEAK_KINDS: Final = frozenset({IdentityKind.EMAIL, IdentityKind.PHONE})
# A person has one of each of these.
CAPPED_KINDS: Final = frozenset({IdentityKind.SCL_MEMBER, IdentityKind.TEETIME_PLAYER})


@dataclass(slots=True, eq=False)
class Person:
    """An identity: one profile, or several that the rules joined; what would contradict joining it with another.

    `profile_id` is who stands for it now: itself, or the one into whom people merged it. `keys`: those it is known to
    have; `cannot_link`: keys of others with whom it must never be joined, by a decision of staff.
    """

    id: UUID
    created_at: datetime
    is_new: bool
    profile_id: UUID = field(init=False)
    keys: set[IdentityKey] = field(default_factory=set)
    cannot_link: set[IdentityKey] = field(default_factory=set)
    capped: dict[str, set[str]] = field(default_factory=dict)
    births: set[date] = field(default_factory=set)
    names: set[PersonName] = field(default_factory=set)
    merged_into: "Person | None" = None

    def __post_init__(self) -> None:
        self.profile_id = self.id

    @property
    def root(self) -> "Person":
        """Who this person is after the merges of this batch."""
        person = self
        while person.merged_into is not None:
            person = person.merged_into
        return person

    @property
    def is_address_only(self) -> bool:
        """Known by an address alone: the one to whom a shared address by itself may lead."""
        return not any(self.capped.values())


@dataclass(slots=True, eq=False)
class KeyLink:
    """A row of `Identifier`, stored or about to be stored: this person holds this key."""

    key: IdentityKey
    person: Person
    origin_id: UUID
    confidence: int
    source: str
    event_id: str
    id: int | None = None
    is_shared: bool = False
    linked_at: datetime | None = None
    unlinked_at: datetime | None = None
    is_changed: bool = False


class Claim(NamedTuple):
    """Who one event says it is about. `keys` are normal and strongest first; the first is the record's key."""

    keys: tuple[IdentityKey, ...]
    name: PersonName
    birth: date | None
    source: str
    event_id: str
    occurred_at: datetime
