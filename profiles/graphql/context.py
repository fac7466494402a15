"""Who asks, and whose data a root field is about: the same rules as in REST."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest
from graphql import GraphQLResolveInfo

from tenants.actors import acting_as, actor_of_caller
from tenants.api.json_text import contains_null
from tenants.api.tenancy import own_tenant, tenant_for
from tenants.callers import Caller
from tenants.errors import InvalidError
from tenants.models import Scope, Tenant
from tenants.scope import tenant_scope

Resolver = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What every resolver gets as `info.context`."""

    request: HttpRequest
    caller: Caller

    def tenant(self, named: str | None) -> Tenant:
        """The tenant of a field's `tenantId`, else of the request; raises like `tenant_for`."""
        return own_tenant(named, self.caller) if named else tenant_for(self.request, self.caller)


def scoped(scope: Scope) -> Callable[[Resolver], Resolver]:
    """Run a root resolver `f(context, **arguments)` for callers with the scope, inside the tenant's scope.

    It must return plain values: what hangs below is read after the tenant's scope has been closed.
    """

    def decorate(resolver: Resolver) -> Resolver:
        @wraps(resolver)
        def resolve(
            root: object, info: GraphQLResolveInfo, tenant_id: str | None = None, **arguments: Any
        ) -> Any:
            context: Context = info.context
            context.caller.check_scope(scope)
            if contains_null(arguments) or (tenant_id and "\x00" in tenant_id):
                raise InvalidError("Text must not contain null bytes.")
            actor = actor_of_caller(context.caller)
            with tenant_scope(context.tenant(tenant_id).pk), acting_as(actor):
                return resolver(context, **arguments)

        resolve.required_scope = scope  # type: ignore[attr-defined]
        return resolve

    return decorate


def required_scope(resolver: object) -> Scope | None:
    """What a root resolver asks for before it runs; None for one that is not `scoped`."""
    found = getattr(resolver, "required_scope", None)
    return found if isinstance(found, Scope) else None
