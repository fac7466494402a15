"""Where ways cross: bookings, merges, segments that flicker, consent, journeys that start each other."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from events.consumers import Entry
from journeys import lifecycle, listening
from journeys.drafts import get_journey, save_draft
from journeys.engine.holding import held_counts, release
from journeys.models import Conversion, EntryRefusal, Run, RunEnded
from messaging.models import SendPolicy
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.unmerging import unmerge_profiles
from segments.models import Segment
from tests.cast import Club
from tests.journeys.definitions import Json, journey, on_event, send, step, wait
from tests.journeys.playing import START, Play, person, time_machine

BOOKED, CANCELLED, ROUND = "TEETIME_BOOKED", "TEETIME_CANCELLED", "ROUND_COMPLETED"


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def awaiting(
    step_id: str, *, happened: str | None, timeout: str | None, days: int = 7, **fields: Any
) -> Json:
    return {
        "id": step_id, "kind": "WAIT_UNTIL", "event": {"event": ROUND, **fields},
        "timeout": {"amount": days, "unit": "DAYS"}, "ways": {"happened": happened, "timeout": timeout},
    }  # fmt: skip


def by_booking(*steps: Json, **fields: Any) -> Json:
    raw = {"triggers": [on_event(BOOKED, "bookingId")], "entry": {"policy": "ONCE_PER_KEY"}} | fields
    return journey(*steps, **raw)


def a_segment(play: Play, name: str = "Gold") -> Segment:
    with play.open():
        made: Segment = Segment.objects.create(tenant=play.tenant, name=name, type="STATIC")
    return made


def crossing(play: Play, who: CustomerProfile, segment: Segment, *kinds: str) -> None:
    """Joins and leaves of one segment in one batch of the log."""
    with play.open(), transaction.atomic(), time_machine(play.now):
        data = {"segmentId": str(segment.pk), "cause": "CHANGE"}
        entries = [
            Entry("1", number, play.tenant.pk, f"segment.{kind}", who.pk, data, play.now)
            for number, kind in enumerate(kinds, 1)
        ]
        listening.handle(play.tenant, entries)
    play.tick()


# --- Bookings


def test_a_key_is_the_same_as_a_number_and_as_a_text(play: Play) -> None:
    anna = person(play.tenant)
    play.start(by_booking(wait("w"), exits=[{"kind": "EVENT", "event": CANCELLED, "sameKey": True}]))
    play.tell(anna, BOOKED, bookingId=17)
    play.tell(anna, BOOKED, bookingId="17")
    with play.open():
        assert Run.objects.get().key == "17"
    play.tell(anna, CANCELLED, bookingId=17)
    assert play.ended(anna) == [("EXITED", CANCELLED)]


def test_a_booking_that_comes_back_under_its_key_is_a_matter_of_policy(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    exits = [{"kind": "EVENT", "event": CANCELLED, "sameKey": True}]
    one = play.start(by_booking(wait("w"), exits=exits), "Once a booking")
    for kind in (BOOKED, CANCELLED, BOOKED):
        play.tell(anna, kind, bookingId="B1")
        play.later(minutes=1)
    assert play.run(anna) is None
    with play.open():
        assert EntryRefusal.objects.get().reason == "ONCE_PER_KEY"
        lifecycle.archive(one.pk)
    play.start(by_booking(wait("w"), exits=exits, entry={"policy": "AFTER_EXIT"}), "Each time")
    for kind in (BOOKED, CANCELLED, BOOKED):
        play.tell(ben, kind, bookingId="B1")
        play.later(minutes=1)
    assert play.run(ben) is not None


def test_the_round_of_one_booking_wakes_not_the_run_of_the_other(play: Play) -> None:
    anna = person(play.tenant)
    play.start(by_booking(awaiting("played", happened="thanks", timeout="sorry", sameKey=True),
                          send("thanks"), send("sorry", expiresAfterHours=72)))  # fmt: skip
    for booking in ("B1", "B2"):
        play.tell(anna, BOOKED, bookingId=booking)
    play.later(days=1)
    play.tell(anna, ROUND, bookingId="B2")
    with play.open():
        assert [run.key for run in Run.objects.all()] == ["B1"]
    assert play.sent(anna) == [("thanks", "PLANNED")]
    play.later(days=7)
    assert play.sent(anna) == [("thanks", "PLANNED"), ("sorry", "PLANNED")]


def test_two_starts_that_hear_the_same_event_make_one_run(play: Play) -> None:
    anna = person(play.tenant)
    holes = [{"path": "holes", "operator": "gte", "value": 9}]
    play.start(
        journey(wait("w"), triggers=[on_event(BOOKED), on_event("teetime.booking.created", where=holes)])
    )
    play.tell(anna, BOOKED, holes=18)
    with play.open():
        assert Run.objects.count() == 1
        assert EntryRefusal.objects.get().reason == "ALREADY_IN"


# --- What came before the entry


def test_a_goal_that_was_reached_before_the_entry_ends_nothing_and_is_not_counted(play: Play) -> None:
    anna = person(play.tenant)
    one = play.start(journey(wait("w"), goal={"event": BOOKED}))
    play.enter(one, anna)
    play.later(minutes=5)
    play.tell(anna, BOOKED, START - timedelta(hours=1))
    assert play.run(anna) is not None
    with play.open():
        assert Conversion.objects.count() == 0
    play.tell(anna, BOOKED)
    assert play.ended(anna) == [("EXITED", "GOAL_REACHED")]


def test_what_was_awaited_before_the_run_came_to_the_step_and_before_it_began(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(wait("w", 1, "HOURS", to="played"),
                             awaiting("played", happened="thanks", timeout=None) | {"since": "ENTRY"},
                             send("thanks")))  # fmt: skip
    play.tell(ben, ROUND)  # a minute before Ben comes in
    play.later(minutes=1)
    play.enter(one, anna, ben)
    play.later(minutes=1)
    play.tell(anna, ROUND)
    play.later(hours=1)
    assert (play.sent(anna), play.sent(ben)) == ([("thanks", "PLANNED")], [])


def test_what_a_fast_clock_stamped_ahead_counts_when_it_is_heard(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(awaiting("played", happened="thanks", timeout=None), send("thanks")))
    play.enter(one, anna, ben)
    play.later(minutes=5)
    play.tell(anna, ROUND, play.now + timedelta(minutes=10))
    assert play.sent(anna) == [("thanks", "PLANNED")]
    play.start(
        by_booking(send("hi"), exits=[{"kind": "EVENT", "event": CANCELLED, "sameKey": True}]), "Booked"
    )
    play.tell(ben, CANCELLED, play.now + timedelta(minutes=10), bookingId="B1")
    play.tell(ben, BOOKED, bookingId="B1")
    assert play.sent(ben) == []


# --- Consent


def test_consent_that_is_withdrawn_and_given_again_while_waiting_is_read_when_it_counts(play: Play) -> None:
    anna = person(play.tenant)
    play.enter(play.start(journey(wait("w", to="mail"), send("mail"))), anna)
    for hours, may in ((5, False), (10, True)):
        play.later(hours=hours)
        with play.open():
            CustomerProfile.objects.filter(pk=anna.pk).update(email_opt_in=may)
        play.hear("profile.changed", anna, changes=["emailOptIn"])
    play.later(hours=10)
    assert play.sent(anna) == [("mail", "PLANNED")]


def test_a_service_message_goes_to_who_wants_no_offers(play: Play) -> None:
    anna = person(play.tenant)
    with play.open():
        SendPolicy.objects.create(tenant=play.tenant, needs_consent_always=False)
    service = send("tee", messageClass="TRANSACTIONAL")
    play.enter(play.start(journey(send("offer", to="w"), wait("w", to="tee"), service)), anna)
    with play.open():
        CustomerProfile.objects.filter(pk=anna.pk).update(email_opt_in=False)
    play.later(days=1)
    assert play.sent(anna) == [("offer", "PLANNED"), ("tee", "PLANNED")]


# --- Merge and unmerge


def reachable() -> None:
    """People of these tests have no sources from which a merge would know their addresses."""
    for one in CustomerProfile.objects.all():
        CustomerProfile.objects.filter(pk=one.pk).update(email=f"{one.pk}@example.org", email_opt_in=True)


def test_a_run_that_slept_through_a_merge_wakes_with_its_person_and_the_rules_for_the_late(
    play: Play,
) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(send("hi", to="w"), wait("w", to="mail"), send("mail")))
    play.enter(one, anna, ben)
    with play.open():
        merge_profiles(anna.pk, ben.pk)
    play.later(days=3)  # Anna's run is overdue, Ben's sleeps
    with play.open():
        unmerge_profiles(ben.pk)
        reachable()
    play.later(minutes=1)
    with play.open():
        assert [(why, count) for why, count, _ in held_counts(one)] == [("OVERDUE", 2)]
        release(one, how="CONTINUE", now=play.now)
    play.later(minutes=1)
    assert [play.sent(who)[-1] for who in (anna, ben)] == [("mail", "PLANNED")] * 2


def test_who_entered_anew_while_a_twin_slept_has_one_run_after_the_unmerge(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(wait("w", 9, to="end"), step("end", "GOAL"), entry={"policy": "AFTER_EXIT"},
                             exits=[{"kind": "EVENT", "event": BOOKED}]))  # fmt: skip
    play.enter(one, ben)
    play.later(minutes=1)
    play.enter(one, anna)
    with play.open():
        merge_profiles(anna.pk, ben.pk)  # Ben's is older: Anna's sleeps
        assert sorted(Run.objects.values_list("origin_profile_id", "status")) == sorted(
            [(ben.pk, "WAITING"), (anna.pk, "SUSPENDED")]
        )
    play.later(minutes=1)
    play.tell(anna, BOOKED)
    play.later(minutes=1)
    play.enter(one, anna)
    with play.open():
        unmerge_profiles(ben.pk)
        live = list(Run.objects.filter(profile_id=anna.pk).exclude(status="SUSPENDED"))
    assert len(live) <= 1
    play.later(days=10)
    assert play.run(ben) is None


def test_a_merge_while_waiting_brings_the_round_of_the_other_one(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(awaiting("played", happened="thanks", timeout=None), send("thanks")))
    play.enter(one, anna)
    play.later(hours=1)
    play.tell(ben, ROUND)
    assert play.sent(anna) == []
    with play.open(), time_machine(play.now):
        merge_profiles(anna.pk, ben.pk)
        reachable()
        Run.objects.update(due_at=play.now)  # the merge wakes by the clock of the database
    play.tick()
    assert play.sent(anna) == [("thanks", "PLANNED")]


# --- Segments that flicker


def members(gold: Segment, **fields: Any) -> Json:
    """In by joining, out by leaving."""
    rule = {"kind": "SEGMENT", "segment": str(gold.pk)}
    return journey(wait("w"), triggers=[rule], exits=[rule], **fields)


def test_who_left_and_joined_again_in_one_batch_starts_anew_once(play: Play) -> None:
    anna, gold = person(play.tenant), a_segment(play)
    play.start(members(gold, entry={"policy": "AFTER_EXIT"}))
    crossing(play, anna, gold, "joined")
    play.later(hours=1)
    crossing(play, anna, gold, "left", "joined")
    assert play.ended(anna) == [("EXITED", "SEGMENT_LEFT")]
    run = play.run(anna)
    assert run is not None
    assert run.entered_at == play.now


def test_who_joined_and_left_in_one_batch_is_not_in(play: Play) -> None:
    anna, gold = person(play.tenant), a_segment(play)
    play.start(members(gold))
    crossing(play, anna, gold, "joined", "left")
    assert play.run(anna) is None
    with play.open():
        assert EntryRefusal.objects.get().reason == "ALREADY_OVER"


def test_who_need_not_stay_in_the_segment_enters_though_they_left_at_once(play: Play) -> None:
    anna, gold = person(play.tenant), a_segment(play)
    play.start(journey(wait("w"), triggers=[{"kind": "SEGMENT", "segment": str(gold.pk)}]))
    crossing(play, anna, gold, "joined", "left")
    assert play.run(anna) is not None


# --- Journeys that start each other


def test_two_journeys_that_start_each_other_with_waits_go_on_without_doubling(play: Play) -> None:
    anna = person(play.tenant)
    first = play.start(journey(wait("w"), entry={"policy": "AFTER_EXIT"}), "First")
    second = play.start(
        journey(
            wait("w", to="first"),
            step("first", "ENROL", journey=str(first.pk)),
            entry={"policy": "AFTER_EXIT"},
        ),
        "Second",
    )
    with play.open():
        save_draft(get_journey(first.pk),
                   journey(wait("w", to="second"), step("second", "ENROL", journey=str(second.pk)),
                           entry={"policy": "AFTER_EXIT"}), "Round")  # fmt: skip
        lifecycle.publish(first.pk)
    play.enter(first, anna)
    for _ in range(6):
        play.later(days=1)
        with play.open():
            assert Run.objects.count() == 1
    with play.open():
        assert RunEnded.objects.count() == 6


@pytest.mark.parametrize("closed", ["DRAFT", "ARCHIVED", "HOLD_OUT"])
def test_a_journey_that_lets_nobody_in_says_so_and_stops_nobody(play: Play, closed: str) -> None:
    anna = person(play.tenant)
    entry = {"holdoutPercent": 90} if closed == "HOLD_OUT" else {}
    with play.open():
        target = lifecycle.create_journey(name="Target", definition=journey(wait("w"), entry=entry))
        if closed != "DRAFT":
            lifecycle.publish(target.pk)
    here = play.start(
        journey(step("go", "ENROL", journey=str(target.pk), to="goal"), step("goal", "GOAL")), "Here"
    )
    if closed == "ARCHIVED":
        with play.open():
            lifecycle.archive(target.pk)
    people = [anna] if closed != "HOLD_OUT" else [person(play.tenant, f"p{n}") for n in range(40)]
    play.enter(here, *people)
    told = [play.story(one) for one in people]
    assert all(one[-1] == ("goal", "GOAL") for one in told)
    with play.open():
        reasons = set(EntryRefusal.objects.values_list("reason", flat=True))
    assert reasons == {closed}
