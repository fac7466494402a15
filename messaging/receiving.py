"""What the Messaging service says of messages, brought into the ledger.

Its events are rows of the timeline first; this consumer of the log finds the message of each by key or by the service's
own id. What is known of a message only grows: a late "sent" takes nothing back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection

from events import log
from events.consumers import Entry
from events.log import LogEntry
from messaging.announcing import CHANGED, Changed, data_of
from profiles.gathered_timeline import MESSAGE_TYPES
from tenants.models import Tenant
from tenants.postgresql.staging import StagingTable

TYPES: Final = (*MESSAGE_TYPES, "SMS_REPLIED")
# Rows are locked in the order of their numbers, and read as they are once locked: a sender may change them meanwhile.
# What was told of each comes in the order in which it happened.
FIND: Final = """
WITH told AS MATERIALIZED (
    -- From the ids to their rows, in this order (OFFSET): statistics that do not know the club yet would have the
    -- timeline of all its people read.
    SELECT a.id, a.type, a.occurred_at, a.metadata FROM unnest(%(ids)s::bigint[]) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT * FROM profiles_activity AS a
        WHERE a.tenant_id = (SELECT %(tenant)s::uuid) AND a.id = wanted.id OFFSET 0) AS a
    WHERE a.type = ANY(%(types)s)
), matched AS MATERIALIZED (
    SELECT DISTINCT ON (told.id) told.id, told.type, told.occurred_at, told.metadata::text, d.id AS delivery_id
    FROM told CROSS JOIN LATERAL (
        SELECT d.id FROM messaging_delivery AS d
        WHERE d.tenant_id = %(tenant)s AND d.key = told.metadata ->> 'idempotencyKey'
        UNION ALL
        SELECT d.id FROM messaging_delivery AS d
        WHERE d.tenant_id = %(tenant)s AND d.service_id <> '' AND d.service_id = told.metadata ->> 'messageId'
    ) AS d
    ORDER BY told.id
)
SELECT m.type, m.occurred_at, m.metadata, d.id, d.key, d.source, d.source_id, d.occurrence, d.variant,
       d.profile_id, d.channel, d.status, d.reason, d.service_id, d.handed_over_at, d.delivered_at, d.bounced_at,
       d.opened_at, d.machine_opened_at, d.clicked_at, d.replied_at, d.unsubscribed_at, d.complained_at
FROM (SELECT * FROM matched ORDER BY delivery_id, occurred_at, id) AS m
CROSS JOIN LATERAL (
    SELECT * FROM messaging_delivery AS d WHERE d.tenant_id = %(tenant)s AND d.id = m.delivery_id OFFSET 0 FOR UPDATE
) AS d
"""
TIMES: Final = (
    *("handed_over_at", "delivered_at", "bounced_at", "opened_at", "machine_opened_at", "clicked_at"),
    *("replied_at", "unsubscribed_at", "complained_at"),
)
NEWS: Final = StagingTable(
    "delivery_news",
    "id bigint, status text, reason text, service_id text, said jsonb, "
    + ", ".join(f"{name} timestamptz" for name in TIMES),
)
STORE: Final = f"""
UPDATE messaging_delivery AS d
SET status = n.status, reason = n.reason, service_id = n.service_id, history = d.history || n.said,
    leased_until = CASE WHEN n.status IN ('CLAIMED', 'UNKNOWN') THEN d.leased_until END,
    {", ".join(f"{name} = n.{name}" for name in TIMES)}
FROM delivery_news AS n WHERE d.tenant_id = %s AND d.id = n.id
"""
# An address that does not exist, or whose owner complained, is left alone from now on; the third soft bounce in a row
# means a week's rest. What arrives again ends the row of soft ones.
# Rows of which each of a family gets one have no mailbox of their own: then it is that of the person's address.
MAILBOX: Final = """COALESCE(d.mailbox, hashtextextended(
        CASE d.channel WHEN 'EMAIL' THEN p.email WHEN 'PUSH' THEN p.messaging_contact_id ELSE p.phone_number END, 0))"""
SUPPRESS: Final = f"""
INSERT INTO messaging_suppression (tenant_id, channel, mailbox, kind, until)
SELECT DISTINCT ON (d.channel, box.hash) d.tenant_id, d.channel, box.hash, s.kind,
       CASE s.kind WHEN 'SOFT_BOUNCE' THEN now() + interval '7 days' END
FROM unnest(%(ids)s::bigint[], %(kinds)s::text[]) AS s(id, kind)
JOIN messaging_delivery AS d ON d.tenant_id = %(tenant)s AND d.id = s.id
JOIN profiles_customerprofile AS p ON p.tenant_id = d.tenant_id AND p.id = d.profile_id
CROSS JOIN LATERAL (SELECT {MAILBOX} AS hash) AS box
WHERE box.hash IS NOT NULL
ORDER BY d.channel, box.hash, s.kind
ON CONFLICT ON CONSTRAINT messaging_suppression_mailbox_uq DO UPDATE
SET kind = CASE WHEN excluded.kind = 'SOFT_BOUNCE' THEN messaging_suppression.kind ELSE excluded.kind END,
    strikes = messaging_suppression.strikes + 1, noted_at = now(),
    until = CASE WHEN excluded.kind = 'SOFT_BOUNCE' AND messaging_suppression.kind = 'SOFT_BOUNCE' THEN excluded.until
                 WHEN excluded.kind = 'SOFT_BOUNCE' THEN messaging_suppression.until END
"""
ARRIVED: Final = f"""
DELETE FROM messaging_suppression AS s USING messaging_delivery AS d, profiles_customerprofile AS p
WHERE s.tenant_id = %(tenant)s AND d.tenant_id = %(tenant)s AND d.id = ANY(%(ids)s) AND s.channel = d.channel
  AND p.tenant_id = %(tenant)s AND p.id = d.profile_id AND s.mailbox = {MAILBOX}
  AND s.kind = 'SOFT_BOUNCE' AND s.strikes < 3
"""
# What a message may become by word from outside.
UNDER_WAY: Final = frozenset({"PLANNED", "CLAIMED", "UNKNOWN"})
ON_ITS_WAY: Final = UNDER_WAY | {"HANDED_OVER", "FAILED"}


@dataclass
class State:
    """A row of the ledger while news of it come in."""

    row: Changed
    service_id: str
    times: dict[str, datetime | None]
    said: list[dict[str, Any]] = field(default_factory=list)
    changes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    suppress: str = ""
    arrived: bool = False

    def become(self, status: str, at: datetime, reason: str = "") -> None:
        """Change the status, with a line in the history."""
        self.row = self.row._replace(status=status, reason=reason)
        self.said.append({"at": at.isoformat(), "status": status} | ({"reason": reason} if reason else {}))
        self.changes.append((status, {}))
        self.note("handed_over_at", at)

    def note(self, name: str, at: datetime) -> bool:
        """Note the first time of something; False where it was known."""
        if self.times[name] is not None:
            return False
        self.times[name] = at
        return True


def apply(state: State, kind: str, at: datetime, metadata: dict[str, Any]) -> None:
    """Let one piece of news change a state; pure."""
    state.service_id = state.service_id or str(metadata.get("messageId") or "")[:100]
    status = state.row.status
    if kind == "MESSAGE_SENT" and status in UNDER_WAY:
        state.become("HANDED_OVER", at)
    elif kind == "MESSAGE_DELIVERED":
        _arrived(state, at)
    elif kind == "MESSAGE_BOUNCED":
        _bounced(state, at, metadata)
    elif kind == "MESSAGE_FAILED" and status in ON_ITS_WAY - {"FAILED"}:
        state.become("FAILED", at, "REFUSED")
    elif kind in _ACTS:
        _acted(state, kind, at, metadata)


def _arrived(state: State, at: datetime) -> None:
    state.note("delivered_at", at)
    if state.row.status in ON_ITS_WAY:
        state.become("DELIVERED", at)
        state.arrived = True


def _bounced(state: State, at: datetime, metadata: dict[str, Any]) -> None:
    if state.note("bounced_at", at) and state.row.status in ON_ITS_WAY | {"DELIVERED"}:
        state.become("BOUNCED", at)
        state.suppress = "SOFT_BOUNCE" if metadata.get("bounceType") == "soft" else "BOUNCE"


_ACTS: Final = {
    "EMAIL_OPENED": ("opened_at", "OPENED"),
    "EMAIL_CLICKED": ("clicked_at", "CLICKED"),
    "SMS_REPLIED": ("replied_at", "REPLIED"),
    "MESSAGE_UNSUBSCRIBED": ("unsubscribed_at", "UNSUBSCRIBED"),
    "EMAIL_COMPLAINED": ("complained_at", "COMPLAINED"),
}


def _acted(state: State, kind: str, at: datetime, metadata: dict[str, Any]) -> None:
    name, change = _ACTS[kind]
    is_machine = bool(metadata.get("isMachine"))
    if is_machine:
        if kind == "EMAIL_OPENED" and state.note("machine_opened_at", at):
            state.changes.append(("MACHINE_OPENED", {}))
        return
    if state.row.status in ON_ITS_WAY:
        _arrived(state, at)
    is_first = state.note(name, at)
    if is_first or kind == "EMAIL_CLICKED":
        more = {"url": metadata.get("url")} if kind == "EMAIL_CLICKED" else {}
        state.changes.append((change, more | {"isFirst": is_first}))
    if kind == "EMAIL_COMPLAINED":
        state.suppress = "COMPLAINT"


def wants(tenant: Tenant) -> dict[str, tuple[str, ...]]:
    """What the consumer has a use for: news of messages."""
    return {"activity.recorded": TYPES}


def handle(tenant: Tenant, entries: Sequence[Entry]) -> None:
    """The consumer: bring what the timeline tells of messages into the ledger, and announce it."""
    ids = [entry.data["activityId"] for entry in entries if entry.data.get("type") in TYPES]
    if not ids:
        return
    with connection.cursor() as cursor:
        parameters: Any = {"tenant": tenant.pk, "ids": ids, "types": list(TYPES)}
        cursor.execute(FIND, parameters)
        states: dict[int, State] = {}
        for row in cursor.fetchall():
            state = states.setdefault(row[3], _state(row[3:]))
            apply(state, row[0], row[1], orjson.loads(row[2]))
        if states:
            _store(cursor, tenant.pk, states.values())


def _state(row: Sequence[Any]) -> State:
    changed = Changed(*row[: len(Changed._fields)])
    service_id, *times = row[len(Changed._fields) :]
    return State(changed, service_id, dict(zip(TIMES, times, strict=True)))


def _store(cursor: Any, tenant_id: UUID, states: Iterable[State]) -> None:
    states = list(states)
    NEWS.fill(
        cursor,
        (
            (
                state.row.id,
                state.row.status,
                state.row.reason,
                state.service_id,
                orjson.dumps(state.said).decode(),
                *state.times.values(),
            )
            for state in states
        ),
    )
    cursor.execute(STORE, [tenant_id])
    suppressed = [state for state in states if state.suppress]
    if suppressed:
        ids, kinds = [state.row.id for state in suppressed], [state.suppress for state in suppressed]
        cursor.execute(SUPPRESS, {"tenant": tenant_id, "ids": ids, "kinds": kinds})
    if arrived := [state.row.id for state in states if state.arrived]:
        cursor.execute(ARRIVED, {"tenant": tenant_id, "ids": arrived})
    log.append(
        LogEntry(CHANGED, state.row.profile_id, data_of(state.row, change) | more)
        for state in states
        for change, more in state.changes
    )
