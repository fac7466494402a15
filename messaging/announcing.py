"""Telling the house what became of messages: entries `delivery.changed` of the domain log."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from uuid import UUID

from events import log
from events.log import LogEntry

CHANGED: Final = "delivery.changed"


class Changed(NamedTuple):
    """The columns that the statements return of a row whose state changed."""

    id: int
    key: str
    source: str
    source_id: UUID
    occurrence: str
    variant: str
    profile_id: UUID
    channel: str
    status: str
    reason: str


def announce(rows: Iterable[Changed], *, change: str = "") -> None:
    """Append an entry for each row; `change` says what happened where it is not the status (OPENED, CLICKED, …)."""
    log.append(LogEntry(CHANGED, row.profile_id, data_of(row, change or row.status)) for row in rows)


def data_of(row: Changed, change: str) -> dict[str, Any]:
    """What an entry says of a row."""
    return {
        "deliveryId": row.id,
        "key": row.key,
        "source": row.source,
        "sourceId": str(row.source_id),
        "occurrence": row.occurrence,
        "variant": row.variant,
        "channel": row.channel,
        "status": row.status,
        "reason": row.reason,
        "change": change,
    }
