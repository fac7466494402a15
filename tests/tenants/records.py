"""Rows of the ground floor's own tenant table, for the tests of the two walls."""

import hashlib
from itertools import count
from typing import Any

from django.db import connection

from tenants.models import IdempotencyRecord, Tenant
from tenants.scope import tenant_scope

TABLE = "tenants_idempotencyrecord"

_number = count(1)


def unsaved_record(tenant: Tenant, **values: Any) -> IdempotencyRecord:
    """A row that breaks no constraint."""
    key = f"key-{next(_number)}"
    defaults: dict[str, Any] = {
        "tenant": tenant,
        "caller": "key:1",
        "key": key,
        "request_hash": hashlib.sha256(key.encode()).hexdigest(),
        "method": "POST",
        "path": "/api/v1/things",
        "response_status": 201,
        "response_body": b"{}",
    }
    return IdempotencyRecord(**(defaults | values))


def record(tenant: Tenant, **values: Any) -> IdempotencyRecord:
    """A stored row of the tenant."""
    row = unsaved_record(tenant, **values)
    with tenant_scope(tenant):
        row.save()
    return row


def keys_by_sql() -> list[str]:
    """The keys of all rows that PostgreSQL shows, past every manager: the Python wall is not in the way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM tenants_idempotencyrecord ORDER BY id")
        return [key for (key,) in cursor.fetchall()]
