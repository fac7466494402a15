"""Known people in any number: one is taken in through the product itself, then multiplied by SQL.

So the rows are what ingestion writes, whatever columns it may have by now. Everything that tells one person from
another contains the person's number, which is what the copies change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from django.db import transaction
from django.utils import timezone
from psycopg import sql

from crm_platform.bench.database import Connection, connect, expect, one_row, settle
from crm_platform.bench.indexes import built_afterwards
from crm_platform.bench.progress import Reporter
from events.envelope import parse_line
from events.inbox import accept
from events.models import Door
from profiles.ingest import process_pending
from profiles.vocabulary import SLOTS
from tenants.models import Tenant, TenantName
from tenants.scope import tenant_scope

SLUG: Final = "bench"
# The first person's number: with a 0 in front a valid South African mobile phone, as many millions after it.
FIRST_NUMBER: Final = 820_123_456
CHUNK: Final = 25_000
SINCE: Final = timedelta(days=200)
TEXT_TYPES: Final = ("character varying", "text", "jsonb", "tsvector")
# Golden rows and keys; what else a person has who came in by events.
CORE: Final = ("profiles_customerprofile", "profiles_identifier")
HISTORY: Final = ("profiles_fact", "profiles_searchdocument", "events_inboxevent", "profiles_activity")

PEOPLE: Final = """
CREATE TEMPORARY TABLE bench_person ON COMMIT DROP AS
SELECT n, (%s + n)::text AS number, uuidv7() AS id FROM generate_series(%s::bigint, %s::bigint) AS n
"""
COLUMNS: Final = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position
"""


def email_of(person: int) -> str:
    """The address of the person with this index, from 0."""
    return f"golfer{FIRST_NUMBER + person}@bench.example"


def member_id_of(person: int) -> int:
    """SCL's id."""
    return FIRST_NUMBER + person


def player_id_of(person: int) -> str:
    """TeeTime's id."""
    return f"player-{FIRST_NUMBER + person}"


def contact_id_of(person: int) -> str:
    """Messaging's id."""
    return f"contact-{FIRST_NUMBER + person}"


def envelope(
    event_id: str,
    event_type: str,
    source: str,
    *,
    identity: dict[str, Any],
    payload: dict[str, Any],
    at: datetime,
) -> dict[str, Any]:
    """An event as its service would publish it."""
    return {
        "id": event_id,
        "type": event_type,
        "version": "1.0",
        "timestamp": at.isoformat(),
        "tenantId": SLUG,
        "source": source,
        "identity": identity,
        "payload": payload,
    }


def make_tenant(slug: str = SLUG) -> Tenant:
    """The club of the benchmark, or another one beside it."""
    tiers = ["Platinum", "Gold", "Silver"]
    with transaction.atomic():
        tenant = Tenant.objects.create(
            slug=slug, name=slug.capitalize(), time_zone="Africa/Johannesburg", tier_order=tiers
        )
        TenantName.objects.create(name=slug, tenant=tenant)
    return tenant


def load_people(tenant: Tenant, count: int, reporter: Reporter, *, with_history: bool = True) -> None:
    """Make people 0 … count - 1, each known to three services; `with_history` with facts, events, activities, words."""
    _take_in_first(tenant)
    tables = (*CORE, *HISTORY) if with_history else CORE
    with connect() as connection, reporter.bar("loading people", count) as report:
        connection.execute("SET synchronous_commit = off")
        copies = _Copies.of(connection)
        inserts = [copies.insert(connection, table) for table in tables]
        with built_afterwards(connection, *tables):
            for start in range(1, count, CHUNK):
                end = min(start + CHUNK, count) - 1
                with connection.transaction():
                    connection.execute(PEOPLE, [FIRST_NUMBER, start, end])
                    for insert in inserts:
                        connection.execute(insert)
                report(end + 1)
        for table in ("profiles_identifier", "events_inboxevent"):
            connection.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {}))").format(
                    sql.Literal(table), sql.Identifier(table)
                )
            )
        settle(connection, *tables)


def _take_in_first(tenant: Tenant) -> None:
    """Person 0, by the events of three services."""
    now = timezone.now()
    events = _first_events(now - SINCE)
    accept(((tenant.pk, parse_line(orjson.dumps(event), now=now)) for event in events), door=Door.FILE)
    with tenant_scope(tenant):
        process_pending()
    with connect() as connection:
        (found,) = one_row(connection, "SELECT count(*) FROM profiles_customerprofile")
    expect("profiles of the first person", found, 1)


def _first_events(at: datetime) -> list[dict[str, Any]]:
    number, email = FIRST_NUMBER, email_of(0)
    member_id, player_id, contact_id = member_id_of(0), player_id_of(0), contact_id_of(0)
    person: dict[str, Any] = {"firstName": "Thandi", "lastName": f"Golfer{number}", "email": email}
    member = {"id": member_id, **person, "phoneNumber": f"+27{number}", "status": "ACTIVE"}
    member |= {"membershipTierName": "Gold", "memberSince": "2021-03-01", "dateOfBirth": "1980-05-17"}
    player: dict[str, Any] = {
        "id": player_id,
        "name": "Thandi",
        "surname": person["lastName"],
        "email": email,
    }
    player |= {"handicap": 12.3, "homeClubId": "fv", "homeClubName": "Fairview Golf Club"}
    contact = {"contactId": contact_id, **person, "emailOptIn": True, "smsOptIn": True}
    subjects = (
        ("scl.member.created", "scl", {"sclMemberId": member_id}, member),
        ("teetime.player.created", "teetime", {"teetimePlayerId": player_id}, player),
        ("contact.created", "messaging", {"messagingContactId": contact_id}, contact),
    )
    return [
        envelope(f"{source}-{number}", kind, source, identity=identity, payload=payload, at=at)
        for kind, source, identity, payload in subjects
    ]


@dataclass(frozen=True, slots=True)
class _Copies:
    """How the rows of the first person become those of another: `t` is the row, `p` the other person."""

    identifier_ids: Sequence[int]
    inbox_ids: Sequence[int]

    @classmethod
    def of(cls, connection: Connection) -> "_Copies":
        """With the ids that copies must translate."""
        identifiers = connection.execute("SELECT id FROM profiles_identifier ORDER BY id").fetchall()
        inbox = connection.execute("SELECT id FROM events_inboxevent ORDER BY id").fetchall()
        return cls([row[0] for row in identifiers], [row[0] for row in inbox])

    def insert(self, connection: Connection, table: str) -> sql.Composed:
        """The statement that copies a table's rows for everybody in `bench_person`."""
        expressions = {
            name: self._expression(connection, table, name, kind)
            for name, kind in connection.execute(COLUMNS, [table]).fetchall()
            if (table, name) != ("profiles_fact", "id")
        }
        original = sql.Identifier(f"first_{table}")
        connection.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT * FROM {}").format(original, sql.Identifier(table))
        )
        return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM bench_person AS p CROSS JOIN {} AS t").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, expressions)),
            sql.SQL(", ").join(expressions.values()),
            original,
        )

    def _expression(self, connection: Connection, table: str, name: str, kind: str) -> sql.Composable:
        column = sql.SQL("t.{}").format(sql.Identifier(name))
        if name in {"profile_id", "origin_profile_id"} or (table, name) == ("profiles_customerprofile", "id"):
            return sql.SQL("p.id")
        if (table, name) in {("profiles_identifier", "id"), ("profiles_fact", "identifier_id")}:
            return _copied_id(self.identifier_ids, column)
        if (table, name) == ("events_inboxevent", "id"):
            return _copied_id(self.inbox_ids, column)
        if (table, name) in {("profiles_activity", "id"), ("events_inboxevent", "activity_id")}:
            slots = sql.Literal(SLOTS)
            inbox_id = _copied_id(self.inbox_ids, sql.SQL("({} / {})").format(column, slots))
            return sql.SQL("{} * {} + {} % {}").format(inbox_id, slots, column, slots)
        if name == "scl_member_id" or (kind in TEXT_TYPES and self._holds_number(connection, table, name)):
            return sql.SQL("replace({}::text, {}, p.number)::{}").format(
                column,
                sql.Literal(str(FIRST_NUMBER)),
                sql.SQL(kind),
            )
        return column

    def _holds_number(self, connection: Connection, table: str, name: str) -> bool:
        query = sql.SQL("SELECT coalesce(bool_or({}::text LIKE {}), false) FROM {}").format(
            sql.Identifier(name), sql.Literal(f"%{FIRST_NUMBER}%"), sql.Identifier(table)
        )
        row = connection.execute(query).fetchone()
        return bool(row and row[0])


def _copied_id(ids: Sequence[int], column: sql.Composable) -> sql.Composed:
    """The id of a copy: behind all there are, as many for each person as the first one has."""
    return sql.SQL("({} + (p.n - 1) * {} + array_position({}::bigint[], {}))").format(
        sql.Literal(max(ids)), sql.Literal(len(ids)), sql.Literal(list(ids)), column
    )
