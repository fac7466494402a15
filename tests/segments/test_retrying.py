"""Refreshes that fail: the others go on, the next try waits longer each time, staff read it and can ask for one."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DataError
from django.test import Client
from django.utils import timezone

from segments import refreshing
from segments.actions import Draft, create_segment, get_segment, refresh_segment, update_segment
from segments.compiler import compile_with, compose
from segments.models import Refresh, Segment
from segments.models.keeping import OPEN
from segments.retrying import FAILED_WORDS, RETRY_DELAYS, troubles_of
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.profiles.records import profile
from tests.segments.makers import leaf, members, refresh

GOLD = leaf("membershipTier", "eq", "Gold")
SILVER = leaf("membershipTier", "eq", "Silver")


@pytest.fixture(autouse=True)
def furnished_clubs() -> None:
    """Clubs without the segments that come ready: only those made here are counted."""


@pytest.fixture
def poisonous(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> Segment:
    """A segment whose rule the database refuses to answer."""
    with tenant_scope(fairview.tenant):
        made = create_segment(Draft(name="Poison", criteria=GOLD))

    def refuses(parameters: Any, root: Any, *rest: Any, **options: Any) -> str:
        if root == made.rule.root:
            return "(1 / 0 = 1)"
        return compile_with(parameters, root, *rest, **options)

    def refuses_with_others(root: Any, write: Any) -> str:
        return "(1 / 0 = 1)" if root == made.rule.root else compose(root, write)

    monkeypatch.setattr("segments.refreshing.compile_with", refuses)
    monkeypatch.setattr("segments.refreshing.compose", refuses_with_others)
    return made


def waiting(tenant: Tenant) -> int:
    with tenant_scope(tenant):
        return int(Refresh.objects.filter(status__in=OPEN).count())


def shift(tenant: Tenant, by: timedelta) -> None:
    """As if that much time had gone by since the refreshes ended."""
    with tenant_scope(tenant):
        for row in Refresh.objects.exclude(finished_at=None):
            Refresh.objects.filter(pk=row.pk).update(finished_at=row.finished_at - by)


def sweep(tenant: Tenant) -> None:
    """What the beat does every 15 seconds."""
    refreshing.request_due()
    refresh(tenant)


def test_a_rule_that_cannot_be_answered_costs_no_other_segment_its_members(
    fairview: Club, poisonous: Segment
) -> None:
    person = profile(fairview.tenant, membership_tier="Silver")
    with tenant_scope(fairview.tenant):
        well = create_segment(Draft(name="Well", criteria=SILVER))

    assert refresh(fairview.tenant) == 1

    assert members(fairview.tenant, well) == {person.pk}
    with tenant_scope(fairview.tenant):
        assert get_segment(well.pk).refresh_error == ""
        assert get_segment(poisonous.pk).refresh_error == FAILED_WORDS
        failed = Refresh.objects.get(segment_id=poisonous.pk)
        assert (failed.status, failed.attempts, failed.leased_until) == ("FAILED", 1, None)
        assert failed.error.startswith(DataError.__name__) or "division by zero" in failed.error


def test_each_failure_waits_longer_than_the_one_before_and_the_last_wait_repeats(
    fairview: Club, poisonous: Segment
) -> None:
    refresh(fairview.tenant)

    for number, delay in enumerate((*RETRY_DELAYS, RETRY_DELAYS[-1]), start=1):
        with tenant_scope(fairview.tenant):
            trouble = troubles_of([poisonous.pk])[poisonous.pk]
            assert trouble.failures == min(number, len(RETRY_DELAYS))
            assert trouble.next_try_at - trouble.failed_at == delay
        sweep(fairview.tenant)
        shift(fairview.tenant, delay - timedelta(seconds=20))
        sweep(fairview.tenant)
        with tenant_scope(fairview.tenant):
            assert Refresh.objects.count() == number
        shift(fairview.tenant, timedelta(seconds=21))
        sweep(fairview.tenant)
        with tenant_scope(fairview.tenant):
            assert Refresh.objects.count() == number + 1


def test_a_try_that_works_ends_the_trouble(
    fairview: Club, poisonous: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = profile(fairview.tenant, membership_tier="Gold")
    refresh(fairview.tenant)
    monkeypatch.undo()

    shift(fairview.tenant, RETRY_DELAYS[0])
    sweep(fairview.tenant)

    assert members(fairview.tenant, poisonous) == {person.pk}
    with tenant_scope(fairview.tenant):
        assert get_segment(poisonous.pk).refresh_error == ""
        assert troubles_of([poisonous.pk]) == {}
    sweep(fairview.tenant)
    assert waiting(fairview.tenant) == 0


def test_somebody_who_asks_is_answered_at_once_and_starts_the_waits_anew(
    fairview: Club, poisonous: Segment
) -> None:
    refresh(fairview.tenant)
    for delay in RETRY_DELAYS[:3]:
        shift(fairview.tenant, delay)
        sweep(fairview.tenant)
    with tenant_scope(fairview.tenant):
        assert troubles_of([poisonous.pk])[poisonous.pk].failures == 4

        refresh_segment(poisonous.pk)
    assert waiting(fairview.tenant) == 1
    refresh(fairview.tenant)

    with tenant_scope(fairview.tenant):
        assert troubles_of([poisonous.pk])[poisonous.pk].failures == 1


def test_a_rule_edited_by_hand_only_is_tried_again_after_a_failure_too(
    fairview: Club, poisonous: Segment
) -> None:
    with tenant_scope(fairview.tenant):
        update_segment(poisonous.pk, {"refresh_frequency": "MANUAL"})
    refresh(fairview.tenant)

    sweep(fairview.tenant)
    assert waiting(fairview.tenant) == 0
    shift(fairview.tenant, RETRY_DELAYS[0])
    refreshing.request_due()

    assert waiting(fairview.tenant) == 1


def test_a_refresh_whose_workers_all_died_is_told_and_waits(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        made = create_segment(Draft(name="Heavy", criteria=GOLD))
        Refresh.objects.update(
            status="RUNNING",
            attempts=refreshing.MOST_ATTEMPTS,
            leased_until=timezone.now() - timedelta(seconds=1),
        )

    assert refresh(fairview.tenant) == 0

    with tenant_scope(fairview.tenant):
        assert get_segment(made.pk).refresh_error == FAILED_WORDS
        assert troubles_of([made.pk])[made.pk].failures == 1
    refreshing.request_due()
    assert waiting(fairview.tenant) == 0


def test_a_worker_out_of_time_leaves_the_refresh_to_the_next(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = profile(fairview.tenant, membership_tier="Gold")
    with tenant_scope(fairview.tenant):
        made = create_segment(Draft(name="Slow", criteria=GOLD))

    def slow(*_: Any) -> None:
        raise SoftTimeLimitExceeded

    with monkeypatch.context() as patched:
        patched.setattr(refreshing, "difference", slow)
        with pytest.raises(SoftTimeLimitExceeded):
            refresh(fairview.tenant)
    with tenant_scope(fairview.tenant):
        left = Refresh.objects.get()
        assert (left.status, left.attempts, left.leased_until) == ("WAITING", 1, None)

    assert refresh(fairview.tenant) == 1
    assert members(fairview.tenant, made) == {person.pk}


def test_staff_read_when_it_is_tried_again_and_can_try_now(
    fairview: Club, poisonous: Segment, client: Client
) -> None:
    refresh(fairview.tenant)
    client.force_login(fairview.admin)
    address = f"/admin/segments/{poisonous.pk}/"

    page = client.get(address).content.decode()
    assert FAILED_WORDS in page
    assert "It failed once" in page
    assert "Try again now" in page
    client.post(f"{address}act/", {"act": "refresh"})

    assert waiting(fairview.tenant) == 1
    page = client.get(address).content.decode()
    assert "It is being tried again now." in page
    assert "Try again now" not in page

    client.force_login(fairview.viewer)
    refresh(fairview.tenant)
    page = client.get(address).content.decode()
    assert FAILED_WORDS in page
    assert "Try again now" not in page


def test_callers_read_when_it_is_tried_again(fairview: Club, poisonous: Segment, client: Client) -> None:
    refresh(fairview.tenant)
    with tenant_scope(fairview.tenant):
        due = troubles_of([poisonous.pk])[poisonous.pk].next_try_at

    answer = client.get(f"/api/v1/segments/{poisonous.pk}", headers=factories.bearer(fairview.tenant))

    told = answer.json()
    assert told["refreshError"] == FAILED_WORDS
    assert datetime.fromisoformat(told["refreshRetryAt"]) == due
