"""Reading on in the domain log from a place that the reader keeps: for live screens and for developers.

The same order and the same horizon as the consumers' (`events_log_horizon`), so that nobody is passed over; unlike a
consumer the platform remembers nothing of such a reader.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.db import connection

from events import outbound
from events.consumers import Entry
from events.outbound import Envelope
from tenants.directory import tenant_by_id
from tenants.scope import current_tenant_id

READ: Final = """
SELECT l.xid::text, l.id, l.kind, l.profile_id, l.data::text, l.at FROM events_domainlogentry AS l
WHERE l.tenant_id = %(tenant)s AND l.cluster = events_cluster() AND (l.xid, l.id) > (%(xid)s::xid8, %(id)s)
  AND l.xid < (SELECT events_log_horizon(%(tenant)s)) AND l.kind = ANY(%(kinds)s)
ORDER BY l.xid, l.id LIMIT %(limit)s
"""
END: Final = """
SELECT l.xid::text, l.id FROM events_domainlogentry AS l
WHERE l.tenant_id = %(tenant)s AND l.cluster = events_cluster() AND l.xid < (SELECT events_log_horizon(%(tenant)s))
ORDER BY l.xid DESC, l.id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, order=True)
class LogPlace:
    """Behind which entry a reader stands."""

    xid: int = 0
    id: int = 0

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "LogPlace | None":
        """The place that `str` wrote; None for any other text."""
        xid, dash, number = text.partition("-")
        if not dash or not (xid + number).isascii() or not xid.isdecimal() or not number.isdecimal():
            return None
        if len(xid) > len(str(2**63)) - 1 or len(number) > len(str(2**63)) - 1:
            return None
        return cls(int(xid), int(number))


def end_of_log() -> LogPlace:
    """Behind everything that the open scope's log holds now."""
    with connection.cursor() as cursor:
        cursor.execute(END, {"tenant": current_tenant_id()})
        row = cursor.fetchone()
    return LogPlace(int(row[0]), row[1]) if row else LogPlace()


def read_on(
    place: LogPlace, *, types: Collection[str] = (), limit: int = 200
) -> list[tuple[LogPlace, Envelope | None]]:
    """What is told after the place, oldest first: each envelope (None: nobody may be told any more) with its place.

    `types` as they are told; empty: all but the frequent ones.
    """
    tenant_id = current_tenant_id()
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "xid": str(place.xid),
        "id": place.id,
        "kinds": outbound.wanted_kinds(types),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(READ, values)
        rows = cursor.fetchall()
    entries = [
        Entry(xid, number, tenant_id, kind, profile_id, orjson.loads(data), at)
        for xid, number, kind, profile_id, data, at in rows
    ]
    envelopes = outbound.render(tenant_by_id(tenant_id), entries) if entries else []
    places = [LogPlace(int(entry.xid), entry.id) for entry in entries]
    return list(zip(places, envelopes, strict=True))
