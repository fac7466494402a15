"""Restriction of processing: the data is kept and not used (GDPR article 18, POPIA section 14)."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from events import log
from events.log import LogEntry
from profiles.desk_rows import tell_of
from profiles.log_kinds import LogKind
from profiles.models import CustomerProfile, ProcessingRestriction
from profiles.reading import get_customer
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import current_tenant_id

# A restriction stands under the profile for which it was asked; whoever stands together with it is meant as well. From
# the few restrictions to their profiles (OFFSET): a join would read everybody of a club that statistics do not know.
RESTRICTED_AMONG = """
SELECT DISTINCT COALESCE(p.merged_into_id, p.id) FROM profiles_processingrestriction AS r
CROSS JOIN LATERAL (
    SELECT * FROM profiles_customerprofile AS p
    WHERE p.tenant_id = r.tenant_id AND p.id = r.profile_id OFFSET 0) AS p
WHERE r.tenant_id = %s AND COALESCE(p.merged_into_id, p.id) = ANY(%s)
"""


# How others are told, in the changes of `crm.profile.updated`.
RESTRICTION_FIELD: Final = "processingRestricted"
# For statements about profiles that call the table `p`: leaves the restricted out. From the few restrictions to their
# profiles, never the other way round, whatever the planner is told.
NOT_RESTRICTED: Final = """NOT EXISTS (
    SELECT FROM profiles_processingrestriction AS restriction
    CROSS JOIN LATERAL (
        SELECT COALESCE(merged_into_id, id) AS survivor_id FROM profiles_customerprofile
        WHERE tenant_id = restriction.tenant_id AND id = restriction.profile_id OFFSET 0
    ) AS asked
    WHERE restriction.tenant_id = p.tenant_id AND asked.survivor_id = p.id)"""
# Whom such a restriction means, as a query that hangs on nobody: what a statement about a few people asks once.
RESTRICTED: Final = """
SELECT asked.survivor_id FROM profiles_processingrestriction AS restriction
CROSS JOIN LATERAL (
    SELECT COALESCE(merged_into_id, id) AS survivor_id FROM profiles_customerprofile
    WHERE tenant_id = restriction.tenant_id AND id = restriction.profile_id OFFSET 0
) AS asked
WHERE restriction.tenant_id = %(tenant)s"""


def set_restriction(profile_id: UUID, *, is_restricted: bool) -> bool:
    """Restrict the processing of a customer's data, or allow it again; returns whether that changed anything.

    Scores, segments and other services leave the customer out meanwhile; these learn that it is so. Takes the tenant's
    identity lock. Raises CustomerNotFound.
    """
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        survivor = get_customer(profile_id)
        if restriction_of(survivor.pk) == is_restricted:
            return False
        together = CustomerProfile.objects.filter(merged_into_id=survivor.pk).values_list("pk", flat=True)
        if is_restricted:
            ProcessingRestriction.objects.create(
                tenant_id=survivor.tenant_id,
                profile_id=survivor.pk,
                restricted_by_name=current_actor().name,
            )
        else:
            ProcessingRestriction.objects.filter(profile_id__in=[survivor.pk, *together]).delete()
        log.append([LogEntry(LogKind.PROFILE_CHANGED, survivor.pk, {"changes": [RESTRICTION_FIELD]})])
        log_action(
            "customer.restricted" if is_restricted else "customer.unrestricted",
            subject_kind="customer",
            subject_id=survivor.pk,
        )
        words = "restricted the use of the data" if is_restricted else "allowed the use of the data again"
        tell_of([survivor.pk], "RESTRICTED" if is_restricted else "UNRESTRICTED", words)
    return True


def restriction_of(profile_id: UUID) -> bool:
    """Whether the data of this survivor, or of anybody merged into them, must rest."""
    return bool(restricted_among([profile_id]))


def restricted_among(profile_ids: Collection[UUID]) -> set[UUID]:
    """Those of the survivors whose data must rest; one query."""
    if not profile_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(RESTRICTED_AMONG, [current_tenant_id(), list(profile_ids)])
        return {row[0] for row in cursor.fetchall()}
