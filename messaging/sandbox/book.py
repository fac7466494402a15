"""What the stand-in knows: its own small SQLite database, with a clock that can be moved."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, key TEXT NOT NULL, channel TEXT NOT NULL, contact TEXT NOT NULL,
    address TEXT NOT NULL, template TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, html TEXT NOT NULL,
    variables TEXT NOT NULL, campaign TEXT NOT NULL, accepted_at REAL NOT NULL, status TEXT NOT NULL,
    UNIQUE (tenant, key));
CREATE INDEX IF NOT EXISTS message_newest ON message (accepted_at);
CREATE TABLE IF NOT EXISTS call (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL,
    effect TEXT NOT NULL, fault TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS contact (
    tenant TEXT NOT NULL, id TEXT NOT NULL, email TEXT NOT NULL DEFAULT '', phone TEXT NOT NULL DEFAULT '',
    may_EMAIL INTEGER NOT NULL DEFAULT 1, may_SMS INTEGER NOT NULL DEFAULT 1, may_PUSH INTEGER NOT NULL DEFAULT 1,
    may_WHATSAPP INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (tenant, id));
CREATE TABLE IF NOT EXISTS template (
    tenant TEXT NOT NULL, id TEXT NOT NULL, channel TEXT NOT NULL, name TEXT NOT NULL, subject TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT '', variables TEXT NOT NULL DEFAULT '[]', PRIMARY KEY (tenant, id));
CREATE TABLE IF NOT EXISTS list (
    tenant TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, sequence INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, id));
CREATE TABLE IF NOT EXISTS member (
    tenant TEXT NOT NULL, list TEXT NOT NULL, contact TEXT NOT NULL, PRIMARY KEY (tenant, list, contact));
CREATE TABLE IF NOT EXISTS agenda (
    id TEXT PRIMARY KEY, due REAL NOT NULL, tenant TEXT NOT NULL, message TEXT NOT NULL, type TEXT NOT NULL,
    more TEXT NOT NULL, published INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS agenda_due ON agenda (due) WHERE published = 0;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
TABLES = ("message", "call", "contact", "template", "list", "member", "agenda", "setting")
MOST_CALLS = 5000


class Book:
    """The stand-in's memory; one connection under one lock."""

    def __init__(self, path: str = ":memory:") -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        # Survives a killed process, which is what the tests do to it.
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + SCHEMA)
        self._lock = threading.RLock()
        self._offset = float(self.setting("clock_offset", "0"))

    @contextmanager
    def work(self) -> Iterator[sqlite3.Connection]:
        """One transaction; others wait."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a query finds."""
        with self._lock:
            return self._db.execute(statement, parameters).fetchall()

    def value(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row; None without one."""
        found = self.rows(statement, parameters)
        return found[0][0] if found else None

    def many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows, in a transaction of its own."""
        with self.work() as db:
            db.executemany(statement, rows)

    def setting(self, name: str, default: str) -> str:
        """A kept setting."""
        return str(self.value("SELECT value FROM setting WHERE name = ?", [name]) or default)

    @property
    def now(self) -> float:
        """The stand-in's own time, in seconds since 1970."""
        return time.time() + self._offset

    def move_clock(self, seconds: float) -> float:
        """Let so much time pass at once; returns the new time."""
        self._offset += seconds
        self.many("INSERT OR REPLACE INTO setting VALUES ('clock_offset', ?)", [[str(self._offset)]])
        return self.now

    def note_call(self, method: str, path: str, status: int, effect: str, fault: str) -> None:
        """Keep a call and what it did; the oldest are forgotten."""
        with self.work() as db:
            db.execute(
                "INSERT INTO call (at, method, path, status, effect, fault) VALUES (?, ?, ?, ?, ?, ?)",
                [self.now, method, path, status, effect, fault],
            )
            db.execute("DELETE FROM call WHERE id <= (SELECT max(id) FROM call) - ?", [MOST_CALLS])

    def forget(self) -> None:
        """Begin anew."""
        with self.work() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")
        self._offset = 0.0

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
