"""Taking a merge back, as staff, API and commands do it."""

from uuid import UUID

from django.db import connection, transaction

from events.identity_hints import IdentityKey
from profiles.claims import WEAK_KINDS
from profiles.club import Club
from profiles.ingest.around import crowded, links_of
from profiles.ingest.contacts import left_before, unite_contacts
from profiles.ingest.reexamining import reexamine
from profiles.ingest.rejoining import rejoin
from profiles.ingest.settling import settle
from profiles.merging.actions import UnmergeOutcome, undo_merge
from profiles.models import Identifier
from tenants.models import Tenant
from tenants.scope import current_tenant_id


def unmerge_profiles(profile_id: UUID, *, merge_id: int | None = None) -> UnmergeOutcome:
    """Take back the merge by which this profile was merged into another; see `undo_merge`, whose errors it raises.

    The rules leave customers alone whom a person merged. Once they stand apart again, what an address of many had
    joined on either side is looked at, as it would have been had nobody merged them.
    """
    with transaction.atomic():
        outcome = undo_merge(profile_id, merge_id=merge_id)
        club = Club.of(Tenant.objects.get(pk=current_tenant_id()))
        sides = {outcome.winner_id, outcome.restored_id}
        addresses = _shared_addresses_around(sides)
        with connection.cursor() as cursor:
            unite_contacts(cursor, club, {*left_before(addresses), *reexamine(cursor, club, addresses)})
            rejoin(cursor, club, addresses)
            settle(cursor, club, addresses | _addresses_of(sides))
    return outcome


def _addresses_of(profile_ids: set[UUID]) -> set[IdentityKey]:
    return {IdentityKey(link.kind, link.value) for link in links_of(profile_ids) if link.kind in WEAK_KINDS}


def _shared_addresses_around(profile_ids: set[UUID]) -> set[IdentityKey]:
    """What these customers share with others, and what those share: whose an address is decides about the next."""
    links = Identifier.objects.filter(kind__in=WEAK_KINDS, is_shared=True)
    theirs = set(links.filter(profile_id__in=profile_ids).values_list("value", flat=True))
    neighbours = links.filter(value__in=theirs - crowded(theirs)).values_list("profile_id", flat=True)
    around = set(
        links.filter(profile_id__in={*profile_ids, *neighbours}).values_list("kind", "value").distinct()
    )
    crowds = crowded({value for _, value in around})
    return {IdentityKey(kind, value) for kind, value in around if value not in crowds}
