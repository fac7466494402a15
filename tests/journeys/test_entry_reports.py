"""More of what users of comparable products reported (journeys.md, section 2): coming in, coming back, being let go."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from journeys import bulk, lifecycle, scanning
from journeys.drafts import get_journey, save_draft
from journeys.errors import NothingToDo
from journeys.explaining import explain
from journeys.models import EntryRefusal, MoveAct, Run, RunEnded, StepLog
from journeys.reading import step_figures
from journeys.retention import tidy
from messaging import settling
from messaging.models import Delivery, SendPolicy
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from segments.actions import update_segment
from segments.lists import add_members
from segments.models import SegmentTransition
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, on_event, send, step, until_date, wait
from tests.journeys.playing import START, Play, person, time_machine
from tests.messaging.people import candidate, mail, plan
from tests.segments.makers import a_list, all_of, leaf, refresh, segment

BOOKED = "TEETIME_BOOKED"


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def crowd(play: Play, size: int, **values: Any) -> list[CustomerProfile]:
    """So many people, made at once."""
    with play.open(), transaction.atomic():
        made: list[CustomerProfile] = CustomerProfile.objects.bulk_create(
            CustomerProfile(
                tenant=play.tenant, first_name=f"p{n}", display_name=f"p{n}", email=f"p{n}@example.org",
                email_opt_in=True, **values,
            )
            for n in range(size)
        )  # fmt: skip
    return made


def test_2_a_version_that_replaces_every_step_touches_nobody_who_is_done(play: Play) -> None:
    people = crowd(play, 1000)
    one = play.start(journey(send("old", to="tag"), step("tag", "UPDATE", addTags=["x"])))
    play.enter(one, *people)
    with play.open():
        before, paths = step_figures(one), StepLog.objects.count()
        save_draft(get_journey(one.pk), journey(send("new", to="w"), wait("w")), "All anew")
        lifecycle.publish(one.pk)
    for _ in range(50):
        play.later(minutes=30)
    with play.open():
        assert (Run.objects.count(), Delivery.objects.count()) == (0, 1000)
        assert {key: figure for key, figure in step_figures(one).items() if key in before} == before
        tidy(play.tenant, play.now)
        assert StepLog.objects.count() == paths == 2000
        assert [line["step"] for line in explain(one, people[0].pk)["story"]] == ["", "old", "tag", ""]


def test_10_what_waits_for_nothing_is_not_published_and_the_step_is_named(play: Play) -> None:
    raw = journey(
        {"id": "w", "kind": "WAIT_UNTIL", "timeout": {"amount": 1, "unit": "DAYS"},
         "ways": {"happened": None, "timeout": None}}
    )  # fmt: skip
    with play.open():
        one = lifecycle.create_journey(name="J", definition=raw)
        with pytest.raises(Exception, match="waits for nothing") as refused:
            lifecycle.publish(one.pk)
    assert [problem.step for problem in refused.value.problems] == ["w"]  # type: ignore[attr-defined]


def test_15_a_real_merge_enters_nobody_by_the_segment_it_leads_into(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    gold = a_list(play.tenant, "Gold")
    one = play.start(journey(wait("day"), triggers=[{"kind": "SEGMENT", "segment": str(gold.pk)}]))
    with play.open():
        add_members(gold.pk, [anna.pk])
        merge_profiles(ben.pk, anna.pk)
        [joined] = SegmentTransition.objects.filter(segment_id=gold.pk, profile_id=ben.pk, is_join=True)
    assert joined.cause == "MERGE"
    play.hear("segment.joined", ben, segmentId=str(gold.pk), cause=joined.cause)
    assert play.run(ben) is None
    with play.open():
        assert explain(one, ben.pk)["whyNot"]["reason"] == "MERGE_JOIN_IGNORED"


def test_16_text_messages_go_on_after_an_opt_out_from_mails(play: Play) -> None:
    anna = person(play.tenant, phone_number="+27821234567")
    steps: list[Json] = []
    for number in range(1, 6):
        steps += [
            send(f"m{number}", to=f"w{number}"),
            wait(f"w{number}", to=f"m{number + 1}" if number < 5 else "text"),
        ]
    play.enter(play.start(journey(*steps, send("text", channels=["SMS"]))), anna)
    play.later(days=1)
    play.later(hours=12)
    with play.open():
        CustomerProfile.objects.filter(pk=anna.pk).update(email_opt_in=False)
    for _ in range(8):
        play.later(hours=12)
    assert play.sent(anna) == [
        ("m1", "PLANNED"), ("m2", "PLANNED"), ("m3", "CONSENT"), ("m4", "CONSENT"), ("m5", "CONSENT"),
        ("text", "PLANNED"),
    ]  # fmt: skip
    assert play.ended(anna) == [("COMPLETED", "")]


@pytest.mark.parametrize(
    ("entry", "runs"),
    [
        ({"policy": "ONCE"}, 1),
        ({"policy": "AFTER_EXIT"}, 3),
        ({"policy": "AFTER_DAYS", "days": 1}, 2),
        ({"policy": "AFTER_DAYS", "days": 30}, 1),
    ],
)
def test_19_joining_three_times_is_a_matter_of_policy_and_starts_at_the_first_step(
    play: Play, entry: Json, runs: int
) -> None:
    anna = person(play.tenant, membership_tier="Gold")
    gold = segment(play.tenant, all_of(leaf("membershipTier", "eq", "Gold")), "Gold")
    raw = journey(
        send("first", to="w"), wait("w"), triggers=[{"kind": "SEGMENT", "segment": str(gold.pk)}],
        exits=[{"kind": "SEGMENT", "segment": str(gold.pk)}], entry=entry,
    )  # fmt: skip
    play.start(raw)
    for _ in range(3):
        play.hear("segment.joined", anna, segmentId=str(gold.pk), cause="CHANGE")
        play.later(hours=12)
        play.hear("segment.left", anna, segmentId=str(gold.pk), cause="CHANGE")
        play.later(hours=12)
    assert play.ended(anna) == [("EXITED", "SEGMENT_LEFT")] * runs
    assert play.story(anna) == [("first", "PLANNED"), ("w", "EXITED")] * runs


def test_20_neither_the_start_nor_the_history_of_a_year_writes_to_anybody(play: Play) -> None:
    people = crowd(play, 500, member_since=date(2020, 1, 1))
    after = {"kind": "DATE", "field": "memberSince", "offsetDays": 30, "yearly": False}
    play.start(
        journey(
            send("hello"), triggers=[after, on_event(BOOKED, "bookingId")], entry={"policy": "ONCE_PER_KEY"}
        )
    )
    for hour in range(0, 48, 4):
        with play.open():
            assert scanning.scan(play.tenant, START + timedelta(hours=hour)) == 0
    for month in range(1, 13):
        play.tell(people[month], BOOKED, START - timedelta(days=30 * month), bookingId=f"B{month}")
    play.hear("profile.created", people[20])
    assert (play.count("journeys_run"), play.count("journeys_runended")) == (0, 0)
    with play.open():
        assert set(EntryRefusal.objects.values_list("reason", flat=True)) == {"TOO_OLD"}
        assert EntryRefusal.objects.count() == 12


def test_20_who_joins_after_the_start_gets_the_mail_on_the_thirtieth_day(play: Play) -> None:
    after = {"kind": "DATE", "field": "memberSince", "offsetDays": 30, "yearly": False}
    play.start(journey(send("hello"), triggers=[after]))
    anna = person(play.tenant, member_since=date(2026, 11, 2))
    play.hear("profile.created", anna)
    for day in range(40):
        play.at(START + timedelta(days=day))
        with play.open():
            scanning.scan(play.tenant, play.now)
        play.tick()
    with play.open():
        assert [row.due_at.date() for row in Delivery.objects.all()] == [date(2026, 12, 2)]


def test_21_an_anniversary_is_one_run_a_year_however_often_the_clock_ticks(play: Play) -> None:
    anna = person(play.tenant, date_of_birth=date(1980, 11, 3))
    trigger = {"kind": "DATE", "field": "dateOfBirth", "at": "09:00"}
    one = play.start(journey(send("cake"), triggers=[trigger], entry={"policy": "AFTER_EXIT"}))
    for year in (2026, 2027):
        moment = datetime(year, 11, 3, tzinfo=UTC)
        with play.open():
            type(one).objects.filter(pk=one.pk).update(scanned_at=moment - timedelta(minutes=5))
        for _ in range(24 * 12):
            with play.open():
                scanning.scan(play.tenant, moment, only=get_journey(one.pk))
            moment += timedelta(minutes=5)
        play.at(moment)
    assert play.sent(anna) == [("cake", "PLANNED")] * 2


def test_23_a_birthday_at_local_midnight_is_of_the_local_day_and_comes_again_next_year(play: Play) -> None:
    anna = person(play.tenant, date_of_birth=date(1980, 5, 4))
    trigger = {"kind": "DATE", "field": "dateOfBirth", "at": "00:00"}
    play.now = datetime(2027, 5, 3, 12, tzinfo=UTC)
    one = play.start(journey(send("cake"), triggers=[trigger], entry={"policy": "AFTER_EXIT"}))
    entered: list[datetime] = []
    moment = play.now
    while moment < datetime(2028, 5, 5, tzinfo=UTC):
        moment += timedelta(hours=1) if moment.month == 5 else timedelta(days=7)
        with play.open():
            if scanning.scan(play.tenant, moment, only=get_journey(one.pk)):
                entered.append(moment)
        play.at(moment)
    assert len(entered) == 2
    assert entered[0] == datetime(2027, 5, 3, 22, tzinfo=UTC)
    with play.open():
        keys = list(RunEnded.objects.filter(profile_id=anna.pk).order_by("pk").values_list("key", flat=True))
    assert keys == ["2027-05-04", "2028-05-04"]


def test_27_a_message_over_the_cap_waits_three_times_and_is_then_skipped_and_said_once(play: Play) -> None:
    play.now = datetime(
        2036, 3, 5, 9, tzinfo=UTC
    )  # ahead of the database's own clock, which finds what is due
    with play.open():
        SendPolicy.objects.create(tenant=play.tenant, caps={"EMAIL": {"day": 1}})
    anna = person(play.tenant)
    filler = play.start(journey(send("filler"), entry={"policy": "AFTER_EXIT"}), "Filler")
    capped = play.start(
        journey(send("news", to="end", onCap="DEFER", expiresAfterHours=720), send_end()), "News"
    )
    play.enter(filler, anna)
    play.enter(capped, anna)
    looks = 0
    for _ in range(40):
        with play.open():
            row = Delivery.objects.get(variant="news")
            if row.status == "DEFERRED":
                looks += 1
                # The morning comes, the day's one message is taken by others again, and it is decided anew.
                play.now = row.due_at
                plan_filler(play, anna)
                Delivery.objects.filter(pk=row.pk).update(due_at=datetime(2020, 1, 1, tzinfo=UTC))
                with time_machine(play.now):
                    settling.decide_deferred(play.tenant)
        play.later(hours=1)
        if play.ended(anna).count(("COMPLETED", "")) > 1:
            break
    with play.open():
        row = Delivery.objects.get(variant="news")
    assert (row.status, row.reason) == ("SKIPPED", "CAP")
    assert row.deferrals <= 3
    assert looks <= 3
    assert [step_outcome for step_outcome in play.story(anna) if step_outcome[0] == "news"] == [
        ("news", "SKIPPED")
    ]


def send_end() -> Json:
    return step("end", "GOAL")


def plan_filler(play: Play, who: CustomerProfile) -> None:
    """Somebody else's message fills the day."""
    plan(play.tenant, [candidate(who, mail(play.tenant), occurrence=f"{play.now:%F}")], now=play.now)


def test_28_whoever_staff_took_out_stays_out_though_they_are_in_the_segment(play: Play) -> None:
    anna = person(play.tenant, membership_tier="Gold")
    gold = segment(play.tenant, all_of(leaf("membershipTier", "eq", "Gold")), "Gold")
    trigger = {"kind": "SEGMENT", "segment": str(gold.pk), "includeMembers": True}
    one = play.start(journey(wait("week", 7), triggers=[trigger], entry={"policy": "AFTER_EXIT"}))
    with play.open():
        bulk.act_on_runs(one, MoveAct.END, now=play.now)
    for number in range(100):
        play.later(minutes=1)
        if number % 33 == 0:
            refresh(play.tenant)
            with play.open():
                update_segment(gold.pk, {"name": f"Gold {number}"})
    assert play.run(anna) is None
    assert play.ended(anna) == [("EXITED", "BY_HAND")]
    with play.open(), pytest.raises(NothingToDo):
        bulk.act_on_runs(one, MoveAct.END, now=play.now)


def test_34_a_rule_that_is_changed_touches_nobody_who_still_fits(play: Play) -> None:
    people = crowd(play, 300, membership_tier="Gold", lifetime_value_cents=10_000)
    gold = segment(play.tenant, all_of(leaf("membershipTier", "eq", "Gold")), "Gold")
    segment_id = str(gold.pk)
    raw = journey(
        wait("week", 7), triggers=[{"kind": "SEGMENT", "segment": segment_id, "includeMembers": True}],
        exits=[{"kind": "SEGMENT", "segment": segment_id}],
    )  # fmt: skip
    play.start(raw)
    play.tick()
    with play.open():
        before = sorted(Run.objects.values_list("pk", "due_at", "moves"))
        transitions = SegmentTransition.objects.filter(segment_id=gold.pk).count()
        update_segment(
            gold.pk,
            {"criteria": all_of(leaf("membershipTier", "eq", "Gold"), leaf("lifetimeValue", "gte", 50))},
        )
    refresh(play.tenant)
    play.tick()
    with play.open():
        assert SegmentTransition.objects.filter(segment_id=gold.pk).count() == transitions
        assert sorted(Run.objects.values_list("pk", "due_at", "moves")) == before
        assert len(before) == len(people)


def test_12_each_booking_has_its_own_reminder_and_one_that_moved_its_own_time(play: Play) -> None:
    anna = person(play.tenant)
    raw = journey(
        until_date("w", "event.teeTime", -2, to="remind", unit="HOURS", at=None),
        send("remind", messageClass="TRANSACTIONAL", text="{{ event.teeTime }}"),
        triggers=[on_event(BOOKED, "bookingId")], entry={"policy": "ONCE_PER_KEY"},
        exits=[{"kind": "EVENT", "event": "TEETIME_CANCELLED", "sameKey": True, "reason": "CANCELLED"}],
    )  # fmt: skip
    play.start(raw)
    tees = {key: START + timedelta(days=day) for key, day in (("B1", 2), ("B2", 3), ("B3", 4))}
    for key, tee in tees.items():
        play.tell(anna, BOOKED, bookingId=key, teeTime=tee.isoformat())
    moved = tees["B3"] + timedelta(days=1)
    play.tell(anna, BOOKED, bookingId="B3", teeTime=moved.isoformat())
    play.tell(anna, "TEETIME_CANCELLED", bookingId="B1")
    for _ in range(24 * 6):
        play.later(hours=1)
    with play.open():
        rows = list(Delivery.objects.order_by("due_at"))
    assert [row.variables["event"]["teeTime"] for row in rows] == [tees["B2"].isoformat(), moved.isoformat()]
    assert [row.due_at for row in rows] == [tees["B2"] - timedelta(hours=2), moved - timedelta(hours=2)]


def test_11_a_change_while_somebody_waits_is_seen_by_the_condition_behind_the_wait(play: Play) -> None:
    anna = person(play.tenant)
    gold = all_of(leaf("membershipTier", "eq", "Gold"))
    raw = journey(
        wait("three", 3, to="gold"), ask("gold", rule=gold, yes="yes", no="no"), send("yes"), send("no")
    )
    play.enter(play.start(raw), anna)
    play.later(days=2, hours=23)
    with play.open():
        CustomerProfile.objects.filter(pk=anna.pk).update(membership_tier="Gold")
    play.later(hours=1)
    assert play.sent(anna) == [("yes", "PLANNED")]
