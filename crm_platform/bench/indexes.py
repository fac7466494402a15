"""Loading millions of rows without their indexes, which are built in one go afterwards: a fraction of the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from psycopg import sql

from crm_platform.bench.database import Connection

# Not the primary key, and nothing that a foreign key leans on.
INDEXES: Final = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, pg_get_constraintdef(c.oid)
FROM pg_index AS i
LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype IN ('u', 'x')
WHERE i.indrelid = %s::regclass AND NOT i.indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint AS f WHERE f.conindid = i.indexrelid AND f.contype = 'f')
"""


@contextmanager
def built_afterwards(connection: Connection, *tables: str) -> Iterator[None]:
    """Drop the tables' indexes and unique constraints for the block, and make them again after it."""
    makers: list[sql.SQL | sql.Composed] = []
    for table in tables:
        for index, definition, constraint, terms in connection.execute(INDEXES, [table]).fetchall():
            if constraint is None:
                drop: sql.SQL | sql.Composed = sql.SQL("DROP INDEX {}").format(sql.SQL(index))
                make: sql.SQL | sql.Composed = sql.SQL(definition)
            else:
                alter = sql.SQL("ALTER TABLE {} ").format(sql.Identifier(table))
                drop = alter + sql.SQL("DROP CONSTRAINT {}").format(sql.Identifier(constraint))
                make = alter + sql.SQL("ADD CONSTRAINT {} {}").format(
                    sql.Identifier(constraint), sql.SQL(terms)
                )
            connection.execute(drop)
            makers.append(make)
    yield
    connection.execute("SET maintenance_work_mem = '512MB'")
    for make in makers:
        connection.execute(make)
