"""Steps of many journeys are executed by the same statements: as many as for few, and each as if it were alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from journeys.definition.steps import Send
from journeys.engine.passing import move_due
from journeys.entering import Entrant, enter
from journeys.models import (
    Conversion,
    Journey,
    Run,
    RunEnded,
    StepCounter,
    StepLog,
    Subscription,
    Task,
    WebhookCall,
)
from journeys.versions import definition_of, forget_versions, messages_of
from messaging.models import Delivery, SendPolicy
from profiles.models import CustomerProfile
from profiles.tagging import change_tags
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, leave, send, step, until_date, wait
from tests.journeys.playing import Play, person

GOLD = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}
# What a pass writes, but for the numbers of rows.
WRITTEN: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Run, ("id", "step", "moves", "sent", "arrived_at", "due_at", "status", "hold")),
    (RunEnded, ("id", "journey_id", "step", "moves", "sent", "status", "reason", "ended_at")),
    (StepLog, ("run_id", "move", "version_id", "step", "outcome", "detail")),
    (Conversion, ("journey_id", "subject_id")),
    (Task, ("profile_id", "title", "reason", "due_on", "source_key", "created_by_name")),
    (WebhookCall, ("run_id", "move", "version_id", "step", "give_up_at")),
    (Subscription, ("run_id", "types", "key", "since", "has_condition")),
    (
        Delivery,
        (
            "key", "source_id", "occurrence", "variant", "profile_id", "message_class", "channel", "status", "reason",
            "message_id", "variables", "due_at", "expires_at", "defers_quiet", "defers_cap",
            "mailbox",
        ),
    ),
)  # fmt: skip


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def _asking(number: int, b: str = "goal") -> Json:
    """Most kinds of steps; each journey says something else."""
    branches = [{"id": "a", "name": "A", "weight": 1 + number}, {"id": "b", "name": "B", "weight": 2}]
    events = ("teetime.booking.created", "messaging.email.opened")
    return journey(
        send("hello", to="gold", text=f"Journey {number}", channels=["EMAIL", "SMS"][number % 2 :]),
        ask("gold", rule=GOLD, yes="halves", no="halves"),
        {"id": "halves", "kind": "SPLIT", "ways": {"a": "tag", "b": b}, "branches": branches},
        step("tag", "UPDATE", to="goal", addTags=["welcomed"]),
        step("goal", "GOAL", to="pause"),
        wait("pause", 1 + number % 3, to="birthday"),
        until_date("birthday", "dateOfBirth", -number, to="again", ifPast="CONTINUE", yearly=True),
        send("again", to="until", expiresAfterHours=10 + number, onQuiet=["DEFER", "SKIP"][number % 2]),
        {
            "id": "until", "kind": "WAIT_UNTIL", "event": {"event": events[number % 2]},
            "timeout": {"amount": 1 + number % 3, "unit": "DAYS"}, "since": ["ARRIVAL", "ENTRY"][number % 2],
            "ways": {"happened": "hour", "timeout": "hour"},
        },
        step("hour", "WAIT", to="call", until={"mode": "TIME", "at": f"{8 + number:02}:00", "weekdays": []}),
        step("call", "NOTIFY", to="hook", title="Call them"),
        step("hook", "WEBHOOK", to="out", url="https://example.org/hook", retryForHours=number),
        leave("out", f"REASON_{number}"),
        entry={"policy": "AFTER_EXIT"},
    )  # fmt: skip


def _started(play: Play, count: int, b: str = "goal") -> list[Journey]:
    made = [play.start(_asking(number, b), f"Journey {number}") for number in range(count)]
    with play.open():
        for one in made:
            for each in definition_of(one.version_id or 0).steps:
                if isinstance(each, Send):
                    messages_of(one.version_id or 0, each)
    return made


def _people(play: Play, count: int) -> list[CustomerProfile]:
    return [
        person(
            play.tenant, f"p{number}", email_opt_in=number != 1, date_of_birth=date(1980, 11, 10),
            home_club_id=["", "north"][number % 2], membership_tier=["", "Gold"][number % 2],
        )
        for number in range(count)
    ]  # fmt: skip


def _let_in(play: Play, journeys: list[Journey], people: list[CustomerProfile]) -> None:
    with play.open():
        for one in journeys:
            enter(one, [Entrant(who.pk) for who in people], now=play.now)


def test_a_pass_takes_no_more_statements_for_more_journeys(play: Play) -> None:
    made = _started(play, 12, b="tag")
    people = _people(play, 4)

    def statements(journeys: list[Journey], who: list[CustomerProfile]) -> int:
        _let_in(play, journeys, who)
        found = 0
        with play.open(), CaptureQueriesContext(connection) as queries:
            move_due(now=play.now, seconds=60)
            found = len(queries)
            assert Run.objects.filter(step="pause").count() == Run.objects.count()
            Run.objects.all().delete()
        return found

    few, many = statements(made[:2], people[:2]), statements(made, people[2:])

    assert many <= few


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    forget_versions()


def _written(play: Play) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model, names in WRITTEN:
        found[model.__name__] = sorted(model.objects.values_list(*names), key=repr)
    counted: dict[tuple[Any, ...], int] = {}
    for *what, count in StepCounter.objects.values_list("version_id", "step", "outcome", "day", "count"):
        counted[tuple(what)] = counted.get(tuple(what), 0) + count
    tags = sorted(CustomerProfile.objects.values_list("pk", "tags"), key=repr)
    return {**found, "counted": counted, "tags": tags}


@pytest.mark.parametrize("zones", [{}, {"north": "Europe/London"}], ids=["one clock", "two clocks"])
def test_who_is_moved_with_others_is_moved_as_if_alone(play: Play, zones: Json) -> None:
    with play.open():
        SendPolicy.objects.create(
            tenant=play.tenant, club_zones=zones, quiet_from="20:00", quiet_until="07:00"
        )
    made = _started(play, 6)
    _let_in(play, made, _people(play, 4))
    seen: set[str] = set()

    for _ in range(24):
        with _taken_back(), play.open():
            for one in made:
                move_due(now=play.now, seconds=60, only=one.pk)
            alone = _written(play)
        with play.open():
            move_due(now=play.now, seconds=60)
            together = _written(play)
        assert together == alone
        seen |= {row[3] for row in together["StepLog"]}
        with play.open():
            WebhookCall.objects.update(status="DONE", answer={"found": True})
        play.now += timedelta(hours=13)

    assert seen == {one["id"] for one in _asking(0)["steps"]}
    assert len(together["RunEnded"]) == len(made) * 4


def test_one_that_fails_stops_nobody_in_whatever_journey(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = step("tag", "UPDATE", to="day", addTags=["x"])
    made = [play.start(journey(tag, wait("day", number)), f"Journey {number}") for number in (1, 2, 3)]
    people = _people(play, 9)

    def change(cursor: Any, tenant: Any, who: Any, **values: Any) -> Any:
        if people[4].pk in who:
            raise ValueError("no tags for him")
        return change_tags(cursor, tenant, who, **values)

    monkeypatch.setattr("journeys.engine.kinds.change_tags", change)
    _let_in(play, made, people)

    play.tick()

    assert play.ended(people[4]) == [("FAILED", "STEP_FAILED")] * 3
    with play.open():
        assert Run.objects.filter(step="day", status="WAITING").count() == 3 * 8
        assert list(StepLog.objects.filter(outcome="FAILED").values_list("step", flat=True)) == ["tag"] * 3
