"""What happens to one person in a trial: the awaited, the goal, the ways out; equal to the same life lived."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from journeys import lifecycle
from journeys.models import Conversion, Run, RunEnded
from journeys.trying import Coming, try_with
from journeys.walking import walk
from messaging.models import Delivery
from profiles.models import Activity
from segments.models import Segment
from tests.back_office import desk
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, on_event, send, wait
from tests.journeys.playing import START, Play, person
from tests.profiles.api_callers import caller

BOOKED, CANCELLED, ROUND, ENTERED = (
    "TEETIME_BOOKED",
    "TEETIME_CANCELLED",
    "ROUND_COMPLETED",
    "COMPETITION_ENTERED",
)
ENTRY = {"bookingId": "B1"}


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


@pytest.fixture
def gold(play: Play) -> str:
    with play.open():
        return str(Segment.objects.create(tenant=play.tenant, name="Gold", type="STATIC").pk)


def definition(gold: str) -> Json:
    played = {
        "id": "played", "kind": "WAIT_UNTIL", "event": {"event": ROUND, "sameKey": True},
        "timeout": {"amount": 4, "unit": "DAYS"}, "ways": {"happened": "ask", "timeout": "sorry"},
    }  # fmt: skip
    holes = [{"path": "holes", "operator": "gte", "value": 18}]
    return journey(
        send("hello", to="played"), played, ask("ask", yes="day", no="sorry", where=holes),
        wait("day", 2, to="thanks"), send("thanks"), send("sorry", to="last"), wait("last", 3),
        triggers=[on_event(BOOKED, "bookingId")], entry={"policy": "ONCE_PER_KEY"},
        goal={"event": ENTERED},
        exits=[{"kind": "EVENT", "event": CANCELLED, "sameKey": True, "reason": "CANCELLED"},
               {"kind": "SEGMENT", "segment": gold}],
    )  # fmt: skip


LIVES: list[list[tuple[str, int, Json]]] = [
    [],
    [(ROUND, 30, ENTRY)],
    [(ROUND, 30, {"bookingId": "B2"})],
    [(ENTERED, 30, {})],
    [(ROUND, 30, ENTRY), (CANCELLED, 50, ENTRY)],
    [(CANCELLED, 50, {"bookingId": "B2"}), (ENTERED, 110, {})],
    [("segment.left", 10, {"segmentId": "gold"})],
    [
        ("segment.joined", 10, {"segmentId": "gold"}),
        (BOOKED, 20, {"bookingId": "B1", "teeTime": "2026-11-09"}),
    ],
]


@pytest.mark.parametrize("life", LIVES)
def test_a_life_that_is_tried_is_equal_to_the_same_life_lived(
    play: Play, gold: str, life: list[tuple[str, int, Json]]
) -> None:
    anna = person(play.tenant)
    told = [
        (kind, hours, {**data, **({"segmentId": gold} if "segmentId" in data else {})})
        for kind, hours, data in life
    ]
    with play.open():
        coming = [Coming(kind, timedelta(hours=hours), data) for kind, hours, data in told]
        tried = try_with(definition(gold), anna.pk, data=ENTRY, coming=coming, now=START)
        assert (Run.objects.count(), Activity.objects.count()) == (0, 0)

    play.enter(play.start(definition(gold)), anna, key="B1", data=ENTRY)
    for hour in range(1, 15 * 24):
        play.at(START + timedelta(hours=hour))
        with play.open():
            Delivery.objects.filter(status="PLANNED", due_at__lte=play.now).update(
                status="HANDED_OVER", handed_over_at=play.now
            )
        for kind, hours, data in told:
            if hours == hour and kind.startswith("segment."):
                play.hear(kind, anna, cause="CHANGE", **data)
            elif hours == hour:
                play.tell(anna, kind, **data)
    with play.open():
        [run] = RunEnded.objects.all()
        converted = Conversion.objects.exists()
    lived = [*play.story(anna), ("", run.status)]
    assert [(line["step"], line["outcome"]) for line in tried["story"][1:]] == lived
    left = [(step, found.replace("HANDED_OVER", "PLANNED")) for step, found in play.sent(anna)]
    assert [(one["step"], one["reason"] or one["status"]) for one in tried["messages"]] == left
    assert tried["converted"] == converted


def test_each_press_lets_something_happen(play: Play, gold: str) -> None:
    anna = person(play.tenant)
    raw: dict[str, Any] = definition(gold)
    with play.open():
        here = walk(raw, anna, now=START)
        assert [(one.press, one.words) for one in here.can_happen] == [
            ("h", "It happens: round completed"),
            ("g", "The goal is reached: competition entered"),
            ("A", "A way out: tee time cancelled"),
            ("B", "A way out: leaves Gold"),
        ]
        ends = {press: walk(raw, anna, press, now=START) for press in "gAB"}
    assert {press: one.lines[-1]["title"] for press, one in ends.items()} == {
        "g": "Left: reached the goal", "A": "Left: cancelled", "B": "Left: left the segment",
    }  # fmt: skip
    assert [one.has_converted for one in ends.values()] == [True, False, False]


def test_the_page_offers_what_may_happen(fairview: Club, play: Play, gold: str) -> None:
    anna = person(play.tenant)
    with play.open():
        pk = lifecycle.create_journey(name="Try", definition=definition(gold)).pk
    staff: Client = desk(fairview.marketing_manager)
    page = staff.get(f"/admin/journeys/{pk}/try/?customer={anna.pk}").content.decode()
    assert "A way out: leaves Gold" in page
    over = staff.get(f"/admin/journeys/{pk}/try/?customer={anna.pk}&way=g").content.decode()
    assert "Goal reached" in over


@pytest.mark.parametrize(
    "events",
    ["x", [{"event": "unheard"}], [{"event": BOOKED, "afterHours": -1}], [{"event": BOOKED, "data": 3}], [7]],
)
def test_events_that_cannot_come_are_refused(play: Play, gold: str, events: Any) -> None:
    anna = person(play.tenant)
    with play.open():
        pk = lifecycle.create_journey(name="Try", definition=definition(gold)).pk
    answer = caller(play.tenant).post(
        f"/api/v1/journeys/{pk}/simulate?tenantId={play.tenant.slug}",
        {"customerId": str(anna.pk), "events": events},
        "application/json",
    )
    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, "events")
