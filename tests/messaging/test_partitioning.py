"""The ledger can be partitioned by hash of the tenant as it is: the product's own statements run on such a table.

The copy takes the table's place for the test's transaction, with its constraints, its indexes and its policies.
"""

from typing import Any

import pytest
from django.db import connection, transaction

from messaging import sending
from messaging.sandbox.server import Sandbox
from tenants.scope import all_tenants
from tests.cast import Club
from tests.messaging.people import candidate, mail, plan, reader, said

TABLE = "messaging_delivery"
PARTS = 4
INDEXES = f"""
SELECT indexdef FROM pg_indexes WHERE tablename = '{TABLE}' AND indexname <> '{TABLE}_pkey'
   AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = '{TABLE}'::regclass)
"""
UNIQUE = f"""
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = '{TABLE}'::regclass AND contype = 'u'
"""
POLICIES = f"SELECT policyname, roles::text[], qual, with_check FROM pg_policies WHERE tablename = '{TABLE}'"
LANDED = f"SELECT count(DISTINCT tableoid), count(*) FROM {TABLE}"


def asked(cursor: Any, statement: str) -> list[Any]:
    cursor.execute(statement)
    return list(cursor.fetchall())


@pytest.fixture
def partitioned(db: None) -> None:
    """The ledger as a table of four partitions: a temporary one, which comes before the other of its name."""
    with all_tenants(), connection.cursor() as cursor:
        indexes, unique, policies = (asked(cursor, each) for each in (INDEXES, UNIQUE, POLICIES))
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
        cursor.execute(
            f"CREATE TEMPORARY TABLE {TABLE} (LIKE {schema}.{TABLE} INCLUDING ALL EXCLUDING INDEXES,"
            " PRIMARY KEY (tenant_id, id)) PARTITION BY HASH (tenant_id)"
        )
        for part in range(PARTS):
            cursor.execute(
                f"CREATE TEMPORARY TABLE {TABLE}_{part} PARTITION OF {TABLE}"
                f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
            )
        for name, definition in unique:
            cursor.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {name} {definition}")
        for (definition,) in indexes:
            cursor.execute(definition.replace(f"{schema}.{TABLE}", TABLE))
        cursor.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
        for name, roles, using, check in policies:
            checked = f" WITH CHECK ({check})" if check else ""
            cursor.execute(f"CREATE POLICY {name} ON {TABLE} TO {', '.join(roles)} USING ({using}){checked}")
            cursor.execute(f"GRANT ALL ON {TABLE} TO {', '.join(roles)}")


def test_every_unique_constraint_but_the_key_leads_with_the_tenant(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid"
            " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
            f" WHERE i.indrelid = '{TABLE}'::regclass AND i.indisunique AND NOT i.indisprimary"
        )
        found = dict(cursor.fetchall())

    assert found == {
        "messaging_delivery_key_uq": "tenant_id",
        "messaging_delivery_mailbox_uq": "tenant_id",
    }


def test_plans_sends_and_keys_work_on_partitions(
    fairview: Club, kingsmere: Club, sandbox: Sandbox, partitioned: None
) -> None:
    for club in (fairview, kingsmere):
        message = mail(club.tenant)
        people = [reader(club.tenant, name) for name in ("Anna", "Ben")]
        wanted = [candidate(person, message) for person in people]
        plan(club.tenant, wanted)
        plan(club.tenant, wanted)  # the same keys again add nothing

    sending.send_due()

    assert said(fairview.tenant) == {"Anna": "HANDED_OVER", "Ben": "HANDED_OVER"}
    assert said(kingsmere.tenant) == {"Anna": "HANDED_OVER", "Ben": "HANDED_OVER"}
    assert len(sandbox.book.rows("SELECT * FROM message")) == 4
    with all_tenants(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LANDED)
        (parts, rows) = cursor.fetchone()
    assert rows == 4
    assert parts in (1, 2)
