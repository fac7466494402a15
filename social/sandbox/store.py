"""What the stand-in remembers: documents by kind and id in SQLite, the ledger of calls, and a clock that moves."""

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

Doc = dict[str, Any]
CHUNK: Final = 20
FIRST_ID: Final = 17_800_000_000_000
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS doc (
    position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, id TEXT, owner TEXT, data TEXT, UNIQUE (kind, id));
CREATE INDEX IF NOT EXISTS doc_owner ON doc (kind, owner, position);
CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL, network TEXT, method TEXT, path TEXT, token TEXT,
    status INTEGER, commits TEXT, fault TEXT);
"""
# Where the facts know two values, or a drift of the real networks: what the stand-in does unless told otherwise.
SWITCHES: Final[Doc] = {
    "instagram_quota_total": 50,
    "list_lag_seconds": 0,
    "processing_seconds": 0,
    "dead_versions": ["v18.0", "v19.0", "v20.0"],
    "dead_metrics": [],
    "headers": "on",  # on, off, broken
    "string_codes": False,
    "drafts_go_live": False,
    "draft_time": "publish",  # publish, draft: what created_time of a published draft says
    "republish_container": "error",  # error, same
    "facebook_duplicate_seconds": 120,
    "x_duplicate_seconds": 3600,
    "x_self_reply": True,
    "x_post_limit": 100,
    "x_out_of_credit": False,
    "reel_limit": 30,
    "usage_percent": 3,
    "require_proof": False,
    "tokens_away": False,
    "instagram_token_in_data": False,
    "instagram_token_get_only": False,
}


class Store:
    """Documents and the ledger; one connection, one lock. `lock` also makes a check and a commit one step."""

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self._sql = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._sql.executescript(SCHEMA)
        self._sql.execute("PRAGMA journal_mode=WAL")
        self._sql.execute("PRAGMA synchronous=OFF")

    def put(self, kind: str, key: str, data: Doc, owner: str = "") -> Doc:
        """Make or replace a document; it keeps its place among the others."""
        with self.lock:
            self._sql.execute(
                "INSERT INTO doc (kind, id, owner, data) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data",
                (kind, key, owner, json.dumps(data)),
            )
        return data

    def get(self, kind: str, key: str) -> Doc | None:
        """A document, None where there is none."""
        with self.lock:
            row = self._sql.execute("SELECT data FROM doc WHERE kind = ? AND id = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def find(self, kind: str, owner: str | None = None, limit: int = 10_000) -> list[Doc]:
        """Documents of a kind, newest first."""
        where, values = ("AND owner = ?", (kind, owner, limit)) if owner is not None else ("", (kind, limit))
        statement = f"SELECT data FROM doc WHERE kind = ? {where} ORDER BY position DESC LIMIT ?"
        with self.lock:
            return [json.loads(row[0]) for row in self._sql.execute(statement, values)]

    def newest(self, kind: str, owner: str) -> Iterator[Doc]:
        """Documents of an owner, newest first, read as they are asked for."""
        place: int | None = None
        while True:
            with self.lock:
                rows = self._sql.execute(
                    "SELECT position, data FROM doc WHERE kind = ? AND owner = ? AND (? IS NULL OR position < ?)"
                    f" ORDER BY position DESC LIMIT {CHUNK}",
                    (kind, owner, place, place),
                ).fetchall()
            yield from (json.loads(data) for _, data in rows)
            if len(rows) < CHUNK:
                return
            place = rows[-1][0]

    def keys(self, kind: str, owner: str) -> list[str]:
        """Ids of the documents of an owner."""
        with self.lock:
            rows = self._sql.execute("SELECT id FROM doc WHERE kind = ? AND owner = ?", (kind, owner))
            return [key for (key,) in rows]

    def drop(self, kind: str, key: str) -> None:
        """Forget a document."""
        with self.lock:
            self._sql.execute("DELETE FROM doc WHERE kind = ? AND id = ?", (kind, key))

    def next_id(self) -> str:
        """A number that was never given before, as text."""
        with self.lock:
            last = int((self.get("counter", "id") or {"value": FIRST_ID})["value"]) + 1
            self.put("counter", "id", {"value": last})
        return str(last)

    def note(self, entry: Doc) -> None:
        """Write a call into the ledger."""
        columns = ("at", "network", "method", "path", "token", "status", "commits", "fault")
        with self.lock:
            self._sql.execute(
                f"INSERT INTO ledger ({', '.join(columns)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                tuple(entry[name] for name in columns),
            )

    def ledger(self, after: int = 0) -> list[Doc]:
        """Calls in order."""
        names = ("seq", "at", "network", "method", "path", "token", "status", "commits", "fault")
        statement = f"SELECT {', '.join(names)} FROM ledger WHERE seq > ? ORDER BY seq"
        with self.lock:
            rows = self._sql.execute(statement, (after,)).fetchall()
        return [
            dict(zip(names, row, strict=True)) | {"commits": json.loads(row[7]), "path": row[4]}
            for row in rows
        ]

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            self._sql.executescript("DELETE FROM doc; DELETE FROM ledger;")

    def close(self) -> None:
        """Close the file."""
        self._sql.close()


@dataclass
class World:
    """All that a request may touch."""

    store: Store
    base_url: str = ""
    offset: float = 0.0
    switches: Doc = field(default_factory=lambda: dict(SWITCHES))

    def now(self) -> float:
        """Unix seconds on the moved clock."""
        return time.time() + self.offset


def hash_of(secret: str) -> str:
    """By what a token is remembered."""
    return hashlib.sha256(secret.encode()).hexdigest()[:24]


def graph_time(seconds: float) -> str:
    """A time as Graph writes it, without a colon in the offset."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def x_time(seconds: float) -> str:
    """A time as X writes it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
