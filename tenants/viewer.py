"""Who the caller is and which clubs it may ask about: what a front end needs before anything else."""

from typing import Any

from django.conf import settings

from tenants.callers import Caller
from tenants.directory import tenant_by_id
from tenants.models import Membership, Tenant, TenantName
from tenants.sources import SOURCES


def viewer_fields(caller: Caller) -> dict[str, Any]:
    """The caller as the outside sees it; `requestsPerMinute` by class, a key's own limit in place of the platform's."""
    own = caller.rate_limit_per_minute
    limits = {name: limit if own is None else own for name, limit in settings.CRM_RATE_LIMITS.items()}
    return {
        "kind": caller.kind.name,
        "subject": caller.subject,
        "name": caller.name,
        "email": caller.user.email or None if caller.user else None,
        "scopes": sorted(caller.scopes),
        "sources": sorted(SOURCES if caller.sources is None else caller.sources),
        "requestsPerMinute": limits,
        "isSandbox": _sees_sandboxes_only(caller),
    }


def _sees_sandboxes_only(caller: Caller) -> bool:
    clubs = [tenant_by_id(tenant_id) for tenant_id in caller.tenant_ids]
    return bool(clubs) and all(club.is_sandbox for club in clubs)


def tenants_of_caller(caller: Caller) -> list[dict[str, Any]]:
    """The caller's active clubs by name, in three queries however many there are."""
    rows = list(Tenant.objects.filter(pk__in=caller.tenant_ids, is_active=True).order_by("name", "id"))
    aliases: dict[Any, list[str]] = {}
    names = TenantName.objects.filter(tenant_id__in=caller.tenant_ids).order_by("name")
    for tenant_id, name in names.values_list("tenant_id", "name"):
        aliases.setdefault(tenant_id, []).append(name)
    roles: dict[Any, str] = {}
    if caller.user is not None:
        held = Membership.objects.filter(user=caller.user, tenant_id__in=caller.tenant_ids)
        roles = dict(held.values_list("tenant_id", "role"))
    return [
        {
            "id": row.pk,
            "slug": row.slug,
            "aliases": [name for name in aliases.get(row.pk, []) if name != row.slug],
            "name": row.name,
            "timeZone": row.time_zone,
            "country": row.default_country,
            "currency": row.currency,
            "locale": row.locale,
            "membershipTiers": row.tier_order,
            "role": roles.get(row.pk),
            "isSandbox": row.is_sandbox,
        }
        for row in rows
    ]
