"""Trials over the past: equal to the same journey run live on the same clock, as jobs, without a trace."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from journeys import replaying, trials
from journeys.drafts import get_journey
from journeys.lifecycle import create_journey
from journeys.models import Journey, Run, RunEnded, StepLog, Trial
from messaging.models import Delivery, SendPolicy
from profiles.models import Activity, CustomerProfile, ScoreHistory
from segments.models import Segment
from tenants.errors import InvalidError
from tests.cast import Club
from tests.journeys.definitions import ask, journey, on_event, send, step, wait
from tests.journeys.playing import START, Play, person

DAYS = 20
NOW = START + timedelta(days=DAYS)
TABLES = (
    "journeys_journey", "journeys_run", "journeys_runended", "journeys_steplog", "messaging_delivery", "journeys_task",
    "profiles_activity", "events_domainlogentry", "journeys_webhookcall",
)  # fmt: skip


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant, START)


def definition() -> dict[str, Any]:
    """Most kinds of steps, and every kind of wait that comes with the clock."""
    gold = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}
    played = {
        "id": "played", "kind": "WAIT_UNTIL", "event": {"event": "ROUND_COMPLETED", "sameKey": True},
        "timeout": {"amount": 4, "unit": "DAYS"}, "ways": {"happened": "ask", "timeout": "nine"},
    }  # fmt: skip
    nine = step("nine", "WAIT", to="late", until={"mode": "TIME", "at": "09:00"})
    return journey(
        send("thanks", to="played"), played, ask("ask", yes="tag", no="nine", rule=gold),
        step("tag", "UPDATE", to="call", addTags=["plays"]), step("call", "NOTIFY", to="hook", title="Call"),
        step("hook", "WEBHOOK", to="day", url="https://example.org/hook"), wait("day", 1, to="late"), nine,
        send("late"),
        triggers=[on_event("TEETIME_BOOKED", "bookingId")],
        entry={"policy": "ONCE_PER_KEY"},
        exits=[{"kind": "EVENT", "event": "TEETIME_CANCELLED", "sameKey": True}],
        goal={"event": "COMPETITION_ENTERED", "sameKey": True},
    )  # fmt: skip


def stories(people: list[CustomerProfile]) -> list[tuple[str, list[Any], int]]:
    """A life: bookings, rounds and a cancellation at full hours."""
    return [
        (kind, [people[who].pk, booking], hours)
        for kind, who, booking, hours in [
            ("TEETIME_BOOKED", 0, "b1", 3), ("ROUND_COMPLETED", 0, "b1", 30), ("TEETIME_BOOKED", 1, "b2", 5),
            ("TEETIME_CANCELLED", 1, "b2", 60), ("TEETIME_BOOKED", 2, "b3", 26), ("TEETIME_BOOKED", 0, "b4", 200),
            ("TEETIME_BOOKED", 3, "b5", 40), ("ROUND_COMPLETED", 3, "b5", 47), ("TEETIME_BOOKED", 0, "b1", 90),
            ("TEETIME_BOOKED", 4, "b6", 470), ("COMPETITION_ENTERED", 2, "b3", 70),
        ]
    ]  # fmt: skip


def cast(play: Play) -> list[CustomerProfile]:
    return [
        person(play.tenant, name, membership_tier=tier, email_opt_in=opted)
        for name, tier, opted in (
            ("Anna", "Gold", True), ("Ben", "Gold", True), ("Cara", "Silver", True), ("Dan", "Silver", True),
            ("Eve", "Gold", False),
        )
    ]  # fmt: skip


def live_to_the_row(play: Play, people: list[CustomerProfile]) -> tuple[list[Any], list[Any]]:
    """The same life heard live, hour by hour; webhooks are not asked in a trial, so neither is this one."""
    raw = definition()
    by_hour = {hours: (kind, *who) for kind, who, hours in sorted(stories(people), key=lambda one: one[2])}
    play.start(raw)
    for hour in range(1, DAYS * 24 + 1):
        play.at(START + timedelta(hours=hour))
        if hour in by_hour:
            kind, who, booking = by_hour[hour]
            one = next(each for each in people if each.pk == who)
            play.tell(one, kind, bookingId=booking)
    return rows(play)


def rows(play: Play) -> tuple[list[Any], list[Any]]:
    with play.open():
        owners = dict(Run.objects.values_list("pk", "profile_id")) | dict(
            RunEnded.objects.values_list("pk", "profile_id")
        )
        steps = [
            (str(owners[row.run_id]), row.step, row.outcome, row.at)
            for row in StepLog.objects.order_by("at", "run_id", "move")
        ]
        messages = [
            (str(row.profile_id), row.variant, row.status, row.reason, row.due_at)
            for row in Delivery.objects.order_by("due_at", "id")
        ]
    return sorted(steps), sorted(messages)


def test_a_trial_is_equal_to_the_row_to_the_same_journey_run_live(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = cast(play)
    kept: list[Any] = []
    real = replaying._sum_up

    def look(one: Journey, result: Any, tenant: Any) -> None:
        kept.append(rows(play))
        real(one, result, tenant)

    monkeypatch.setattr(replaying, "_sum_up", look)
    from journeys.engine.group import IN_TRIAL  # noqa: PLC0415

    token = IN_TRIAL.set(True)
    try:
        live = live_to_the_row(play, people)
    finally:
        IN_TRIAL.reset(token)
    with play.open(), connection.cursor() as cursor:
        for table in (
            "journeys_steplog",
            "journeys_run",
            "journeys_runended",
            "messaging_delivery",
            "journeys_task",
        ):
            cursor.execute(f"DELETE FROM {table}")
        CustomerProfile.objects.update(tags=[])
        result = replaying.dry_run(definition(), days=DAYS, now=NOW)

    steps, messages = kept[0]
    assert [row[:3] for row in steps] == [row[:3] for row in live[0]]
    # The clock of a trial goes by the hour: what happened at 14:00 is heard by 15:00.
    assert all(
        abs(one[3] - other[3]) <= timedelta(hours=1) for one, other in zip(steps, live[0], strict=True)
    )
    assert [row[:4] for row in messages] == [row[:4] for row in live[1]]
    assert result.entered == 6
    assert result.refused == {"ONCE_PER_KEY": 1}
    assert (result.sent, result.suppressed, result.converted) == (6, 1, 1)
    assert result.ended["EXITED: TEETIME_CANCELLED"] == 1
    assert {one["outcome"] for one in result.by_step} >= {
        "happened",
        "timeout",
        "yes",
        "no",
        "TASK_MADE",
        "NOT_CALLED",
    }


def test_a_trial_leaves_no_trace(play: Play) -> None:
    people = cast(play)
    for kind, (who, booking), hours in stories(people):
        happened(
            play, next(one for one in people if one.pk == who), kind, START + timedelta(hours=hours), booking
        )
    before = {table: play.count(table) for table in TABLES}
    with play.open():
        result = replaying.dry_run(definition(), days=DAYS, now=NOW)
        tags = [tag for one in CustomerProfile.objects.all() for tag in one.tags]
    assert result.entered == 6
    assert {table: play.count(table) for table in TABLES} == before
    assert tags == []


def happened(play: Play, who: CustomerProfile, kind: str, at: datetime, booking: str) -> None:
    with play.open():
        number = Activity.objects.count() + 5_000_000
        Activity.objects.create(
            id=number, tenant=play.tenant, profile_id=who.pk, origin_profile_id=who.pk, occurred_at=at, type=kind,
            category="GOLF", source="teetime", source_event_id=f"past-{number}", title=kind,
            metadata={"bookingId": booking},
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_trial_holds_nothing_for_which_somebody_waits(fairview: Club) -> None:
    play = Play(fairview.tenant, START)
    anna = person(play.tenant)
    with play.open():
        gold = Segment.objects.create(tenant=play.tenant, name="Gold", type="STATIC")
        SendPolicy.objects.create(tenant=play.tenant, caps={"ALL": {"day": 1}})
    other = play.start(journey(wait("w")), "Other")
    happened(play, anna, "TEETIME_BOOKED", START + timedelta(hours=1), "b1")
    before = {table: play.count(table) for table in TABLES}
    raw = journey(
        step("tag", "UPDATE", to="mail", addTags=["x"], stage="MEMBER", addTo=[str(gold.pk)]),
        send("mail", to="on"), step("on", "ENROL", to="call", journey=str(other.pk)),
        step("call", "NOTIFY", to="w", title="Call"), wait("w", 30), triggers=[on_event("TEETIME_BOOKED")],
    )  # fmt: skip
    held: list[Any] = []
    seen: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()

    def look(_percent: int) -> None:
        seen.append(Run.objects.count())
        with psycopg.connect(**connection.get_connection_params()) as aside:
            rows = aside.execute(
                "SELECT locktype, mode FROM pg_locks WHERE pid = %s AND locktype <> 'virtualxid'", [pid]
            )
            held.extend(rows.fetchall())

    with play.open():
        result = replaying.dry_run(raw, days=DAYS, now=NOW, progress=look)
        tags = CustomerProfile.objects.get().tags
    assert (result.entered, result.sent, result.still_in) == (1, 1, 1)
    assert {row["outcome"] for row in result.by_step} == {"UPDATED", "PLANNED", "ENROLLED", "TASK_MADE"}
    assert (seen[0], held, tags) == (2, [], [])  # in the trial's own tables, the other journey's too
    assert {table: play.count(table) for table in TABLES} == before


@pytest.mark.django_db(transaction=True)
def test_a_trial_is_a_job_with_progress(fairview: Club) -> None:
    play = Play(fairview.tenant)
    told: list[int] = []

    def run(raw: Any, *, days: int, progress: Any, tried: Any) -> replaying.DryRun:
        for percent in (10, 60):
            progress(percent)
        told.append(days)
        return replaying.DryRun(days, entered=3)

    with play.open():
        one = create_journey(name="Tried", definition=journey(send("a")))
        asked = trials.request_trial(get_journey(one.pk), 90)
        again = trials.request_trial(get_journey(one.pk), 30)
        assert (asked.pk, asked.status, asked.progress) == (again.pk, "PENDING", 0)
        assert trials.run_waiting(run=run) == 1
        done = Trial.objects.get(pk=asked.pk)
        assert (done.status, done.progress, done.result["entered"], told) == ("DONE", 100, 3, [90])
        assert trials.run_waiting(run=run) == 0
        with pytest.raises(InvalidError):
            trials.request_trial(get_journey(one.pk), 366)


def test_a_trial_hears_of_scores_as_their_history_keeps_them(play: Play) -> None:
    anna, ben, cara = (person(play.tenant, name) for name in ("Anna", "Ben", "Cara"))
    trigger = {"kind": "SCORE", "score": "CHURN", "level": 80, "rearm": 70, "minGapDays": 3}
    raw = journey(step("call", "NOTIFY", title="Call"), triggers=[trigger], entry={"policy": "AFTER_EXIT"})
    told = {
        anna: [
            (-40, 50),
            (2, 85),
            (4, 75),
            (6, 90),
            (8, 60),
            (10, 81),
        ],  # 75 is not below 70: 90 is no new one
        ben: [(3, 95)],  # a first score crosses nothing
        cara: [(-1, 79), (1, 80)],
    }
    with play.open():
        for who, scores in told.items():
            for days, churn in scores:
                ScoreHistory.objects.create(
                    tenant=play.tenant, profile_id=who.pk, day=(START + timedelta(days=days)).date(), engagement=50,
                    churn_risk=churn, components={}, inputs={}, rules_version=1,
                )  # fmt: skip
        result = replaying.dry_run(raw, days=DAYS, now=NOW)
    assert result.by_day == {"2026-11-04": 1, "2026-11-05": 1, "2026-11-13": 1}
