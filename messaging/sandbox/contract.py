"""The routes of the contract (docs/messaging-api.yaml), as calls on the book."""

from typing import Any, Final

import orjson

from messaging.sandbox import lists
from messaging.sandbox.accepting import MOST_MESSAGES, accept
from messaging.sandbox.book import Book
from messaging.sandbox.fates import Odds

CHANNELS: Final = ("EMAIL", "SMS", "PUSH", "WHATSAPP")
Fields = dict[str, Any]
Result = tuple[int, Any]


def refuse(status: int, code: str, message: str, **more: Any) -> Result:
    """An error as the contract has it."""
    return status, {"error": {"code": code, "message": message, **more}}


NOT_FOUND: Final = refuse(404, "NOT_FOUND", "There is no such thing here.")
TOO_MANY: Final = refuse(413, "TOO_MANY", f"At most {MOST_MESSAGES} at once.")


def answer(  # noqa: PLR0917 - what a call is made of
    book: Book, odds: Odds | None, method: str, path: str, query: dict[str, str], body: Any
) -> Result:
    """Do what a call asks; `path` without /v1/."""
    tenant = query.get("tenantId") or (body or {}).get("tenantId") or ""
    if not tenant:
        return refuse(400, "TENANT_REQUIRED", "tenantId is required.")
    match (method, path.split("/")):
        case ("POST", ["messages", "batch"]):
            return _batch(book, odds, tenant, body)
        case ("POST", ["messages", "lookup"]):
            return _lookup(book, tenant, body)
        case ("GET", ["templates"]):
            return 200, {"templates": _templates(book, tenant)}
        case ("POST", ["contacts", "lookup"]):
            return _contacts(book, tenant, body)
        case ("PUT", ["contacts", contact_id]):
            return _put_contact(book, tenant, contact_id, body)
        case (_, ["lists", *rest]):
            return _lists(book, method, tenant, rest, query, body)
    return NOT_FOUND


def _batch(book: Book, odds: Odds | None, tenant: str, body: Fields) -> Result:
    messages = body.get("messages") or []
    if len(messages) > MOST_MESSAGES:
        return TOO_MANY
    return 200, {"results": accept(book, odds, tenant, messages)}


def _lookup(book: Book, tenant: str, body: Fields) -> Result:
    keys = body.get("idempotencyKeys") or []
    if len(keys) > MOST_MESSAGES:
        return TOO_MANY
    marks = ",".join("?" * len(keys))
    found = book.rows(
        f"SELECT key, id, status FROM message WHERE tenant = ? AND key IN ({marks})", [tenant, *keys]
    )
    names = ("idempotencyKey", "messageId", "status")
    return 200, {"messages": [dict(zip(names, row, strict=True)) for row in found]}


def _templates(book: Book, tenant: str) -> list[Fields]:
    return [
        {name: row[name] for name in ("id", "channel", "name", "subject", "body")}
        | {"variables": orjson.loads(row["variables"])}
        for row in book.rows("SELECT * FROM template WHERE tenant = ? ORDER BY name", [tenant])
    ]


def _contacts(book: Book, tenant: str, body: Fields) -> Result:
    ids = body.get("contactIds") or []
    if len(ids) > MOST_MESSAGES:
        return TOO_MANY
    marks = ",".join("?" * len(ids))
    rows = book.rows(f"SELECT * FROM contact WHERE tenant = ? AND id IN ({marks})", [tenant, *ids])
    return 200, {"contacts": [_contact(row) for row in rows]}


def _contact(row: Any) -> Fields:
    flags = {f"{channel.lower()}OptIn": bool(row[f"may_{channel}"]) for channel in CHANNELS}
    return {
        "contactId": row["id"],
        "email": row["email"] or None,
        "phoneNumber": row["phone"] or None,
        **flags,
    }


def _put_contact(book: Book, tenant: str, contact_id: str, body: Fields) -> Result:
    flags = [int(body.get(f"{channel.lower()}OptIn", True)) for channel in CHANNELS]
    row = [tenant, contact_id, body.get("email") or "", body.get("phoneNumber") or "", *flags]
    book.many("INSERT OR REPLACE INTO contact VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [row])
    return 200, {}


def _lists(  # noqa: PLR0917 - what a call is made of
    book: Book, method: str, tenant: str, rest: list[str], query: dict[str, str], body: Any
) -> Result:
    match (method, rest):
        case ("PUT", [list_id]):
            lists.put(book, tenant, list_id, str(body.get("name") or ""))
            return 200, lists.describe(book, tenant, list_id)
        case ("GET", [list_id]):
            found = lists.describe(book, tenant, list_id)
            return (200, found) if found else NOT_FOUND
        case ("DELETE", [list_id]):
            lists.delete(book, tenant, list_id)
            return 200, {}
        case ("GET", [list_id, "members"]):
            return 200, lists.members(book, tenant, list_id, query.get("after", ""))
        case ("POST", [list_id, "deltas"]):
            return _delta(book, tenant, list_id, body)
    return NOT_FOUND


def _delta(book: Book, tenant: str, list_id: str, body: Fields) -> Result:
    before = lists.describe(book, tenant, list_id)
    if before is None:
        return NOT_FOUND
    if len(body.get("add", ())) + len(body.get("remove", ())) > lists.MOST_CHANGES:
        return TOO_MANY
    if not lists.apply_delta(book, tenant, list_id, body):
        return refuse(409, "SEQUENCE_MISMATCH", "That is not the next delta.", sequence=before["sequence"])
    return 200, lists.describe(book, tenant, list_id)
