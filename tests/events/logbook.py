"""The domain log as the tests of its readers use it: entries, second connections, readers made for one test."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, connections, transaction

from events import consumers, log
from events.consumers import Entry
from events.log import Happening
from events.models import Consumer, LogKind
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope

INSERT = "INSERT INTO events_domainlogentry (tenant_id, kind, data) VALUES (%s, 'profile.changed', %s::jsonb)"
UNREADABLE = """
SELECT EXISTS (SELECT FROM events_domainlogentry WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))
"""


class Reader:
    """A consumer that remembers what it was handed; `refuse` raises for the entries it must not digest."""

    def __init__(self, refuse: Callable[[Entry], Exception | None] = lambda entry: None) -> None:
        self.seen: list[str] = []
        self.batches: list[int] = []
        self.refuse = refuse

    def __call__(self, entries: Sequence[Entry]) -> None:
        """Digest a batch."""
        self.batches.append(len(entries))
        for entry in entries:
            problem = self.refuse(entry)
            if problem is not None:
                raise problem
        self.seen += [entry.data["n"] for entry in entries]

    def register(self, name: str = "reader", **options: Any) -> None:
        """Declare it, for entries of the kind PROFILE_CHANGED unless told otherwise, and make its cursor."""
        defaults: dict[str, Any] = {"kinds": [LogKind.PROFILE_CHANGED], "handle": self}
        consumers.register(name, **(defaults | options))
        consumers.ensure_cursors()


def append(tenant: Tenant, *numbers: str, kind: LogKind = LogKind.PROFILE_CHANGED) -> None:
    """Entries in one transaction."""
    with tenant_scope(tenant), transaction.atomic():
        log.append(Happening(kind, None, {"n": number}) for number in numbers)


@contextmanager
def another_connection() -> Iterator[Any]:
    """A second connection in an open transaction; ends with a roll-back unless the test commits."""
    other = connections.create_connection("default")
    other.set_autocommit(False)
    try:
        yield other
    finally:
        other.rollback()
        other.close()


def append_late(other: Any, tenant: Tenant, number: str) -> None:
    """An entry of the other connection's open transaction."""
    with tenant_scope(tenant), other.cursor() as cursor:
        cursor.execute(f"SELECT set_config('crm.tenant_id', '{tenant.pk}', true)")
        cursor.execute(INSERT, [tenant.pk, f'{{"n": "{number}"}}'])


def settle() -> None:
    """Wait until nothing hides the committed entries: transactions of other databases of the server do, too."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with all_tenants(), connection.cursor() as cursor:
            cursor.execute(UNREADABLE)
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise TimeoutError


def read_all(name: str = "reader") -> None:
    """Let the consumer read everything that is committed."""
    settle()
    while consumers.run(name):
        pass


def cursor_of(name: str = "reader") -> tuple[int, int]:
    """How far the consumer has come."""
    return Consumer.objects.values_list("last_xid", "last_id").get(name=name)


def age_entries(at: datetime) -> None:
    """Make all entries as old as this."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute("UPDATE events_domainlogentry SET at = %s", [at])
