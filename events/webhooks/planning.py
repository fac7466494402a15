"""The reader of the domain log that sets down which event goes to which endpoint."""

from collections.abc import Sequence
from typing import Final

from django.db import connection

from events import consumers, outbound
from events.consumers import Entry
from events.wake import wake_on_commit
from events.webhooks import statements as sql

NAME: Final = "webhooks"
DELIVER: Final = "events.deliver_webhooks"


def register() -> None:
    """Declare the consumer; the roof does so once every floor has declared what it tells to `events.outbound`."""
    consumers.register(NAME, kinds=list(outbound.types()), handle=plan)


def plan(entries: Sequence[Entry]) -> None:
    """Make the deliveries of a batch in one statement, in the transaction that moves the cursor."""
    types = outbound.types()
    with connection.cursor() as cursor:
        cursor.execute(
            sql.PLAN,
            {
                "tenants": [entry.tenant_id for entry in entries],
                "log_ids": [entry.id for entry in entries],
                "event_ids": [outbound.event_id(entry) for entry in entries],
                "types": [types[entry.kind] for entry in entries],
                "times": [entry.at for entry in entries],
            },
        )
        endpoints = [endpoint_id for (endpoint_id,) in cursor.fetchall()]
    for endpoint_id in endpoints:
        wake_on_commit(DELIVER, str(endpoint_id))
