"""Trials over the past: equal to the same journey run live on the same clock, as jobs, without a trace."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from crm_platform.embedded.leftovers import wait_until
from journeys import replaying, trial_tables, trials
from journeys.definition import parse
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
from tests.journeys.trial_rows import kept_rows
from tests.patience import PATIENCE_SECONDS
from tests.pooler import is_pooled, pooled

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
    assert (result.sent, result.suppressed, result.converted) == (8, 1, 1)  # what has left stays sent
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
    past(play)
    before = {table: play.count(table) for table in TABLES}
    with play.open():
        result = replaying.dry_run(definition(), days=DAYS, now=NOW)
        tags = [tag for one in CustomerProfile.objects.all() for tag in one.tags]
    assert result.entered == 6
    assert {table: play.count(table) for table in TABLES} == before
    assert tags == []


def happened(play: Play, who: CustomerProfile, kind: str, at: datetime, booking: str, **more: str) -> None:
    with play.open():
        number = Activity.objects.count() + 5_000_000
        Activity.objects.create(
            id=number, tenant=play.tenant, profile_id=who.pk, origin_profile_id=who.pk, occurred_at=at, type=kind,
            category="GOLF", source="teetime", source_event_id=f"past-{number}", title=kind,
            metadata={"bookingId": booking, **more},
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

    def look(_percent: int) -> None:
        seen.append(Run.objects.count())
        pid = connection.connection.info.backend_pid
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


def past(play: Play) -> None:
    people = cast(play)
    for kind, (who, booking), hours in stories(people):
        happened(
            play, next(one for one in people if one.pk == who), kind, START + timedelta(hours=hours), booking
        )


def own_tables_left() -> list[str]:
    """The tables of trials that are in any session yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname::text FROM pg_class WHERE relpersistence = 't' AND relname = ANY(%s)",
            [list(trial_tables.ROWS)],
        )
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_a_trial_is_one_transaction_and_finds_the_same(fairview: Club) -> None:
    play = Play(fairview.tenant, START)
    past(play)
    before = {table: play.count(table) for table in TABLES}
    transactions: list[bool] = []

    def look(_percent: int) -> None:
        transactions.append(connection.in_atomic_block)

    def tried() -> dict[str, Any]:
        with play.open():
            found = vars(replaying.dry_run(definition(), days=DAYS, now=NOW, progress=look))
        return found | {"samples": len(found["samples"])}

    direct = tried()
    assert (is_pooled(), set(transactions)) == (False, {False})
    transactions.clear()
    with pooled():
        assert is_pooled()
        assert tried() == direct
        assert own_tables_left() == []
    assert (direct["entered"], set(transactions)) == (6, {True})
    assert {table: play.count(table) for table in TABLES} == before


def test_a_stop_of_the_clock_at_which_nothing_is_due_asks_nothing(play: Play) -> None:
    """A week in which nothing happens costs one statement, which looks for what happened in it."""
    anna = person(play.tenant)
    happened(play, anna, "TEETIME_BOOKED", START + timedelta(hours=5), "b1")
    nine = step("nine", "WAIT", to="last", until={"mode": "TIME", "at": "09:00"})
    raw = journey(wait("w", 3, to="mail"), send("mail", to="nine"), nine, send("last"),
                  triggers=[on_event("TEETIME_BOOKED", "bookingId")])  # fmt: skip

    def statements(days: int) -> int:
        asked: list[str] = []

        def note(execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
            asked.append(str(statement))
            return execute(statement, params, many, context)

        with play.open(), connection.execute_wrapper(note):
            result = replaying.dry_run(raw, days=days, now=START + timedelta(days=days))
        assert (result.entered, result.sent) == (1, 2)
        about_turns = ("SAVEPOINT", "RELEASE SAVEPOINT")
        return sum(not one.startswith(about_turns) for one in asked)

    first = statements(7)
    assert [statements(days) - first for days in (14, 21, 28)] == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_the_planner_is_told_of_the_tables_of_a_trial_and_they_have_room(fairview: Club) -> None:
    """Temporary tables are counted by nobody else: unknown, all runs of the club would be read for each few of them."""
    play = Play(fairview.tenant, START)
    past(play)
    told: list[tuple[set[str], str]] = []

    def look(_percent: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tablename::text FROM pg_stats"
                " WHERE schemaname LIKE 'pg_temp%' AND attname = 'tenant_id' AND n_distinct = 1"
            )
            counted = {name for (name,) in cursor.fetchall()}
            cursor.execute("SHOW temp_buffers")
            [room] = cursor.fetchone()
        told.append((counted, room))

    with play.open():
        replaying.dry_run(definition(), days=DAYS, now=NOW, progress=look)
        with connection.cursor() as cursor:
            cursor.execute("SHOW temp_buffers")
            [ordinary] = cursor.fetchone()
    counted, room = told[-1]
    assert counted >= {"journeys_run", "journeys_rundata", "journeys_steplog", "messaging_delivery"}
    assert (room, ordinary) == (trial_tables.ROOM, "8MB")


@pytest.mark.django_db(transaction=True)
def test_a_trial_that_loses_its_session_writes_nothing_into_the_tables_of_the_club(fairview: Club) -> None:
    play = Play(fairview.tenant, START)
    past(play)
    before = {table: play.count(table) for table in TABLES}

    def lose(_percent: int) -> None:
        connection.close()

    with play.open(), pytest.raises(OperationalError, match="lost the session of this trial"):
        replaying.dry_run(definition(), days=DAYS, now=NOW, progress=lose)
    # A session that was closed drops its tables on its way out.
    assert wait_until(lambda: own_tables_left() == [], seconds=PATIENCE_SECONDS)
    assert {table: play.count(table) for table in TABLES} == before


@pytest.mark.django_db(transaction=True)
def test_tables_that_cannot_be_dropped_end_with_their_session(fairview: Club) -> None:
    play = Play(fairview.tenant, START)
    with play.open():
        with trial_tables.own_tables(play.tenant, parse(definition()), START), connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY VIEW leaning AS SELECT * FROM journeys_run")
            assert set(own_tables_left()) == set(trial_tables.ROWS)
            session = connection.connection.info.backend_pid
        assert wait_until(lambda: own_tables_left() == [], seconds=PATIENCE_SECONDS)
        assert connection.connection.info.backend_pid != session


@pytest.mark.django_db(transaction=True)
def test_a_trial_hears_what_wakes_converts_and_changes_its_runs(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside a transaction, as the worker runs it: what is staged for a statement is there when it comes."""
    play = Play(fairview.tenant, START)
    anna, ben, cara = (person(play.tenant, name) for name in ("Anna", "Ben", "Cara"))
    tee_time = (START + timedelta(days=4)).isoformat()
    life = [
        (anna, "TEETIME_BOOKED", 1, "a"), (anna, "ROUND_COMPLETED", 25, "a"), (anna, "COMPETITION_ENTERED", 30, "a"),
        (ben, "TEETIME_BOOKED", 2, "b"), (ben, "COMPETITION_ENTERED", 50, "b"), (cara, "TEETIME_BOOKED", 3, "c"),
    ]  # fmt: skip
    for who, kind, hours, booking in life:
        happened(play, who, kind, START + timedelta(hours=hours, minutes=-1), booking)
    happened(play, cara, "TEETIME_BOOKED", START + timedelta(hours=9), "c", teeTime=tee_time)  # moved
    played = {
        "id": "played", "kind": "WAIT_UNTIL", "event": {"event": "ROUND_COMPLETED", "sameKey": True},
        "timeout": {"amount": 2, "unit": "DAYS"}, "ways": {"happened": "thanks", "timeout": "tee"},
    }  # fmt: skip
    tee = step(
        "tee",
        "WAIT",
        to="late",
        until={"mode": "DATE", "field": "event.teeTime", "offset": 0, "unit": "DAYS"},
    )
    raw = journey(
        played, send("thanks", to="rest"), wait("rest", 9), tee, send("late"),
        triggers=[on_event("TEETIME_BOOKED", "bookingId")], goal={"event": "COMPETITION_ENTERED", "sameKey": True},
    )  # fmt: skip
    kept = kept_rows(monkeypatch, lambda: rows(play))
    with play.open():
        result = replaying.dry_run(raw, days=DAYS, now=NOW)
    steps, messages = kept[0]
    found = {(who, name): (outcome, (at - START) / timedelta(hours=1)) for who, name, outcome, at in steps}
    assert found[str(anna.pk), "played"] == ("happened", 25)  # at once, and not when its time is up
    assert found[str(anna.pk), "rest"] == ("EXITED", 30)
    assert found[str(ben.pk), "played"] == ("EXITED", 50)
    assert found[str(cara.pk), "tee"] == ("WAITED", 96)
    assert [row[:3] for row in messages] == sorted(
        [
            (str(anna.pk), "thanks", "PLANNED"),
            (str(cara.pk), "late", "PLANNED"),
        ]  # what has left is not taken back
    )
    assert (result.entered, result.converted, result.ended["EXITED: GOAL_REACHED"]) == (3, 2, 2)


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
