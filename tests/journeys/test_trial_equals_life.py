"""The same journey over the same weeks, tried and lived: equal to the row, for starts of every kind, with caps."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from journeys import replaying
from journeys.drafts import get_journey
from journeys.engine.group import IN_TRIAL
from journeys.models import Journey, Run, RunEnded, StepLog
from journeys.scanning import scan
from messaging import planning, settling
from messaging.models import Delivery, SendPolicy, Source
from messaging.planning import Candidate, Sending
from messaging.texts import keep_message
from profiles.models import CustomerProfile
from segments.lists import add_members
from segments.models import Segment, SegmentTransition
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, on_event, send, step, until_date, wait
from tests.journeys.playing import START, Play, person
from tests.journeys.trial_rows import kept_rows

DAYS = 20
NOW = START + timedelta(days=DAYS)
LEFT_BEHIND = (
    "journeys_steplog", "journeys_run", "journeys_runended", "journeys_rundata", "journeys_task",
    "journeys_triggermark", "journeys_entryrefusal", "journeys_stepcounter", "journeys_conversion",
)  # fmt: skip
GOLD = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant, START)


def by_date() -> Json:
    """A birthday: three days before, on the day, and two days after for some."""
    return journey(
        send("soon", to="day"), until_date("day", "dateOfBirth", 0, to="wish", yearly=True), send("wish", to="two"),
        wait("two", 2, to="ask"), ask("ask", yes="gold", no=None, rule=GOLD), send("gold"),
        triggers=[{"kind": "DATE", "field": "dateOfBirth", "offsetDays": -3, "at": "09:00"}],
        entry={"policy": "AFTER_EXIT"},
    )  # fmt: skip


def by_segment(gold: Segment) -> Json:
    """Joined, or by schedule; out by leaving; divided on Friday at nine."""
    branches = [{"id": "a", "name": "A", "weight": 1}, {"id": "b", "name": "B", "weight": 1}]
    friday = {"mode": "TIME", "at": "09:00", "weekdays": [5]}
    return journey(
        send("hello", to="friday"), step("friday", "WAIT", until=friday, to="split"),
        {"id": "split", "kind": "SPLIT", "branches": branches, "ways": {"a": "more", "b": "call"}},
        send("more", to="tag"), step("call", "NOTIFY", title="Call", to="tag"),
        step("tag", "UPDATE", addTags=["seen"]),
        triggers=[{"kind": "SEGMENT", "segment": str(gold.pk)},
                  {"kind": "SCHEDULE", "segment": str(gold.pk), "cron": "0 9 * * 1"}],
        exits=[{"kind": "SEGMENT", "segment": str(gold.pk)}], entry={"policy": "AFTER_DAYS", "days": 5},
    )  # fmt: skip


def lived(play: Play, raw: Json, told: dict[int, list[tuple[str, CustomerProfile, Segment]]]) -> Any:
    """Hour by hour; nobody is late and no other system is asked, as in a trial."""
    one = play.start(raw)
    token = IN_TRIAL.set(True)
    try:
        for hour in range(1, DAYS * 24 + 1):
            play.now = START + timedelta(hours=hour)
            with play.open():
                scan(play.tenant, play.now, only=get_journey(one.pk))
            play.tick()
            for kind, who, segment in told.get(hour, []):
                play.hear(kind, who, segmentId=str(segment.pk), cause="CHANGE")
    finally:
        IN_TRIAL.reset(token)
    return rows(play)


def rows(play: Play) -> Any:
    with play.open():
        owners = dict(Run.objects.values_list("pk", "profile_id")) | dict(
            RunEnded.objects.values_list("pk", "profile_id")
        )
        steps = [(str(owners[row.run_id]), row.step, row.outcome, row.at) for row in StepLog.objects.all()]
        messages = [
            (str(row.profile_id), row.variant, row.status, row.reason, row.due_at)
            for row in Delivery.objects.filter(source=Source.JOURNEY)
        ]
    return sorted(steps), sorted(messages)


def tried(play: Play, raw: Json, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same as a trial; what was lived is cleared away before."""
    with play.open(), connection.cursor() as cursor:
        for table in LEFT_BEHIND:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("DELETE FROM messaging_delivery WHERE source = 'JOURNEY'")
        CustomerProfile.objects.update(tags=[])
    kept = kept_rows(monkeypatch, lambda: rows(play))
    with play.open():
        replaying.dry_run(raw, days=DAYS, now=NOW, tried=Journey.objects.get().pk)
        assert not CustomerProfile.objects.exclude(tags=[]).exists()
    return kept[0]


def a_campaign(play: Play, who: CustomerProfile, days: int) -> None:
    """A message of a campaign to somebody on a day."""
    at = START + timedelta(days=days)
    with play.open(), transaction.atomic(), connection.cursor() as cursor:
        text = keep_message(channel="EMAIL", name="Offer", template_id="", subject="Offer", body="Offer").pk
        planning.open_candidates(cursor)
        planning.stage(cursor, [Candidate(who.pk, f"c:{who.pk}", {"EMAIL": text}, due_at=at)])
        planning.plan(cursor, Sending(source=Source.CAMPAIGN), now=at)


def test_a_journey_of_a_date_with_a_cap(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    with play.open():
        SendPolicy.objects.create(tenant=play.tenant, caps={"ALL": {"day": 1}})
    births = {"Anna": date(1980, 11, 7), "Ben": date(1972, 11, 12), "Cara": date(1990, 11, 3), "Dan": None}
    people = {
        name: person(
            play.tenant, name, date_of_birth=born, membership_tier="Gold", email_opt_in=name != "Cara"
        )
        for name, born in births.items()
    }
    a_campaign(play, people["Anna"], 5)  # on her birthday
    raw = by_date()
    live = lived(play, raw, {})
    assert tried(play, raw, monkeypatch) == live
    anna = [(step_id, outcome) for who, step_id, outcome, _ in live[0] if who == str(people["Anna"].pk)]
    assert set(anna) == {("soon", "PLANNED"), ("day", "WAITED"), ("wish", "SKIPPED"), ("two", "WAITED"),
                         ("ask", "yes"), ("gold", "PLANNED")}  # fmt: skip
    assert len(live[1]) == 6


def test_a_journey_of_a_segment_and_a_schedule(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    with play.open():
        gold = Segment.objects.create(tenant=play.tenant, name="Gold", type="STATIC")
    people = [person(play.tenant, f"p{number}") for number in range(8)]
    with play.open():
        add_members(gold.pk, [people[0].pk, people[1].pk])
        SegmentTransition.objects.all().delete()
    plan = [("segment.joined", 2, 30), ("segment.joined", 3, 31), ("segment.left", 3, 60), ("segment.joined", 4, 140),
            ("segment.joined", 5, 141), ("segment.joined", 6, 200), ("segment.left", 2, 300),
            ("segment.joined", 2, 310)]  # fmt: skip
    told: dict[int, list[tuple[str, CustomerProfile, Segment]]] = {}
    for kind, who, hour in plan:
        told.setdefault(hour, []).append((kind, people[who], gold))
        with play.open():
            SegmentTransition.objects.create(
                tenant=play.tenant, segment_id=gold.pk, profile_id=people[who].pk, is_join=kind == "segment.joined",
                cause="CHANGE", version=1, at=START + timedelta(hours=hour),
            )  # fmt: skip
    raw = by_segment(gold)
    live = lived(play, raw, told)
    trial = tried(play, raw, monkeypatch)
    # The clock of a trial goes by the hour: what happened at ten is heard by eleven.
    assert [row[:3] for row in trial[0]] == [row[:3] for row in live[0]]
    assert all(abs(a[3] - b[3]) <= timedelta(hours=1) for a, b in zip(trial[0], live[0], strict=True))
    assert [row[:4] for row in trial[1]] == [row[:4] for row in live[1]]
    assert {outcome for _, _, outcome, _ in live[0]} >= {
        "PLANNED",
        "WAITED",
        "a",
        "b",
        "TASK_MADE",
        "UPDATED",
    }


def by_round() -> Json:
    """A round is waited for; messages meet quiet hours and a cap that puts them off; the goal ends all."""
    played = {
        "id": "played", "kind": "WAIT_UNTIL", "event": {"event": "ROUND_COMPLETED"},
        "timeout": {"amount": 2, "unit": "DAYS"}, "ways": {"happened": "thanks", "timeout": "nudge"},
    }  # fmt: skip
    return journey(
        send("hello", to="played"), played, send("thanks", onCap="DEFER", to="rest"), send("nudge", to="rest"),
        wait("rest", 2, to="more"), send("more"), triggers=[on_event("TEETIME_BOOKED")],
        goal={"event": "COMPETITION_ENTERED"}, entry={"policy": "AFTER_EXIT"},
    )  # fmt: skip


def handed_over(play: Play) -> None:
    """What is due leaves, and what a cap put off is decided about."""
    with play.open():
        Delivery.objects.filter(status="PLANNED", due_at__lte=play.now).update(
            status="HANDED_OVER", handed_over_at=play.now
        )
        settling.decide_deferred(play.tenant, trial=Journey.objects.get().pk, now=play.now)


def test_a_journey_that_awaits_with_quiet_hours_and_a_cap_that_defers(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    with play.open():
        SendPolicy.objects.create(
            tenant=play.tenant, caps={"ALL": {"day": 1}}, quiet_from=time(20), quiet_until=time(7)
        )
    anna, ben, cara = (person(play.tenant, name) for name in ("Anna", "Ben", "Cara"))
    booked, played, entered = "TEETIME_BOOKED", "ROUND_COMPLETED", "COMPETITION_ENTERED"
    life = {
        3: (anna, booked), 8: (anna, played), 60: (anna, entered), 11: (ben, booked), 70: (ben, played),
        5: (cara, booked), 30: (cara, played), 200: (cara, booked), 230: (cara, entered), 300: (anna, booked),
    }  # fmt: skip
    raw = by_round()
    play.start(raw)
    token = IN_TRIAL.set(True)
    try:
        for hour in range(1, DAYS * 24 + 1):
            play.now = START + timedelta(hours=hour)
            if hour in life:
                who, kind = life[hour]
                play.tell(who, kind, play.now - timedelta(minutes=1))
            handed_over(play)
            play.tick()
    finally:
        IN_TRIAL.reset(token)
    steps, messages = rows(play)
    left = [(*row[:2], row[2].replace("HANDED_OVER", "PLANNED"), *row[3:]) for row in messages]
    live = steps, sorted(left)
    assert tried(play, raw, monkeypatch) == live
    assert {(row[1], row[2]) for row in steps} >= {
        ("played", "happened"), ("played", "timeout"), ("played", "EXITED"), ("rest", "EXITED"), ("more", "PLANNED"),
    }  # fmt: skip
    thanks = min(row[4] for row in live[1] if row[:2] == (str(anna.pk), "thanks"))
    assert thanks.date() == (START + timedelta(days=1)).date()  # the cap of the first day
    assert {row[2] for row in live[1]} == {"PLANNED"}  # what had left is not taken back by the goal
