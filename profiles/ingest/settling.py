"""Joining contacts without a name that stand alone with the one customer who has all their addresses.

Had it come last, a contact of a service that tells no name would have gone to the one customer who has both its mailbox
and its number (`identity`). One that came before that was known stands alone; as soon as one of its addresses is looked
at again it goes there, so that fewer orders in which records come decide anything.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from events.identity_hints import IdentityKey
from profiles.address_rules import is_listed_twice
from profiles.claims import CAPPED_KINDS, WEAK_KINDS
from profiles.club import Club
from profiles.ingest.reexamining import Holder, crowded, load_holders, shared_address
from profiles.ingest.strays import Reach, SharedAddress, is_mere_address, sole_holder
from profiles.merging.actions import merge_many
from profiles.merging.cannot_link import are_kept_apart
from profiles.merging.reassignment import AUTOMATIC, NewMerge
from profiles.models import CustomerProfile, Identifier, ProfileStatus
from profiles.vocabulary import CRM_RECORD
from tenants.actors import acting_as, program


def settle(cursor: Any, club: Club, keys: Collection[IdentityKey]) -> int:
    """Join what these addresses leave no doubt about; returns how many customers ended.

    Needs the tenant's identity lock alone, the scope and a transaction.
    """
    wanted = {key.value for key in keys if key.kind in WEAK_KINDS and not club.is_role(*key)}
    if not wanted:
        return 0
    links = Identifier.objects.filter(kind__in=WEAK_KINDS, value__in=wanted, is_shared=True)
    found: dict[IdentityKey, set[UUID]] = {}
    for kind, value, profile_id in links.values_list("kind", "value", "profile_id"):
        found.setdefault(IdentityKey(kind, value), set()).add(profile_id)
    nameless = _nameless({pk for ids in found.values() for pk in ids})
    crowds = crowded(wanted) if nameless else set()
    found = {
        key: ids
        for key, ids in sorted(found.items())
        if len(ids) > 1 and key.value not in crowds and not nameless.isdisjoint(ids)
    }
    holders = load_holders({pk for ids in found.values() for pk in ids})
    count = 0
    with acting_as(program("profiles.shared_addresses")):
        for key, ids in found.items():
            alone = sorted(pk for pk in ids & nameless if _is_contact(holders[pk]))
            count += _settle(club, key, [holders[pk] for pk in sorted(ids)], alone, nameless)
    return count


def _settle(
    club: Club, key: IdentityKey, holders: Sequence[Holder], alone: Sequence[UUID], nameless: set[UUID]
) -> int:
    merges: list[NewMerge] = []
    for profile_id in alone:
        place = next(number for number, one in enumerate(holders) if one.profile_id == profile_id)
        target = _target(shared_address(club, key, holders, place), place)
        if target is None or holders[target].profile_id in {one.loser_id for one in merges}:
            continue
        host = holders[target]
        if _may_join(host, holders[place]):
            merges.append(
                NewMerge(host.profile_id, profile_id, AUTOMATIC, {"key": key.kind, "addressOf": "one"})
            )
            nameless.discard(profile_id)
    merge_many(merges)
    return len(merges)


def _nameless(profile_ids: Collection[UUID]) -> set[UUID]:
    """Those who have no name, and whom staff neither made nor edited."""
    people = CustomerProfile.objects.filter(
        pk__in=profile_ids, status=ProfileStatus.ACTIVE, first_name="", last_name=""
    )
    found = set(people.values_list("pk", flat=True))
    by_staff = Identifier.objects.filter(profile_id__in=found, kind=CRM_RECORD)
    return found - set(by_staff.values_list("profile_id", flat=True))


def _is_contact(holder: Holder) -> bool:
    """Whether it is a single contact of a service, known by addresses alone."""
    return (
        not holder.is_by_staff
        and len(holder.records) == len(holder.links) == 1
        and all(map(is_mere_address, holder.records.values()))
    )


def _target(shared: SharedAddress, place: int) -> int | None:
    """The place of the one who has all addresses of the contact at `place`, of two or more."""
    if shared.reach[shared.key] is Reach.MANY:
        return None
    [mere] = shared.holders[place]
    target = sole_holder(shared, mere)
    return target if target != place else None


def _may_join(host: Holder, contact: Holder) -> bool:
    """Whether nothing speaks against it: staff, births, another record of the same service with another number."""
    if host.is_by_staff or are_kept_apart(host.profile_id, contact.profile_id):
        return False
    births = [{each for record in one.records.values() for each in record.births} for one in (host, contact)]
    if all(births) and births[0].isdisjoint(births[1]):
        return False
    kinds = [{link.kind for link in one.links.values()} & CAPPED_KINDS for one in (host, contact)]
    keys = [_keys(one) for one in (host, contact)]
    return kinds[0].isdisjoint(kinds[1]) and not is_listed_twice(*keys)


def _keys(holder: Holder) -> set[IdentityKey]:
    addresses = {one for record in holder.records.values() for one in record.addresses}
    return addresses | {IdentityKey(link.kind, link.value) for link in holder.links.values()}
