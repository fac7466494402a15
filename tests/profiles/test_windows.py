"""The 30 and 90 day figures decay by themselves."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from profiles import windows
from profiles.models import CustomerProfile
from profiles.tasks import decay_activity_windows
from profiles.windows import recount_windows
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.records import activity, profile
from tests.profiles.stories import booking, tell

# Longer than a test takes, whose transaction is also the clock of its statements.
MARGIN = timedelta(minutes=10)


def figures(tenant: Tenant) -> tuple[int, int, int]:
    with tenant_scope(tenant):
        row = CustomerProfile.objects.get()
    return row.activity_count_30d, row.activity_count_90d, row.booking_count_30d


def stale_profile(tenant: Tenant, **values: Any) -> CustomerProfile:
    """Somebody whose figures were right yesterday."""
    yesterday = timezone.now().date() - timedelta(days=1)
    defaults = {
        "activity_count_30d": 9,
        "activity_count_90d": 9,
        "booking_count_30d": 9,
        "windows_on": yesterday,
    }
    return profile(tenant, **(defaults | values))


def recount(tenant: Tenant) -> int:
    with tenant_scope(tenant):
        return recount_windows()


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(days=30) - MARGIN, (1, 1, 1)),
        (timedelta(days=30) + MARGIN, (0, 1, 0)),
        (timedelta(days=90) - MARGIN, (0, 1, 0)),
        (timedelta(days=90) + MARGIN, (0, 0, 0)),
    ],
)
def test_a_booking_leaves_each_window_at_its_edge(
    fairview: Club, age: timedelta, expected: tuple[int, int, int]
) -> None:
    person = stale_profile(fairview.tenant)
    activity(
        fairview.tenant,
        person.pk,
        type="TEETIME_BOOKED",
        category="BOOKING",
        occurred_at=timezone.now() - age,
    )

    assert recount(fairview.tenant) == 1

    assert figures(fairview.tenant) == expected


@pytest.mark.parametrize(
    "age", [timedelta(days=days) + side for days in (30, 90) for side in (-MARGIN, MARGIN)]
)
def test_ingesting_and_recounting_agree_on_the_edges(fairview: Club, age: timedelta) -> None:
    tell(fairview.tenant, booking("t1", at=timezone.now() - age))
    ingested = figures(fairview.tenant)

    recount(fairview.tenant)

    assert figures(fairview.tenant) == ingested


def test_what_the_platform_writes_itself_is_not_counted(fairview: Club) -> None:
    person = stale_profile(fairview.tenant)
    for category in ("IDENTITY", "NOTE", "GOLF", "PAYMENT"):
        activity(fairview.tenant, person.pk, category=category, occurred_at=timezone.now())

    recount(fairview.tenant)

    assert figures(fairview.tenant) == (2, 2, 0)


def test_a_profile_is_recounted_once_a_day(fairview: Club) -> None:
    stale_profile(fairview.tenant)

    first, second = recount(fairview.tenant), recount(fairview.tenant)

    assert (first, second) == (1, 0)


@pytest.mark.parametrize("windows_on", ["today", None])
def test_only_figures_of_an_earlier_day_are_stale(fairview: Club, windows_on: str | None) -> None:
    day = timezone.now().date() if windows_on == "today" else None
    person = stale_profile(fairview.tenant, windows_on=day)
    activity(fairview.tenant, person.pk, occurred_at=timezone.now())

    recounted = recount(fairview.tenant)

    assert recounted == (0 if windows_on == "today" else 1)
    assert figures(fairview.tenant) == ((9, 9, 9) if windows_on == "today" else (1, 1, 0))


def test_somebody_with_nothing_to_decay_is_left_alone(fairview: Club) -> None:
    person = profile(fairview.tenant)

    assert recount(fairview.tenant) == 0

    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get().version == person.version


def test_a_recount_goes_on_chunk_by_chunk_and_counts_as_a_change(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "CHUNK", 2)
    people = [stale_profile(fairview.tenant) for _ in range(5)]

    assert recount(fairview.tenant) == 5

    with tenant_scope(fairview.tenant):
        rows = CustomerProfile.objects.all()
        assert {(row.activity_count_90d, row.version) for row in rows} == {(0, people[0].version + 1)}


def test_the_nightly_task_visits_every_active_tenant_and_only_its_own_rows(
    fairview: Club, kingsmere: Club
) -> None:
    for club in (fairview, kingsmere):
        stale_profile(club.tenant)
    kingsmere.tenant.is_active = False
    kingsmere.tenant.save()

    decay_activity_windows()

    assert figures(fairview.tenant) == (0, 0, 0)
    assert figures(kingsmere.tenant) == (9, 9, 9)
    assert connection.in_atomic_block, "the test's own transaction is still open"
