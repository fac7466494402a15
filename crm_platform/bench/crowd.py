"""A club of any size whose people have real names, and of whom some stand there twice, written differently."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from psycopg import sql

from crm_platform.bench.database import Connection, connect, settle
from crm_platform.bench.indexes import built_afterwards
from crm_platform.bench.progress import Reporter
from crm_platform.simulator.clubs import CLUBS
from crm_platform.simulator.names import SHORT_FORMS
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.spelling import latin, plain, typo
from profiles.ids import new_profile_id
from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.scope import tenant_scope

SEED: Final = 7
# Of a hundred people so many stand there twice.
TWICE: Final = 5
# Surnames have a long tail: so many of a hundred are borne by few.
RARE: Final = 40
ENDINGS: Final = ("man", "sen", "berg", "wood", "stein", "field", "dorf", "ley", "mann", "by", "ski", "shaw")
STARTS: Final = (
    "Al",
    "Bre",
    "Cor",
    "Dun",
    "El",
    "Fal",
    "Gro",
    "Hel",
    "Is",
    "Jor",
    "Kel",
    "Lor",
    "Mar",
    "Nor",
    "Ost",
)
OLDEST: Final = date(1935, 1, 1)
DAYS: Final = 27_000
STAGED: Final = """
CREATE TEMPORARY TABLE crowd (
    id uuid, first_name text, last_name text, email text, phone_number text, date_of_birth date,
    scl_member_id bigint, teetime_player_id text, handicap_tenths smallint)
"""
COLUMNS: Final = (
    "id", "first_name", "last_name", "email", "phone_number", "date_of_birth", "scl_member_id", "teetime_player_id",
    "handicap_tenths",
)  # fmt: skip
KEYS: Final = """
INSERT INTO profiles_identifier (tenant_id, profile_id, origin_profile_id, kind, value, confidence, source, event_id,
                                 is_shared)
SELECT %(tenant)s, c.id, c.id, k.kind, k.value, 95, 'scl', 'bench', true
FROM crowd AS c CROSS JOIN LATERAL (VALUES
    ('email', c.email), ('phoneNumber', c.phone_number), ('sclMemberId', c.scl_member_id::text),
    ('teetimePlayerId', c.teetime_player_id)) AS k(kind, value)
WHERE k.value IS NOT NULL
"""
FACTS: Final = """
INSERT INTO profiles_fact (tenant_id, profile_id, identifier_id, field, source, rank, value, occurred_at, event_id)
SELECT %(tenant)s, i.profile_id, i.id, f.field, 'scl', 1, to_jsonb(f.value), now(), 'bench'
FROM profiles_identifier AS i JOIN crowd AS c ON c.id = i.profile_id
CROSS JOIN LATERAL (VALUES ('firstName', c.first_name), ('lastName', c.last_name)) AS f(field, value)
WHERE i.kind IN ('sclMemberId', 'teetimePlayerId')
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A customer's row; both rows of one person are yielded one after the other."""

    first: str
    last: str
    email: str
    phone: str | None
    born: date | None
    is_member: bool


def entries(people: int) -> Iterator[list[Entry]]:
    """Each person's rows: one, or two that differ; the same for the same number."""
    rng, slips = Random(SEED), Rng(str(SEED))  # noqa: S311 - no secret
    cultures = [culture for club in CLUBS for culture in club.cultures]
    shares = [culture.share for culture in cultures]
    for number in range(people):
        culture = rng.choices(cultures, shares)[0]
        first = latin(rng.choice(rng.choice((culture.female, culture.male))))
        last = latin(rng.choice(culture.family))
        if rng.randrange(100) < RARE:
            last = f"{rng.choice(STARTS)}{last[:3].lower().strip()}{rng.choice(ENDINGS)}"
        handle = plain(f"{first}.{last}").lower().replace(" ", "")
        born = OLDEST + timedelta(days=rng.randrange(DAYS))
        member = Entry(first, last, f"{handle}{number}@example.com", _phone(number), born, is_member=True)
        rows = [member]
        if rng.randrange(100) < TWICE:
            rows.append(_again(member, number, people, rng, slips))
        yield rows


def _again(member: Entry, number: int, people: int, rng: Random, slips: Rng) -> Entry:
    """The same person as the golf service wrote them: one thing kept, others not."""
    first = slips.pick(SHORT_FORMS[member.first]) if member.first in SHORT_FORMS else member.first
    last = typo(member.last, slips) if rng.randrange(10) < 2 else member.last  # noqa: PLR2004 - two of ten
    if rng.randrange(20) == 0:
        first, last = last, first
    keeps_phone = rng.randrange(2) == 0
    return Entry(
        first,
        last,
        f"golf{number}@example.org" if keeps_phone else member.email,
        member.phone if keeps_phone else _phone(people + number),
        None,
        is_member=False,
    )


def _phone(number: int) -> str:
    return f"+27{600_000_000 + number}"


def load_crowd(tenant: Tenant, people: int, reporter: Reporter) -> int:
    """Make the people and return how many customers they are."""
    with tenant_scope(tenant):
        template = CustomerProfile.objects.create(tenant=tenant, first_name="Template")
    tables = ("profiles_customerprofile", "profiles_identifier", "profiles_fact")
    with connect() as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(STAGED)
        with reporter.bar("writing a crowd", people) as report:
            count = _stage(connection, people, report)
        with built_afterwards(connection, *tables):
            connection.execute(_copies(connection), {"template": template.pk})
            connection.execute(KEYS, {"tenant": tenant.pk})
            connection.execute("ANALYZE profiles_identifier")
            connection.execute(FACTS, {"tenant": tenant.pk})
            connection.execute("DELETE FROM profiles_customerprofile WHERE id = %s", [template.pk])
        settle(connection, *tables)
    return count


def _stage(connection: Connection, people: int, report: Any) -> int:
    count = 0
    with connection.cursor() as cursor, cursor.copy("COPY crowd FROM STDIN") as copy:
        for number, rows in enumerate(entries(people)):
            for row in rows:
                count += 1
                copy.write_row(_staged(row, count))
            report(number + 1)
    return count


def _staged(row: Entry, count: int) -> tuple[Any, ...]:
    return (
        new_profile_id(),
        row.first,
        row.last,
        row.email,
        row.phone,
        row.born,
        count if row.is_member else None,
        None if row.is_member else f"p{count}",
        None if row.is_member else count % 360,
    )


def _copies(connection: Connection) -> sql.Composed:
    """Each staged row with whatever else a profile has."""
    names = [
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND table_name = 'profiles_customerprofile' ORDER BY ordinal_position"
        ).fetchall()
    ]
    sides = [sql.Identifier("c" if name in COLUMNS else "t", name) for name in names]
    return sql.SQL(
        "INSERT INTO profiles_customerprofile ({}) SELECT {} FROM crowd AS c"
        " JOIN profiles_customerprofile AS t ON t.id = %(template)s"
    ).format(sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join(sides))
