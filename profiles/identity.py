"""Identity resolution: which customer an event is about. Pure; `profiles.ingest` loads and writes.

Docs: `docs/identity.md`. In short: service ids are strong keys and always lead to their person. E-mail and phone are
weak: they lead to a person unless that would give somebody a second id of a capped kind, a second date of birth, or
a first name that cannot be the same person's, or unless nothing but a phone joins a name with none. Then the key is
*demoted*: it is marked as shared, leads only to those whom their names tell apart from then on, and the pair goes to
review. Two people whom one event names together become one, under the same rules.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from events.identity_hints import IdentityKey, IdentityKind
from profiles.address_rules import (
    FAMILIES_OF_AN_OFFICE,
    are_apart_but_for_number,
    are_different,
    are_of_many_families,
    contradicts,
    exceeds_caps,
    have_other_families,
    have_other_mailboxes,
    is_given_twice,
    is_mere_mailbox,
    is_office_of,
    is_shared,
    people_exceed_caps,
    says_too_little,
    the_closest,
    with_all_addresses,
)
from profiles.claims import CAPPED_KINDS, WEAK_KINDS, Claim, KeyLink, Person
from profiles.ids import new_profile_id
from profiles.names import is_same_full_name, is_spelled_in
from profiles.vocabulary import CRM_RECORD

CONFIDENCE: Final[dict[str, int]] = {IdentityKind.EMAIL: 95, IdentityKind.PHONE: 85}
SERVICE_ID_CONFIDENCE: Final = 100
EMAIL_AND_PHONE_CONFIDENCE: Final = 99
SHARED_KEY, CAP_EXCEEDED = "SHARED_KEY", "CAP_EXCEEDED"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two people whom a key would have joined, had the rest agreed."""

    one: Person
    other: Person
    reason: str
    evidence: dict[str, Any]


@dataclass(slots=True)
class Merge:
    """Two known people found to be one."""

    winner: Person
    loser: Person
    evidence: dict[str, Any]


class IdentityMap:
    """The people and key links that a batch may touch, loaded once, and what the batch decides about them.

    An identity map (Fowler): each stored person exists once in memory. Not thread-safe: one per batch, under the
    tenant's lock.
    """

    def __init__(
        self, now: datetime, is_role: Callable[[str, str], bool] = lambda _kind, _value: False
    ) -> None:
        """`is_role`: whether a kind and value is an address of an office, by its name or by the club's list."""
        self.now = now
        self._is_role = is_role
        self.people: dict[UUID, Person] = {}
        self.candidates: list[Candidate] = []
        self.merges: list[Merge] = []
        # (winner, loser) where the loser was never stored, and (dropped, kept) for the key links that both had: the
        # dropped link is never stored.
        self.absorbed: list[tuple[Person, Person]] = []
        self.duplicate_links: list[tuple[KeyLink, KeyLink]] = []
        # Addresses that somebody more has than before, and of people who were joined now: to be looked at again.
        self.newly_shared: set[IdentityKey] = set()
        # Who that is, by address.
        self.newcomers: dict[IdentityKey, set[Person]] = {}
        self.newly_united: set[IdentityKey] = set()
        # Who has a key more than before: what one knows of them may no longer fit a contact without a name.
        self.grown: set[Person] = set()
        # Ids that seem to be two people's, by the event that showed it: a defect of its source.
        self.given_twice: dict[tuple[str, str], IdentityKey] = {}
        # Addresses of many of whose holders not all are loaded.
        self.crowds: set[IdentityKey] = set()
        self._links: dict[IdentityKey, list[KeyLink]] = {}

    def is_role(self, key: IdentityKey) -> bool:
        """Whether a key is an address of an office, by its name or by the club's list."""
        return self._is_role(key.kind, key.value)

    def add_person(self, person: Person) -> None:
        """Add a stored profile."""
        self.people[person.id] = person

    def add_link(self, link: KeyLink) -> None:
        """Add an identifier."""
        self._links.setdefault(link.key, []).append(link)

    def links(self) -> Iterator[KeyLink]:
        """Every identifier, stored and new."""
        for rows in self._links.values():
            yield from rows

    def rows(self, key: IdentityKey) -> list[KeyLink]:
        """Everybody who has a key; more than one only where it is shared."""
        return self._links.get(key, [])

    def new_people(self) -> list[Person]:
        """People that this batch brought to light, in the order it did."""
        return [person for person in self.people.values() if person.is_new and person.merged_into is None]

    def addresses_of_grown(self) -> set[IdentityKey]:
        """The addresses of whoever has a key more than before, but for new records that share nothing."""
        found: set[IdentityKey] = set()
        for person in {one.root for one in self.grown}:
            addresses = {key for key in person.keys if key.kind in WEAK_KINDS}
            is_known = not person.is_new or len(person.keys) - len(addresses) > 1
            if is_known or any(len(self.rows(key)) > 1 for key in addresses):
                found |= addresses
        return found

    def link_of(self, key: IdentityKey, person: Person) -> KeyLink | None:
        """The row by which a person has a key."""
        for link in self._links.get(key, ()):
            if link.person.root is person:
                return link
        return None

    def mark_stored(self) -> None:
        """All that was decided is in the database: what comes next is decided as if it had come from there."""
        for person in self.new_people():
            person.is_new = False
        for link in self.links():
            link.is_changed = False
        self.candidates.clear()
        self.merges.clear()
        self.absorbed.clear()
        self.duplicate_links.clear()

    def resolve(self, claim: Claim) -> KeyLink:
        """The identifier under which the event's facts are kept; its `person.root` is whom it is about.

        Makes the person where nobody is known, attaches the keys that are new, joins people whom the event shows
        to be one, demotes weak keys that would join two.
        """
        rivals: list[tuple[Person, IdentityKey]] = []
        person = self._by_strong_keys(claim, rivals)
        demoted: list[IdentityKey] = []
        for key in claim.keys:
            if key.kind in WEAK_KINDS:
                person = self._by_weak_key(claim, key, person, demoted)
        if person is None:
            person = self._new_person()
        for rival, key in rivals:
            self._note(person.root, rival.root, CAP_EXCEEDED, claim, key)
        self._attach(claim, person.root, demoted)
        self._remember(claim, person.root)
        link = self.link_of(claim.keys[0], person.root)
        return link if link is not None else self._attach_key(claim, claim.keys[0], person.root)

    def _by_strong_keys(self, claim: Claim, rivals: list[tuple[Person, IdentityKey]]) -> Person | None:
        """Follow service ids; the record's own decides, the others may show a second profile of the same person.

        Puts into `rivals` the people whom a key names although they have another id of a capped kind.
        """
        person: Person | None = None
        for key in claim.keys:
            rows = self._links.get(key)
            if key.kind in WEAK_KINDS or not rows:
                continue
            found = rows[0].person.root
            if is_given_twice(claim, found):
                self.given_twice[claim.source, claim.event_id] = key
            if person is None:
                if key is claim.keys[0] or not exceeds_caps(claim, found):
                    person = found
                else:
                    rivals.append((found, key))
            elif found is not person:
                if people_exceed_caps(person, found):
                    rivals.append((found, key))
                else:
                    person = self._merge(person, found, claim, key)
        return person

    def _by_weak_key(
        self, claim: Claim, key: IdentityKey, person: Person | None, demoted: list[IdentityKey]
    ) -> Person | None:
        """Follow one address; returns the person as far as known afterwards."""
        rows = self._links.get(key)
        if not rows:
            return person
        if person is None and is_mere_mailbox(claim, self._is_of_many):
            return self._office(claim, key, rows, demoted)
        if is_shared(rows):
            if person is None:
                return self._among_sharers(claim, key, rows, demoted)
            namesake = self._namesake(claim, key, person, rows)
            return person if namesake is None else self._merge(person, namesake, claim, key)
        found = rows[0].person.root
        if found is person:
            return person
        if (
            contradicts(claim, found)
            or (person is not None and are_different(person, found))
            or says_too_little(claim, key, person, found, self._is_of_many)
            or self._needs_last_name(claim, key, person, found)
        ):
            demoted.append(key)
            return person
        return found if person is None else self._merge(person, found, claim, key)

    def _office(
        self, claim: Claim, key: IdentityKey, rows: list[KeyLink], demoted: list[IdentityKey]
    ) -> Person | None:
        """The nameless one who is nothing but this address of many: it is one, whoever else has the address by then."""
        if key == claim.keys[0]:
            found = {row.person.root for row in rows if is_office_of(row.person.root, key, self._is_of_many)}
            if found:
                return min(found, key=lambda one: (one.created_at, one.id))
        demoted.append(key)
        return None

    def _among_sharers(
        self, claim: Claim, key: IdentityKey, rows: list[KeyLink], demoted: list[IdentityKey]
    ) -> Person | None:
        """Of the people behind a shared address the one whom the name tells apart, else the address-only one.

        Where two of them have that name, father and son, it is for staff to say which.
        """
        fitting = [row.person.root for row in rows if not contradicts(claim, row.person.root)]
        if claim.name.first:
            named = {one for one in fitting if not self._needs_last_name(claim, key, None, one)}
            named = the_closest(claim, named)
            if len(named) == 1:
                return named.pop()
            if named:
                demoted.append(key)
                return None
        if any(one.kind not in WEAK_KINDS for one in claim.keys) and (
            claim.name.first or self._is_of_many(key)
        ):
            return None
        if not claim.name.first and len(both := with_all_addresses(claim, fitting)) == 1:
            return both.pop()
        if not claim.name.first and key.kind == IdentityKind.EMAIL:
            owners = {row.person.root for row in rows if is_spelled_in(row.person.root.names, key.value)}
            if len(owners) == 1 and owners <= set(fitting):
                return owners.pop()
        # Who is called somehow is not the mailbox itself, nor is an office anybody who has another address as well.
        mailboxes = [
            one
            for one in fitting
            if one.is_address_only and not one.names and not are_apart_but_for_number(claim.keys, one.keys)
        ]
        if self._is_of_many(key):
            return None
        return min(mailboxes, key=lambda one: (one.created_at, one.id), default=None)

    def _namesake(self, claim: Claim, key: IdentityKey, person: Person, rows: list[KeyLink]) -> Person | None:
        """Of the others behind a shared address the only one whose name fits.

        Had this name been known when the address was first met, it would have led there: the order does not matter.
        Of the platform's own records staff have said themselves that they are somebody else.
        """
        if not claim.name.first or claim.keys[0].kind == CRM_RECORD:
            return None
        fitting = {
            other
            for other in (row.person.root for row in rows)
            if other is not person
            and any(name.first for name in other.names)
            and not contradicts(claim, other)
            and not are_different(person, other)
            and not self._needs_last_name(claim, key, person, other)
        }
        if len(fitting) > 1 and claim.name.last:
            fitting = {other for other in fitting if claim.name in other.names}
        return fitting.pop() if len(fitting) == 1 else None

    def _needs_last_name(self, claim: Claim, key: IdentityKey, person: Person | None, found: Person) -> bool:
        """Whether an address is not enough without the last name, and that is another one or not told.

        An office's mailbox joins nobody of another last name; a number is passed on, to somebody who may have the
        same first name, but has another mailbox.
        """
        names = {claim.name} | (person.names if person is not None else set())
        if self._is_of_many(key):
            return not any(is_same_full_name(one, other) for one in names for other in found.names)
        if key.kind != IdentityKind.PHONE or not have_other_mailboxes(claim, found):
            return False
        return have_other_families(names, found.names)

    def _is_of_many(self, key: IdentityKey) -> bool:
        """Whether an address is an office's: by its name, or because people of several last names have it."""
        if key in self.crowds or self._is_role(key.kind, key.value):
            return True
        rows = self._links.get(key, ())
        return len(rows) >= FAMILIES_OF_AN_OFFICE and are_of_many_families(
            [link.person.root.names for link in rows]
        )

    def _attach(self, claim: Claim, person: Person, demoted: list[IdentityKey]) -> None:
        """Give the person each key of the claim that is nobody's yet; share those that were demoted."""
        self.newly_shared.update(demoted)
        for key in demoted:
            self.newcomers.setdefault(key, set()).add(person)
        for key in demoted:
            for row in self._links[key]:
                if not row.is_shared:
                    row.is_shared = row.is_changed = True
                if row.person.root is not person:
                    self._note(row.person.root, person, SHARED_KEY, claim, key)
        for key in claim.keys:
            rows = self._links.get(key)
            if not rows:
                self._attach_key(claim, key, person)
            elif rows[0].is_shared and self.link_of(key, person) is None:
                self._attach_key(claim, key, person).is_shared = True
                self.newly_shared.add(key)
                self.newcomers.setdefault(key, set()).add(person)

    def _attach_key(self, claim: Claim, key: IdentityKey, person: Person) -> KeyLink:
        link = KeyLink(
            key=key,
            person=person,
            origin_id=self._origin(claim, person),
            confidence=CONFIDENCE.get(key.kind, SERVICE_ID_CONFIDENCE),
            source=claim.source,
            event_id=claim.event_id,
        )
        if key.kind in WEAK_KINDS and {other.kind for other in claim.keys} >= WEAK_KINDS:
            link.confidence = EMAIL_AND_PHONE_CONFIDENCE
        self.grown.add(person)
        self.add_link(link)
        return link

    def _origin(self, claim: Claim, person: Person) -> UUID:
        """The profile whose key led here: a new key belongs to the same side, should the two be parted one day."""
        leading = (self.link_of(key, person) for key in claim.keys)
        return next((link.origin_id for link in leading if link is not None), person.id)

    def _remember(self, claim: Claim, person: Person) -> None:
        """What the claim says about the person counts against later claims of the batch."""
        for key in claim.keys:
            if key.kind in CAPPED_KINDS and self.link_of(key, person) is not None:
                person.capped.setdefault(key.kind, set()).add(key.value)
        person.keys.update(claim.keys)
        if claim.birth is not None:
            person.births.add(claim.birth)
        if claim.name.first:
            person.names.add(claim.name)

    def _new_person(self) -> Person:
        person = Person(id=new_profile_id(), created_at=self.now, is_new=True)
        self.add_person(person)
        return person

    def _merge(self, one: Person, other: Person, claim: Claim, key: IdentityKey) -> Person:
        """Join two people; a stored one wins over a new one, the older over the younger."""
        winner, loser = sorted((one, other), key=lambda person: (person.is_new, person.created_at, person.id))
        if loser.is_new:
            self.absorbed.append((winner, loser))
            self._unite_keys(winner, loser)
        loser.merged_into = winner
        for kind, values in loser.capped.items():
            winner.capped.setdefault(kind, set()).update(values)
        winner.keys |= loser.keys
        winner.cannot_link |= loser.cannot_link
        winner.births |= loser.births
        winner.names |= loser.names
        if not loser.is_new:
            self.merges.append(Merge(winner, loser, _evidence(claim, key)))
            self.newly_united |= {one for one in winner.keys if one.kind in WEAK_KINDS}
        return winner

    def _unite_keys(self, winner: Person, loser: Person) -> None:
        """Keep one link for each key of both: a loser that was never stored leaves nothing to unmerge."""
        for key in loser.keys:
            kept, gone = self.link_of(key, winner), self.link_of(key, loser)
            if kept is None or gone is None:
                continue
            self._links[key].remove(gone)
            self.duplicate_links.append((gone, kept))
            if gone.is_changed:
                kept.linked_at = max(filter(None, (kept.linked_at, gone.linked_at)), default=None)
                kept.unlinked_at = max(filter(None, (kept.unlinked_at, gone.unlinked_at)), default=None)
                kept.is_changed = True

    def _note(self, one: Person, other: Person, reason: str, claim: Claim, key: IdentityKey) -> None:
        self.candidates.append(Candidate(one, other, reason, _evidence(claim, key)))


def _evidence(claim: Claim, key: IdentityKey) -> dict[str, Any]:
    """What staff and the merge record are told about the deciding event; ids only, no values of weak keys."""
    return {
        "key": key.kind,
        "confidence": CONFIDENCE.get(key.kind, SERVICE_ID_CONFIDENCE),
        "source": claim.source,
        "eventId": claim.event_id,
    }


def keys_of(claims: Iterable[Claim]) -> list[IdentityKey]:
    """Every distinct key of the claims, to be looked up at once."""
    return list({key: None for claim in claims for key in claim.keys})
