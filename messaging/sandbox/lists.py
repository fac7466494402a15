"""Lists of contacts, kept current by numbered deltas, with a checksum that both sides can compute."""

import hashlib
from collections.abc import Iterable
from typing import Any

from messaging.sandbox.book import Book

MOST_CHANGES = 1000
PAGE = 1000
Fields = dict[str, Any]


def checksum(contacts: Iterable[str]) -> str:
    """The sum of the contacts' hashes (first 8 bytes of SHA-256) modulo 2^64, in 16 hex digits: order is nothing."""
    total = sum(int.from_bytes(hashlib.sha256(one.encode()).digest()[:8], "big") for one in contacts)
    return f"{total % 2**64:016x}"


def describe(book: Book, tenant: str, list_id: str) -> Fields | None:
    """A list with its count and checksum; None where there is none."""
    found = book.rows("SELECT name, sequence FROM list WHERE tenant = ? AND id = ?", [tenant, list_id])
    if not found:
        return None
    contacts = [
        row[0]
        for row in book.rows("SELECT contact FROM member WHERE tenant = ? AND list = ?", [tenant, list_id])
    ]
    return {
        "id": list_id,
        "name": found[0]["name"],
        "sequence": found[0]["sequence"],
        "count": len(contacts),
        "checksum": checksum(contacts),
    }


def put(book: Book, tenant: str, list_id: str, name: str) -> None:
    """Make a list, or give it another name."""
    book.many(
        "INSERT INTO list (tenant, id, name) VALUES (?, ?, ?)"
        " ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name",
        [[tenant, list_id, name]],
    )


def delete(book: Book, tenant: str, list_id: str) -> None:
    """Forget a list with its members; idempotent."""
    with book.work() as db:
        db.execute("DELETE FROM member WHERE tenant = ? AND list = ?", [tenant, list_id])
        db.execute("DELETE FROM list WHERE tenant = ? AND id = ?", [tenant, list_id])


def apply_delta(book: Book, tenant: str, list_id: str, delta: Fields) -> bool:
    """Apply the next delta; False where its number is not the next one. The last one again changes nothing."""
    sequence = int(delta["sequence"])
    with book.work() as db:
        row = db.execute(
            "SELECT sequence FROM list WHERE tenant = ? AND id = ?", [tenant, list_id]
        ).fetchone()
        if sequence == row[0] and sequence > 0:
            return True
        if sequence != row[0] + 1:
            return False
        db.executemany(
            "INSERT OR IGNORE INTO member VALUES (?, ?, ?)",
            [(tenant, list_id, one) for one in delta.get("add", ())],
        )
        db.executemany(
            "DELETE FROM member WHERE tenant = ? AND list = ? AND contact = ?",
            [(tenant, list_id, one) for one in delta.get("remove", ())],
        )
        db.execute("UPDATE list SET sequence = ? WHERE tenant = ? AND id = ?", [sequence, tenant, list_id])
    return True


def members(book: Book, tenant: str, list_id: str, after: str) -> Fields:
    """A page of contacts after one of them, in order of their ids."""
    found = [
        row[0]
        for row in book.rows(
            "SELECT contact FROM member WHERE tenant = ? AND list = ? AND contact > ? ORDER BY contact LIMIT ?",
            [tenant, list_id, after, PAGE],
        )
    ]
    return {"contactIds": found, "next": found[-1] if len(found) == PAGE else None}
