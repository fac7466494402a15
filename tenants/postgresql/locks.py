"""Advisory locks, all in one place so that no two purposes share a number."""

from enum import IntEnum

from django.db import connection
from django.db.transaction import TransactionManagementError

from tenants.scope import current_tenant_id


class AdvisoryLock(IntEnum):
    """What a lock protects; the first key of the pair, the second is derived from the tenant."""

    IDENTITY = 1  # who is who in one tenant: identifiers, merges, golden rows
    IDEMPOTENCY_KEY = 2  # a request that may come twice, while its first answer is being made
    SCORING = 3  # the versions of one tenant's scoring rules
    WEBHOOKS = 4  # how many endpoints a tenant has, and how many of them are sent to at once


def lock_tenant(purpose: AdvisoryLock, *, shared: bool = False) -> None:
    """Wait for the open scope's lock and hold it until the open transaction ends.

    `shared`: together with other shared holders, but with no exclusive one. Never ask for the exclusive lock while
    holding the shared one: two who do so wait for each other. Outside a transaction it raises
    TransactionManagementError, because the lock would be gone with its own statement.
    """
    _check_transaction()
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, hashtext(%s))", [int(purpose), str(current_tenant_id())])


def try_lock(purpose: AdvisoryLock, name: str) -> bool:
    """Take the lock of a name of the tenant until the open transaction ends; False when somebody holds it.

    Raises TransactionManagementError outside a transaction.
    """
    _check_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))",
            [int(purpose), f"{current_tenant_id()}/{name}"],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _check_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            "A lock lives as long as its transaction: wrap the call in `atomic()`."
        )
