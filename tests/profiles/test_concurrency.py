"""Several workers at once: one person stays one, and nobody waits without need."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import pytest_django
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm_platform.embedded.leftovers import wait_until
from events.models import Door
from profiles.club import Club
from profiles.ingest import process_pending
from profiles.ingest.batch import process_batch
from profiles.models import CustomerProfile, Identifier
from tenants.models import Tenant
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import tenant_scope
from tests.factories import tenant as make_tenant
from tests.patience import PATIENCE_SECONDS
from tests.profiles.stories import member, payment, player, publish, tell

WAITING = """
SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def in_threads(*functions: Callable[[], Any]) -> None:
    """Run each function in a thread with a connection of its own; re-raise what one of them raised."""
    problems: list[BaseException] = []

    def run(function: Callable[[], Any]) -> None:
        try:
            function()
        except BaseException as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "a worker waits for ever"
    if problems:
        raise problems[0]


def worker(tenant: Tenant, start: threading.Barrier) -> Callable[[], None]:
    """A worker that takes one event at a time until nothing is left."""

    def work() -> None:
        start.wait(PATIENCE_SECONDS)
        with tenant_scope(tenant):
            while process_batch(Club.of(tenant), 1):
                pass

    return work


@pytest.mark.django_db(transaction=True)
def test_workers_that_meet_the_same_new_person_at_once_end_with_one_profile() -> None:
    tenant = make_tenant()
    number_of_people = 15
    for number in range(1, number_of_people + 1):
        address = f"m{number}@example.com"
        publish(
            tenant, member(number, email=address), player(f"t{number}", email=address), payment(number, 100)
        )
    start = threading.Barrier(4)

    in_threads(*(worker(tenant, start) for _ in range(4)))

    with tenant_scope(tenant):
        people = list(CustomerProfile.objects.exclude(status="MERGED"))
        assert len(people) == number_of_people
        assert {person.lifetime_value_cents for person in people} == {100}
        assert all(person.scl_member_id and person.teetime_player_id for person in people)
        assert Identifier.objects.count() == 3 * number_of_people


@pytest.mark.django_db(transaction=True)
def test_events_about_known_people_do_not_wait_for_each_other() -> None:
    tenant = make_tenant()
    tell(tenant, member(1), member(2))
    publish(tenant, payment(2, 100))

    def process() -> None:
        with tenant_scope(tenant):
            process_pending()

    with transaction.atomic(), tenant_scope(tenant):
        lock_tenant(AdvisoryLock.IDENTITY, shared=True)
        in_threads(process)

    with tenant_scope(tenant):
        assert CustomerProfile.objects.get(scl_member_id=2).lifetime_value_cents == 100


@pytest.mark.django_db(transaction=True)
def test_a_worker_keeps_its_slot_of_backfill_while_it_waits_to_change_who_is_who(
    settings: pytest_django.Settings,
) -> None:
    """Or all of them would wait at one club's file, and none were free for the others."""
    settings.CRM_BACKFILL_WORKERS = 1
    tenant = make_tenant()
    publish(tenant, member(1), member(2), door=Door.FILE)
    taken: list[int] = []

    def work() -> None:
        with tenant_scope(tenant):
            taken.append(process_batch(Club.of(tenant), 1, waits_for_slot=True))

    with transaction.atomic(), tenant_scope(tenant):
        lock_tenant(AdvisoryLock.IDENTITY, shared=True)
        first = threading.Thread(target=in_threads, args=(work,))
        first.start()
        assert wait_until(waits_for_a_lock, seconds=PATIENCE_SECONDS)
        in_threads(work)
        assert taken == [0]
    first.join(PATIENCE_SECONDS)
    in_threads(work)

    assert taken == [0, 1, 1]
    with tenant_scope(tenant):
        assert CustomerProfile.objects.count() == 2


def waits_for_a_lock() -> bool:
    """Whether somebody waits for an advisory lock of this database."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchone() is not None


@pytest.mark.django_db(transaction=True)
def test_workers_that_change_the_same_people_in_any_order_do_not_deadlock() -> None:
    tenant = make_tenant()
    people = 20
    tell(tenant, *(member(number) for number in range(1, people + 1)))
    for turn in range(6):
        numbers = range(1, people + 1) if turn % 2 else range(people, 0, -1)
        publish(tenant, *(payment(number, 1) for number in numbers))
    start = threading.Barrier(3)

    def work() -> None:
        start.wait(PATIENCE_SECONDS)
        with tenant_scope(tenant):
            while process_batch(Club.of(tenant), people):
                pass

    in_threads(work, work, work)

    with tenant_scope(tenant):
        assert {person.lifetime_value_cents for person in CustomerProfile.objects.all()} == {6}


def test_a_key_can_lead_to_one_person_only_even_when_every_lock_is_forgotten(db: None) -> None:
    tenant = make_tenant()
    tell(tenant, member(1, email="a@example.com"), member(2))
    with tenant_scope(tenant):
        other = CustomerProfile.objects.get(scl_member_id=2)

        with pytest.raises(IntegrityError, match="profiles_identifier_key_uq"), transaction.atomic():
            Identifier.objects.create(
                tenant=tenant,
                profile_id=other.pk,
                origin_profile_id=other.pk,
                kind="email",
                value="a@example.com",
                confidence=95,
                source="crm",
                event_id="x",
                created_at=timezone.now(),
            )
