"""Several readers of what the platform tells: each has a queue, a position and a pace of its own."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any, Final

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import consumers, outbound
from events.checks import check_readers
from events.consumers import registry
from events.models import DomainLogEntry
from events.retention import KEPT, prune
from events.transports import outbound_queue
from profiles.models import CustomerProfile
from profiles.privacy.erasing import erase_customer
from tenants.actors import acting_as, actor_of_user
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.events.logbook import age_entries, position_of, read_all
from tests.events.queueing import base, counts
from tests.profiles.stories import member, tell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("readers")]
OUT: Final = settings.CRM_OUTBOUND_QUEUE
WAREHOUSE: Final = f"{OUT}-warehouse"


@pytest.fixture
def readers(redis_server: Any, settings: Any) -> Iterator[None]:
    """The warehouse reads beside the queue that is always told."""
    settings.CRM_OUTBOUND_READERS = ["warehouse"]
    registry.registrations.cache_clear()
    consumers.ensure_positions()
    yield
    registry.registrations.cache_clear()


def ids_in(client: Any, queue: str) -> list[str]:
    """The jobs that wait, oldest first."""
    return [each.decode() for each in reversed(client.lrange(base(queue) + "wait", 0, -1))]


def test_each_reader_is_told_everything_under_the_same_ids(redis_server: Any, fairview: Club) -> None:
    consumers.ensure_positions()
    tell(fairview.tenant, member(1, email="thandi@example.com"))

    read_all("outbound")
    assert counts(redis_server, WAREHOUSE)["wait"] == 0
    read_all("outbound-warehouse")

    assert len(ids_in(redis_server, OUT)) == 1
    assert ids_in(redis_server, WAREHOUSE) == ids_in(redis_server, OUT)


def test_a_reader_that_stands_holds_up_neither_the_other_nor_the_log(
    redis_server: Any, fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumers.ensure_positions()
    tell(fairview.tenant, member(1, email="thandi@example.com"))
    read_all("outbound-warehouse")
    monkeypatch.setattr(outbound_queue, "MOST_WAITING", 1)
    tell(fairview.tenant, member(2, email="sipho@example.com"))
    read_all("outbound-warehouse")
    monkeypatch.setattr(outbound_queue, "MOST_WAITING", 1000)

    read_all("outbound")

    stuck = position_of(fairview.tenant, "outbound-warehouse")
    assert stuck.last_error == f"Nobody reads the queue {WAREHOUSE}: 1 jobs wait"
    assert len(ids_in(redis_server, OUT)) == 2
    assert len(ids_in(redis_server, WAREHOUSE)) == 1
    assert {lag.name: lag.entries > 0 for lag in consumers.lags() if lag.name.startswith("outbound")} == {
        "outbound": False,
        "outbound-warehouse": True,
    }

    while any(lag.entries for lag in consumers.lags() if lag.name != "outbound-warehouse"):
        for name in registry.registrations():
            if name != "outbound-warehouse":
                read_all(name)
    age_entries(timezone.now() - KEPT - timedelta(hours=1))
    prune()
    with all_tenants():
        assert not DomainLogEntry.objects.exists()


def test_a_reader_that_lost_its_queue_is_told_again_and_nobody_else(
    redis_server: Any, fairview: Club
) -> None:
    consumers.ensure_positions()
    tell(fairview.tenant, member(1, email="thandi@example.com"))
    read_all("outbound")
    read_all("outbound-warehouse")
    lost = ids_in(redis_server, WAREHOUSE)
    redis_server.flushdb()
    since = (timezone.now() - timedelta(hours=1)).isoformat()

    said = StringIO()
    call_command("publish_again", since, "--reader", "warehouse", stdout=said)

    assert said.getvalue() == "fairview: 1 event published again\n"
    assert ids_in(redis_server, WAREHOUSE) == lost
    assert ids_in(redis_server, OUT) == []
    with pytest.raises(CommandError, match=r"There is no reader 'cellar'; CRM_OUTBOUND_READERS names them\."):
        call_command("publish_again", since, "--reader", "cellar")


def test_the_page_offers_the_readers(client: Client, redis_server: Any, fairview: Club) -> None:
    consumers.ensure_positions()
    tell(fairview.tenant, member(1, email="thandi@example.com"))
    read_all("outbound-warehouse")
    redis_server.flushdb()
    client.force_login(fairview.admin)

    page = client.get(reverse("admin:operations_consumers")).content.decode()
    since = (timezone.now() - timedelta(hours=1)).isoformat()
    told = client.post(
        reverse("admin:operations_publish_again"), {"since": since, "reader": "warehouse"}, follow=True
    )
    refused = client.post(
        reverse("admin:operations_publish_again"), {"since": since, "reader": "cellar"}, follow=True
    )

    assert f'<option value="warehouse">{WAREHOUSE}</option>' in page
    assert "1 event published again" in told.content.decode()
    assert "There is no reader &#x27;cellar&#x27;" in refused.content.decode()
    assert len(ids_in(redis_server, WAREHOUSE)) == 1


def test_an_erasure_clears_the_queue_of_every_reader(redis_server: Any, fairview: Club) -> None:
    consumers.ensure_positions()
    tell(fairview.tenant, member(1, email="thandi@example.com"))
    read_all("outbound-warehouse")
    assert counts(redis_server, WAREHOUSE)["wait"] == 1

    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.admin)):
        erase_customer(CustomerProfile.objects.get().pk, reason="popia_erasure")

    assert ids_in(redis_server, WAREHOUSE) == []


def test_operators_see_pause_and_resume_consumers_at_a_terminal(fairview: Club) -> None:
    consumers.ensure_positions()
    tell(fairview.tenant, member(1, email="thandi@example.com"))

    said = StringIO()
    call_command("consumers", "pause", "outbound-warehouse", stdout=said)
    call_command("consumers", stdout=said)
    read_all("outbound-warehouse")
    assert position_of(fairview.tenant, "outbound-warehouse").last_id == 0
    call_command("consumers", "resume", "outbound-warehouse", stdout=said)
    read_all("outbound-warehouse")

    lines = said.getvalue().splitlines()
    assert lines[0] == "outbound-warehouse is paused"
    assert " wait at 1 club, " in next(line for line in lines if line.startswith("outbound "))
    assert [line.split()[:2] for line in lines if line.startswith("outbound")][1:] == [
        ["outbound", "on"],
        ["outbound-warehouse", "paused"],
        ["outbound-warehouse", "goes"],
    ]
    assert position_of(fairview.tenant, "outbound-warehouse").last_id > 0
    with pytest.raises(CommandError, match=r"no consumer 'cellar'\. Choose one of .*outbound-warehouse"):
        call_command("consumers", "pause", "cellar")


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["Ware house"], "'Ware house' is no name for a reader"),
        (["a" * 32], f"'{'a' * 32}' is no name for a reader"),
        (["warehouse", "warehouse"], "'warehouse' is named twice"),
        (["warehouse", "lake-2"], None),
    ],
)
def test_names_of_readers_are_checked(settings: Any, names: list[str], fault: str | None) -> None:
    settings.CRM_OUTBOUND_READERS = names

    assert [(found.id, found.msg) for found in check_readers(None)] == (
        [("crm.E017", f"CRM_OUTBOUND_READERS: {fault}.")] if fault else []
    )
    assert outbound.consumer_of("") == "outbound"
