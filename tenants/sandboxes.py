"""Sandboxes: clubs for trying out, of which no message, post or call ever reaches a real peer.

Each door to the outside asks `is_sandbox` and turns to a stand-in, or only notes what it would have sent.
"""

from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, connection, transaction

from tenants.directory import furnish, tenant_by_id
from tenants.errors import ConflictError, InvalidError
from tenants.models import Tenant
from tenants.models.base import TenantModel
from tenants.scope import current_scope, tenant_scope

# Who may come in stays when a sandbox is emptied: people, keys, and what they did.
OF_ACCESS: Final = "tenants"


def is_sandbox() -> bool:
    """Whether the open scope's club is one; False outside a club's scope."""
    scope = current_scope()
    return isinstance(scope, UUID) and tenant_by_id(scope).is_sandbox


def empty_sandbox(tenant: Tenant) -> None:
    """Delete all that the club has but its people and keys, and furnish it as a new one, in one transaction.

    Raises InvalidError for a real club, ConflictError where somebody writes at the same time.
    """
    if not tenant.is_sandbox:
        raise InvalidError(f"{tenant.name} is no sandbox: nothing is deleted.")
    with tenant_scope(tenant.pk), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        waiting = _tables()
        # Who is referred to goes after who refers: round by round, whatever the order of the tables.
        while waiting:
            held = [table for table in waiting if not _emptied(table, tenant.pk)]
            if len(held) == len(waiting):
                raise ConflictError(f"{', '.join(held)} cannot be emptied now; try again.")
            waiting = held
        furnish(tenant)


def _tables() -> list[str]:
    models: list[Any] = [
        model
        for model in apps.get_models()
        if issubclass(model, TenantModel) and model._meta.app_label != OF_ACCESS and not model._meta.proxy
    ]
    return [connection.ops.quote_name(model._meta.db_table) for model in models]


def _emptied(table: str, tenant_id: UUID) -> bool:
    """False, and nothing done, where rows of another table still refer to it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [tenant_id])
    except IntegrityError:
        return False
    return True
