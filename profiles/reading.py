"""Finding customers: by id, by key, by filter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, IntegerField, QuerySet, UUIDField, Value

from events.identity_hints import IdentityKey
from profiles.cache import read_through
from profiles.club import Club
from profiles.customer_filters import apply_brought
from profiles.effects.keys import normal_keys
from profiles.errors import CustomerNotFound, NothingToResolve
from profiles.models import CustomerProfile, Note, ProfileStatus
from profiles.representation import COLUMNS, row_fields, to_json
from profiles.search.finding import search_profiles
from profiles.timeline import Place, TimelineFilter, TimelinePage, read_timeline
from profiles.vocabulary import UNLISTED
from tenants.directory import tenant_by_id
from tenants.expiring_cache import ExpiringCache
from tenants.postgresql.prepared import Prepared, read_prepared
from tenants.scope import current_tenant_id

# Matches of a search text that a filtered list considers.
MOST_FOUND = 500
# As long as a tenant's row is cached; making a Club of it compiles its placeholders.
CLUB_SECONDS = 5.0

_READ_COLUMNS = ", ".join(f"p.{column}" for column in COLUMNS)
READ: Final = Prepared(f"""
SELECT {_READ_COLUMNS} FROM profiles_customerprofile AS p WHERE p.tenant_id = %s AND p.id = %s
""")
# The customer who alone holds a key (perhaps twice, after a merge); nobody for a shared one.
RESOLVE: Final = Prepared(f"""
SELECT {_READ_COLUMNS} FROM profiles_customerprofile AS p WHERE p.tenant_id = %s AND p.id = (
    SELECT (array_agg(holder.profile_id))[1] FROM (
        SELECT DISTINCT key.profile_id FROM profiles_identifier AS key
        WHERE key.tenant_id = %s AND key.kind = %s AND key.value = %s LIMIT 2
    ) AS holder
    HAVING count(*) = 1
)
""")

_IDS: Final = ArrayField(UUIDField())
_clubs: ExpiringCache[UUID, Club] = ExpiringCache(max_entries=5_000)


def get_customer(profile_id: UUID) -> CustomerProfile:
    """The customer with this id; for one that was merged the survivor. Raises CustomerNotFound."""
    profile: CustomerProfile | None = CustomerProfile.objects.filter(pk=profile_id).first()
    if profile is not None and profile.merged_into_id is not None:
        profile = CustomerProfile.objects.filter(pk=profile.merged_into_id).first()
    if profile is None or profile.status == ProfileStatus.DELETED:
        raise CustomerNotFound
    return profile


def read_customer(profile_id: UUID) -> bytes:
    """The customer as finished JSON, cached; raises CustomerNotFound.

    The id of a merged customer answers with the survivor, whose `mergedInto` then is the survivor's own id.
    """
    survivor_id: UUID | None = None

    def load() -> bytes | None:
        nonlocal survivor_id
        fields = _read_fields(profile_id)
        if fields is None:
            return None
        # What stands under a loser's key would outlive changes of the survivor: it is not cached there.
        survivor_id = fields["mergedInto"]
        return None if survivor_id is not None else to_json(fields)

    found = read_through(profile_id, load)
    if survivor_id is not None:
        survivor = _read_fields(survivor_id)
        found = None if survivor is None else to_json({**survivor, "mergedInto": survivor_id})
    if found is None:
        raise CustomerNotFound
    return found


def _read_fields(profile_id: UUID) -> dict[str, Any] | None:
    rows = read_prepared(READ, current_tenant_id(), profile_id)
    return _living(row_fields(rows[0])) if rows else None


def _living(fields: dict[str, Any]) -> dict[str, Any] | None:
    return None if fields["status"] == ProfileStatus.DELETED else fields


def resolve_customer(keys: Sequence[IdentityKey]) -> dict[str, Any]:
    """The fields of the customer to whom keys (as written, of any kind) lead, the strongest first.

    A key that several people share leads to nobody. Raises NothingToResolve when no key is usable, CustomerNotFound
    when none leads anywhere.
    """
    usable = normal_keys(keys, "", current_club())
    if not usable:
        raise NothingToResolve
    tenant_id = current_tenant_id()
    for kind, value in usable:
        rows = read_prepared(RESOLVE, tenant_id, tenant_id, kind, value)
        fields = _living(row_fields(rows[0])) if rows else None
        if fields is not None:
            return fields
    raise CustomerNotFound


def current_club() -> Club:
    """The open scope's club; a change of its settings is seen within seconds."""
    tenant_id = current_tenant_id()
    club = _clubs.get(tenant_id)
    if club is None:
        club = Club.of(tenant_by_id(tenant_id))
        _clubs.put(tenant_id, club, seconds=CLUB_SECONDS)
    return club


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Filters of the customer list; None: do not care. Without `status` merged and deleted ones stay out.

    `brought`: parameter → text of filters that other apps declare.
    """

    status: str | None = None
    lifecycle_stage: str | None = None
    search: str | None = None
    engagement_min: int | None = None
    churn_risk_min: int | None = None
    email_opt_in: bool | None = None
    created_from: datetime | None = None
    updated_from: datetime | None = None
    brought: Mapping[str, str] = field(default_factory=dict)


def list_customers(chosen: CustomerFilter) -> QuerySet[CustomerProfile]:
    """The open scope's customers, newest first; those of a search in its order. Raises what a brought filter raises."""
    conditions: dict[str, Any] = {
        "status": chosen.status,
        "lifecycle_stage": chosen.lifecycle_stage,
        "engagement_score__gte": chosen.engagement_min,
        "churn_risk_score__gte": chosen.churn_risk_min,
        "email_opt_in": chosen.email_opt_in,
        "created_at__gte": chosen.created_from,
        "updated_at__gte": chosen.updated_from,
    }
    customers = CustomerProfile.objects.filter(
        **{key: value for key, value in conditions.items() if value is not None}
    )
    if chosen.status is None:
        customers = customers.exclude(status__in=UNLISTED)
    customers = apply_brought(customers, chosen.brought)
    if chosen.search:
        found = search_profiles(chosen.search, most=MOST_FOUND)
        place = Func(Value(found, _IDS), F("id"), function="array_position", output_field=IntegerField())
        return customers.filter(pk__in=found).order_by(place)
    return customers.order_by("-created_at", "-id")


def list_notes(profile_id: UUID) -> QuerySet[Note]:
    """A customer's notes, pinned ones first, then newest; raises CustomerNotFound."""
    profile = get_customer(profile_id)
    return Note.objects.filter(profile_id=profile.pk).order_by("-is_pinned", "-created_at", "-id")


def customer_timeline(
    profile_id: UUID, *, chosen: TimelineFilter, after: Place | None = None, take: int = 25
) -> TimelinePage:
    """`read_timeline` of a customer, of the survivor for a merged one; raises CustomerNotFound.

    Rows prove that the customer exists, so that only an empty page costs a second look.
    """
    page = read_timeline(profile_id, chosen=chosen, after=after, take=take)
    if page.rows:
        return page
    survivor = get_customer(profile_id)
    if survivor.pk == profile_id:
        return page
    return read_timeline(survivor.pk, chosen=chosen, after=after, take=take)
