"""The sweep wakes whatever has work, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone

from events import consumers, debounce
from events.debounce import PROCESS_INBOX, READ_LOG, RUN_CONSUMER
from events.models import Consumer, ConsumerPosition, InboxEvent
from events.tasks import run_consumer, sweep
from tenants.redis_client import RedisError
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.events.logbook import Reader, append, position_of, register, settle
from tests.profiles.stories import member, publish, tell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_consumers")]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, redis_server: object) -> list[tuple[str, str]]:
    """What was sent to the workers instead of sending it."""
    tasks: list[tuple[str, str]] = []

    def send_task(name: str, arguments: list[str], **_: Any) -> None:
        tasks.append((name, *arguments))  # type: ignore[arg-type]

    monkeypatch.setattr(current_app, "send_task", send_task)
    return tasks


def forget_wakes(sent: list[tuple[str, str]], redis_server: Any) -> None:
    redis_server.flushdb()
    sent.clear()


def test_a_tenant_whose_inbox_waits_is_woken(
    fairview: Club, kingsmere: Club, sent: list[tuple[str, str]], redis_server: Any
) -> None:
    publish(fairview.tenant, member(1))
    tell(kingsmere.tenant, member(1))
    forget_wakes(sent, redis_server)

    sweep()

    assert sent == [(PROCESS_INBOX, str(fairview.tenant.pk))]


@pytest.mark.parametrize(("minutes", "is_woken"), [(1, False), (-1, True)])
def test_a_failed_event_counts_as_work_once_it_is_due(
    fairview: Club, sent: list[tuple[str, str]], redis_server: Any, minutes: int, is_woken: bool
) -> None:
    publish(fairview.tenant, member(1))
    with tenant_scope(fairview.tenant):
        InboxEvent.objects.update(status="FAILED", due_at=timezone.now() + timedelta(minutes=minutes))
    forget_wakes(sent, redis_server)

    sweep()

    assert (len(sent) == 1) is is_woken


@pytest.mark.parametrize("status", ["SUCCESS", "SKIPPED", "DEAD"])
def test_what_is_at_rest_is_no_work(
    fairview: Club, sent: list[tuple[str, str]], redis_server: Any, status: str
) -> None:
    publish(fairview.tenant, member(1))
    with tenant_scope(fairview.tenant):
        InboxEvent.objects.update(status=status, error_code="NO_IDENTITY")
    forget_wakes(sent, redis_server)

    sweep()

    assert sent == []


def test_a_consumer_that_lags_is_woken_unless_it_is_paused(
    fairview: Club, sent: list[tuple[str, str]], redis_server: Any
) -> None:
    for name in ("lagging", "paused"):
        Reader().register(name)
    Consumer.objects.filter(name="paused").update(is_paused=True)
    append(fairview.tenant, "1")
    forget_wakes(sent, redis_server)

    sweep()

    assert sent == [(READ_LOG, str(fairview.tenant.pk))]
    assert consumers.lagging() == [("lagging", fairview.tenant.pk)]


def test_a_declared_consumer_gets_its_cursor_from_the_sweep(
    fairview: Club, sent: list[tuple[str, str]]
) -> None:
    register("newcomer", handle=lambda tenant, entries: None)
    with all_tenants():
        ConsumerPosition.objects.all().delete()

    sweep()

    assert position_of(fairview.tenant, "newcomer").last_id == 0
    assert sent == [], "an empty log is no work"


def test_wakes_for_the_same_work_within_a_moment_are_one(fairview: Club, sent: list[tuple[str, str]]) -> None:
    publish(fairview.tenant, member(1))
    publish(fairview.tenant, member(2))
    sweep()

    assert sent == [(PROCESS_INBOX, str(fairview.tenant.pk))]


def test_a_wake_that_cannot_be_sent_harms_nobody(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise RedisError("away")

    monkeypatch.setattr(debounce, "redis_client", away)

    accepted = publish(fairview.tenant, member(1))
    sweep()

    assert accepted.accepted == 1
    with all_tenants():
        assert InboxEvent.objects.count() == 1


def test_a_commit_wakes_all_consumers_of_the_tenant_once(fairview: Club, sent: list[tuple[str, str]]) -> None:
    for name in ("one", "other"):
        Reader().register(name)

    append(fairview.tenant, "1")

    assert sent == [(READ_LOG, str(fairview.tenant.pk))]


def test_a_consumer_with_more_to_read_wakes_itself(
    fairview: Club, sent: list[tuple[str, str]], redis_server: Any
) -> None:
    Reader().register("busy", batch_size=1)
    append(fairview.tenant, *(str(number) for number in range(21)))
    settle()
    forget_wakes(sent, redis_server)

    busy = f"busy:{fairview.tenant.pk}"
    run_consumer(busy)
    after_a_turn = list(sent)
    sent.clear()
    run_consumer(busy)

    assert after_a_turn == [(RUN_CONSUMER, busy)]
    assert sent == []
