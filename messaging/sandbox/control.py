"""What the real service has not: faults, a clock, acts of readers, the book, and an inbox to look at."""

import html
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from messaging.sandbox.book import Book
from messaging.sandbox.faults import FaultPlan

ACTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "deliver": ("message.delivered", {}),
    "open": ("email.opened", {"isMachine": False}),
    "machine-open": ("email.opened", {"isMachine": True}),
    "click": ("email.clicked", {"isMachine": False, "url": "https://club.example/"}),
    "bounce": ("message.bounced", {"bounceType": "hard", "reason": "mailbox does not exist"}),
    "soft-bounce": ("message.bounced", {"bounceType": "soft", "reason": "mailbox full"}),
    "fail": ("message.failed", {"reason": "timed out"}),
    "unsubscribe": ("message.unsubscribed", {}),
    "complain": ("email.complained", {}),
    "reply": ("sms.replied", {"text": "Thanks!"}),
}
PAGE: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Messages · Messaging sandbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #17201c }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .5rem; border-bottom: 1px solid #dfe6e2 }}
pre {{ white-space: pre-wrap; background: #f6f8f7; padding: 1rem; border-radius: 8px }} .muted {{ color: #63746b }}
@media (prefers-color-scheme: dark) {{ body {{ background: #0f1614; color: #eef3f0 }} pre {{ background: #17201c }} }}
</style></head><body>{body}</body></html>"""
Result = tuple[int, Any]


def page(book: Book, path: str, query: dict[str, str]) -> str | None:
    """The inbox, or one message; None where there is none."""
    if path == "/":
        return _inbox(book, query.get("q", ""))
    found = book.rows("SELECT * FROM message WHERE id = ?", [path.removeprefix("/messages/")])
    return _message(found[0]) if found else None


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %H:%M:%S")


def _inbox(book: Book, search: str) -> str:
    pattern = f"%{search}%"
    rows = book.rows(
        "SELECT * FROM message WHERE address LIKE ? OR subject LIKE ? OR text LIKE ?"
        " ORDER BY accepted_at DESC LIMIT 100",
        [pattern] * 3,
    )
    total = book.value("SELECT count(*) FROM message")
    lines = "".join(
        f"<tr><td class=muted>{_time(row['accepted_at'])}</td><td>{row['channel']}</td>"
        f"<td>{html.escape(row['address'])}</td>"
        f"<td><a href='/messages/{row['id']}'>"
        f"{html.escape(row['subject'] or row['text'][:80] or row['template'])}</a></td>"
        f"<td>{row['status']}</td></tr>"
        for row in rows
    )
    body = (
        f"<h1>Messages</h1><form><input name=q aria-label=Search placeholder='Address or words' "
        f"value='{html.escape(search, quote=True)}'> <button>Search</button></form>"
        f"<p class=muted>{total} in the book; nothing of it left this machine.</p>"
        f"<table><thead><tr><th>When<th>Channel<th>To<th>What<th>State</thead><tbody>{lines}</tbody></table>"
    )
    return PAGE.format(body=body)


def _message(row: Any) -> str:
    content = row["text"] or f"Template {row['template']} with {row['variables']}"
    framed = (
        f"<iframe sandbox title='The mail' width=100% height=500"
        f" srcdoc='{html.escape(row['html'], quote=True)}'></iframe>"
        if row["html"]
        else ""
    )
    body = (
        f"<p><a href='/'>All messages</a></p><h1>{html.escape(row['subject'] or row['channel'])}</h1>"
        f"<p>{row['channel']} to {html.escape(row['address'])}, {_time(row['accepted_at'])}, {row['status']}</p>"
        f"<p class=muted>Key {html.escape(row['key'])} · id {row['id']}</p><pre>{html.escape(content)}</pre>{framed}"
    )
    return PAGE.format(body=body)


def answer(book: Book, plan: FaultPlan, method: str, path: str, body: Any) -> Result:
    """The routes under /sandbox."""
    if path == "faults":
        if method != "GET":
            plan.replace(body or [])
        return 200, {"faults": [asdict(fault) for fault in plan.faults]}
    if path == "clock":
        now = book.move_clock(float(body["advanceSeconds"])) if method == "POST" else book.now
        return 200, {"now": datetime.fromtimestamp(now, UTC).isoformat()}
    if path == "messages":
        return 200, {
            "messages": [
                _book_row(row) for row in book.rows("SELECT * FROM message ORDER BY accepted_at, id")
            ]
        }
    if path == "calls":
        return 200, {"calls": [dict(row) for row in book.rows("SELECT * FROM call ORDER BY id")]}
    if path == "templates" and method == "POST":
        return _keep_template(book, body)
    if path == "" and method == "DELETE":
        book.forget()
        return 200, {}
    return _act(book, path, body) if method == "POST" else (404, {"code": "NOT_FOUND"})


def _book_row(row: Any) -> dict[str, Any]:
    return {**dict(row), "variables": orjson.loads(row["variables"])}


def _keep_template(book: Book, body: Any) -> Result:
    row = [body["tenantId"], body["id"], body.get("channel", "EMAIL"), body.get("name", body["id"])]
    row += [body.get("subject", ""), body.get("body", ""), orjson.dumps(body.get("variables", [])).decode()]
    book.many("INSERT OR REPLACE INTO template VALUES (?, ?, ?, ?, ?, ?, ?)", [row])
    return 200, {}


def _act(book: Book, path: str, body: Any) -> Result:
    """messages/<id>/<act>: as if the reader, or a machine, had done it now."""
    parts = path.split("/")
    if len(parts) != 3 or parts[0] != "messages" or parts[2] not in ACTS:  # noqa: PLR2004
        return 404, {"code": "NOT_FOUND", "message": f"The acts are {', '.join(ACTS)}."}
    if not (found := book.rows("SELECT tenant FROM message WHERE id = ?", [parts[1]])):
        return 404, {"code": "NOT_FOUND", "message": "There is no such message."}
    kind, more = ACTS[parts[2]]
    number = book.value("SELECT count(*) FROM agenda WHERE message = ?", [parts[1]])
    row = [f"{parts[1]}:act{number}", book.now, found[0]["tenant"], parts[1], kind]
    book.many(
        "INSERT INTO agenda (id, due, tenant, message, type, more) VALUES (?, ?, ?, ?, ?, ?)",
        [[*row, orjson.dumps({**more, **(body or {})}).decode()]],
    )
    return 200, {}
