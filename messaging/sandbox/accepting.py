"""Taking messages in: each key of a tenant once, for ever."""

import hashlib
import re
from typing import Any

import orjson

from messaging.sandbox.book import Book
from messaging.sandbox.fates import Odds, fates

MOST_MESSAGES = 500
LINK = re.compile(r"""https?://[^\s"'<>]+""")
INSERT = """
INSERT INTO message (id, tenant, key, channel, contact, address, template, subject, text, html, variables, campaign,
                     accepted_at, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'accepted')
"""
AGENDA = "INSERT OR IGNORE INTO agenda (id, due, tenant, message, type, more) VALUES (?, ?, ?, ?, ?, ?)"
CONTACT = "INSERT OR IGNORE INTO contact (tenant, id, email, phone) VALUES (?, ?, ?, ?)"

Fields = dict[str, Any]


def message_id(tenant: str, key: str) -> str:
    """The id of the message of a key."""
    return "m-" + hashlib.sha256(f"{tenant}|{key}".encode()).hexdigest()[:24]


def accept(book: Book, odds: Odds | None, tenant: str, messages: list[Fields]) -> list[Fields]:
    """A verdict for each message, in order; the new ones are in the book when this returns."""
    keys = [str(message.get("idempotencyKey") or "") for message in messages]
    results: list[Fields] = []
    rows: list[tuple[Any, ...]] = []
    with book.work() as db:
        marks = ",".join("?" * len(keys))
        known = {
            row[0]
            for row in db.execute(
                f"SELECT key FROM message WHERE tenant = ? AND key IN ({marks})", [tenant, *keys]
            )
        }
        for key, message in zip(keys, messages, strict=True):
            problem = _problem(key, message)
            if problem:
                results.append({"idempotencyKey": key, "status": "rejected", **problem})
                continue
            status = "duplicate" if key in known else "accepted"
            results.append({"idempotencyKey": key, "status": status, "messageId": message_id(tenant, key)})
            if status == "accepted":
                known.add(key)
                rows.append(_row(book, tenant, key, message))
        db.executemany(INSERT, rows)
        db.executemany(CONTACT, _contacts(tenant, rows))
        if odds is not None:
            db.executemany(AGENDA, _agenda(rows, odds))
    return results


def _problem(key: str, message: Fields) -> Fields | None:
    if not key:
        return {"code": "KEY_REQUIRED", "message": "idempotencyKey is required."}
    if message.get("channel") not in ("EMAIL", "SMS", "PUSH", "WHATSAPP"):
        return {"code": "UNKNOWN_CHANNEL", "message": "channel must be EMAIL, SMS, PUSH or WHATSAPP."}
    to = message.get("to") or {}
    if not _address(message["channel"], to):
        return {"code": "INVALID_RECIPIENT", "message": "There is no address for this channel."}
    if "reject" in str(to.get("email")):
        return {"code": "INVALID_RECIPIENT", "message": "The address is refused."}
    if not message.get("templateId") and not message.get("content"):
        return {"code": "NOTHING_TO_SAY", "message": "templateId or content is required."}
    return None


def _address(channel: str, to: Fields) -> str:
    name = {"EMAIL": "email", "PUSH": "contactId"}.get(channel, "phoneNumber")
    return str(to.get(name) or "")


def _row(book: Book, tenant: str, key: str, message: Fields) -> tuple[Any, ...]:
    to, content = message.get("to") or {}, message.get("content") or {}
    return (
        message_id(tenant, key),
        tenant,
        key,
        message["channel"],
        str(to.get("contactId") or ""),
        _address(message["channel"], to),
        str(message.get("templateId") or ""),
        str(content.get("subject") or ""),
        str(content.get("text") or ""),
        str(content.get("html") or ""),
        orjson.dumps(message.get("variables") or {}).decode(),
        str(message.get("campaignId") or ""),
        book.now,
    )


def _contacts(tenant: str, rows: list[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    return [
        (tenant, row[4], row[5] if "@" in row[5] else "", row[5] if row[5][:1] == "+" else "")
        for row in rows
        if row[4]
    ]


def _agenda(rows: list[tuple[Any, ...]], odds: Odds) -> list[tuple[Any, ...]]:
    planned = []
    for row in rows:
        links = LINK.findall(f"{row[8]} {row[9]}")
        for number, fate in enumerate(fates(row[0], row[3], odds)):
            more = fate.more | (
                {"url": links[0] if links else "https://club.example/"} if "click" in fate.type else {}
            )
            planned.append(
                (
                    f"{row[0]}:{number}",
                    row[12] + fate.seconds,
                    row[1],
                    row[0],
                    fate.type,
                    orjson.dumps(more).decode(),
                )
            )
    return planned
