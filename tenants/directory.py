"""Which tenant is meant: by UUID, slug or alias, and how tenants get those names."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from tenants.declarations import every, resolve
from tenants.errors import ConflictError, InvalidError
from tenants.expiring_cache import ExpiringCache
from tenants.models import Tenant, TenantName
from tenants.models.tenant import validate_slug
from tenants.pick_lists import countries, currencies, ways_of_writing
from tenants.scope import tenant_scope

FOUND_SECONDS = 5.0
# Long enough that a batch of a thousand wrong names asks once, short enough for a tenant made a moment ago.
MISSED_SECONDS = 1.0

UUID_SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAME_SHAPE = re.compile(r"[a-z0-9-]{1,63}")

_found: ExpiringCache[str, Tenant] = ExpiringCache(max_entries=5_000)
# Apart from the found ones, so that a stream of wrong names cannot push them out.
_missed: ExpiringCache[str, bool] = ExpiringCache(max_entries=5_000)
_by_id: ExpiringCache[UUID, Tenant] = ExpiringCache(max_entries=5_000)


def find_tenant(identifier: str) -> Tenant | None:
    """The active tenant with this UUID, slug or alias (any case); None when there is none.

    A change made by another process is seen within FOUND_SECONDS. The row is shared: do not change it.
    """
    key = identifier.strip().lower()
    tenant = _found.get(key)
    if tenant is not None:
        return tenant
    if not NAME_SHAPE.fullmatch(key) or _missed.get(key):
        return None
    if UUID_SHAPE.fullmatch(key):
        tenant = Tenant.objects.filter(pk=UUID(key), is_active=True).first()
    else:
        tenant = Tenant.objects.filter(names__name=key, is_active=True).first()
    if tenant is None:
        _missed.put(key, True, seconds=MISSED_SECONDS)
    else:
        _found.put(key, tenant, seconds=FOUND_SECONDS)
    return tenant


def tenant_by_id(tenant_id: UUID) -> Tenant:
    """The tenant, active or not, cached like `find_tenant`; raises Tenant.DoesNotExist."""
    tenant = _by_id.get(tenant_id)
    if tenant is None:
        tenant = Tenant.objects.get(pk=tenant_id)
        _by_id.put(tenant_id, tenant, seconds=FOUND_SECONDS)
    return tenant


def forget_tenants() -> None:
    """Drop what this process has cached; called after each change of a tenant or its names."""
    for cache in (_found, _missed, _by_id):
        cache.clear()


def create_tenant(
    *,
    name: str,
    slug: str,
    aliases: Sequence[str] = (),
    time_zone: str = "UTC",
    default_country: str = "ZA",
    currency: str = "ZAR",
    locale: str = "en_ZA",
    tier_order: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    is_furnished: bool = True,
    is_sandbox: bool = False,
) -> Tenant:
    """Make a tenant together with its slug and aliases.

    Apps put into it what they declare as `on_tenant_created`, unless it is to be bare.

    Raises ConflictError (TENANT_NAME_TAKEN) when one of the names belongs to another tenant, and Django's
    ValidationError when a value cannot be used.
    """
    slug, names = _clean_name(slug), [_clean_name(alias) for alias in aliases]
    tenant = Tenant(
        name=name,
        slug=slug,
        time_zone=time_zone,
        default_country=default_country,
        currency=currency,
        locale=locale,
        tier_order=list(tier_order),
        settings=dict(settings or {}),
        is_sandbox=is_sandbox,
    )
    tenant.full_clean(validate_unique=False, validate_constraints=False)
    _check_codes(tenant)
    with transaction.atomic():
        # Names first: foreign keys are checked at the end, and a taken name must be told as such.
        for each in dict.fromkeys([slug, *names]):
            _own_name(tenant, each)
        tenant.save()
        if is_furnished:
            furnish(tenant)
    transaction.on_commit(forget_tenants)
    return tenant


def _check_codes(tenant: Tenant) -> None:
    """Raise InvalidError for a country, a currency or a way of writing that does not exist, or a tier named twice."""
    for field, value, known, kind, example in (
        ("default_country", tenant.default_country, countries(), "a country", "ZA"),
        ("currency", tenant.currency, currencies(), "a currency", "ZAR"),
        ("locale", tenant.locale, ways_of_writing(), "a way of writing", "en_ZA"),
    ):
        if value not in dict(known):
            raise InvalidError(f"{value!r} is not {kind}; write one such as {example}.", field=field)
    twice = [tier for tier in tenant.tier_order if tenant.tier_order.count(tier) > 1]
    if twice:
        raise InvalidError(f"The tier {twice[0]!r} is named twice.", field="tier_order")


def furnish(tenant: Tenant) -> None:
    """What each app puts into a new club, in the transaction that makes it."""
    with tenant_scope(tenant):
        for put_in in map(resolve, every("on_tenant_created")):
            put_in(tenant)


def add_alias(*, tenant: Tenant, alias: str) -> None:
    """Let one more name lead to the tenant; nothing happens when it already does. Raises ConflictError."""
    with transaction.atomic():
        _own_name(tenant, _clean_name(alias))
    transaction.on_commit(forget_tenants)


def remove_alias(*, tenant: Tenant, alias: str) -> None:
    """Take an alias away; raises ConflictError (SLUG_IN_USE) for the slug itself. Locks the tenant's row."""
    name = _clean_name(alias)
    with transaction.atomic():
        if Tenant.objects.select_for_update().get(pk=tenant.pk).slug == name:
            raise ConflictError(
                f"{name!r} is the slug of {tenant.name}; rename the tenant first.", code="SLUG_IN_USE"
            )
        TenantName.objects.filter(name=name, tenant=tenant).delete()
    transaction.on_commit(forget_tenants)


def rename(*, tenant: Tenant, slug: str) -> None:
    """Give the tenant another slug; the old one stays as an alias, so that nobody's links break.

    Raises ConflictError (TENANT_NAME_TAKEN). Locks the tenant's row.
    """
    slug = _clean_name(slug)
    with transaction.atomic():
        Tenant.objects.select_for_update().get(pk=tenant.pk)
        _own_name(tenant, slug)
        Tenant.objects.filter(pk=tenant.pk).update(slug=slug)
    tenant.slug = slug
    transaction.on_commit(forget_tenants)


def _clean_name(name: str) -> str:
    cleaned = name.strip().lower()
    validate_slug(cleaned)
    if UUID_SHAPE.fullmatch(cleaned):
        raise InvalidError("A tenant's slug or alias may not look like a UUID.", field="slug")
    return cleaned


def _own_name(tenant: Tenant, name: str) -> None:
    """Write the name's row; the primary key decides between two tenants that want it at once."""
    try:
        with transaction.atomic():
            owned, _ = TenantName.objects.get_or_create(name=name, defaults={"tenant": tenant})
    except IntegrityError as error:
        raise _taken(name) from error
    if owned.tenant_id != tenant.pk:
        raise _taken(name)


def _taken(name: str) -> ConflictError:
    return ConflictError(
        f"The name {name!r} already leads to another tenant.", code="TENANT_NAME_TAKEN", extra={"name": name}
    )
