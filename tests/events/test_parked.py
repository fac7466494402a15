"""Parked entries of the domain log: tried again by their consumer, or let go."""

from collections.abc import Sequence

import pytest
from django.db import transaction

from events import log
from events.consumers import Entry, PeerAway
from events.log import LogEntry
from events.models import ParkedEntry
from events.parked import discard_parked, retry_parked
from profiles.log_kinds import LogKind
from tenants.errors import UnavailableError
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.events.logbook import register
from tests.events.queueing import read_on

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_server")]


class Reader:
    """A consumer of the test; remembers what it was given and fails where it is told to."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.poison: set[str] = set()
        self.is_peer_away = False

    def handle(self, tenant: Tenant, entries: Sequence[Entry]) -> None:
        """What the runner calls."""
        if self.is_peer_away:
            raise PeerAway("The peer sleeps.")
        names = [entry.data["name"] for entry in entries]
        if self.poison & set(names):
            raise ValueError("cannot digest")
        self.seen += names


@pytest.fixture
def reader(own_consumers: None) -> Reader:
    made = Reader()
    register("test-reader", handle=made.handle)
    return made


def park(tenant: Tenant, reader: Reader) -> ParkedEntry:
    """Let an entry be parked."""
    reader.poison = {"bad"}
    with tenant_scope(tenant), transaction.atomic():
        log.append([LogEntry(LogKind.PROFILE_CHANGED, None, {"name": "bad"})])
    read_on("test-reader")
    with all_tenants():
        parked: ParkedEntry = ParkedEntry.objects.get()
        return parked


def test_a_parked_entry_is_retried_until_it_is_digested(fairview: Club, reader: Reader) -> None:
    parked = park(fairview.tenant, reader)
    with tenant_scope(fairview.tenant):
        assert retry_parked([parked.pk]).still_parked == 1
        reader.is_peer_away = True
        with pytest.raises(UnavailableError):
            retry_parked([parked.pk])
        assert ParkedEntry.objects.get().status == ParkedEntry.Status.PARKED
        reader.is_peer_away, reader.poison = False, set()
        assert retry_parked([parked.pk]).done == 1

        assert reader.seen == ["bad"]
        assert ParkedEntry.objects.get().status == ParkedEntry.Status.RETRIED
        assert discard_parked([parked.pk]) == 0


def test_a_parked_entry_can_be_let_go(fairview: Club, kingsmere: Club, reader: Reader) -> None:
    parked = park(fairview.tenant, reader)

    with tenant_scope(kingsmere.tenant):
        assert discard_parked([parked.pk]) == 0
        assert retry_parked([parked.pk]).done == 0
    with tenant_scope(fairview.tenant):
        assert discard_parked([parked.pk]) == 1
        assert ParkedEntry.objects.get().status == ParkedEntry.Status.DISCARDED
