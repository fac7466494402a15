"""The domain log as the tests of its readers use it: entries, second connections, readers made for one test."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, connections, transaction

from events import consumers, log
from events.consumers import Entry, registry
from events.consumers.registry import Registration
from events.log import LogEntry
from events.models import ConsumerPosition
from profiles.log_kinds import LogKind
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope
from tests.patience import wait_until

INSERT = "INSERT INTO events_domainlogentry (tenant_id, kind, data) VALUES (%s, 'profile.changed', %s::jsonb)"
UNREADABLE = """
SELECT EXISTS (
    SELECT FROM events_domainlogentry
    WHERE cluster = events_cluster() AND xid >= pg_snapshot_xmin(pg_current_snapshot()))
"""


class Reader:
    """A consumer that remembers what it was handed; `refuse` raises for the entries it must not digest."""

    def __init__(self, refuse: Callable[[Entry], Exception | None] = lambda entry: None) -> None:
        self.seen: list[str] = []
        self.batches: list[int] = []
        self.refuse = refuse

    def __call__(self, tenant: Tenant, entries: Sequence[Entry]) -> None:
        """Digest a batch."""
        self.batches.append(len(entries))
        for entry in entries:
            problem = self.refuse(entry)
            if problem is not None:
                raise problem
        self.seen += [entry.data["n"] for entry in entries]

    def register(self, name: str = "reader", **options: Any) -> None:
        """Declare it, for entries of the kind PROFILE_CHANGED unless told otherwise, and make its positions."""
        register(name, **({"handle": self} | options))


def register(name: str = "reader", **options: Any) -> None:
    """Declare a consumer beside those of this test (fixture `own_consumers`), and make its positions."""
    defaults: dict[str, Any] = {"kinds": frozenset({LogKind.PROFILE_CHANGED})}
    declared = {**registry.registrations(), name: Registration(name=name, **(defaults | options))}
    _own.clear()
    _own.update(registry.in_order(list(declared.values())))
    consumers.ensure_positions()


_own: dict[str, Registration] = {}


@pytest.fixture
def own_consumers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only consumers that the test registers."""
    _own.clear()
    monkeypatch.setattr(registry, "registrations", lambda: dict(_own))


def append(tenant: Tenant, *numbers: str, kind: LogKind = LogKind.PROFILE_CHANGED) -> None:
    """Entries in one transaction."""
    with tenant_scope(tenant), transaction.atomic():
        log.append(LogEntry(kind, None, {"n": number}) for number in numbers)


def append_typed(tenant: Tenant, name: str, *numbers: str) -> None:
    """Entries of activities of a type, in one transaction."""
    with tenant_scope(tenant), transaction.atomic():
        log.append(
            LogEntry(LogKind.ACTIVITY_RECORDED, None, {"n": number, "type": name}) for number in numbers
        )


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
    wait_until(_is_readable)


def _is_readable() -> bool:
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(UNREADABLE)
        return not cursor.fetchone()[0]


def tenants() -> list[Tenant]:
    """Every tenant, in the order in which they are read."""
    return list(Tenant.objects.order_by("slug"))


def run_once(name: str = "reader", **options: Any) -> bool:
    """Let the consumer have one turn at each tenant; returns whether any has more."""
    turns = [consumers.run(name, tenant.pk, **options) for tenant in tenants()]
    return any(turns)


def read_all(name: str = "reader") -> None:
    """Let the consumer read everything that is committed."""
    settle()
    while run_once(name):
        pass


def position_of(tenant: Tenant, name: str = "reader") -> ConsumerPosition:
    """Where the consumer stands at the tenant."""
    with all_tenants():
        position: ConsumerPosition = ConsumerPosition.objects.get(tenant=tenant, consumer=name)
        return position


def rewind(name: str | None = None) -> None:
    """Let a consumer, or all, start at the beginning again."""
    with all_tenants():
        rows = ConsumerPosition.objects.filter(**({"consumer": name} if name else {}))
        rows.update(cluster=0, last_xid=0, last_id=0)


def age_entries(at: datetime) -> None:
    """Make all entries as old as this."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute("UPDATE events_domainlogentry SET at = %s", [at])
