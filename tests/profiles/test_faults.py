"""A poisonous event stands alone, and a killed worker loses nothing and repeats nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from events.models import ErrorCode, InboxEvent, InboxStatus
from profiles.ingest import process_pending
from profiles.models import Activity, CustomerProfile
from tenants.models import Tenant
from tenants.postgresql.base import as_owner
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.factories import tenant as make_tenant
from tests.patience import PATIENCE_SECONDS
from tests.profiles.stories import Event, booking, event, member, payment, publish, tell

# A rule of the database that one event breaks, as a defect of ours would.
FORBID = "ALTER TABLE profiles_activity ADD CONSTRAINT poison CHECK (source_event_id <> 'poison')"
ALLOW = "ALTER TABLE profiles_activity DROP CONSTRAINT poison"


def in_database(statement: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        # What deferred constraints still have to check would be in the way.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)


def inbox(club: Club, event_id: str) -> InboxEvent:
    with tenant_scope(club.tenant):
        row: InboxEvent = InboxEvent.objects.get(event_id=event_id)
        return row


def delay_of(row: InboxEvent) -> timedelta:
    """By the database's clock, which stands still within a test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (now,) = cursor.fetchone()
    assert row.due_at is not None
    delay: timedelta = row.due_at - now
    return delay


def make_due(club: Club) -> None:
    with tenant_scope(club.tenant):
        InboxEvent.objects.filter(status=InboxStatus.FAILED).update(
            due_at=timezone.now() - timedelta(seconds=1)
        )


def test_a_poisonous_event_is_isolated_and_its_neighbours_are_applied(fairview: Club) -> None:
    in_database(FORBID)
    events = [payment(number, 100, at=number) for number in range(1, 40)]
    events[17]["id"] = "poison"

    tell(fairview.tenant, *events)

    poisoned = inbox(fairview, "poison")
    assert (poisoned.status, poisoned.attempts) == (InboxStatus.FAILED, 1)
    assert poisoned.error_code == ErrorCode.PROCESSING_FAILED
    assert "poison" in poisoned.error_message
    assert delay_of(poisoned) == timedelta(seconds=1)
    with tenant_scope(fairview.tenant):
        assert InboxEvent.objects.filter(status=InboxStatus.SUCCESS).count() == 38
        assert (
            CustomerProfile.objects.aggregate(Sum("lifetime_value_cents"))["lifetime_value_cents__sum"]
            == 3800
        )


def test_after_three_attempts_an_event_is_dead_and_a_replay_applies_it_once(fairview: Club) -> None:
    in_database(FORBID)
    tell(fairview.tenant, payment(1, 100, id="poison"))
    for _ in range(2):
        make_due(fairview)
        tell(fairview.tenant)
    dead = inbox(fairview, "poison")
    in_database(ALLOW)

    with tenant_scope(fairview.tenant):
        InboxEvent.objects.filter(pk=dead.pk).update(status=InboxStatus.PENDING, error_code="", attempts=0)
        process_pending()

    assert (dead.status, dead.attempts) == (InboxStatus.DEAD, 3)
    assert inbox(fairview, "poison").status == InboxStatus.SUCCESS
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get().lifetime_value_cents == 100


def test_the_delays_between_attempts_grow(fairview: Club) -> None:
    in_database(FORBID)
    delays = []
    tell(fairview.tenant, payment(1, 100, id="poison"))
    for _ in range(2):
        delays.append(delay_of(inbox(fairview, "poison")).total_seconds())
        make_due(fairview)
        tell(fairview.tenant)

    assert delays == [1, 2]


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        (event("teetime.player.teleported", {"id": "x"}), ErrorCode.UNKNOWN_TYPE, "type"),
        (
            event("scl.payment.received", {"memberId": 1, "amountCents": "lots"}),
            ErrorCode.INVALID_PAYLOAD,
            "payload.amountCents",
        ),
        (event("teetime.score.posted", {"id": "s"}), ErrorCode.NO_IDENTITY, "identity"),
        (
            event("feedback.voted", {"featureId": "f"}, identity={"email": "none@none.com"}),
            ErrorCode.NO_IDENTITY,
            "identity",
        ),
    ],
)
def test_what_can_never_be_applied_is_dead_at_once_with_field_and_reason(
    fairview: Club, bad: Event, code: ErrorCode, field: str
) -> None:
    source = {"source": "teetime"} if code == ErrorCode.UNKNOWN_TYPE else {}

    tell(fairview.tenant, {**bad, "id": "bad", **source}, member(1))

    row = inbox(fairview, "bad")
    assert (row.status, row.error_code, row.error_field) == (InboxStatus.DEAD, code, field)
    assert row.error_message
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.count() == 1


def test_a_successful_event_that_is_replayed_counts_once(fairview: Club) -> None:
    tell(fairview.tenant, payment(1, 100), booking("t1"))
    before = figures(fairview.tenant)

    with tenant_scope(fairview.tenant):
        InboxEvent.objects.update(status=InboxStatus.PENDING)
        process_pending()

    assert figures(fairview.tenant) == before


def test_a_replayed_event_that_fails_once_still_counts_once(fairview: Club) -> None:
    tell(fairview.tenant, payment(1, 100, id="paid"))
    before = figures(fairview.tenant)
    with tenant_scope(fairview.tenant):
        InboxEvent.objects.update(status=InboxStatus.PENDING, attempts=0)
    # It adds nothing to anybody, so that only its own row is written.
    in_database("ALTER TABLE events_inboxevent ADD CONSTRAINT poison CHECK (status <> 'SUCCESS') NOT VALID")
    tell(fairview.tenant)
    assert inbox(fairview, "paid").status == InboxStatus.FAILED
    in_database("ALTER TABLE events_inboxevent DROP CONSTRAINT poison")
    make_due(fairview)

    tell(fairview.tenant)

    assert figures(fairview.tenant) == before


def test_a_booker_named_by_email_among_the_players_is_not_invited(fairview: Club) -> None:
    tell(fairview.tenant, event("teetime.player.created", {"id": "t1", "email": "me@example.com"}))

    tell(fairview.tenant, booking("t1", players=[{"email": "me@example.com"}, {"email": "you@example.com"}]))

    with tenant_scope(fairview.tenant):
        booker = CustomerProfile.objects.get(teetime_player_id="t1")
        assert list(
            Activity.objects.filter(profile_id=booker.pk, category="BOOKING").values_list("type", flat=True)
        ) == ["TEETIME_BOOKED"]
        assert Activity.objects.filter(type="TEETIME_INVITED").count() == 1


def figures(tenant: Tenant) -> dict[str, Any]:
    """Counts, sums and timelines, comparable between two tenants."""
    with tenant_scope(tenant):
        people = list(
            CustomerProfile.objects.exclude(status="MERGED")
            .order_by("scl_member_id", "teetime_player_id", "email")
            .values_list(
                "scl_member_id", "teetime_player_id", "email", "lifetime_value_cents", "activity_count_30d",
                "activity_count_90d", "booking_count_30d", "last_activity_at", "last_activity_type",
                "lifecycle_stage", "handicap_tenths",
            )
        )  # fmt: skip
        keys = {
            row["id"]: (row["scl_member_id"], row["teetime_player_id"], row["email"])
            for row in CustomerProfile.objects.values("id", "scl_member_id", "teetime_player_id", "email")
        }
        timeline = sorted(
            ((keys[row[0]], *row[1:]) for row in Activity.objects.exclude(category="IDENTITY").values_list(
                "profile_id", "occurred_at", "type", "source", "source_event_id", "slot")),
            key=repr,
        )  # fmt: skip
        statuses = list(InboxEvent.objects.values("status").annotate(n=Count("id")).order_by("status"))
        return {"people": people, "timeline": timeline, "statuses": statuses}


def a_busy_month(people: int, count: int) -> list[Event]:
    """Members, players, payments, bookings with partners, handicaps: enough to touch every table."""
    rng = random.Random(7)
    now = timezone.now()
    events: list[Event] = []
    for number in range(1, people + 1):
        address = f"m{number}@example.com"
        events.append(member(number, email=address, firstName=f"First{number}", at=now - timedelta(days=80)))
        events.append(
            event(
                "teetime.player.created", {"id": f"t{number}", "email": address}, at=now - timedelta(days=79)
            )
        )
    for _ in range(count):
        number, minutes = rng.randint(1, people), rng.randint(0, 59_000)
        # None becomes thirty days old while the test runs: it would count for who was told of it first.
        moment = now - timedelta(minutes=minutes if minutes < 42_200 else minutes + 1_000)
        kind = rng.random()
        if kind < 0.4:
            events.append(payment(number, rng.randint(1, 5000), at=moment))
        elif kind < 0.7:
            partner = rng.randint(1, people)
            players = [
                {"playerId": f"t{number}"},
                {"playerId": f"t{partner}"},
                {"email": f"guest{partner}@example.com"},
            ]
            events.append(booking(f"t{number}", at=moment, players=players))
        else:
            changed = {"playerId": f"t{number}", "newHandicap": rng.randint(0, 360) / 10}
            events.append(event("teetime.handicap.updated", changed, at=moment))
    for position, each in enumerate(events):
        each["id"] = f"busy-{position}"
    return events


def start_worker(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "celery", "-A", "crm_platform", "worker", "-Q", "events", "-c", "2", "-l", "error",
               "--without-gossip", "--without-mingle", "--without-heartbeat"]  # fmt: skip
    return subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill(worker: "subprocess.Popen[bytes]") -> None:
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def waiting(tenant: Tenant) -> int:
    with tenant_scope(tenant):
        return InboxEvent.objects.exclude(status__in=[InboxStatus.SUCCESS, InboxStatus.DEAD]).count()


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_again_and_again_loses_nothing_and_repeats_nothing(
    process_environment: dict[str, str], redis_server: Any
) -> None:
    from events.tasks import sweep  # noqa: PLC0415 - importing it configures Celery for this database

    undisturbed, disturbed = make_tenant("undisturbed"), make_tenant("disturbed")
    events = a_busy_month(people=500, count=12_000)
    tell(undisturbed, *events)
    for start in range(0, len(events), 5000):
        publish(disturbed, *events[start : start + 5000])
    rng, kills = random.Random(3), 0
    deadline = time.monotonic() + PATIENCE_SECONDS

    while waiting(disturbed) and time.monotonic() < deadline:
        worker = start_worker(process_environment)
        sweep()
        if kills < 4:
            wait_for_progress(disturbed, waiting(disturbed), seconds=PATIENCE_SECONDS)
            time.sleep(rng.random() * 0.6)
            kill(worker)
            kills += 1
        else:
            while waiting(disturbed) and time.monotonic() < deadline:
                sweep()
                time.sleep(0.2)
            kill(worker)

    assert waiting(disturbed) == 0
    assert kills >= 2, "the worker was so fast that it was never killed at work"
    assert figures(disturbed) == figures(undisturbed)


def wait_for_progress(tenant: Tenant, before: int, *, seconds: float) -> None:
    """Until the worker has committed something: killing one that still starts up proves nothing."""
    deadline = time.monotonic() + seconds
    while before and waiting(tenant) == before and time.monotonic() < deadline:
        time.sleep(0.02)
