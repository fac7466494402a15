"""Base of every table of tenant data: scoped reads, guarded writes."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from tenants.scope import ScopeError, current_scope

Row = TypeVar("Row", bound=models.Model)


def check_tenant(tenant_id: UUID | None) -> None:
    """Raise ScopeError unless a row of this tenant may be written in the open scope."""
    scope = current_scope()
    if scope is None:
        raise ScopeError("A tenant's row cannot be saved outside `tenant_scope(…)`.")
    if isinstance(scope, UUID) and tenant_id != scope:
        raise ScopeError(f"A row of tenant {tenant_id} cannot be saved inside the scope of tenant {scope}.")


class TenantQuerySet(models.QuerySet[Row]):
    """A query set whose bulk writes pass the same guard as `save`."""

    def bulk_create(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> list[Row]:
        """Insert many rows, each of the open scope's tenant."""
        rows = list(objs)
        for row in rows:
            check_tenant(row.tenant_id)  # type: ignore[attr-defined]
        return super().bulk_create(rows, *args, **kwargs)


class TenantManager(models.Manager[Row]):
    """Sees the rows of the open scope's tenant; raises ScopeError outside any scope."""

    def get_queryset(self) -> TenantQuerySet[Row]:
        """Rows of the scope: one tenant's, or all inside `all_tenants()`."""
        rows: TenantQuerySet[Row] = TenantQuerySet(self.model, using=self._db)
        scope = current_scope()
        if scope is None:
            raise ScopeError(
                f"{self.model.__name__} was read outside a scope: use `with tenant_scope(tenant):`."
            )
        return rows.filter(tenant_id=scope) if isinstance(scope, UUID) else rows


class TenantModel(models.Model):
    """A row that belongs to one tenant.

    Migrations of a subclass need `IsolateTenantRows` (check crm.E010 fails without it).
    """

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, db_index=False, related_name="+")

    objects: TenantManager[Any] = TenantManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, after the guard compared the row's tenant with the open scope."""
        check_tenant(self.tenant_id)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete, under the same guard as `save`."""
        check_tenant(self.tenant_id)
        return super().delete(*args, **kwargs)


class TenantChildModel(TenantModel):
    """One of many rows of a parent that vouches for their tenant: its foreign key is (tenant_id, the parent's id).

    A foreign key on the tenant would say nothing that this one does not, and each row would be checked against the
    one row of the tenant, on which all workers meet.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )

    class Meta:
        abstract = True
