"""What consumers are handed, and what they may answer."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID


class Entry(NamedTuple):
    """A log entry as consumers get it."""

    xid: str
    id: int
    tenant_id: UUID
    kind: str
    profile_id: UUID | None
    data: dict[str, Any]
    at: datetime


class PeerAway(Exception):
    """A consumer's outside peer cannot be reached: nothing is wrong with the entries, try again later."""
