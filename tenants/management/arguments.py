"""Arguments that several commands of this app read alike."""

from django.core.management.base import CommandError

from tenants.directory import find_tenant
from tenants.models import Scope, Tenant

MOST_NAMED = 20


def read_tenants(text: str) -> list[Tenant]:
    """Tenants by UUID, slug or alias, separated by commas; raises CommandError for an unknown one."""
    return [read_tenant(name) for name in split(text)]


def read_tenant(name: str) -> Tenant:
    """The tenant by UUID, slug or alias; raises CommandError with those that there are."""
    tenant = find_tenant(name)
    if tenant is None:
        slugs = Tenant.objects.filter(is_active=True).order_by("slug").values_list("slug", flat=True)
        known = ", ".join(slugs[:MOST_NAMED]) or "none yet"
        raise CommandError(f"There is no active tenant {name!r}. Known: {known}.")
    return tenant


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
