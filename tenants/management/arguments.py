"""Arguments that several commands of this app read alike."""

from django.core.management.base import CommandError

from tenants.directory import find_tenant
from tenants.models import Scope, Tenant


def read_tenants(text: str) -> list[Tenant]:
    """Tenants by UUID, slug or alias, separated by commas; raises CommandError for an unknown one."""
    tenants = []
    for name in split(text):
        tenant = find_tenant(name)
        if tenant is None:
            known = ", ".join(Tenant.objects.values_list("slug", flat=True)[:20]) or "none yet"
            raise CommandError(f"There is no active tenant {name!r}. Known: {known}.")
        tenants.append(tenant)
    return tenants


def read_scopes(text: str) -> list[str]:
    """Scopes separated by commas or spaces; raises CommandError for an unknown one."""
    scopes = split(text)
    unknown = [scope for scope in scopes if scope not in Scope.values]
    if unknown:
        raise CommandError(f"Unknown scope {', '.join(unknown)}. Known: {', '.join(Scope.values)}.")
    return scopes


def split(text: str) -> list[str]:
    """The words of a list that is separated by commas or spaces."""
    return text.replace(",", " ").split()
