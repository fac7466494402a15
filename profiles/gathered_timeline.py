"""A person's timeline with one row for each message: what became of it stands with its sending.

The API tells every activity as it came (`profiles.timeline`); people read a message once, with its states.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection

from profiles.timeline import (
    COLUMNS,
    MOST_ROWS,
    Place,
    TimelineFilter,
    TimelineRow,
    conditions_of,
    values_of,
)
from tenants.scope import current_tenant_id

# What may become of one message. An answer is something a person said, and stays a row of its own.
MESSAGE_TYPES: Final = (
    "MESSAGE_SENT",
    "MESSAGE_DELIVERED",
    "MESSAGE_BOUNCED",
    "MESSAGE_FAILED",
    "EMAIL_OPENED",
    "EMAIL_CLICKED",
    "EMAIL_COMPLAINED",
    "MESSAGE_UNSUBSCRIBED",
)
# A message stands where it was sent; where that is not known or does not fit the filter, at the first word of it that
# does. Reads this person's rows, like a filter that matches little.
STATEMENT: Final = """
WITH word AS MATERIALIZED (
    SELECT id, occurred_at, type, title, metadata, metadata ->> 'messageId' AS message, (true{fits}) AS fits
    FROM profiles_activity
    WHERE tenant_id = %s AND profile_id = %s AND category = 'COMMUNICATION' AND type = ANY(%s)
        AND metadata ->> 'messageId' <> ''
), later AS (
    SELECT id FROM (
        SELECT id, row_number() OVER (
            PARTITION BY message ORDER BY NOT fits, type <> 'MESSAGE_SENT', occurred_at, id
        ) AS place FROM word
    ) AS ordered WHERE place > 1
), page AS (
    SELECT {columns} FROM profiles_activity
    WHERE tenant_id = %s AND profile_id = %s{fits}{after} AND id NOT IN (SELECT id FROM later)
    ORDER BY occurred_at DESC, id DESC LIMIT %s
), told AS (
    SELECT message, jsonb_agg(
        jsonb_build_array(occurred_at, type, title, metadata) ORDER BY occurred_at, id
    ) AS states FROM word
    WHERE message IN (SELECT metadata ->> 'messageId' FROM page WHERE category = 'COMMUNICATION')
    GROUP BY message
)
SELECT {page_columns}, told.states
FROM page LEFT JOIN told ON told.message = page.metadata ->> 'messageId' AND page.type = ANY(%s)
ORDER BY page.occurred_at DESC, page.id DESC
"""


@dataclass(frozen=True, slots=True)
class State:
    """One thing that became of a message."""

    occurred_at: datetime
    type: str
    title: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class GatheredRow:
    """One activity, or one message with its states in the order in which they came (empty: no message)."""

    row: TimelineRow
    states: list[State]


@dataclass(frozen=True, slots=True)
class GatheredPage:
    """Some rows, and the place where the next ones begin (None: these were the last)."""

    rows: list[GatheredRow]
    next_place: Place | None


def read_gathered(
    profile_id: UUID, *, chosen: TimelineFilter, after: Place | None = None, take: int = 25
) -> GatheredPage:
    """A page of the open scope's profile, newest first; one statement. `take` up to MOST_ROWS."""
    take = max(1, min(take, MOST_ROWS))
    fits, given = conditions_of(chosen)
    statement = STATEMENT.format(
        columns=COLUMNS,
        page_columns=", ".join(f"page.{name}" for name in COLUMNS.split(", ")),
        fits=fits,
        after="" if after is None else " AND (occurred_at, id) < (%s, %s)",
    )
    person, types = [current_tenant_id(), profile_id], list(MESSAGE_TYPES)
    parameters = [*given, *person, types, *person, *given, *(after or ()), take + 1, types]
    with connection.cursor() as database:
        database.execute(statement, parameters)
        rows = [
            GatheredRow(TimelineRow(*values_of(row)), _states(states)) for *row, states in database.fetchall()
        ]
    has_more, rows = len(rows) > take, rows[:take]
    return GatheredPage(rows, (rows[-1].row.occurred_at, rows[-1].row.id) if has_more else None)


def _states(stored: str | list[Any] | None) -> list[State]:
    found = orjson.loads(stored) if isinstance(stored, str) else stored
    return [State(datetime.fromisoformat(at), *rest) for at, *rest in found or ()]
