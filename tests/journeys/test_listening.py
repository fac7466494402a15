"""Entries, wakes and exits from the log; waiting for events; dates that move."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from journeys import scanning
from journeys.models import Conversion, EntryRefusal, Journey
from messaging.models import SendPolicy
from profiles.models import CustomerProfile
from segments.models import Segment
from tests.cast import Club
from tests.journeys.definitions import Json, journey, on_event, send, until_date, wait
from tests.journeys.playing import START, Play, person

BOOKED, CANCELLED = "TEETIME_BOOKED", "TEETIME_CANCELLED"


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def wait_for(event: str, *, then: str | None, else_: str | None = None, **fields: Any) -> Json:
    """A wait for an event, three days at most."""
    return {
        "id": "wait",
        "kind": "WAIT_UNTIL",
        "event": {"event": event},
        "timeout": {"amount": 3, "unit": "DAYS"},
        "ways": {"happened": then, "timeout": else_},
        **fields,
    }


def reminders() -> Json:
    """Two hours before the tee time, one run a booking; a cancelled booking ends its own run."""
    return journey(
        until_date("wait", "event.teeTime", -2, to="remind", unit="HOURS", at=None),
        send("remind", messageClass="TRANSACTIONAL"),
        triggers=[on_event("teetime.booking.created", "bookingId")],
        entry={"policy": "ONCE_PER_KEY"},
        exits=[
            {"kind": "EVENT", "event": "teetime.booking.cancelled", "sameKey": True, "reason": "CANCELLED"}
        ],
    )


def test_two_bookings_are_two_runs_and_a_cancelled_one_ends_its_own(play: Play) -> None:
    anna = person(play.tenant)
    play.start(reminders())
    tee = START + timedelta(days=2)
    play.tell(anna, BOOKED, bookingId="B1", teeTime=tee.isoformat())
    play.tell(anna, BOOKED, bookingId="B2", teeTime=(tee + timedelta(hours=1)).isoformat())

    play.tell(anna, CANCELLED, bookingId="B1")

    assert play.ended(anna) == [("EXITED", "CANCELLED")]
    run = play.run(anna)
    assert run is not None
    assert (run.key, run.due_at) == ("B2", tee - timedelta(hours=1))
    play.at(tee - timedelta(hours=1))
    assert play.sent(anna) == [("remind", "PLANNED")]


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_tee_time_that_moves_takes_the_wait_along_in_both_directions(play: Play, hours: int) -> None:
    anna = person(play.tenant)
    play.start(reminders())
    tee = START + timedelta(days=3)
    play.tell(anna, BOOKED, bookingId="B1", teeTime=tee.isoformat())
    moved = tee + timedelta(hours=hours)

    play.tell(anna, BOOKED, bookingId="B1", teeTime=moved.isoformat())

    run = play.run(anna)
    assert run is not None
    assert run.due_at == moved - timedelta(hours=2)
    assert play.ended(anna) == []


def test_an_old_event_enters_nobody(play: Play) -> None:
    anna = person(play.tenant)
    play.start(reminders())
    play.tell(anna, BOOKED, START - timedelta(days=3), bookingId="B1", teeTime=START.isoformat())
    assert play.run(anna) is None
    with play.open():
        assert EntryRefusal.objects.get(profile_id=anna.pk).reason == "TOO_OLD"


def test_an_event_wakes_the_one_who_waits_for_it_and_nothing_else_does(play: Play) -> None:
    anna = person(play.tenant)
    waits = play.start(journey(wait_for("teetime.competition.entered", then="thanks"), send("thanks")))
    play.enter(waits, anna)

    play.later(hours=1)
    play.tell(anna, BOOKED, bookingId="B1")
    assert play.sent(anna) == []
    play.later(hours=1)
    play.tell(anna, "COMPETITION_ENTERED", competitionId="C1")

    assert play.sent(anna) == [("thanks", "PLANNED")]
    assert play.story(anna)[0] == ("wait", "happened")


def test_nothing_happened_in_time(play: Play) -> None:
    anna = person(play.tenant)
    waits = play.start(journey(wait_for("teetime.booking.created", then=None, else_="nudge"), send("nudge")))
    play.enter(waits, anna)
    play.later(days=3)
    assert play.sent(anna) == []  # two seconds for what is still under way
    play.later(seconds=3)
    assert play.sent(anna) == [("nudge", "PLANNED")]


def test_an_event_before_the_deadline_wins_even_if_it_is_read_after_it(play: Play) -> None:
    anna = person(play.tenant)
    waits = play.start(journey(wait_for("teetime.booking.created", then="thanks"), send("thanks")))
    play.enter(waits, anna)
    play.now += timedelta(days=3, hours=6)
    play.tell(anna, BOOKED, play.now - timedelta(hours=7), bookingId="B1")
    assert play.story(anna)[0] == ("wait", "happened")


@pytest.mark.parametrize(("since", "is_satisfied"), [("ENTRY", True), ("ARRIVAL", False)])
def test_13_an_event_on_the_way_to_the_waiting_step(play: Play, since: str, is_satisfied: bool) -> None:
    anna = person(play.tenant)
    waits = play.start(
        journey(
            wait("minute", 1, "MINUTES", to="wait"),
            wait_for("teetime.competition.entered", then="thanks", since=since),
            send("thanks"),
        )
    )
    play.enter(waits, anna)
    play.now += timedelta(seconds=30)
    play.tell(anna, "COMPETITION_ENTERED", competitionId="C1")
    play.later(seconds=31)
    assert (play.sent(anna) == [("thanks", "PLANNED")]) is is_satisfied


def test_the_goal_ends_a_run_at_once_and_counts_once(play: Play) -> None:
    anna = person(play.tenant)
    lapsed = play.start(
        journey(
            wait("week", 1, "WEEKS", to="offer"), send("offer"), goal={"event": "teetime.booking.created"}
        )
    )
    play.enter(lapsed, anna)
    play.later(hours=1)
    play.tell(anna, BOOKED, bookingId="B1", amountCents=5000)
    play.tell(anna, BOOKED, bookingId="B2", amountCents=5000)
    assert play.ended(anna) == [("EXITED", "GOAL_REACHED")]
    with play.open():
        assert Conversion.objects.filter(journey_id=lapsed.pk).count() == 1
    play.later(weeks=2)
    assert play.sent(anna) == []


def test_a_message_that_waits_for_the_morning_is_taken_back_with_the_goal(play: Play) -> None:
    with play.open():
        SendPolicy.objects.create(tenant=play.tenant, quiet_from=time(20), quiet_until=time(8))
    anna = person(play.tenant)
    offers = play.start(journey(send("offer"), goal={"event": "teetime.booking.created"}))
    play.at(START.replace(hour=19))  # 21:00 in Johannesburg
    play.enter(offers, anna)
    assert play.sent(anna) == [("offer", "PLANNED")]
    assert play.run(anna) is not None
    play.tell(anna, BOOKED, bookingId="B1")
    assert play.sent(anna) == [("offer", "LEFT_JOURNEY")]


def test_a_merge_enters_nobody_unless_the_journey_says_so(play: Play) -> None:
    anna = person(play.tenant)
    segment = "0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a11"
    for merge in (False, True):
        with play.open():
            Segment.objects.get_or_create(
                id=segment, defaults={"tenant": play.tenant, "name": "Gold", "type": "STATIC"}
            )
        trigger = {"kind": "SEGMENT", "segment": segment, "onMerge": merge}
        play.start(journey(wait("day"), triggers=[trigger]), f"J{merge}")
    play.hear("segment.joined", anna, segmentId=segment, cause="MERGE")
    with play.open():
        assert [str(one) for one in EntryRefusal.objects.values_list("reason", flat=True)] == [
            "MERGE_JOIN_IGNORED"
        ]
    assert play.run(anna) is not None


def test_a_score_fires_once_per_crossing_and_again_only_after_the_other_level(play: Play) -> None:
    anna = person(play.tenant)
    trigger = {"kind": "SCORE", "score": "CHURN", "level": 80, "rearm": 70, "minGapDays": 0}
    play.start(journey(send("call"), triggers=[trigger], entry={"policy": "AFTER_EXIT"}))
    for before, after in ((60, 85), (85, 78), (78, 82), (82, 65), (65, 90), (90, 95)):
        play.later(days=1)
        play.hear("profile.scored", anna, churnRisk=[before, after])
    assert play.ended(anna) == [("COMPLETED", "")] * 2


def test_a_score_that_crosses_again_too_soon_enters_nobody(play: Play) -> None:
    anna = person(play.tenant)
    trigger = {"kind": "SCORE", "score": "ENGAGEMENT", "direction": "DOWN", "level": 30, "rearm": 40}
    play.start(journey(send("miss"), triggers=[trigger], entry={"policy": "AFTER_EXIT"}))
    for days, before, after in ((1, 50, 20), (10, 20, 60), (5, 60, 25), (1, 25, 60), (20, 60, 10)):
        play.later(days=days)
        play.hear("profile.scored", anna, engagement=[before, after])
    # The second crossing came fifteen days after the first, the third thirty-six.
    assert play.ended(anna) == [("COMPLETED", "")] * 2


def renewal() -> Json:
    """Sixty days before, a month, a week and a day before the renewal, at nine."""
    return journey(
        until_date("w7", "membershipExpiry", -7, to="week"),
        send("week", to="w1"),
        until_date("w1", "membershipExpiry", -1, to="day"),
        send("day"),
        triggers=[{"kind": "DATE", "field": "membershipExpiry", "offsetDays": -60, "yearly": False}],
        entry={"policy": "ONCE_PER_KEY"} | {"policy": "AFTER_EXIT"},
    )


def test_a_late_comer_enters_where_they_belong(play: Play) -> None:
    play.start(renewal())
    anna = person(play.tenant, membership_expiry=date(2026, 11, 4))  # in two days
    play.hear("profile.changed", anna, changes=["membershipExpiry"])
    play.at(START + timedelta(hours=23))
    assert play.story(anna)[:2] == [("w7", "PAST"), ("week", "SKIPPED")]
    assert play.sent(anna) == [("day", "PLANNED")]


def test_a_date_scan_enters_each_once_a_day_whatever_the_number_of_ticks(play: Play) -> None:
    anna = person(play.tenant, date_of_birth=date(1960, 2, 29))
    ben = person(play.tenant, "Ben", date_of_birth=date(1960, 3, 1))
    trigger = {"kind": "DATE", "field": "dateOfBirth", "at": "09:00"}
    birthday = play.start(journey(send("cake"), triggers=[trigger], entry={"policy": "AFTER_EXIT"}))
    day = START.replace(year=2027, month=2, day=28, hour=7)  # 09:00 in Johannesburg
    with play.open():
        Journey.objects.filter(pk=birthday.pk).update(scanned_at=day - timedelta(minutes=5))
        for _ in range(50):
            scanning.scan(play.tenant, day)
            Journey.objects.filter(pk=birthday.pk).update(scanned_at=day - timedelta(minutes=5))
    play.at(day)
    assert play.sent(anna) == [("cake", "PLANNED")]
    assert play.sent(ben) == []


def test_activation_mails_nobody_of_the_past(play: Play) -> None:
    for number in range(20):
        person(play.tenant, f"old{number}", member_since=date(2020, 1, 1))
    trigger = {"kind": "DATE", "field": "memberSince", "offsetDays": 30, "yearly": False}
    play.start(journey(send("hello"), triggers=[trigger]))
    with play.open():
        assert scanning.scan(play.tenant, START + timedelta(days=1)) == 0


def test_a_fact_that_changes_moves_the_wait(play: Play) -> None:
    anna = person(play.tenant, membership_expiry=date(2026, 12, 20))
    play.start(renewal())
    play.hear("profile.changed", anna, changes=["membershipExpiry"])
    run = play.run(anna)
    assert run is not None
    assert run.due_at is not None
    assert run.due_at.date() == date(2026, 12, 13)
    with play.open():
        CustomerProfile.objects.filter(pk=anna.pk).update(membership_expiry=date(2026, 12, 10))
    play.later(minutes=1)
    play.hear("profile.changed", anna, changes=["membershipExpiry"])
    run = play.run(anna)
    assert run is not None
    assert run.due_at is not None
    assert run.due_at.date() == date(2026, 12, 3)
