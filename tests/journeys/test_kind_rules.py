"""The rules of journeys.md, section 1, kind by kind, where no other file plays them."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import close_old_connections
from django.utils import timezone

from journeys import entering, lifecycle, scanning
from journeys.drafts import get_journey, save_draft
from journeys.engine import lateness
from journeys.engine.holding import held_counts
from journeys.explaining import explain
from journeys.models import (
    Conversion,
    EntryRefusal,
    Holdout,
    Journey,
    Run,
    RunData,
    RunEnded,
    StepLog,
    Task,
    TriggerMark,
)
from journeys.reading import figures
from messaging.models import Delivery, SendHold, SendPolicy
from profiles.models import CustomerProfile
from segments.actions import delete_segment
from segments.errors import InUse
from segments.lists import add_members, remove_members
from segments.models import Segment, SegmentMember
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, leave, on_event, send, step, until_date, wait
from tests.journeys.playing import START, Play, person, time_machine

GOLD = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}
BOOKED, CANCELLED, ROUND = "TEETIME_BOOKED", "TEETIME_CANCELLED", "ROUND_COMPLETED"
NINE = {"mode": "TIME", "at": "09:00"}


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def listed(tenant: Tenant, *people: CustomerProfile, name: str = "Regulars") -> Segment:
    """A fixed list with some people."""
    with tenant_scope(tenant):
        made: Segment = Segment.objects.create(tenant=tenant, name=name, type="STATIC")
        add_members(made.pk, [one.pk for one in people])
    return made


def scan(play: Play, moment: datetime) -> int:
    """The clock's triggers at a moment, then the engine."""
    play.now = moment
    with play.open():
        entered = scanning.scan(play.tenant, moment)
    play.tick()
    return entered


# --- A schedule over a segment


def monthly(segment: Segment, cron: str) -> Json:
    return journey(
        send("news"),
        triggers=[{"kind": "SCHEDULE", "cron": cron, "segment": str(segment.pk)}],
        entry={"policy": "AFTER_EXIT"},
    )


@pytest.mark.parametrize(
    ("night", "expected"),
    [
        # 01:30 does not exist on 28 March 2027: the first instant after the gap, once.
        (datetime(2027, 3, 27, 12, tzinfo=UTC), [(27, 1), (28, 1), (29, 0)]),
        # 01:30 comes twice on 31 October 2027: the first one, once.
        (datetime(2027, 10, 30, 12, tzinfo=UTC), [(30, 0), (31, 0), (1, 1)]),
    ],
)
def test_a_schedule_enters_the_segment_once_on_both_changes_of_the_clock(
    kingsmere: Club, night: datetime, expected: list[tuple[int, int]]
) -> None:
    anna = person(kingsmere.tenant)
    play = Play(kingsmere.tenant, night - timedelta(days=1))
    play.start(monthly(listed(kingsmere.tenant, anna), "30 1 * * *"))
    came: list[tuple[int, int]] = []
    moment = play.now
    while moment < night + timedelta(days=2):
        moment += timedelta(minutes=10)
        if scan(play, moment):
            came.append((moment.day, moment.hour))
    assert came == expected


def test_missed_times_of_a_schedule_are_one_entry_and_what_is_a_day_old_is_said_to_be_missed(
    play: Play,
) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    segment = listed(play.tenant, anna)
    play.start(monthly(segment, "0 * * * *"))
    assert scan(play, START + timedelta(hours=6, minutes=5)) == 1
    with play.open():
        assert RunData.objects.get().data["missed"] == 5
        add_members(segment.pk, [ben.pk])  # after the instant: Ben waits for the next one
    assert scan(play, START + timedelta(hours=6, minutes=20)) == 0
    assert scan(play, START + timedelta(hours=7, minutes=1)) == 2

    other = play.start(monthly(segment, "0 9 1 12 *"), "December")
    assert scan(play, datetime(2026, 12, 3, 12, tzinfo=UTC)) >= 0
    with play.open():
        assert TriggerMark.objects.get(journey_id=other.pk).outcome == "MISSED"
        assert not Run.objects.filter(journey_id=other.pk).exists()
        assert not RunEnded.objects.filter(journey_id=other.pk).exists()


@pytest.mark.parametrize("includes", [False, True])
def test_who_is_in_the_segment_at_the_start_enters_only_where_that_was_chosen(
    play: Play, includes: bool
) -> None:
    anna = person(play.tenant)
    trigger = {
        "kind": "SEGMENT", "segment": str(listed(play.tenant, anna).pk), "includeMembers": includes,
    }  # fmt: skip
    play.start(journey(wait("day"), triggers=[trigger]))
    assert (play.run(anna) is not None) is includes


# --- Caps and hold-outs


@pytest.mark.parametrize(
    ("entry", "reason"), [({"maxEnrollments": 7}, "MAX_ENROLLMENTS"), ({"dailyCap": 7}, "DAILY_CAP")]
)
@pytest.mark.django_db(transaction=True)
def test_caps_are_exact_when_many_come_at_once(entry: Json, reason: str) -> None:
    tenant = factories.tenant("capped")
    play = Play(tenant, timezone.now())
    people = [person(tenant, f"p{number}") for number in range(24)]
    one = play.start(journey(wait("day"), entry=entry))

    def come(part: int) -> None:
        try:
            with tenant_scope(tenant):
                mine = people[part::8]
                entering.enter(get_journey(one.pk), [entering.Entrant(each.pk) for each in mine])
        finally:
            close_old_connections()

    threads = [threading.Thread(target=come, args=[part]) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert play.count("journeys_run") == 7
    with play.open():
        assert Counter(EntryRefusal.objects.values_list("reason", flat=True)) == {reason: 17}


def test_a_daily_cap_counts_the_days_of_the_club(play: Play) -> None:
    one = play.start(journey(send("mail"), entry={"dailyCap": 1, "policy": "AFTER_EXIT"}))
    evening = START.replace(hour=21, minute=59)  # 23:59 in Johannesburg
    for moment, verdict in (
        (evening, "ENROLLED"),
        (evening + timedelta(seconds=30), "DAILY_CAP"),
        (evening + timedelta(minutes=1), "ENROLLED"),
    ):
        play.now = moment
        assert play.enter(one, person(play.tenant, f"p{moment:%H%M%S}")) == {verdict: 1}


def test_who_is_held_out_stays_so_gets_nothing_and_is_counted(play: Play) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(80)]
    one = play.start(
        journey(send("mail"), entry={"policy": "AFTER_EXIT", "holdoutPercent": 50}, goal={"event": BOOKED})
    )
    play.enter(one, *people)
    with play.open():
        held = set(Holdout.objects.values_list("profile_id", flat=True))
    assert 10 <= len(held) <= 70  # 40 ± 6.7 standard deviations
    play.later(days=1)
    play.enter(one, *people)
    with play.open():
        assert set(Holdout.objects.values_list("profile_id", flat=True)) == held
        assert not Delivery.objects.filter(profile_id__in=held).exists()
    out = next(one for one in people if one.pk in held)
    play.tell(out, BOOKED)
    with play.open():
        assert [row.subject for row in Conversion.objects.filter(profile_id=out.pk)] == ["HOLDOUT"]
        assert explain(one, out.pk)["whyNot"]["reason"] == "HOLD_OUT"
        assert (figures(one)["heldOut"], figures(one)["heldOutConverted"]) == (len(held), 1)


# --- From one journey into another


def after_the_round(name: str = "After") -> Json:
    return journey(
        send("thanks", text="{{ event.course }}"),
        triggers=[on_event(ROUND, "bookingId"), {"kind": "MANUAL"}],
        entry={"policy": "ONCE_PER_KEY"},
    )


def test_the_key_and_what_is_known_come_along_into_another_journey(play: Play) -> None:
    anna = person(play.tenant)
    second = play.start(after_the_round(), "After")
    first = journey(
        step("on", "ENROL", journey=str(second.pk)),
        triggers=[on_event(BOOKED, "bookingId")],
        entry={"policy": "ONCE_PER_KEY"},
    )
    play.start(first, "First")
    for booking in ("B1", "B2", "B1"):
        play.tell(anna, BOOKED, bookingId=booking, course=f"Course of {booking}")
    with play.open():
        ended = RunEnded.objects.filter(journey_id=second.pk).order_by("pk")
        assert [run.key for run in ended] == ["B1", "B2"]
        courses = [row.variables["event"]["course"] for row in Delivery.objects.order_by("pk")]
    assert courses == ["Course of B1", "Course of B2"]


def test_the_rules_of_the_other_journey_decide_and_their_reason_is_told(play: Play) -> None:
    anna = person(play.tenant)
    second = play.start(journey(send("once")), "Second")
    first = play.start(
        journey(step("on", "ENROL", journey=str(second.pk)), entry={"policy": "AFTER_EXIT"}), "First"
    )
    for _ in range(2):
        play.enter(first, anna)
        play.later(minutes=1)
    assert [outcome for step_id, outcome in play.story(anna) if step_id == "on"] == [
        "ENROLLED", "NOT_ENROLLED",
    ]  # fmt: skip
    with play.open():
        story = explain(first, anna.pk)["story"]
    assert story[1]["words"] == (
        "did not start another journey: Had been in the journey before, and it is for once only"
    )


def test_a_circle_of_journeys_ends_and_one_with_a_wait_goes_on(play: Play) -> None:
    anna = person(play.tenant)
    with play.open():
        ids = [lifecycle.create_journey(name=name, definition=journey(wait("day"))).pk for name in ("A", "B")]
        for mine, other, waits in ((0, 1, False), (1, 0, False)):
            steps = [step("on", "ENROL", journey=str(ids[other]))]
            if waits:
                steps.insert(0, wait("day", to="on"))
            raw = journey(*steps, entry={"policy": "AFTER_EXIT"})
            save_draft(get_journey(ids[mine]), raw, "Circle")
            lifecycle.publish(ids[mine])
        first = get_journey(ids[0])
    play.enter(first, anna)
    assert sorted(play.story(anna)) == [("on", "ENROLLED"), ("on", "NOT_ENROLLED")]
    assert play.count("journeys_run") == 0

    with play.open():
        raw = journey(
            wait("day", to="on"), step("on", "ENROL", journey=str(ids[1])), entry={"policy": "AFTER_EXIT"}
        )
        save_draft(get_journey(ids[0]), raw, "With a wait")
        lifecycle.publish(ids[0])
        first = get_journey(ids[0])
    play.enter(first, anna)
    before = play.count("journeys_runended")
    for _ in range(4):
        play.later(days=1, minutes=1)
    assert play.count("journeys_run") == 1
    assert play.count("journeys_runended") - before == 8


# --- Tasks, changes, goals


def test_a_task_says_whom_it_is_about(play: Play, fairview: Club) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    call = step(
        "call", "NOTIFY", title="Call {{ profile.firstName }}", reason="About {{ event.bookingId }}",
        owner=fairview.staff.username, dueInDays=2,
    )  # fmt: skip
    one = play.start(journey(call))
    play.enter(one, anna, ben, data={"bookingId": "B7"})
    with play.open():
        tasks = list(Task.objects.order_by("title"))
        assert [(task.title, task.reason) for task in tasks] == [
            ("Call Anna", "About B7"), ("Call Ben", "About B7"),
        ]  # fmt: skip
        assert {(task.owner_id, task.due_on) for task in tasks} == {(fairview.staff.pk, date(2026, 11, 4))}


def test_an_update_puts_into_lists_and_takes_out_of_them(play: Play) -> None:
    anna = person(play.tenant, tags=["old"])
    into, out = listed(play.tenant, name="In"), listed(play.tenant, anna, name="Out")
    change = step(
        "change", "UPDATE", addTags=["new"], removeTags=["old"], stage="MEMBER",
        addTo=[str(into.pk)], takeFrom=[str(out.pk)],
    )  # fmt: skip
    play.enter(play.start(journey(change)), anna)
    with play.open():
        assert list(SegmentMember.objects.values_list("segment_id", flat=True)) == [into.pk]
        assert CustomerProfile.objects.get(pk=anna.pk).tags == ["new"]


def test_a_segment_that_a_journey_names_cannot_be_deleted_before_the_last_run_left(play: Play) -> None:
    anna = person(play.tenant)
    segment = listed(play.tenant)
    one = play.start(journey(wait("day", to="put"), step("put", "UPDATE", addTo=[str(segment.pk)])), "Puts")
    play.enter(one, anna)
    with play.open():
        with pytest.raises(InUse, match="the journey “Puts”"):
            delete_segment(segment.pk)
        lifecycle.archive(one.pk)
        with pytest.raises(InUse):
            delete_segment(segment.pk)
    play.later(days=1, minutes=1)
    with play.open():
        remove_members(segment.pk, [anna.pk])
        delete_segment(segment.pk)


def test_a_goal_on_the_way_counts_once_and_the_run_goes_on(play: Play) -> None:
    anna = person(play.tenant)
    raw = journey(step("goal", "GOAL", to="again"), step("again", "GOAL", to="mail"), send("mail"))
    one = play.start(raw)
    play.enter(one, anna)
    with play.open():
        assert Conversion.objects.filter(journey_id=one.pk).count() == 1
    assert play.sent(anna) == [("mail", "PLANNED")]


# --- Waiting


def test_only_what_happens_to_the_same_booking_wakes_a_run(play: Play) -> None:
    anna = person(play.tenant)
    waits = {
        "id": "played", "kind": "WAIT_UNTIL", "event": {"event": ROUND, "sameKey": True},
        "timeout": {"amount": 3, "unit": "DAYS"}, "ways": {"happened": "thanks", "timeout": None},
    }  # fmt: skip
    play.start(
        journey(
            waits, send("thanks"), triggers=[on_event(BOOKED, "bookingId")], entry={"policy": "ONCE_PER_KEY"}
        )
    )
    for booking in ("B1", "B2"):
        play.tell(anna, BOOKED, bookingId=booking)
    play.later(hours=1)
    play.tell(anna, ROUND, bookingId="B2")
    with play.open():
        assert list(Run.objects.values_list("key", flat=True)) == ["B1"]
        assert RunEnded.objects.get().key == "B2"
    assert play.sent(anna) == [("thanks", "PLANNED")]


def test_messages_are_left_out_up_to_the_next_wait_and_not_beyond(play: Play) -> None:
    anna = person(play.tenant, membership_expiry=(START + timedelta(days=2)).date())
    raw = journey(
        until_date("week", "membershipExpiry", -7, to="early"), send("early", to="now"),
        step("now", "WAIT", to="mail", until={"mode": "TIME", "at": "11:00"}), send("mail"),
    )  # fmt: skip
    play.enter(play.start(raw), anna)  # at 11:00 on the club's clock
    assert play.story(anna) == [
        ("week", "PAST"),
        ("early", "SKIPPED"),
        ("now", "WAITED"),
        ("mail", "PLANNED"),
    ]


def test_a_call_to_another_system_is_no_wait_that_lets_messages_go_again(play: Play) -> None:
    anna = person(play.tenant, membership_expiry=(START + timedelta(days=2)).date())
    raw = journey(
        until_date("week", "membershipExpiry", -7, to="hook"),
        step("hook", "WEBHOOK", to="early", url="https://example.org/x", retryForHours=0), send("early"),
    )  # fmt: skip
    play.enter(play.start(raw), anna)
    run = play.run(anna)
    assert run is not None
    assert (run.step, run.hold) == ("hook", "SKIP")
    with play.open():
        from journeys.models import WebhookCall  # noqa: PLC0415

        WebhookCall.objects.update(status="DONE")
    play.later(minutes=10)
    assert play.story(anna)[-1] == ("early", "SKIPPED")


def test_a_wait_ends_on_the_clock_of_the_home_club_and_follows_it(play: Play) -> None:
    with play.open():
        SendPolicy.objects.create(tenant=play.tenant, club_zones={"perth": "Australia/Perth"})
    here, there = person(play.tenant), person(play.tenant, "Ben", home_club_id="perth")
    raw = journey(step("nine", "WAIT", to="mail", until=NINE), send("mail"))
    play.enter(play.start(raw), here, there)
    run, other = play.run(here), play.run(there)
    assert run is not None
    assert other is not None
    assert run.due_at == datetime(2026, 11, 3, 7, tzinfo=UTC)
    assert other.due_at == datetime(2026, 11, 3, 1, tzinfo=UTC)

    with play.open():
        CustomerProfile.objects.filter(pk=here.pk).update(home_club_id="perth")
    play.hear("profile.changed", here, changes=["homeClubId"])
    moved = play.run(here)
    assert moved is not None
    assert moved.due_at == datetime(2026, 11, 3, 1, tzinfo=UTC)
    # A journey with a clock of its own does not ask where somebody is at home.
    nine = START.replace(hour=9, minute=31)
    play.now = nine
    fixed = play.start(raw | {"timezone": "Europe/London"}, "London")
    play.enter(fixed, there)
    with play.open():
        assert Run.objects.get(journey_id=fixed.pk).due_at == datetime(2026, 11, 3, 9, tzinfo=UTC)


# --- Dates that move


def renewal(policy: str = "ONCE_PER_KEY") -> Json:
    return journey(
        send("sixty", to="w7"), until_date("w7", "membershipExpiry", -7, to="week"), send("week"),
        triggers=[{"kind": "DATE", "field": "membershipExpiry", "offsetDays": -60, "yearly": False}],
        entry={"policy": policy},
    )  # fmt: skip


def change(play: Play, who: CustomerProfile, day: date) -> None:
    with play.open():
        CustomerProfile.objects.filter(pk=who.pk).update(membership_expiry=day)
    play.hear("profile.changed", who, changes=["membershipExpiry"])


def test_who_paid_leaves_and_enters_again_for_the_new_date(play: Play) -> None:
    anna = person(play.tenant, membership_expiry=date(2027, 1, 2))
    play.start(renewal())
    assert scan(play, START + timedelta(days=1)) == 1
    change(play, anna, date(2028, 1, 2))
    assert play.ended(anna) == [("EXITED", "DATE_MOVED")]
    for day in range(0, 450, 1):
        scan(play, datetime(2026, 12, 1, 7, tzinfo=UTC) + timedelta(days=day))
    with play.open():
        sent = list(Delivery.objects.order_by("pk").values_list("variant", "due_at"))
    assert [(name, at.date()) for name, at in sent if name != "sixty" or at.year > 2026] == [
        ("sixty", date(2027, 11, 3)), ("week", date(2027, 12, 26)),
    ]  # fmt: skip


def test_a_corrected_date_takes_the_run_along_and_makes_no_second_one(play: Play) -> None:
    anna = person(play.tenant, membership_expiry=date(2027, 1, 2))
    play.start(renewal())
    scan(play, START + timedelta(days=1))
    change(play, anna, date(2026, 12, 20))
    run = play.run(anna)
    assert run is not None
    assert run.due_at is not None
    assert (run.key, run.due_at.date()) == ("2026-12-20", date(2026, 12, 13))
    for day in range(1, 80):
        scan(play, START + timedelta(days=1 + day))
    assert [name for name, _ in play.sent(anna)] == ["sixty", "week"]


def test_where_nobody_enters_twice_the_run_waits_for_the_new_date(play: Play) -> None:
    anna = person(play.tenant, membership_expiry=date(2027, 1, 2))
    play.start(renewal("ONCE"))
    scan(play, START + timedelta(days=1))
    change(play, anna, date(2028, 1, 2))
    run = play.run(anna)
    assert run is not None
    assert run.due_at is not None
    assert (run.key, run.due_at.date()) == ("2028-01-02", date(2027, 12, 26))


def test_a_corrected_birthday_means_the_nearest_one(play: Play) -> None:
    anna = person(play.tenant, date_of_birth=date(1980, 11, 3))
    trigger = {"kind": "DATE", "field": "dateOfBirth", "at": "09:00"}
    play.start(
        journey(send("cake", to="w"), wait("w", 5, to="after"), send("after"), triggers=[trigger],
                entry={"policy": "ONCE_PER_KEY"})
    )  # fmt: skip
    scan(play, datetime(2026, 11, 3, 7, tzinfo=UTC))
    with play.open():
        CustomerProfile.objects.filter(pk=anna.pk).update(date_of_birth=date(1979, 11, 2))
    play.hear("profile.changed", anna, changes=["dateOfBirth"])
    run = play.run(anna)
    assert run is not None
    assert run.key == "2026-11-02"
    for day in range(1, 10):
        scan(play, datetime(2026, 11, 3, 7, 5, tzinfo=UTC) + timedelta(days=day))
    assert [name for name, _ in play.sent(anna)] == ["cake", "after"]


# --- Leaving, and too often


def test_18_who_stops_to_match_by_time_alone_leaves_at_the_next_step_with_the_part(play: Play) -> None:
    this_month = {"combinator": "AND", "rules": [{"field": "dateOfBirth", "operator": "inCurrentMonth"}]}
    anna = person(play.tenant, date_of_birth=date(1980, 11, 30))
    play.now = datetime(2026, 11, 30, 9, tzinfo=UTC)
    raw = journey(
        send("today", to="day"), wait("day", to="late"), send("late"), matching=this_month,
        exitMode="STOPS_MATCHING",
    )  # fmt: skip
    one = play.start(raw)
    play.enter(one, anna)
    play.later(days=1, minutes=1)
    assert play.sent(anna) == [("today", "PLANNED")]
    assert play.ended(anna) == [("EXITED", "STOPPED_MATCHING")]
    with play.open():
        row = StepLog.objects.get(step="day")
    assert (row.outcome, row.detail["part"]["operator"], row.detail["value"]) == (
        "EXITED", "inCurrentMonth", "1980-11-30",
    )  # fmt: skip


def test_18_the_log_keeps_which_part_stopped_to_hold(play: Play) -> None:
    anna = person(play.tenant, membership_tier="Gold")
    one = play.start(journey(wait("week", 7), matching=GOLD, exitMode="STOPS_MATCHING"))
    play.enter(one, anna)
    with play.open():
        CustomerProfile.objects.filter(pk=anna.pk).update(membership_tier="Silver")
    play.hear("profile.changed", anna, changes=["membershipTier"])
    with play.open():
        row = StepLog.objects.get(step="week")
    assert row.detail == {
        "reason": "STOPPED_MATCHING", "value": "Silver",
        "part": {"field": "membershipTier", "operator": "eq", "value": "Gold"},
    }  # fmt: skip


def test_nobody_goes_round_more_than_fifty_times(play: Play) -> None:
    anna = person(play.tenant)
    raw = journey(wait("day", 1, to="gold"), ask("gold", rule=GOLD, yes=None, no="day"))
    play.enter(play.start(raw), anna)
    for _ in range(55):
        play.later(days=1, minutes=1)
    assert play.ended(anna) == [("FAILED", "TOO_MANY_VISITS")]
    assert Counter(play.story(anna)) == {("day", "WAITED"): 50, ("gold", "no"): 50, ("day", "FAILED"): 1}


# --- Late, and paused


def test_overdue_messages_behind_a_condition_and_of_several_waits_are_one_flood(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lateness, "FLOOD", 5)
    people = [person(play.tenant, f"p{number}") for number in range(8)]
    raw = journey(
        ask("half", where=[{"path": "half", "value": 1}], yes="a", no="b"),
        wait("a", 1, to="gold"), wait("b", 1, to="gold"),
        ask("gold", rule=GOLD, yes="mail", no="mail"), send("mail"),
    )  # fmt: skip
    one = play.start(raw)
    play.enter(one, *people[:4], data={"half": 1})
    play.enter(one, *people[4:])
    play.later(days=1, hours=5)
    assert play.count("messaging_delivery") == 0
    with play.open():
        assert [(why, count) for why, count, _ in held_counts(one)] == [("FLOOD", 8)]


def test_a_message_that_waits_for_the_morning_is_held_by_a_pause(play: Play) -> None:
    with play.open():
        SendPolicy.objects.create(tenant=play.tenant, quiet_from=time(20), quiet_until=time(8))
    anna = person(play.tenant)
    one = play.start(journey(send("offer")))
    play.at(START.replace(hour=19))
    play.enter(one, anna)
    with play.open():
        lifecycle.pause(one.pk)
        assert SendHold.objects.get().source_id == one.pk
        lifecycle.resume(one.pk)
        assert not SendHold.objects.exists()
        lifecycle.pause(one.pk)
        lifecycle.archive(one.pk)
        assert not SendHold.objects.exists()


def test_what_came_too_late_during_a_pause_is_not_said_after_it(play: Play) -> None:
    anna = person(play.tenant)
    tee = START + timedelta(hours=30)
    one = play.start(
        journey(
            until_date("w", "event.teeTime", -4, to="mail", unit="HOURS", at=None),
            send("mail"), triggers=[on_event(BOOKED, "bookingId")], entry={"policy": "ONCE_PER_KEY"},
        )
    )  # fmt: skip
    play.tell(anna, BOOKED, bookingId="B1", teeTime=tee.isoformat())
    with play.open(), time_machine(play.now):
        lifecycle.pause(one.pk)
    play.at(tee + timedelta(hours=1))
    run = play.run(anna)
    assert run is not None
    assert (run.status, run.hold) == ("HELD", "PAUSED")
    with play.open():
        lifecycle.resume(one.pk, now=play.now)
    play.tick()
    assert play.story(anna) == [("w", "WAITED"), ("mail", "SKIPPED")]


@pytest.mark.parametrize(("queues", "verdict"), [(True, "ENROLLED"), (False, "PAUSED")])
def test_entries_into_a_paused_journey_wait_or_are_dropped(play: Play, queues: bool, verdict: str) -> None:
    anna = person(play.tenant)
    one: Journey = play.start(journey(send("mail")))
    with play.open(), time_machine(play.now):
        lifecycle.pause(one.pk, queues_entries=queues)
    assert play.enter(get_in(play, one), anna) == {verdict: 1}
    assert play.sent(anna) == []
    play.now += timedelta(days=8)
    assert play.enter(get_in(play, one), person(play.tenant, "Ben")) == {"PAUSED": 1}
    with play.open():
        lifecycle.resume(one.pk, now=play.now)
    play.tick()
    assert play.sent(anna) == ([("mail", "PLANNED")] if queues else [])


def get_in(play: Play, one: Journey) -> Journey:
    with play.open():
        return get_journey(one.pk)


def test_exits_of_journeys_that_are_paused_or_archived_still_count(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(wait("week", 7), exits=[{"kind": "EVENT", "event": CANCELLED}]))
    play.enter(one, anna, ben)
    with play.open():
        lifecycle.pause(one.pk)
    play.tell(anna, CANCELLED)
    with play.open():
        lifecycle.archive(one.pk)
    play.tell(ben, CANCELLED)
    assert play.ended(anna) == play.ended(ben) == [("EXITED", CANCELLED)]


def test_an_exit_step_may_be_reached_by_whoever_was_skipped(play: Play) -> None:
    anna = person(play.tenant, email=None)
    raw: dict[str, Any] = journey(send("mail"), leave("out", "NO_WAY"))
    raw["steps"][0]["ways"] = {"next": None, "skipped": "out"}
    play.enter(play.start(raw), anna)
    assert play.ended(anna) == [("EXITED", "NO_WAY")]
