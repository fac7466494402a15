"""Joining contacts that are nothing but an address, where a merge by staff had hidden that they are one.

Whoever comes without a name to an address of several people is about the contact that has left one of them for it. As
long as staff's merge keeps that contact where it was, there is none, and who comes is a customer of its own. Once the
merge is taken back the two are joined, as they would have been had nobody merged anybody.
"""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from events.identity_hints import IdentityKey
from profiles.address_rules import are_apart_but_for_number
from profiles.claims import CAPPED_KINDS
from profiles.club import Club
from profiles.ingest.reexamining import Holder, load_holders, read_events_of, shared_address, split_of
from profiles.ingest.statements import MOST_HOLDERS
from profiles.ingest.strays import Reach
from profiles.merging.actions import merge_many
from profiles.merging.cannot_link import are_kept_apart
from profiles.merging.reassignment import AUTOMATIC, NewMerge
from profiles.merging.splitting import split_off
from profiles.models import CustomerProfile, Identifier, ProfileMerge
from profiles.vocabulary import CRM_RECORD
from tenants.actors import acting_as, program

# What the merge record says of it; who left is no less what left for having got such a contact.
MAILBOX: Final = "mailbox"
SEVERAL: Final = 2


def left_before(keys: Collection[IdentityKey]) -> list[UUID]:
    """Who left a customer for one of these addresses once: whoever came meanwhile may be free to join them only now."""
    links = Identifier.objects.filter(value__in={key.value for key in keys}, is_shared=True)
    holders = links.values_list("profile_id", flat=True)
    left = ProfileMerge.objects.filter(
        loser_id__in=set(holders), kind=AUTOMATIC, unmerged_at__isnull=False, evidence__addressOf="many"
    )
    return list(left.order_by("pk").values_list("loser_id", flat=True).distinct())


def unite_contacts(cursor: Any, club: Club, left: Collection[UUID]) -> None:
    """Join those who left a customer just now with the contacts that came when their address had several people.

    Needs the tenant's identity lock alone, the scope and a transaction.
    """
    with acting_as(program("profiles.shared_addresses")):
        for left_id in left:
            # Evidence tells for an address of which kind it left.
            merge = ProfileMerge.objects.filter(
                loser_id=left_id, kind=AUTOMATIC, unmerged_at__isnull=False, evidence__addressOf="many"
            ).last()
            if merge is None:
                continue
            links = Identifier.objects.filter(profile_id=left_id, kind=merge.evidence["key"], is_shared=True)
            for kind, value in sorted(set(links.values_list("kind", "value"))):
                _unite(cursor, club, left_id, IdentityKey(kind, value))


def _unite(cursor: Any, club: Club, left_id: UUID, key: IdentityKey) -> None:
    newcomers = _came_to_several(left_id, key)
    if not newcomers:
        return
    rows = Identifier.objects.filter(kind=key.kind, value=key.value)
    if club.is_role(*key) or rows.count() > MOST_HOLDERS:
        return
    holders = load_holders(set(rows.values_list("profile_id", flat=True)))
    place = list(holders).index(left_id)
    if shared_address(club, key, list(holders.values()), place).reach[key] is Reach.MANY:
        return
    united = [
        _part_with(cursor, club, holders[other_id], key)
        for other_id in newcomers
        if _are_one_contact(holders[left_id], holders[other_id])
        and min(holders[left_id].links, default=0) < min(holders[other_id].links, default=0)
    ]
    merge_many(
        [
            NewMerge(left_id, other_id, AUTOMATIC, {"key": key.kind, "addressOf": MAILBOX})
            for other_id in united
        ]
    )
    # The confidence is that of the event which first attached the address.
    confidence = rows.filter(origin_profile_id=left_id).values_list("confidence", flat=True).first()
    if united and confidence is not None:
        rows.filter(origin_profile_id__in=united).update(confidence=confidence)


def _part_with(cursor: Any, club: Club, holder: Holder, key: IdentityKey) -> UUID:
    """The customer of the records that have the address; the others of the holder's stay, in a customer of their own.

    Had the contact been free, they had gone to it instead of to whoever had another of their addresses.
    """
    # Records know all their addresses once the events are read.
    events = read_events_of(cursor, club, holder)
    part = [record for record in holder.records.values() if key in record.addresses]
    if not part or len(part) == len(holder.records):
        return holder.profile_id
    return split_off(cursor, club, split_of(holder, key, part, events))


def _came_to_several(left_id: UUID, key: IdentityKey) -> list[UUID]:
    """Who got the address when two others had it already; nobody who left a customer for it counts."""
    rows = list(
        Identifier.objects.filter(kind=key.kind, value=key.value, is_shared=True)
        .exclude(profile_id=left_id)
        .order_by("pk")
        .values_list("profile_id", "origin_profile_id")
    )
    origins = {origin_id for _, origin_id in rows}
    gone = set(
        ProfileMerge.objects.filter(
            kind=AUTOMATIC, unmerged_at__isnull=False, evidence__addressOf="many", loser_id__in=origins
        ).values_list("loser_id", flat=True)
    )
    identities = dict(CustomerProfile.objects.filter(pk__in=origins).values_list("pk", "identity_id"))
    seen: set[UUID] = set()
    found: list[UUID] = []
    for profile_id, origin_id in rows:
        identity_id = identities.get(origin_id) or origin_id
        if origin_id in gone or identity_id in seen:
            continue
        if len(seen) >= SEVERAL:
            found.append(profile_id)
        seen.add(identity_id)
    return found


def _are_one_contact(left: Holder, other: Holder) -> bool:
    """Whether both are nothing but an address, without a name, and neither births nor staff speak against it."""
    births = []
    addresses = [
        {one for record in holder.records.values() for one in record.addresses} for holder in (left, other)
    ]
    if are_apart_but_for_number(*addresses):
        return False
    for holder in (left, other):
        if holder.is_by_staff or any(link.kind in CAPPED_KINDS for link in holder.links.values()):
            return False
        births.append({each for record in holder.records.values() for each in record.births})
    if all(births) and births[0].isdisjoint(births[1]):
        return False
    both = [left.profile_id, other.profile_id]
    # What staff made or edited has a record of its own.
    if Identifier.objects.filter(profile_id__in=both, kind=CRM_RECORD).exists():
        return False
    if any(CustomerProfile.objects.filter(pk__in=both).values_list("first_name", flat=True)):
        return False
    return not are_kept_apart(left.profile_id, other.profile_id)
