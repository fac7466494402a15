"""Which tenant a request is about."""

from django.http import HttpRequest

from tenants.api.errors import InvalidParameterError
from tenants.callers import Caller
from tenants.directory import find_tenant, tenant_by_id
from tenants.errors import NotFoundError
from tenants.models import Tenant

PARAMETER = "tenantId"
HEADER = "X-Tenant-Id"
MOST_NAMED = 20


def tenant_for(request: HttpRequest, caller: Caller) -> Tenant:
    """The tenant named by `tenantId` or `X-Tenant-Id` (UUID, slug or alias), or the caller's only one.

    Raises InvalidParameterError (TENANT_REQUIRED, TENANT_AMBIGUOUS), and NotFoundError for a tenant that
    does not exist or is not the caller's: both sound the same, so that nobody can find out who our
    customers are.
    """
    named = request.GET.get(PARAMETER) if request.META.get("QUERY_STRING") else None
    in_header = request.META.get("HTTP_X_TENANT_ID")
    if not named and not in_header:
        return _only_tenant(caller)
    tenant = own_tenant(named or in_header or "", caller)
    if named and in_header and own_tenant(in_header, caller).pk != tenant.pk:
        raise InvalidParameterError(
            PARAMETER, f"{PARAMETER} and {HEADER} name different tenants.", code="TENANT_AMBIGUOUS"
        )
    return tenant


def own_tenant(identifier: str, caller: Caller) -> Tenant:
    """The caller's tenant of that name; raises NotFoundError as `tenant_for` does."""
    tenant = find_tenant(identifier)
    if tenant is None or tenant.pk not in caller.tenant_ids:
        raise NotFoundError("There is no such tenant among yours.")
    return tenant


def _only_tenant(caller: Caller) -> Tenant:
    if len(caller.tenant_ids) != 1:
        mine = sorted(tenant_by_id(tenant_id).slug for tenant_id in caller.tenant_ids)[:MOST_NAMED]
        message = (
            f"Say which tenant you mean ({PARAMETER} or {HEADER}): {', '.join(mine) or 'you have none'}."
        )
        raise InvalidParameterError(PARAMETER, message, code="TENANT_REQUIRED")
    return tenant_by_id(next(iter(caller.tenant_ids)))
