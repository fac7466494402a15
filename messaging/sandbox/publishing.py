"""Telling what became of messages: due entries of the agenda become events of the Messaging service."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from messaging.sandbox.book import Book

logger = logging.getLogger(__name__)
CHUNK: Final = 500
PAUSE_SECONDS: Final = 0.5
DUE: Final = """
SELECT a.id, a.due, a.type, a.more, m.id AS message, m.tenant, m.key, m.channel, m.contact, m.address, m.campaign
FROM agenda AS a JOIN message AS m ON m.id = a.message
WHERE a.published = 0 AND a.due <= ? ORDER BY a.due LIMIT ?
"""
STATUS: Final = {
    "message.delivered": "delivered",
    "message.bounced": "bounced",
    "message.failed": "failed",
    "message.unsubscribed": "unsubscribed",
    "email.complained": "complained",
}
TIMES: Final = {"email.opened": "openedAt", "email.clicked": "clickedAt"}
Envelope = dict[str, Any]
Publish = Callable[[Sequence[Envelope]], None]


def envelope(row: Any) -> Envelope:
    """The event of an entry of the agenda."""
    at = datetime.fromtimestamp(row["due"], UTC).isoformat(timespec="milliseconds")
    payload: Envelope = {
        "messageId": row["message"],
        "contactId": row["contact"] or None,
        "channel": row["channel"],
    }
    payload |= {
        "campaignId": row["campaign"] or None,
        "idempotencyKey": row["key"],
        **orjson.loads(row["more"]),
    }
    if name := TIMES.get(row["type"]):
        payload[name] = at
    identity: Envelope = {"messagingContactId": row["contact"]} if row["contact"] else {}
    if not identity:
        identity = {"email" if "@" in row["address"] else "phoneNumber": row["address"]}
    return {
        "id": row["id"],
        "type": f"messaging.{row['type']}",
        "timestamp": at,
        "tenantId": row["tenant"],
        "source": "messaging",
        "identity": identity,
        "payload": {name: value for name, value in payload.items() if value is not None},
    }


def publish_due(book: Book, publish: Publish) -> int:
    """Publish one chunk of what is due; returns how many. Again after a failure: the ids stay the same."""
    rows = book.rows(DUE, [book.now, CHUNK])
    if not rows:
        return 0
    publish([envelope(row) for row in rows])
    with book.work() as db:
        db.executemany("UPDATE agenda SET published = 1 WHERE id = ?", [[row["id"]] for row in rows])
        for row in rows:
            if status := STATUS.get(row["type"]):
                db.execute("UPDATE message SET status = ? WHERE id = ?", [status, row["message"]])
            if row["type"] in ("message.unsubscribed", "email.complained") and row["contact"]:
                db.execute(
                    f"UPDATE contact SET may_{row['channel']} = 0 WHERE tenant = ? AND id = ?",
                    [row["tenant"], row["contact"]],
                )
    return len(rows)


class Publisher(threading.Thread):
    """Publishes what is due until it is stopped; a queue that is away is tried again."""

    def __init__(self, book: Book, publish: Publish) -> None:
        super().__init__(daemon=True)
        self._book, self._publish, self._over = book, publish, threading.Event()

    def run(self) -> None:
        """Work until stopped."""
        while not self._over.is_set():
            try:
                while publish_due(self._book, self._publish) == CHUNK:
                    pass
            except Exception as error:  # whatever the queue has, the stand-in goes on and tries again
                logger.warning("events not published, tried again: %s", type(error).__name__)
            self._over.wait(PAUSE_SECONDS)

    def stop(self) -> None:
        """Stop after the chunk under way."""
        self._over.set()
