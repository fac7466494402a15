"""The first of the two walls between tenants: which tenant this piece of work is about.

The scope is a context variable: it follows the call stack, is never inherited by a new thread and
cannot outlive its `with` block. The database connection reads it too (see `tenants.postgresql`), so
that row level security, the second wall, sees the same tenant.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from tenants.models import Tenant


class ScopeError(RuntimeError):
    """Tenant data was touched outside a scope, or a row of another tenant inside one."""


class Everything(Enum):
    """The marker of `all_tenants`; an enum, so that type checkers can narrow it."""

    ALL_TENANTS = "all tenants"


Scope = UUID | Everything | None  # None: outside any scope
_scope: ContextVar[Scope] = ContextVar("crm_tenant_scope", default=None)


def current_scope() -> Scope:
    """The open scope: a tenant's UUID, `Everything.ALL_TENANTS`, or None outside any scope."""
    return _scope.get()


def current_tenant_id() -> UUID:
    """The tenant whose scope is open; raises ScopeError where none (or every one) is."""
    scope = _scope.get()
    if not isinstance(scope, UUID):
        raise ScopeError("No tenant scope is open here: wrap the call in `with tenant_scope(tenant):`.")
    return scope


@contextmanager
def tenant_scope(tenant: "Tenant | UUID") -> Iterator[UUID]:
    """Make everything inside the block about one tenant; scopes nest, the inner one counts."""
    tenant_id = tenant if isinstance(tenant, UUID) else tenant.pk
    token = _scope.set(tenant_id)
    try:
        yield tenant_id
    finally:
        _scope.reset(token)


@contextmanager
def all_tenants() -> Iterator[None]:
    """The explicit way out, for maintenance and for claiming work across tenants; never for a request."""
    token = _scope.set(Everything.ALL_TENANTS)
    try:
        yield
    finally:
        _scope.reset(token)
