"""An erasure beside workers that apply events: neither waits for the other, and nothing of the person comes back."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connections

from events.models import InboxEvent
from profiles.ingest import applying, process_pending
from profiles.models import Activity, CustomerProfile
from profiles.privacy import erasing
from profiles.privacy.erasing import erase_customer
from profiles.privacy.mentions import find_late_mentions
from profiles.search.finding import search_profiles
from tenants.models import Tenant
from tenants.postgresql.locks import lock_tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.stories import booking, member, payment, player, publish, tell
from tests.profiles.test_erasing import WORDS, erase, found_in_database, sipho

SECONDS = 20


class Beside(threading.Thread):
    """A call in a thread of its own, inside the tenant's scope; `join_and_raise` tells what it died of."""

    def __init__(self, tenant: Tenant, call: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._tenant, self._call = tenant, call
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Call it, and keep what it raised."""
        try:
            with tenant_scope(self._tenant):
                self._call()
        except BaseException as error:  # told to whoever waits
            self._error = error
        finally:
            connections.close_all()

    def join_and_raise(self) -> None:
        """Wait for its end."""
        self.join(SECONDS)
        assert not self.is_alive()
        if self._error is not None:
            raise self._error


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_has_claimed_the_person_s_event_does_not_lock_up_with_the_erasure(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id = sipho(fairview.tenant)
    has_claimed, may_lock = threading.Event(), threading.Event()

    def wait_with_claimed_rows(*arguments: Any, **options: Any) -> None:
        if threading.current_thread() is worker:
            has_claimed.set()
            assert may_lock.wait(SECONDS)
        lock_tenant(*arguments, **options)

    monkeypatch.setattr(applying, "lock_tenant", wait_with_claimed_rows)
    publish(fairview.tenant, payment(4711, 100, id="waiting"))
    worker = Beside(fairview.tenant, process_pending)
    assert has_claimed.wait(SECONDS)

    eraser = Beside(fairview.tenant, lambda: erase_customer(profile_id, reason="gdpr_erasure"))
    eraser.join(1)
    may_lock.set()
    worker.join_and_raise()
    eraser.join_and_raise()

    assert found_in_database(*WORDS) == []
    with tenant_scope(fairview.tenant):
        assert InboxEvent.objects.get(event_id="waiting").envelope == {"erased": True}


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_claimed_while_the_erasure_runs_comes_after_it(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came between the search and the lock: the erasure leaves it to the worker, who knows whom not to know."""
    profile_id = sipho(fairview.tenant)
    workers: list[Beside] = []
    has_claimed = threading.Event()

    def say_that_it_claimed(*arguments: Any, **options: Any) -> None:
        has_claimed.set()
        lock_tenant(*arguments, **options)

    def take_in_and_apply() -> None:
        publish(fairview.tenant, payment(4711, 100, id="late"))
        process_pending()

    def claim_meanwhile(*arguments: Any) -> None:
        if not workers:
            workers.append(Beside(fairview.tenant, take_in_and_apply))
            assert has_claimed.wait(SECONDS)
        find_late_mentions(*arguments)

    monkeypatch.setattr(applying, "lock_tenant", say_that_it_claimed)
    monkeypatch.setattr(erasing, "find_late_mentions", claim_meanwhile)
    erase(fairview.tenant, profile_id)
    workers[0].join_and_raise()

    with tenant_scope(fairview.tenant):
        late = InboxEvent.objects.get(event_id="late")
        assert not Activity.objects.filter(profile_id=profile_id).exists()
    assert (late.status, late.error_code, late.envelope) == ("SKIPPED", "ERASED_PERSON", {"erased": True})


@pytest.mark.django_db(transaction=True)
def test_erasures_and_events_by_the_hundred_end_without_a_deadlock(fairview: Club) -> None:
    people = range(1, 13)
    tell(
        fairview.tenant,
        player("partner", name="Ben", surname="Nel", email="ben@example.com"),
        *(
            member(n, firstName=f"Anna{n}", lastName=f"Quagga{n}", email=f"anna{n}@example.org")
            for n in people
        ),
    )
    with tenant_scope(fairview.tenant):
        ids = dict(
            CustomerProfile.objects.filter(scl_member_id__isnull=False).values_list("scl_member_id", "pk")
        )
    for n in people:
        publish(
            fairview.tenant,
            *(payment(n, 100, id=f"pay-{n}-{turn}") for turn in range(10)),
            *(
                booking("partner", players=[{"name": f"Anna{n} Quagga{n}"}], id=f"book-{n}-{turn}")
                for turn in range(3)
            ),
        )

    def erase_these(some: range) -> None:
        for n in some:
            erase_customer(ids[n], reason="gdpr_erasure")

    threads = [Beside(fairview.tenant, lambda: process_pending(batch_size=7)) for _ in range(2)]
    threads += [Beside(fairview.tenant, partial(erase_these, some)) for some in (people[::2], people[1::2])]
    for thread in threads:
        thread.join_and_raise()

    with tenant_scope(fairview.tenant):
        process_pending()
        assert not InboxEvent.objects.filter(status__in=["PENDING", "FAILED", "DEAD"]).exists()
        assert set(CustomerProfile.objects.filter(pk__in=ids.values()).values_list("status", flat=True)) == {
            "DELETED"
        }
        assert search_profiles("Quagga3") == []
    assert found_in_database("anna3@example.org") == []
