"""Entries, limits, clocks, dates that move and what is deleted in use, over REST on a controlled clock."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from journeys.models import Conversion, EntryRefusal, MovePlan, Run
from messaging import planning
from messaging.models import Delivery, SendPolicy, Source
from messaging.planning import Candidate, Sending
from profiles.merging.actions import merge_profiles
from profiles.privacy.erasing import erase_customer
from profiles.unmerging import unmerge_profiles
from segments.lists import add_members
from segments.models import Segment
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, on_event, send, step, until_date, wait
from tests.journeys.outside import Outside
from tests.journeys.playing import START, person
from tests.journeys.test_outside_changes import undone

BOOKED, CANCELLED, ROUND = "TEETIME_BOOKED", "TEETIME_CANCELLED", "ROUND_COMPLETED"
RESERVED, RESCHEDULED = "RESERVATION_CREATED", "RESERVATION_RESCHEDULED"


@pytest.fixture
def out(fairview: Club) -> Outside:
    return Outside(fairview.tenant)


# --- Dates that move


def reminder(field: str, **fields: object) -> Json:
    until = {"mode": "DATE", "field": field, "offset": -1, "unit": "DAYS"}
    return step("w", "WAIT", to="mail", until=until | fields)


def test_a_reservation_that_is_rescheduled_takes_its_reminder_and_its_words_along(out: Outside) -> None:
    anna = person(out.tenant)
    out.started(journey(reminder("event.startTime"), send("mail", text="At {{ event.startTime }}"),
                        triggers=[on_event("facilities.reservation.created", "reservationId")],
                        entry={"policy": "ONCE_PER_KEY"}))  # fmt: skip
    first, later, sooner = (START + timedelta(days=days) for days in (5, 9, 3))
    out.tell(anna, RESERVED, reservationId="R1", startTime=first.isoformat())
    out.tell(anna, RESCHEDULED, reservationId="R1", startTime=later.isoformat())
    run = out.run(anna)
    assert run is not None
    assert run.due_at == later - timedelta(days=1)
    out.tell(anna, RESCHEDULED, reservationId="R1", startTime=sooner.isoformat())
    out.tell(anna, RESCHEDULED, reservationId="another", startTime=first.isoformat())
    out.later(days=2)
    assert out.sent(anna) == [("mail", "PLANNED")]
    with out.open():
        assert Delivery.objects.get().variables["event"]["startTime"] == sooner.isoformat()


def test_a_date_that_moves_into_the_past_while_waiting_says_nothing_and_goes_on(out: Outside) -> None:
    anna = person(out.tenant, membership_expiry=(START + timedelta(days=20)).date())
    one = out.started(journey(until_date("w", "membershipExpiry", -7, to="mail"), send("mail", to="end"),
                              step("end", "GOAL")))  # fmt: skip
    out.enrol(one, anna)
    out.later(days=1)
    out.changed(anna, membership_expiry=START.date())
    assert (out.sent(anna), out.ended(anna)) == ([], [("COMPLETED", "")])


def test_a_date_that_is_taken_away_while_waiting_is_a_missing_one(out: Outside) -> None:
    anna = person(out.tenant, membership_expiry=(START + timedelta(days=20)).date())
    one = out.started(
        journey(until_date("w", "membershipExpiry", -7, to="mail", ifMissing="EXIT"), send("mail"))
    )
    out.enrol(one, anna)
    out.changed(anna, membership_expiry=None)
    assert out.ended(anna) == [("EXITED", "MISSING")]
    assert out.why(one, anna)["story"][-1]["title"] == "Left: the date is not known"


# --- Both ends of a change


@pytest.mark.parametrize("choice", ["STAY", "MOVE", "MOVE_TO", "RESTART", "EXIT"])
def test_each_answer_about_people_under_way_can_be_taken_back(out: Outside, choice: str) -> None:
    anna = person(out.tenant)
    first = journey(wait("one", 2, to="two"), wait("two", 5, to="mail"), send("mail"))
    one = out.started(first)
    out.enrol(one, anna)
    out.later(days=2, minutes=1)
    before = out.run(anna)
    assert before is not None
    place = f"{before.version_id}:two"
    chosen: Json = {"choice": choice}
    if choice == "MOVE_TO":
        chosen = {"choice": "MOVE", "step": "three"}
    out.change(one, journey(wait("one", 3, to="two"), wait("two", 6, to="three"), wait("three", 1, to="mail"),
                            send("mail")), moves={place: chosen})  # fmt: skip
    out.later(minutes=1)
    expected = {"STAY": ["two"], "MOVE": ["two"], "MOVE_TO": ["three"], "RESTART": ["one"], "EXIT": []}
    assert [name for name, _ in out.stand(one)] == expected[choice]
    with out.open():
        was_moved = MovePlan.objects.filter(journey_id=one).exists()
    if was_moved:
        undone(out, one)
    out.later(minutes=1)
    after = out.run(anna)
    assert after is not None
    assert (after.version_id, after.step, after.due_at) == (before.version_id, "two", before.due_at)
    out.later(days=5)
    assert out.sent(anna) == [("mail", "PLANNED")]


@pytest.mark.parametrize("people", ["FINISH", "EXIT"])
def test_an_archived_journey_ends_both_ways(out: Outside, people: str) -> None:
    anna, ben = person(out.tenant), person(out.tenant, "Ben")
    one = out.started(journey(wait("w", 2, to="mail"), send("mail")))
    out.enrol(one, anna)
    out.act(one, "archive", people=people)
    assert out.enrol(one, ben) == ["ARCHIVED"]
    out.later(days=2, minutes=1)
    if people == "FINISH":
        assert (out.sent(anna), out.ended(anna)) == ([("mail", "PLANNED")], [("COMPLETED", "")])
    else:
        assert (out.sent(anna), out.ended(anna)) == ([], [("EXITED", "ARCHIVED")])
    assert out.post(f"/{one}/activate").status_code == 409


# --- Caps, quiet hours, hold-outs


def test_a_campaign_and_a_journey_share_the_cap_of_a_day(out: Outside) -> None:
    anna = person(out.tenant)
    with out.open():
        SendPolicy.objects.create(tenant=out.tenant, caps={"ALL": {"day": 1}})
    hello = out.started(journey(send("hello", to="w"), wait("w", 1, to="more"), send("more")))
    out.enrol(hello, anna)
    with out.open():
        message = Delivery.objects.get().message_id
        with transaction.atomic(), connection.cursor() as cursor:
            planning.open_candidates(cursor)
            planning.stage(cursor, [Candidate(anna.pk, "c:1", {"EMAIL": message})])
            planning.plan(cursor, Sending(source=Source.CAMPAIGN, source_id=uuid4()), now=out.now)
    assert [what for _, what in out.sent(anna)] == ["PLANNED", "CAP"]
    out.later(days=1, minutes=1)
    assert out.sent(anna)[-1] == ("more", "PLANNED")


def test_quiet_hours_are_those_of_the_home_clubs_clock(out: Outside) -> None:
    here, far = person(out.tenant), person(out.tenant, "Ben", home_club_id="SYD")
    with out.open():
        SendPolicy.objects.create(
            tenant=out.tenant,
            quiet_from=time(21),
            quiet_until=time(7),
            club_zones={"SYD": "Australia/Sydney"},
        )
    out.now = datetime(2026, 11, 2, 14, tzinfo=UTC)  # 16:00 in Johannesburg, 01:00 in Sydney
    one = out.started(journey(send("hello", to="w"), wait("w", 9)))
    out.enrol(one, here, far)
    with out.open():
        due = dict(Delivery.objects.values_list("profile_id", "due_at"))
    assert due == {here.pk: out.now, far.pk: datetime(2026, 11, 2, 20, tzinfo=UTC)}


def test_a_hold_out_is_as_large_as_was_said_and_stays_so_when_people_come_again(out: Outside) -> None:
    people = [person(out.tenant, f"p{number}") for number in range(200)]
    one = out.started(journey(step("end", "GOAL"), entry={"policy": "AFTER_EXIT", "holdoutPercent": 20}))
    first = out.enrol(one, *people)
    again = out.enrol(one, *people)
    assert first == again
    assert 10 <= first.count("HOLD_OUT") <= 70  # 40 ± 5.3 standard deviations
    assert out.why(one, people[first.index("HOLD_OUT")])["whyNot"]["reason"] == "HOLD_OUT"


def test_the_same_person_goes_the_same_way_again_and_in_the_next_version(out: Outside) -> None:
    people = [person(out.tenant, f"p{number}") for number in range(40)]
    branches = [{"id": "a", "name": "A", "weight": 1}, {"id": "b", "name": "B", "weight": 1}]
    split = {"id": "s", "kind": "SPLIT", "branches": branches, "ways": {"a": "end", "b": "end"}}
    raw = journey(split, step("end", "GOAL"), entry={"policy": "AFTER_EXIT"})
    one = out.started(raw)
    out.enrol(one, *people)
    out.change(one, raw | {"steps": [*raw["steps"][:-1], step("end", "GOAL", to="w"), wait("w")]})
    out.later(minutes=1)
    out.enrol(one, *people)
    ways = [[what for name, what in out.story(who) if name == "s"] for who in people]
    assert all(len(each) == 2 and each[0] == each[1] for each in ways)
    assert {each[0] for each in ways} == {"a", "b"}


# --- Entries


def test_the_limit_of_entries_counts_those_who_have_left(out: Outside) -> None:
    people = [person(out.tenant, f"p{number}") for number in range(5)]
    one = out.started(journey(step("end", "GOAL"), entry={"maxEnrollments": 3}))
    assert out.enrol(one, *people[:2]) == ["ENROLLED"] * 2
    assert out.enrol(one, *people[2:]) == ["ENROLLED", "MAX_ENROLLMENTS", "MAX_ENROLLMENTS"]
    assert out.why(one, people[4])["whyNot"]["words"] == "The journey's limit of entries was reached"


def test_a_booking_that_was_cancelled_and_told_in_the_wrong_order_reminds_nobody(out: Outside) -> None:
    anna = person(out.tenant)
    out.started(journey(reminder("event.teeTime"), send("mail"), triggers=[on_event(BOOKED, "bookingId")],
                        entry={"policy": "ONCE_PER_KEY"},
                        exits=[{"kind": "EVENT", "event": CANCELLED, "sameKey": True}]))  # fmt: skip
    tee = (START + timedelta(days=4)).isoformat()
    out.tell(anna, CANCELLED, START + timedelta(minutes=10), bookingId="B1", teeTime=tee)
    out.later(minutes=30)
    out.tell(anna, BOOKED, START + timedelta(minutes=5), bookingId="B1", teeTime=tee)
    out.later(days=4)
    assert (out.sent(anna), out.run(anna)) == ([], None)


def test_leaving_and_joining_a_list_by_a_step_of_the_journey_enters_nobody_again(out: Outside) -> None:
    anna = person(out.tenant)
    with out.open():
        gold = Segment.objects.create(tenant=out.tenant, name="Gold", type="STATIC")
    one = out.started(journey(step("out", "UPDATE", to="in", takeFrom=[str(gold.pk)]),
                              step("in", "UPDATE", addTo=[str(gold.pk)]),
                              triggers=[{"kind": "SEGMENT", "segment": str(gold.pk)}]))  # fmt: skip
    with out.acting():
        add_members(gold.pk, [anna.pk])
    for _round in range(3):
        out.hear("segment.joined", anna, segmentId=str(gold.pk), cause="LIST")
    assert out.ended(anna) == [("COMPLETED", "")]
    assert out.why(one, anna)["story"][-1]["title"] == "Reached the end"


def test_an_exit_by_a_segment_at_the_very_step_of_the_message_sends_nothing(out: Outside) -> None:
    anna = person(out.tenant)
    with out.open():
        gold = Segment.objects.create(tenant=out.tenant, name="Gold", type="STATIC")
        SendPolicy.objects.create(tenant=out.tenant, quiet_from=time(20), quiet_until=time(8))
    out.now = START.replace(hour=19)
    one = out.started(
        journey(send("mail", to="w"), wait("w"), exits=[{"kind": "SEGMENT", "segment": str(gold.pk)}])
    )
    out.enrol(one, anna)
    assert out.stand(one) == [("mail", "WAITING")]
    out.hear("segment.left", anna, segmentId=str(gold.pk), cause="CHANGE")
    assert (out.sent(anna), out.ended(anna)) == ([("mail", "LEFT_JOURNEY")], [("EXITED", "SEGMENT_LEFT")])


def test_a_condition_about_a_message_that_was_left_out_says_no(out: Outside) -> None:
    anna = person(out.tenant, email_opt_in=False)
    opened = ask("opened", yes="end", no="call", message={"step": "mail", "did": "OPENED"})
    skipped = ask("skipped", yes="opened", no="end", message={"step": "mail", "did": "SKIPPED"})
    one = out.started(journey(send("mail", to="skipped"), skipped, opened, step("end", "GOAL"),
                              step("call", "NOTIFY", title="Call", to="sms"),
                              send("sms", channels=["SMS"])))  # fmt: skip
    out.enrol(one, anna)
    assert out.story(anna)[:4] == [
        ("mail", "SKIPPED"), ("skipped", "yes"), ("opened", "no"), ("call", "TASK_MADE"),
    ]  # fmt: skip


# --- Two who become one


def test_what_a_merged_pair_does_counts_once(out: Outside) -> None:
    anna, ben = person(out.tenant), person(out.tenant, "Ben")
    one = out.started(journey(wait("w", 9), goal={"event": BOOKED}))
    out.enrol(one, anna, ben)
    with out.acting():
        merge_profiles(anna.pk, ben.pk)
    out.later(days=1)
    out.tell(anna, BOOKED)
    with out.open():
        assert Conversion.objects.count() == 1
        unmerge_profiles(ben.pk)
    assert out.run(ben) is not None


def test_erasing_the_survivor_ends_the_run_that_sleeps_too(out: Outside) -> None:
    anna, ben = person(out.tenant), person(out.tenant, "Ben")
    one = out.started(journey(wait("w", 2, to="mail"), send("mail")))
    out.enrol(one, anna, ben)
    with out.acting():
        merge_profiles(anna.pk, ben.pk)
        erase_customer(anna.pk, reason="popia_erasure")
    out.later(days=3)
    with out.open():
        assert (Run.objects.count(), Delivery.objects.exclude(status="SKIPPED").count()) == (0, 0)
    assert sorted(out.stand(one, ended=True)) == [("w", "EXITED")] * 2


# --- Clocks of both halves of the world


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        # Sydney forward on 4 October 2026, 02:00 → 03:00; back on 4 April 2027, 03:00 → 02:00.
        ("Australia/Sydney", "2026-10-03T05:00:00+00:00", "2026-10-03T15:30:00+00:00"),
        ("Australia/Sydney", "2026-10-03T13:00:00+00:00", "2026-10-03T16:00:00+00:00"),
        ("Australia/Sydney", "2027-04-03T12:00:00+00:00", "2027-04-03T15:30:00+00:00"),
        # Lord Howe changes by half an hour; Santiago at midnight.
        ("Australia/Lord_Howe", "2026-10-03T14:00:00+00:00", "2026-10-03T15:30:00+00:00"),
        ("America/Santiago", "2027-09-05T02:00:00+00:00", "2027-09-05T04:00:00+00:00"),
        ("Europe/London", "2027-03-27T20:00:00+00:00", "2027-03-28T01:00:00+00:00"),
        ("Europe/London", "2027-10-30T20:00:00+00:00", "2027-10-31T00:30:00+00:00"),
    ],
)
def test_an_hour_of_the_night_of_the_change_comes_once(out: Outside, zone: str, now: str, due: str) -> None:
    hours = {"2026-10-03T13:00:00+00:00": "02:30", "2026-10-03T14:00:00+00:00": "02:15",
             "2027-09-05T02:00:00+00:00": "00:30"}  # fmt: skip
    at = hours.get(now, "01:30" if zone != "Australia/Sydney" or "2026" in now else "02:30")
    out.now = datetime.fromisoformat(now)
    anna = person(out.tenant)
    until = {"mode": "TIME", "at": at}
    one = out.started(journey(step("w", "WAIT", to="mail", until=until), send("mail"), timezone=zone))
    out.enrol(one, anna)
    assert out.get(f"/{one}/enrollments")["data"][0]["dueAt"] == due.replace("+00:00", "Z")
    for _hour in range(30):
        out.later(hours=1)
    assert len(out.sent(anna)) == 1


def test_refusals_are_kept_with_their_reason_and_nobody_is_made(out: Outside) -> None:
    anna = person(out.tenant)
    one = out.started(journey(wait("w")))
    out.enrol(one, anna)
    assert out.enrol(one, anna) == ["ALREADY_IN"]
    assert out.post(f"/{one}/enroll", {"customerIds": ["x"]}).status_code == 422
    assert out.post(f"/{uuid4()}/enroll", {"customerIds": [str(anna.pk)]}).status_code == 404
    with out.open():
        assert [row.reason for row in EntryRefusal.objects.all()] == ["ALREADY_IN"]
