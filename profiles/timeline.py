"""Reading a person's timeline: newest first, continued by a keyset cursor."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from tenants.postgresql.prepared import Prepared, read_prepared
from tenants.scope import current_tenant_id

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """What to show; empty means everything. `since` is inclusive, `until` exclusive.

    `without` names categories that the reader may not see, whatever is chosen.
    """

    categories: Sequence[str] = ()
    types: Sequence[str] = ()
    sources: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    without: Sequence[str] = ()


class TimelineRow(NamedTuple):
    """One activity. Pages have many: a tuple is made in a fifth of the time of a frozen dataclass."""

    id: int
    occurred_at: datetime
    type: str
    category: str
    channel: str
    source: str
    source_event_id: str
    title: str
    metadata: dict[str, Any]


# The place after a row: its time and its id.
Place = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some rows, and the place where the next ones begin (None: these were the last)."""

    rows: list[TimelineRow]
    next_place: Place | None


COLUMNS = "id, occurred_at, type, category, channel, source, source_event_id, title, metadata"


def read_timeline(
    profile_id: UUID, *, chosen: TimelineFilter | None = None, after: Place | None = None, take: int = 25
) -> TimelinePage:
    """A page of the open scope's profile; `take` up to MOST_ROWS, `after` the place where the last page ended.

    One index range scan; a filter that matches little still reads no more than this person's rows.
    """
    chosen = chosen or TimelineFilter()
    take = max(1, min(take, MOST_ROWS))
    where, parameters = conditions_of(chosen)
    values = [current_tenant_id(), profile_id, *parameters, *(after or ()), take + 1]
    if where:
        # How much a filter leaves out decides the plan: one for all values would be wrong for some.
        with connection.cursor() as database:
            database.execute(_page_statement(where, goes_on=after is not None), values)
            found = database.fetchall()
    else:
        found = read_prepared(FIRST_PAGE if after is None else NEXT_PAGE, *values)
    return _page([TimelineRow(*values_of(row)) for row in found], take)


def _page_statement(where: str = "", *, goes_on: bool) -> str:
    beyond = " AND (occurred_at, id) < (%s, %s)" if goes_on else ""
    return (
        f"SELECT {COLUMNS} FROM profiles_activity WHERE tenant_id = %s AND profile_id = %s{where}{beyond}"
        " ORDER BY occurred_at DESC, id DESC LIMIT %s"
    )


FIRST_PAGE: Final = Prepared(_page_statement(goes_on=False))
NEXT_PAGE: Final = Prepared(_page_statement(goes_on=True))


def read_timelines(
    profile_ids: Collection[UUID], *, chosen: TimelineFilter, take: int
) -> dict[UUID, TimelinePage]:
    """The first page of each of the open scope's profiles, in one statement: an index range scan for each of them."""
    take = max(1, min(take, MOST_ROWS))
    where, parameters = conditions_of(chosen)
    statement = f"""
        SELECT wanted.id, {", ".join(f"a.{name}" for name in COLUMNS.split(", "))}
        FROM unnest(%s::uuid[]) AS wanted(id) CROSS JOIN LATERAL (
            SELECT {COLUMNS} FROM profiles_activity WHERE tenant_id = %s AND profile_id = wanted.id{where}
            ORDER BY occurred_at DESC, id DESC LIMIT %s
        ) AS a ORDER BY wanted.id, a.occurred_at DESC, a.id DESC
    """
    found: dict[UUID, list[TimelineRow]] = {profile_id: [] for profile_id in profile_ids}
    with connection.cursor() as database:
        database.execute(statement, [list(profile_ids), current_tenant_id(), *parameters, take + 1])
        for profile_id, *row in database.fetchall():
            found[profile_id].append(TimelineRow(*values_of(row)))
    return {profile_id: _page(rows, take) for profile_id, rows in found.items()}


def _page(rows: list[TimelineRow], take: int) -> TimelinePage:
    """A page of rows of which one more than it takes was read, where there are so many."""
    has_more, rows = len(rows) > take, rows[:take]
    return TimelinePage(rows, (rows[-1].occurred_at, rows[-1].id) if has_more else None)


def timeline_row(activity_id: int) -> TimelineRow | None:
    """One activity of the open scope; None where there is none."""
    return timeline_rows([activity_id]).get(activity_id)


def timeline_rows(activity_ids: Collection[int]) -> dict[int, TimelineRow]:
    """Activities of the open scope by their ids, in one statement; those that are gone are missing."""
    if not activity_ids:
        return {}
    statement = f"SELECT {COLUMNS} FROM profiles_activity WHERE tenant_id = %s AND id = ANY(%s)"
    with connection.cursor() as database:
        database.execute(statement, [current_tenant_id(), list(activity_ids)])
        return {row[0]: TimelineRow(*values_of(row)) for row in database.fetchall()}


def values_of(row: Sequence[Any]) -> list[Any]:
    """The values of COLUMNS; a plain cursor hands `jsonb` over as text."""
    return [*row[:-1], orjson.loads(row[-1]) if isinstance(row[-1], str) else row[-1]]


def conditions_of(chosen: TimelineFilter) -> tuple[str, list[Any]]:
    """What a filter asks for, each condition after an AND."""
    conditions: list[str] = []
    parameters: list[Any] = []
    for column, values in (
        ("category", chosen.categories),
        ("type", chosen.types),
        ("source", chosen.sources),
    ):
        if values:
            conditions.append(f"{column} = ANY(%s)")
            parameters.append(list(values))
    if chosen.without:
        conditions.append("category <> ALL(%s)")
        parameters.append(list(chosen.without))
    if chosen.since is not None:
        conditions.append("occurred_at >= %s")
        parameters.append(chosen.since)
    if chosen.until is not None:
        conditions.append("occurred_at < %s")
        parameters.append(chosen.until)
    return "".join(f" AND {condition}" for condition in conditions), parameters
