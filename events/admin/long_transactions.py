"""A transaction that has been open for minutes, where an admin sees it first."""

from typing import Any

from tenants.middleware import StaffRequest
from tenants.postgresql.sessions import long_transactions


def panel(request: StaffRequest) -> dict[str, Any] | None:
    """The sessions by pid, database and age; hidden where there are none."""
    found = long_transactions()
    return {"transactions": found} if found else None
