"""Taking back what an address of several people had taken apart, once those people prove to be one.

The other half of `reexamining`: a record left its customer because somebody else had the address as well. When the two
are joined, nobody else may be left; then the record is where it would be, had they been one from the start.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Q

from events import log
from events.identity_hints import IdentityKey
from events.log import LogEntry
from profiles.claims import CAPPED_KINDS, WEAK_KINDS
from profiles.club import Club
from profiles.ingest.around import crowded
from profiles.ingest.contacts import MAILBOX
from profiles.ingest.reexamining import (
    Holder,
    load_holders,
    read_events_of,
    shared_address,
    shared_with_others,
)
from profiles.ingest.strays import strays
from profiles.log_kinds import LogKind
from profiles.merging.actions import changed_entries, rehome
from profiles.merging.cannot_link import are_kept_apart
from profiles.merging.reassignment import AUTOMATIC
from profiles.models import CustomerProfile, Identifier, ProfileMerge
from profiles.names import names_disagree
from tenants.action_log import log_action
from tenants.actors import acting_as, program


def rejoin(cursor: Any, club: Club, keys: Collection[IdentityKey]) -> int:
    """Give customers back the records that these addresses took from them for a reason that no longer holds.

    For addresses of customers who were joined, or came apart, just now; returns how many customers ended. What staff
    decided stands: customers whom they merged, or keep apart, are left alone. Needs the tenant's identity lock alone,
    the scope and a transaction.
    """
    wanted = {key.value for key in keys if key.kind in WEAK_KINDS}
    if not wanted:
        return 0
    links = Identifier.objects.filter(kind__in=WEAK_KINDS, value__in=wanted, is_shared=True)
    holder_ids = set(links.exclude(value__in=crowded(wanted)).values_list("profile_id", flat=True))
    count = 0
    with acting_as(program("profiles.shared_addresses")):
        for host_id, parted in sorted(_parted(holder_ids).items()):
            count += _rejoin(cursor, club, host_id, _returning(cursor, club, host_id, parted))
    return count


def _parted(profile_ids: Collection[UUID]) -> dict[UUID, dict[UUID, int]]:
    """Of these customers those who left another of them for an address: host → (customer who left → merge)."""
    stands_for = {
        pk: merged_into or pk
        for pk, merged_into in CustomerProfile.objects.filter(
            Q(pk__in=profile_ids) | Q(merged_into_id__in=profile_ids)
        ).values_list("pk", "merged_into_id")
    }
    merges = ProfileMerge.objects.filter(
        kind=AUTOMATIC, unmerged_at__isnull=False, evidence__addressOf="many", loser_id__in=stands_for
    )
    contacts = ProfileMerge.objects.filter(
        kind=AUTOMATIC, unmerged_at=None, evidence__addressOf=MAILBOX, loser_id__in=stands_for
    )
    came_since = set(contacts.values_list("loser_id", flat=True))
    sizes = Counter(survivor_id for pk, survivor_id in stands_for.items() if pk not in came_since)
    found: dict[UUID, dict[UUID, int]] = {}
    for merge in merges.order_by("pk"):
        host_id, left_id = stands_for.get(merge.winner_id), stands_for[merge.loser_id]
        # Who left and was joined with the contact of the address is where it belongs.
        if merge.loser_id in came_since:
            continue
        # Who has been joined with somebody since is no longer only what left.
        if host_id in {None, left_id} or sizes[left_id] > 1 or are_kept_apart(host_id, left_id):
            continue
        found.setdefault(host_id, {})[left_id] = merge.pk
    return found


def _returning(cursor: Any, club: Club, host_id: UUID, parted: Mapping[UUID, int]) -> dict[UUID, int]:
    """Of those who left the host the most that no address takes apart any more, taken together."""
    shared = shared_with_others({host_id, *parted})
    holders = load_holders({host_id, *parted, *chain.from_iterable(shared.values())})
    host = holders[host_id]
    returning = {pk: merge_id for pk, merge_id in parted.items() if _may_be_one(host, holders[pk])}
    for pk in (host_id, *returning):
        read_events_of(cursor, club, holders[pk])
    while returning:
        records = {pk: holders[pk].records for pk in (host_id, *returning)}
        united = Holder(host_id, records=dict(chain.from_iterable(one.items() for one in records.values())))
        gone: set[int] = set()
        for key, profile_ids in shared.items():
            others = [holders[pk] for pk in profile_ids if pk not in records]
            address = shared_address(club, key, [united, *others], 0, records)
            gone.update(one.id for group in strays(address, 0) for one in group)
        leaving = [pk for pk in returning if not gone.isdisjoint(records[pk])]
        if not leaving:
            break
        for pk in leaving:
            del returning[pk]
    return returning


def _may_be_one(host: Holder, left: Holder) -> bool:
    """Whether what is known of both by now does not contradict, and staff have joined neither with anybody."""
    if host.is_by_staff or left.is_by_staff:
        return False
    capped = [{link.kind for link in one.links.values()} & CAPPED_KINDS for one in (host, left)]
    births, names = (
        [{each for record in one.records.values() for each in getattr(record, field)} for one in (host, left)]
        for field in ("births", "names")
    )
    if not capped[0].isdisjoint(capped[1]) or names_disagree(*names):
        return False
    return not all(births) or not births[0].isdisjoint(births[1])


def _rejoin(cursor: Any, club: Club, host_id: UUID, returning: Mapping[UUID, int]) -> int:
    """Let these merges of the rules stand again."""
    if not returning:
        return 0
    ProfileMerge.objects.filter(pk__in=returning.values()).update(
        unmerged_at=None, unmerged_by_name="", evidence={"addressOf": "one"}
    )
    survivor_of, changes = rehome(cursor, club.id, {host_id, *returning})
    log.append(
        [
            *(
                LogEntry(
                    LogKind.PROFILE_MERGED,
                    survivor_of[pk],
                    {"loserId": str(pk), "evidence": {"addressOf": "one"}},
                )
                for pk in returning
            ),
            *changed_entries(changes),
        ]
    )
    for pk, merge_id in returning.items():
        log_action(
            "customer.merged",
            subject_kind="customer",
            subject_id=survivor_of[pk],
            details={
                "other": str(pk),
                "merge": merge_id,
                "because": "The address is one person's after all.",
            },
        )
    return len(returning)
