"""The index of texts: made in the background, so that taking events in costs nothing for it.

Rows of a table are taken in the order of their ids, some to a block (`TextBlock`). What came since the last turn
is not in it yet: searches read that tail themselves, by its ids.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction

from profiles.privacy.tokens import seed_of, tokens_of_profile, tokens_of_texts
from tenants.declarations import every
from tenants.extension import Table, Texts
from tenants.postgresql.staging import StagingTable
from tenants.postgresql.tables import table_name
from tenants.scope import current_tenant_id

# Most words of a row are its own: small blocks take hardly more room than large ones. A search reads all their rows.
ROWS_OF_A_BLOCK: Final = 8
# Rows that one transaction indexes, and one turn of the task.
CHUNK: Final = 2_000
MOST_OF_A_TURN: Final = 20_000
STALE_OF_A_TURN: Final = 500

ADD_MARKS: Final = """
INSERT INTO profiles_textmark (tenant_id, model) SELECT %(tenant)s, unnest(%(models)s::text[])
ON CONFLICT ON CONSTRAINT profiles_textmark_model_uq DO NOTHING
"""
LOCK_MARK: Final = """
SELECT indexed_to, seen_to,
       seen_xid <= pg_snapshot_xmin(pg_current_snapshot()) OR seen_xid > pg_snapshot_xmax(pg_current_snapshot())
FROM profiles_textmark WHERE tenant_id = %(tenant)s AND model = %(model)s FOR UPDATE SKIP LOCKED
"""
# A sequence knows the highest id that was ever handed out, whoever has got it. Who began later has a higher number than
# this transaction; the upper end of its snapshot would not do: the first that still runs stands there.
LOOK_AHEAD: Final = """
UPDATE profiles_textmark
SET seen_to = GREATEST(seen_to, COALESCE(
        pg_sequence_last_value(pg_get_serial_sequence('{table}', 'id')),
        (SELECT max(row.id) FROM {table} AS row WHERE row.tenant_id = %(tenant)s AND {among}), 0)),
    seen_xid = pg_current_xact_id()
WHERE tenant_id = %(tenant)s AND model = %(model)s
"""
MOVE_MARK: Final = """
UPDATE profiles_textmark SET indexed_to = %(to)s WHERE tenant_id = %(tenant)s AND model = %(model)s
"""
BLOCK: Final = StagingTable("text_block", "first_id bigint, last_id bigint, tokens integer[]")
ADD_BLOCKS: Final = """
INSERT INTO profiles_textblock (tenant_id, model, first_id, last_id, tokens)
SELECT %(tenant)s, %(model)s, first_id, last_id, tokens FROM text_block
"""
TAKE_STALE: Final = """
WITH taken AS (
    DELETE FROM profiles_staleblock WHERE tenant_id = %(tenant)s AND id IN (
        SELECT id FROM profiles_staleblock WHERE tenant_id = %(tenant)s
        ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
    RETURNING block_id
)
SELECT b.id, b.model, b.first_id, b.last_id FROM (SELECT DISTINCT block_id FROM taken) AS stale
CROSS JOIN LATERAL (SELECT * FROM profiles_textblock WHERE tenant_id = %(tenant)s AND id = stale.block_id OFFSET 0) AS b
ORDER BY b.id
"""
LOCK_BLOCKS: Final = """
SELECT FROM profiles_textblock WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE
"""
RENEW: Final = """
UPDATE profiles_textblock SET tokens = %(tokens)s WHERE tenant_id = %(tenant)s AND id = %(id)s
"""
# What was pruned needs no block.
DROP_PRUNED: Final = """
DELETE FROM profiles_textblock WHERE tenant_id = %(tenant)s AND model = %(model)s
  AND last_id < (SELECT COALESCE(min(id), 0) FROM {table} WHERE tenant_id = %(tenant)s)
"""
FIND: Final = """
SELECT first_id, last_id, model FROM profiles_text_blocks(%(tenant)s, %(queries)s::integer[], %(tokens)s::integer[])
"""
# Each row by the key, whatever the planner believes.
MARK_STALE: Final = """
INSERT INTO profiles_staleblock (tenant_id, block_id)
SELECT DISTINCT %(tenant)s::uuid, block.id FROM unnest(%(ids)s::bigint[]) AS touched (id)
CROSS JOIN LATERAL (SELECT b.id, b.first_id FROM profiles_textblock AS b
                    WHERE b.tenant_id = %(tenant)s AND b.model = %(model)s AND b.last_id >= touched.id
                    ORDER BY b.last_id LIMIT 1) AS block
WHERE block.first_id <= touched.id
"""


class TextRow(NamedTuple):
    """One row's texts; `person`: the profile that it is about."""

    id: Any
    person: UUID | None
    texts: tuple[str | None, ...]

    def tokens(self, seed: int, known: dict[str, frozenset[int]]) -> set[int]:
        """Of its texts, and of whom it is about; `known` as in `tokens_of_texts`."""
        found = tokens_of_texts(self.texts, seed, known)
        return found if self.person is None else found | tokens_of_profile(self.person, seed)


@dataclass(frozen=True, slots=True)
class TextTable:
    """A declared table whose texts may mention people."""

    model: str
    table: str
    texts: Texts
    # Of those that are indexed it is always `id`.
    key: str = "id"

    def read(
        self, cursor: Any, condition: str, parameters: Mapping[str, Any], *, most: int | None = None
    ) -> list[TextRow]:
        """Rows of the tenant under a condition over `row`; with `most` the first by their ids."""
        first = "" if most is None else f"ORDER BY row.id LIMIT {most}"
        return self._rows(
            cursor, f"{self.table} AS row WHERE {self._of_tenant(condition)} {first}", parameters
        )

    def read_blocks(self, cursor: Any, blocks: Sequence[tuple[int, int]]) -> list[TextRow]:
        """Rows of the tenant in these ranges of ids; each range by the key, whatever the planner believes."""
        span = "unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS span (first_id, last_id)"
        between = self._of_tenant("row.id BETWEEN span.first_id AND span.last_id")
        source = (
            f"{span} CROSS JOIN LATERAL (SELECT * FROM {self.table} AS row WHERE {between} OFFSET 0) AS row"
        )
        firsts, lasts = [first for first, _ in blocks], [last for _, last in blocks]
        return self._rows(cursor, source, {"tenant": current_tenant_id(), "firsts": firsts, "lasts": lasts})

    def _of_tenant(self, condition: str) -> str:
        return f"row.tenant_id = %(tenant)s AND ({condition}) AND ({self.texts.among})"

    def _rows(self, cursor: Any, source: str, parameters: Mapping[str, Any]) -> list[TextRow]:
        texts = ", ".join(self.texts.text)
        cursor.execute(f"SELECT row.{self.key}, {self.texts.person}, {texts} FROM {source}", parameters)
        return [TextRow(row_id, person, tuple(found)) for row_id, person, *found in cursor.fetchall()]


def text_tables(*, is_indexed: bool | None = None) -> list[TextTable]:
    """The tables of all apps with texts in which people are mentioned."""
    tables: list[Table] = every("tables")
    return [
        TextTable(one.model, table_name(one), one.texts, _key_of(one.model))
        for one in tables
        if one.texts is not None and is_indexed in (None, one.texts.is_indexed)
    ]


def _key_of(model: str) -> str:
    key = apps.get_model(model)._meta.pk
    return key.attname if key is not None else "id"


def index_texts() -> bool:
    """One turn for the open scope's tenant, in short transactions; returns whether something is left.

    Idempotent: a mark says how far a table is indexed, and moves with the blocks.
    """
    tenant_id, left = current_tenant_id(), False
    tables = text_tables(is_indexed=True)
    with connection.cursor() as cursor:
        cursor.execute(ADD_MARKS, {"tenant": tenant_id, "models": [one.model for one in tables]})
    for table in tables:
        done = 0
        while done < MOST_OF_A_TURN and (rows := _index_chunk(table)):
            done += rows
        left = left or done >= MOST_OF_A_TURN
    return _renew_stale() == STALE_OF_A_TURN or left


def _index_chunk(table: TextTable) -> int:
    """Index up to CHUNK rows; returns how many there were."""
    parameters: dict[str, Any] = {"tenant": current_tenant_id(), "model": table.model}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK_MARK, parameters)
        mark = cursor.fetchone()
        if mark is None:
            return 0
        indexed_to, seen_to, is_complete = mark
        rows: list[TextRow] = []
        if is_complete and indexed_to < seen_to and _is_at_rest(cursor, table, parameters):
            parameters |= {"after": indexed_to, "to": seen_to}
            rows = table.read(cursor, "row.id > %(after)s AND row.id <= %(to)s", parameters, most=CHUNK)
            BLOCK.fill(cursor, _blocks(rows))
            cursor.execute(ADD_BLOCKS, parameters)
            parameters["to"] = rows[-1].id if len(rows) == CHUNK else seen_to
            cursor.execute(MOVE_MARK, parameters)
        if is_complete and len(rows) < CHUNK:
            look_ahead = LOOK_AHEAD.format(table=table.table, among=table.texts.among)
            cursor.execute(look_ahead, parameters)
    return len(rows) if len(rows) == CHUNK else 0


def _is_at_rest(cursor: Any, table: TextTable, parameters: dict[str, Any]) -> bool:
    if table.texts.at_rest == "true":
        return True
    cursor.execute(f"SELECT {table.texts.at_rest}", parameters)
    return bool(cursor.fetchone()[0])


def _blocks(rows: Sequence[TextRow]) -> Iterator[tuple[int, int, list[int]]]:
    seed, known = seed_of(current_tenant_id()), dict[str, frozenset[int]]()
    for start in range(0, len(rows), ROWS_OF_A_BLOCK):
        block = rows[start : start + ROWS_OF_A_BLOCK]
        yield block[0].id, block[-1].id, sorted(set().union(*(row.tokens(seed, known) for row in block)))


def _renew_stale() -> int:
    """Make the tokens anew of what an erasure blanked; returns of how many blocks."""
    tables = {table.model: table for table in text_tables(is_indexed=True)}
    parameters: dict[str, Any] = {"tenant": current_tenant_id(), "most": STALE_OF_A_TURN}
    seed, known = seed_of(current_tenant_id()), dict[str, frozenset[int]]()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE_STALE, parameters)
        blocks = cursor.fetchall()
        cursor.execute(LOCK_BLOCKS, {**parameters, "ids": [block[0] for block in blocks]})
        for block_id, model, first, last in blocks:
            rows = tables[model].read_blocks(cursor, [(first, last)])
            tokens = sorted(set().union(*(row.tokens(seed, known) for row in rows)))
            cursor.execute(RENEW, {"tenant": parameters["tenant"], "id": block_id, "tokens": tokens})
    return len(blocks)


def drop_pruned_blocks() -> None:
    """Forget the blocks of rows that retention deleted; for the open scope's tenant."""
    with connection.cursor() as cursor:
        for table in text_tables(is_indexed=True):
            cursor.execute(
                DROP_PRUNED.format(table=table.table), {"tenant": current_tenant_id(), "model": table.model}
            )


def find_blocks(cursor: Any, looked_for: Sequence[Collection[int]]) -> dict[str, list[tuple[int, int]]]:
    """Model → ranges of ids in which each of some row's texts may have all tokens of one of the collections."""
    queries = [number for number, tokens in enumerate(looked_for, start=1) for _ in tokens]
    flat = [token for tokens in looked_for for token in tokens]
    cursor.execute(FIND, {"tenant": current_tenant_id(), "queries": queries, "tokens": flat})
    found: dict[str, list[tuple[int, int]]] = {}
    # Several of what is looked for may be in one block.
    for first, last, model in sorted(set(cursor.fetchall())):
        found.setdefault(model, []).append((first, last))
    return found


def mark_stale(cursor: Any, model: str, ids: Collection[int]) -> None:
    """The texts of these rows were changed: their blocks must be made anew."""
    if ids:
        cursor.execute(MARK_STALE, {"tenant": current_tenant_id(), "model": model, "ids": list(ids)})
