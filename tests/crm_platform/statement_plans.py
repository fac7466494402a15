"""What PostgreSQL reads for each statement that the product sends: measured, not estimated.

Each statement is executed once more beforehand, by EXPLAIN ANALYZE in a savepoint, or outside of a transaction in one
of its own, that is rolled back.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import psycopg
import pytest
from psycopg import ClientCursor
from psycopg.pq import TransactionStatus

# The scope that travels in front of a statement (`tenants.postgresql.base`).
PREFIX: Final = re.compile(r"^(?:SELECT set_config\('role'[^;]*;|SET LOCAL crm\.tenant_id[^;]*;)")
EXPLAINABLE: Final = re.compile(r"^\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE)\b")
EXPLAIN: Final = "EXPLAIN (ANALYZE, BUFFERS, VERBOSE, TIMING OFF, FORMAT JSON) "


@dataclass(frozen=True, slots=True)
class Scan:
    """One place of a plan that reads a table: how often, how many rows and pages each time."""

    statement: str
    table: str
    kind: str
    index: str
    loops: int
    rows: float
    pages: float

    def __str__(self) -> str:
        return (
            f"{self.kind} {self.table} {self.index}: {self.loops:,} × {self.rows:,.0f} rows, {self.pages:,.1f} pages\n"
            f"    {' '.join(self.statement.split())[:200]}"
        )


@dataclass
class Scans:
    """The scans of permanent tables, as they were made."""

    found: list[Scan] = field(default_factory=list)
    statements: int = 0

    def add(self, statement: str, plan: dict[str, Any]) -> None:
        """Collect from a plan."""
        self.statements += 1
        self._walk(statement, plan)

    def _walk(self, statement: str, node: dict[str, Any]) -> None:
        parts = node.get("Plans", ())
        is_permanent = node.get("Relation Name") and not node.get("Schema", "").startswith("pg_temp")
        if is_permanent and "Scan" in node["Node Type"] and node["Actual Loops"]:
            self.found.append(_scan(statement, node, parts))
        for part in parts:
            self._walk(statement, part)


def _scan(statement: str, node: dict[str, Any], parts: Any) -> Scan:
    loops = int(node["Actual Loops"])
    removed = sum(
        node.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Index Recheck", "Join Filter")
    )
    index = node.get("Index Name", "") or "".join(part.get("Index Name", "") for part in parts)
    # The pages of a node include those of its parts; an index that it reads by itself is no other part's.
    others = [part for part in parts if part["Parent Relationship"] in {"InitPlan", "SubPlan"}]
    return Scan(
        statement=statement,
        table=node["Relation Name"],
        kind=node["Node Type"],
        index=index,
        loops=loops,
        rows=float(node["Actual Rows"]) + removed,
        pages=(_pages(node) - sum(_pages(part) for part in others)) / loops,
    )


def _pages(node: dict[str, Any]) -> int:
    return int(node["Shared Hit Blocks"]) + int(node["Shared Read Blocks"])


@contextmanager
def watched_statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scans]:
    """Look at every statement that is sent, in any thread."""
    scans, execute = Scans(), psycopg.Cursor.execute

    def watched(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        text = query if isinstance(query, str) else ""
        head = found.group() if (found := PREFIX.match(text)) else ""
        tail = text[len(head) :]
        if EXPLAINABLE.match(tail) and ";" not in tail.strip().rstrip(";"):
            _explain(self.connection, head, tail, params)
        return execute(self, query, params, **options)

    def _explain(connection: Any, head: str, tail: str, params: Any) -> None:
        is_alone = connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE
        with psycopg.ClientCursor(connection) as other:
            execute(other, "BEGIN" if is_alone else "SAVEPOINT explaining")
            try:
                if head:
                    execute(other, head)
                # Small tables are scanned as a whole where large ones are not.
                execute(other, "SET LOCAL enable_seqscan = off")
                execute(other, EXPLAIN + tail.lstrip(), params)
                [(answer,)] = other.fetchall()
            finally:
                execute(other, "ROLLBACK" if is_alone else "ROLLBACK TO SAVEPOINT explaining")
                if not is_alone:
                    execute(other, "RELEASE SAVEPOINT explaining")
            plan = orjson.loads(answer) if isinstance(answer, str) else answer
            scans.add(tail, plan[0]["Plan"])

    with monkeypatch.context() as patched:
        patched.setattr(ClientCursor, "execute", watched)
        yield scans
