"""Looking again at what an address joined, once several people turn out to have it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q

from events.identity_hints import IdentityKey
from profiles.address_rules import are_of_many_families
from profiles.births import distinctive
from profiles.claims import WEAK_KINDS, KeyLink, Person
from profiles.club import Club
from profiles.counter_deltas import CounterDelta
from profiles.effects.drafts import Subject
from profiles.golden_rows.rules import CRM
from profiles.identity import SHARED_KEY
from profiles.ingest.around import crowded, facts_of, links_of, merged_by_staff
from profiles.ingest.decoding import ClaimedRow, DeadEvent, read_event
from profiles.ingest.statements import MOST_HOLDERS
from profiles.ingest.strays import Reach, Record, SharedAddress, strays
from profiles.merging.splitting import Split, split_off
from profiles.models import Activity, Fact, Identifier, ReviewCandidate
from profiles.names import PersonName, names_disagree
from profiles.vocabulary import CRM_RECORD, SLOTS
from tenants.actors import acting_as, program

ADDRESS_FIELDS: Final = {"email": "email", "phoneNumber": "phoneNumber"}
NAME_FIELDS: Final = ("firstName", "lastName")
# So many pairs a stray is asked about; of an office everybody would be one.
MOST_PAIRS: Final = 4
NOBODY: Final[Mapping[IdentityKey, Collection[UUID]]] = MappingProxyType({})
EVENTS: Final = """
SELECT i.id, i.source, i.event_id, i.type, i.occurred_at, 0, true, i.envelope::text, ''
FROM events_inboxevent AS i
WHERE i.tenant_id = %(tenant)s
  AND (i.id IN (SELECT DISTINCT a.id / %(slots)s FROM profiles_activity AS a
                WHERE a.tenant_id = %(tenant)s AND a.profile_id = %(profile)s)
       OR (i.source, i.event_id) IN (
           SELECT f.source, f.event_id FROM profiles_fact AS f
           WHERE f.tenant_id = %(tenant)s AND f.profile_id = %(profile)s
           UNION SELECT k.source, k.event_id FROM profiles_identifier AS k
           WHERE k.tenant_id = %(tenant)s AND k.profile_id = %(profile)s))
"""


@dataclass(slots=True)
class Holder:
    """A customer behind an address: its records by identifier, and whether staff joined it with others.

    `partial`: records of imports, of which only what nobody else says is kept, so that a name may be missing.
    """

    profile_id: UUID
    links: dict[int, Identifier] = field(default_factory=dict)
    records: dict[int, Record] = field(default_factory=dict)
    partial: set[int] = field(default_factory=set)
    is_by_staff: bool = False

    def let_go(self, part: Iterable[Record]) -> None:
        """Forget records that left."""
        for record in part:
            del self.records[record.id], self.links[record.id]

    def still_of(self, told: "Told") -> Iterator[tuple[int | None, Subject]]:
        """The subjects of an event but for records that left since it was read."""
        for identifier_id, subject in told.subjects:
            if identifier_id is None or identifier_id in self.links:
                yield identifier_id, subject


@dataclass(slots=True)
class Told:
    """An event about a customer, and its subjects as far as they are that customer: identifier and what was said."""

    inbox_id: int
    at: datetime
    subjects: list[tuple[int | None, Subject]]


def reexamine(
    cursor: Any,
    club: Club,
    keys: Collection[IdentityKey],
    crowds: Mapping[IdentityKey, Collection[UUID]] = NOBODY,
) -> list[UUID]:
    """Take out of their customers the records that only one of these shared addresses made theirs.

    Each is a customer of its own then, with a pair for review for whoever else it may be; returns those customers.
    Whom staff merged are left alone. `crowds`: of addresses that a crowd has, those of it who are looked at
    (`crowd_of`). Needs the tenant's identity lock alone, the scope and a transaction.
    """
    shared = _holders_of({key for key in keys if key not in crowds})
    shared |= {key: sorted(ids) for key, ids in sorted(crowds.items()) if key in keys and ids}
    if not shared:
        return []
    holders = load_holders({profile_id for ids in shared.values() for profile_id in ids})
    left: list[UUID] = []
    with acting_as(program("profiles.shared_addresses")):
        for key, profile_ids in shared.items():
            left += _reexamine_one(
                cursor, club, key, [holders[one] for one in profile_ids], frozenset(crowds)
            )
    return left


def crowd_of(rows: Sequence[KeyLink], came: Collection[Person]) -> list[UUID] | None:
    """Of an address that a crowd has, whom those who came make worth another look; None where it is no crowd.

    No family is so large: whoever they are, the address joins nobody without the last name. The newcomer may be one of
    those whose name fits; for all others nothing is new. So the thousandth holder costs what the fortieth does.
    """
    people = {row.person.root for row in rows}
    newcomers = {person.root for person in came}
    if len(people - newcomers) <= MOST_HOLDERS:
        return None
    names = [name for person in newcomers for name in person.names]
    fitting = [
        person for person in people - newcomers if not person.names or not names_disagree(person.names, names)
    ]
    fitting.sort(key=lambda person: person.profile_id)
    return [person.profile_id for person in (*newcomers, *fitting[:MOST_HOLDERS])]


def _reexamine_one(
    cursor: Any, club: Club, key: IdentityKey, holders: Sequence[Holder], crowded: frozenset[IdentityKey]
) -> list[UUID]:
    left: list[UUID] = []
    for place, holder in enumerate(holders):
        if (
            holder.is_by_staff
            or len(holder.records) < 2  # noqa: PLR2004 - two
            or not _strays(club, key, holders, place, crowded)
        ):
            continue
        events = read_events_of(cursor, club, holder)
        for group in _strays(club, key, holders, place, crowded):
            for part in parts_by_origin(holder, group):
                new_id = split_off(cursor, club, split_of(holder, key, part, events))
                _ask(club, key, new_id, part, holders)
                holder.let_go(part)
                left.append(new_id)
    return left


def shared_address(
    club: Club,
    key: IdentityKey,
    holders: Sequence[Holder],
    place: int,
    as_one: Collection[UUID] = (),
    *,
    crowded: frozenset[IdentityKey] = frozenset(),
) -> SharedAddress:
    """The address with its holders, and how far the other addresses of the one at `place` reach.

    `as_one`: customers who are looked at as if they were one. `crowded`: addresses of which that is known.
    """
    everybody = [list(holder.records.values()) for holder in holders]
    addresses = {key, *(one for record in everybody[place] for one in record.addresses)}
    reach = _reach(club, addresses - crowded, set(as_one)) | dict.fromkeys(addresses & crowded, Reach.MANY)
    names = [[name for record in records for name in record.names] for records in everybody]
    if club.is_role(*key) or are_of_many_families(names):
        reach[key] = Reach.MANY
    return SharedAddress(key, everybody, reach)


def _strays(
    club: Club, key: IdentityKey, holders: Sequence[Holder], place: int, crowded: frozenset[IdentityKey]
) -> list[list[Record]]:
    return strays(shared_address(club, key, holders, place, crowded=crowded), place)


def _reach(
    club: Club, addresses: Collection[IdentityKey], as_one: Collection[UUID]
) -> dict[IdentityKey, Reach]:
    values = [one.value for one in addresses]
    others = ~Q(profile_id__in=as_one)
    rows = Identifier.objects.filter(kind__in=WEAK_KINDS, value__in=values).values_list("kind", "value")
    holders = {
        IdentityKey(kind, value): found + bool(is_theirs)
        for kind, value, found, is_theirs in rows.annotate(
            found=Count("profile_id", distinct=True, filter=others), is_theirs=Count("pk", filter=~others)
        )
    }
    return {
        one: Reach.MANY if club.is_role(*one) else Reach.FEW if holders.get(one, 0) > 1 else Reach.ONE
        for one in addresses
    }


def _holders_of(keys: Collection[IdentityKey]) -> dict[IdentityKey, list[UUID]]:
    """Of the addresses that several people have: whose they are, in a fixed order."""
    wanted = {key for key in keys if key.kind in WEAK_KINDS}
    if not wanted:
        return {}
    found: dict[IdentityKey, set[UUID]] = {}
    rows = Identifier.objects.filter(
        kind__in=WEAK_KINDS, value__in={key.value for key in wanted}, is_shared=True
    )
    for kind, value, profile_id in rows.values_list("kind", "value", "profile_id"):
        found.setdefault(IdentityKey(kind, value), set()).add(profile_id)
    return {key: sorted(ids) for key, ids in sorted(found.items()) if key in wanted and len(ids) > 1}


def shared_with_others(profile_ids: Collection[UUID]) -> dict[IdentityKey, list[UUID]]:
    """The addresses of these customers that several people have, and no crowd, with whose they are."""
    links = [link for link in links_of(profile_ids) if link.kind in WEAK_KINDS and link.is_shared]
    keys = {IdentityKey(link.kind, link.value) for link in links}
    crowds = crowded({key.value for key in keys})
    return _holders_of({key for key in keys if key.value not in crowds})


def load_holders(profile_ids: Collection[UUID]) -> dict[UUID, Holder]:
    """Customers with their records, as far as facts tell of them."""
    holders = {profile_id: Holder(profile_id) for profile_id in profile_ids}
    said: dict[int, dict[tuple[str, str], str]] = {}
    for identifier_id, name, source, value in facts_of(
        profile_ids, [*NAME_FIELDS, *ADDRESS_FIELDS, "dateOfBirth"]
    ):
        if value:
            said.setdefault(identifier_id, {})[source, name] = value
    for link in links_of(profile_ids):
        if link.kind in (*WEAK_KINDS, CRM_RECORD):
            continue
        holders[link.profile_id].links[link.pk] = link
        record = _record(link, said.get(link.pk, {}))
        if record.addresses:
            holders[link.profile_id].records[link.pk] = record
        if any(source == CRM for source, _ in said.get(link.pk, {})):
            holders[link.profile_id].partial.add(link.pk)
    for profile_id in merged_by_staff(profile_ids):
        holders[profile_id].is_by_staff = True
    return holders


def _record(link: Identifier, said: Mapping[tuple[str, str], Any]) -> Record:
    names = frozenset(
        PersonName.of(value, said.get((source, "lastName"), ""))
        for (source, name), value in said.items()
        if name == "firstName"
    )
    return Record(
        link.pk,
        link.kind,
        names,
        frozenset(
            birth
            for (_, name), value in said.items()
            if name == "dateOfBirth" and (birth := distinctive(date.fromisoformat(value))) is not None
        ),
        frozenset(
            IdentityKey(ADDRESS_FIELDS[name], value)
            for (_, name), value in said.items()
            if name in ADDRESS_FIELDS
        ),
    )


def read_events_of(cursor: Any, club: Club, holder: Holder) -> list[Told]:
    """Every event about the customer that is still there, read again; the records learn what they said before."""
    cursor.execute(EVENTS, {"tenant": club.id, "profile": holder.profile_id, "slots": SLOTS})
    by_key = {IdentityKey(link.kind, link.value): pk for pk, link in holder.links.items()}
    theirs = {IdentityKey(kind, value) for kind, value in _keys_of(holder.profile_id)}
    events: list[Told] = []
    for columns in cursor.fetchall():
        row = ClaimedRow(*columns)
        try:
            ready = read_event(row, club)
        except DeadEvent:
            continue
        subjects = [
            (next((by_key[key] for key in subject.keys if key in by_key), None), subject)
            for subject in ready.effect.subjects
            if not theirs.isdisjoint(_deciding(subject.keys))
        ]
        if subjects:
            events.append(Told(row.id, row.occurred_at, subjects))
    _complete(holder, events)
    return events


def _deciding(keys: Iterable[IdentityKey]) -> list[IdentityKey]:
    """The keys by which a subject is somebody's: an address only where no service says who it is."""
    keys = list(keys)
    return [key for key in keys if key.kind not in WEAK_KINDS] or keys


def _keys_of(profile_id: UUID) -> Iterable[tuple[str, str]]:
    return Identifier.objects.filter(profile_id=profile_id).values_list("kind", "value")


def _complete(holder: Holder, events: Sequence[Told]) -> None:
    """Add what records said before, and tie those that one event named together."""
    by_key = {IdentityKey(link.kind, link.value): pk for pk, link in holder.links.items()}
    addresses: dict[int, set[IdentityKey]] = {}
    ties: dict[int, set[int]] = {}
    for told in events:
        for identifier_id, subject in told.subjects:
            if identifier_id is None:
                continue
            addresses.setdefault(identifier_id, set()).update(
                key for key in subject.keys if key.kind in WEAK_KINDS
            )
            together = [by_key[key] for key in subject.keys if key in by_key]
            for one, other in pairwise(together):
                ties.setdefault(one, set()).add(other)
                ties.setdefault(other, set()).add(one)
    for pk, record in holder.records.items():
        holder.records[pk] = replace(
            record,
            addresses=record.addresses | addresses.get(pk, set()),
            ties=record.ties | ties.get(pk, set()),
        )


def parts_by_origin(holder: Holder, group: Sequence[Record]) -> list[list[Record]]:
    """The group by the profiles with which the records were born: each goes where it came from."""
    parts: dict[UUID, list[Record]] = {}
    for record in group:
        parts.setdefault(holder.links[record.id].origin_profile_id, []).append(record)
    return list(parts.values())


def split_of(holder: Holder, key: IdentityKey, part: Sequence[Record], events: Sequence[Told]) -> Split:
    """What splitting these records off their customer takes along; `events`: all that are about the customer."""
    going = {record.id for record in part}
    link = holder.links[part[0].id]
    gone, stayed = CounterDelta(), CounterDelta()
    moved: list[int] = []
    for told in events:
        for identifier_id, subject in holder.still_of(told):
            side = gone if identifier_id in going else stayed
            side.add_figures(subject.figures)
            side.stage_rank = max(side.stage_rank, subject.stage_rank)
        if all(identifier_id in going for identifier_id, _ in told.subjects):
            moved.append(told.inbox_id)
    rows = set(Activity.objects.filter(profile_id=holder.profile_id).values_list("pk", flat=True))
    known = {told.inbox_id for told in events}
    is_complete = all(pk // SLOTS in known for pk in rows)
    return Split(
        profile_id=holder.profile_id,
        origin_id=link.origin_profile_id,
        key=key,
        identifiers=sorted(going),
        addresses=frozenset(one for record in part for one in record.addresses),
        kept=kept_addresses(holder, going, events),
        activity_ids=[pk for pk in rows if pk // SLOTS in set(moved)],
        gone=gone,
        stayed=stayed if is_complete else None,
        since=min((told.at for told in events if told.inbox_id in set(moved)), default=link.created_at),
        source=link.source,
    )


def kept_addresses(holder: Holder, going: Collection[int], events: Sequence[Told]) -> set[IdentityKey]:
    """The addresses that records say of whom stays, events without a record, and staff: the rest is the stray's own."""
    of_staff = Identifier.objects.filter(profile_id=holder.profile_id, kind=CRM_RECORD).values("pk")
    said = Fact.objects.filter(
        profile_id=holder.profile_id, identifier_id__in=of_staff, field__in=[*ADDRESS_FIELDS]
    )
    kept = {
        IdentityKey(ADDRESS_FIELDS[name], value)
        for name, value in said.values_list("field", "value")
        if isinstance(value, str)
    }
    kept |= {one for record in holder.records.values() if record.id not in going for one in record.addresses}
    return kept | {
        key
        for told in events
        for identifier_id, subject in holder.still_of(told)
        if identifier_id not in going
        for key in subject.keys
        if key.kind in WEAK_KINDS
    }


def _ask(
    club: Club, key: IdentityKey, new_id: UUID, part: Sequence[Record], holders: Sequence[Holder]
) -> None:
    """A pair for staff with everybody behind the address whose name fits."""
    names = {name for record in part for name in record.names}
    fitting = [
        holder.profile_id
        for holder in holders
        if not names_disagree(names, {name for record in holder.records.values() for name in record.names})
    ][:MOST_PAIRS]
    ReviewCandidate.objects.bulk_create(
        [
            ReviewCandidate(
                tenant_id=club.id,
                first_profile_id=min(new_id, other),
                second_profile_id=max(new_id, other),
                reason=SHARED_KEY,
                evidence={"key": key.kind, "takenApart": True},
            )
            for other in fitting
        ],
        ignore_conflicts=True,
    )
