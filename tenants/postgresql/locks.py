"""Advisory locks. Apps declare them with their numbers, which a check compares, so that no two purposes share one."""

from functools import cache
from typing import Final, NewType

from django.db import connection
from django.db.transaction import TransactionManagementError

from tenants.declarations import extensions
from tenants.scope import current_tenant_id

Lock = NewType("Lock", int)


@cache
def _declared() -> dict[str, Lock]:
    return {name: Lock(number) for brought in extensions().values() for name, number in brought.locks.items()}


class _AdvisoryLocks:
    """`AdvisoryLock.IDENTITY`: the number that an app declared; the first key of the pair in the database."""

    def __getattr__(self, name: str) -> Lock:
        try:
            return _declared()[name]
        except KeyError:
            raise AttributeError(f"No app declares an advisory lock {name}.") from None


AdvisoryLock: Final = _AdvisoryLocks()


def lock_tenant(purpose: Lock, *, shared: bool = False) -> None:
    """Wait for the open scope's lock and hold it until the open transaction ends.

    `shared`: together with other shared holders, but with no exclusive one. Never ask for the exclusive lock while
    holding the shared one: two who do so wait for each other. Outside a transaction it raises
    TransactionManagementError, because the lock would be gone with its own statement.

    The transaction is this tenant's from then on, up to its end: another scope is refused in it (ScopeError), since
    readers of the other tenants' logs do not wait for it.
    """
    _check_transaction()
    connection.keep_to(current_tenant_id())  # type: ignore[attr-defined]  # of tenants.postgresql.base
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, hashtext(%s))", [int(purpose), str(current_tenant_id())])


def try_lock(purpose: Lock, name: str) -> bool:
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
