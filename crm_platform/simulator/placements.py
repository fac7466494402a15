"""Where the platform put the records of the services, for the score."""

from collections import defaultdict
from typing import Final

from crm_platform.simulator.score import RecordKey
from crm_platform.simulator.truth import RECORD_KINDS
from profiles.matching.review import queue
from profiles.models import Identifier
from tenants.models import Tenant
from tenants.scope import tenant_scope

CHUNK: Final = 5_000


def profiles_of_records(tenant: Tenant) -> dict[RecordKey, str]:
    """Record → profile of every service id, and of e-mails that lead to one profile only."""
    held: dict[RecordKey, set[str]] = defaultdict(set)
    with tenant_scope(tenant):
        rows = Identifier.objects.filter(kind__in=RECORD_KINDS).values_list("kind", "value", "profile_id")
        for kind, value, profile_id in rows.iterator(chunk_size=CHUNK):
            held[kind, value].add(str(profile_id))
    return {key: next(iter(profiles)) for key, profiles in held.items() if len(profiles) == 1}


def waiting_pairs(tenant: Tenant) -> set[tuple[str, str]]:
    """Pairs of profiles that staff will be asked about, each in ascending order."""
    with tenant_scope(tenant):
        pairs = queue().values_list("first_profile_id", "second_profile_id")
        return {(min(str(one), str(other)), max(str(one), str(other))) for one, other in pairs}
