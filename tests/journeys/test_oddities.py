"""What goes wrong in marketing automation, played before anybody reports it here."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction

from events.consumers import Entry
from journeys import entering, lifecycle, listening, scanning
from journeys.drafts import get_journey, save_draft
from journeys.engine import kinds
from journeys.engine.holding import held_counts, release
from journeys.engine.passing import one_pass
from journeys.explaining import explain
from journeys.models import Conversion, EntryRefusal, Run, RunEnded, StepLog, Subscription
from messaging import sending
from messaging.models import Delivery, Message, SendPolicy
from messaging.sandbox.server import Sandbox
from profiles.merging.actions import merge_profiles
from profiles.models import Activity, CustomerProfile
from profiles.privacy.erasing import erase_customer
from profiles.restricting import set_restriction
from profiles.unmerging import unmerge_profiles
from segments.models import Segment
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, on_event, send, step, until_date, wait
from tests.journeys.playing import START, Play, person, time_machine
from tests.messaging.conftest import sandbox as sandbox_fixture

BOOKED, CANCELLED, ROUND = "TEETIME_BOOKED", "TEETIME_CANCELLED", "ROUND_COMPLETED"
sandbox = sandbox_fixture


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def reminders(*more: Json, **fields: Any) -> Json:
    """Two hours before a tee time; a cancelled booking ends its own run."""
    return journey(
        until_date("w", "event.teeTime", -2, to="remind", unit="HOURS", at=None),
        send("remind", messageClass="TRANSACTIONAL", to=more[0]["id"] if more else None), *more,
        triggers=[on_event("teetime.booking.created", "bookingId")], entry={"policy": "ONCE_PER_KEY"},
        exits=[{"kind": "EVENT", "event": CANCELLED, "sameKey": True, "reason": "CANCELLED"}],
        **fields,
    )  # fmt: skip


def noted(play: Play, who: CustomerProfile, kind: str, at: datetime, **metadata: Any) -> Entry:
    """Something that happened, as the log says it; not heard yet."""
    with play.open(), transaction.atomic():
        number = Activity.objects.count() + 7_000_000
        Activity.objects.create(
            id=number, tenant=play.tenant, profile_id=who.pk, origin_profile_id=who.pk, occurred_at=at, type=kind,
            category="GOLF", source="teetime", source_event_id=f"odd-{number}", title=kind, metadata=metadata,
        )  # fmt: skip
    data = {"activityId": number, "type": kind, "occurredAt": at.isoformat()}
    return Entry("1", number, play.tenant.pk, "activity.recorded", who.pk, data, at)


def hear(play: Play, *entries: Entry) -> None:
    """The consumer reads them as one batch, and the engine works."""
    with play.open(), transaction.atomic(), time_machine(play.now):
        listening.handle(play.tenant, entries)
    play.tick()


# --- Events: twice, out of order, at once


def test_the_same_booking_told_by_another_event_is_one_run(play: Play) -> None:
    anna = person(play.tenant)
    play.start(reminders())
    tee = START + timedelta(days=2)
    hear(play, *(noted(play, anna, BOOKED, START, bookingId="B1", teeTime=tee.isoformat()) for _ in range(3)))
    play.tell(anna, BOOKED, bookingId="B1", teeTime=tee.isoformat())
    play.at(tee - timedelta(hours=2))
    assert play.sent(anna) == [("remind", "PLANNED")]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_booking_that_was_cancelled_in_the_same_batch_reminds_nobody(play: Play, is_reversed: bool) -> None:
    anna = person(play.tenant)
    one = play.start(reminders())
    tee = START + timedelta(days=2)
    made = noted(play, anna, BOOKED, START, bookingId="B1", teeTime=tee.isoformat())
    gone = noted(play, anna, CANCELLED, START + timedelta(seconds=30), bookingId="B1")
    play.now = START + timedelta(minutes=1)
    hear(play, *((gone, made) if is_reversed else (made, gone)))
    play.at(tee - timedelta(hours=2))
    assert play.sent(anna) == []
    with play.open():
        assert explain(one, anna.pk)["whyNot"]["reason"] == "ALREADY_OVER"


def test_a_cancellation_that_is_read_long_before_its_booking_counts(play: Play) -> None:
    anna = person(play.tenant)
    play.start(reminders())
    tee = START + timedelta(days=2)
    play.tell(anna, CANCELLED, START + timedelta(minutes=5), bookingId="B1")
    play.now = START + timedelta(hours=1)
    play.tell(anna, BOOKED, START, bookingId="B1", teeTime=tee.isoformat())
    play.tell(anna, BOOKED, START, bookingId="B2", teeTime=tee.isoformat())  # another one is not touched
    play.at(tee - timedelta(hours=2))
    with play.open():
        assert [run.key for run in RunEnded.objects.all()] == ["B2"]


def test_a_booking_made_again_after_its_cancellation_reminds(play: Play) -> None:
    anna = person(play.tenant)
    play.start(reminders() | {"entry": {"policy": "AFTER_EXIT"}})
    tee = START + timedelta(days=2)
    for minutes, kind in ((0, BOOKED), (1, CANCELLED), (2, BOOKED)):
        play.now = START + timedelta(minutes=minutes)
        play.tell(anna, kind, bookingId="B1", teeTime=tee.isoformat())
    play.at(tee - timedelta(hours=2))
    assert play.sent(anna) == [("remind", "PLANNED")]


def test_leaving_the_segment_and_reaching_the_goal_at_once_is_reaching_the_goal(play: Play) -> None:
    anna = person(play.tenant)
    segment = "0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a11"
    raw = journey(wait("w", 7), goal={"event": BOOKED}, exits=[{"kind": "SEGMENT", "segment": segment}])
    raw["triggers"] = [{"kind": "MANUAL"}]
    with play.open():
        Segment.objects.create(id=segment, tenant=play.tenant, name="Gold", type="STATIC")
    one = play.start(raw)
    play.enter(one, anna)
    play.now += timedelta(hours=1)
    left = Entry(
        "1", 1, play.tenant.pk, "segment.left", anna.pk, {"segmentId": segment, "cause": "CHANGE"}, play.now
    )
    hear(play, left, noted(play, anna, BOOKED, play.now, bookingId="B1"))
    assert play.ended(anna) == [("EXITED", "GOAL_REACHED")]
    with play.open():
        assert Conversion.objects.filter(journey_id=one.pk, subject="RUN").count() == 1


def test_a_goal_after_the_end_counts_within_its_window_and_not_beyond(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(send("mail"), goal={"event": BOOKED, "windowDays": 7}))
    play.enter(one, anna, ben)
    play.later(days=6)
    play.tell(anna, BOOKED, bookingId="B1")
    play.later(days=2)
    play.tell(ben, BOOKED, bookingId="B2")
    with play.open():
        assert [row.profile_id for row in Conversion.objects.all()] == [anna.pk]


def test_an_event_at_the_very_deadline_is_in_time_and_one_after_it_is_not(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    waits = {
        "id": "w", "kind": "WAIT_UNTIL", "event": {"event": ROUND}, "timeout": {"amount": 1, "unit": "DAYS"},
        "ways": {"happened": None, "timeout": None},
    }  # fmt: skip
    play.enter(play.start(journey(waits)), anna, ben)
    deadline = START + timedelta(days=1)
    play.now = deadline + timedelta(seconds=1)
    hear(
        play,
        noted(play, anna, ROUND, deadline),
        noted(play, ben, ROUND, deadline + timedelta(microseconds=1)),
    )
    play.later(seconds=5)
    assert (play.story(anna), play.story(ben)) == ([("w", "happened")], [("w", "timeout")])


def test_two_events_that_wake_the_same_run_move_it_once(play: Play) -> None:
    anna = person(play.tenant)
    waits = {
        "id": "w", "kind": "WAIT_UNTIL", "event": {"event": ROUND}, "timeout": {"amount": 1, "unit": "DAYS"},
        "ways": {"happened": "thanks", "timeout": None},
    }  # fmt: skip
    play.enter(play.start(journey(waits, send("thanks"))), anna)
    play.now += timedelta(minutes=1)
    hear(play, *(noted(play, anna, ROUND, play.now) for _ in range(2)))
    hear(play, noted(play, anna, ROUND, play.now))
    assert play.sent(anna) == [("thanks", "PLANNED")]
    assert play.count("journeys_subscription") == 0


def test_a_condition_that_holds_on_arrival_is_not_waited_for_and_one_that_comes_true_wakes(
    play: Play,
) -> None:
    gold = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}
    anna, ben = person(play.tenant, membership_tier="Gold"), person(play.tenant, "Ben")
    waits = {
        "id": "w", "kind": "WAIT_UNTIL", "condition": gold, "timeout": {"amount": 9, "unit": "DAYS"},
        "ways": {"happened": "thanks", "timeout": None},
    }  # fmt: skip
    play.enter(play.start(journey(waits, send("thanks"))), anna, ben)
    assert (len(play.sent(anna)), len(play.sent(ben))) == (1, 0)
    with play.open():
        CustomerProfile.objects.filter(pk=ben.pk).update(membership_tier="Gold")
    play.hear("profile.changed", ben, changes=["membershipTier"])
    assert play.sent(ben) == [("thanks", "PLANNED")]


def test_what_is_told_again_from_the_beginning_enters_nobody(play: Play) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(5)]
    play.start(reminders())
    tee = START + timedelta(hours=5)
    entries = [
        noted(play, who, BOOKED, START, bookingId=f"B{place}", teeTime=tee.isoformat())
        for place, who in enumerate(people)
    ]
    hear(play, *entries)
    play.at(tee - timedelta(hours=2))
    before = play.count("messaging_delivery")
    for hours in (1, 30, 24 * 400):
        play.now = tee + timedelta(hours=hours)
        hear(play, *entries)
    assert (before, play.count("messaging_delivery"), play.count("journeys_run")) == (5, 5, 0)


def test_an_event_of_somebody_who_was_merged_meanwhile_enters_who_they_became(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    play.start(reminders())
    tee = START + timedelta(days=2)
    told = noted(play, ben, BOOKED, START, bookingId="B1", teeTime=tee.isoformat())
    with play.open():
        merge_profiles(anna.pk, ben.pk)
    hear(play, told)
    run = play.run(anna)
    assert run is not None
    assert run.key == "B1"


# --- Merges in the middle


def become_one(play: Play, stays: CustomerProfile, goes: CustomerProfile) -> None:
    """A merge; these people have no facts of any service, so that their address is said again."""
    with play.open():
        merge_profiles(stays.pk, goes.pk)
        CustomerProfile.objects.filter(pk=stays.pk).update(email=stays.email, email_opt_in=True)


def test_a_merge_between_the_claim_and_the_plan_gives_the_pair_one_message(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben", email="anna@example.org")
    one = play.start(journey(wait("day", to="mail"), send("mail", to="w"), wait("w", 9)))
    play.enter(one, anna, ben)
    become_one(play, anna, ben)
    play.later(days=1, minutes=1)
    with play.open():
        assert Delivery.objects.exclude(status="SKIPPED").count() == 1
        unmerge_profiles(ben.pk)
    play.later(minutes=1)
    with play.open():
        # Ben goes on from where he stood; what went to his mailbox already does not go there again.
        assert Delivery.objects.exclude(status="SKIPPED").count() == 1
        assert {run.status for run in Run.objects.all()} == {"WAITING"}


def test_two_who_wait_for_the_same_become_one_who_is_woken_once(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    waits = {
        "id": "w", "kind": "WAIT_UNTIL", "event": {"event": ROUND}, "timeout": {"amount": 5, "unit": "DAYS"},
        "ways": {"happened": "thanks", "timeout": None},
    }  # fmt: skip
    play.enter(play.start(journey(waits, send("thanks"))), anna, ben)
    become_one(play, anna, ben)
    with play.open():
        assert set(Subscription.objects.values_list("profile_id", flat=True)) == {anna.pk}
    play.later(hours=1)
    play.tell(anna, ROUND)
    assert play.sent(anna) == [("thanks", "PLANNED")]


# --- People who change between plan and hand-over


def test_who_opts_out_between_the_plan_and_the_handing_over_gets_nothing(
    play: Play, sandbox: Sandbox
) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(send("mail")))
    play.now = datetime.now(UTC)
    play.enter(one, anna, ben)
    with play.open():
        CustomerProfile.objects.filter(pk=anna.pk).update(email_opt_in=False)
    sending.send_due()
    assert play.sent(anna) == [("mail", "CONSENT")]
    assert [row[0] for row in sandbox.book.rows("SELECT address FROM message")] == ["ben@example.org"]


def test_who_is_erased_between_the_plan_and_the_handing_over_gets_nothing(
    play: Play, sandbox: Sandbox
) -> None:
    anna = person(play.tenant)
    one = play.start(journey(send("mail", to="w"), wait("w")))
    play.now = datetime.now(UTC)
    play.enter(one, anna)
    with play.open():
        erase_customer(anna.pk, reason="popia_erasure")
    for _ in range(3):
        sending.send_due()
        play.later(days=1)
    assert sandbox.book.rows("SELECT address FROM message") == []


def test_who_must_rest_stays_where_they_are_and_goes_on_by_the_rules_for_the_late(play: Play) -> None:
    anna = person(play.tenant)
    one = play.start(journey(wait("day", to="mail"), send("mail")))
    play.enter(one, anna)
    with play.open():
        set_restriction(anna.pk, is_restricted=True)
    for _ in range(30):
        play.later(hours=2)
    assert play.sent(anna) == []
    assert play.run(anna) is not None
    with play.open():
        set_restriction(anna.pk, is_restricted=False)
    play.later(hours=2)
    with play.open():
        assert [(why, count) for why, count, _ in held_counts(one)] == [("OVERDUE", 1)]
        release(one, how="CONTINUE", now=play.now)
    play.later(minutes=1)
    assert play.sent(anna) == [("mail", "PLANNED")]


# --- Editing


def test_a_text_that_is_edited_leaves_what_is_planned_as_it_was_approved(play: Play) -> None:
    with play.open():
        SendPolicy.objects.create(tenant=play.tenant, quiet_from=time(20), quiet_until=time(8))
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(send("offer", text="Old words")))
    play.at(START.replace(hour=19))
    play.enter(one, anna)
    with play.open(), time_machine(play.now):
        save_draft(get_journey(one.pk), journey(send("offer", text="New words")), "Words")
        lifecycle.publish(one.pk)
    play.now = START + timedelta(days=1)
    play.tick()
    with play.open():
        newer = get_journey(one.pk)
    play.enter(newer, ben)
    with play.open():
        texts = dict(Message.objects.values_list("pk", "body"))
        said = [texts[row.message_id] for row in Delivery.objects.order_by("pk") if row.message_id]
    assert said == ["Old words", "New words"]


def test_a_step_that_is_deleted_under_people_sends_nothing_at_once(play: Play) -> None:
    anna = person(play.tenant)
    one = play.start(journey(wait("gone", 5, to="mail"), send("mail", to="w"), wait("w", 5)))
    play.enter(one, anna)
    with play.open(), time_machine(play.now):
        save_draft(get_journey(one.pk), journey(send("mail", to="w"), wait("w", 5)), "Without the wait")
        lifecycle.publish(one.pk)
    play.later(days=1)
    assert play.sent(anna) == []  # stays on the old version: nobody ticked that messages may go at once
    play.later(days=4, minutes=1)
    assert play.sent(anna) == [("mail", "PLANNED")]


def test_a_wait_that_is_shortened_counts_from_the_arrival_and_one_that_is_lengthened_too(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(wait("w", 10, to="mail"), send("mail")))
    play.enter(one, anna)
    play.later(days=4)
    play.enter(one, ben)
    for days, due in ((6, {anna: 6, ben: 10}), (12, {anna: 12, ben: 16})):
        with play.open(), time_machine(play.now):
            save_draft(get_journey(one.pk), journey(wait("w", days, to="mail"), send("mail")), f"{days}")
            lifecycle.publish(one.pk)
        for who, after in due.items():
            run = play.run(who)
            assert run is not None
            assert run.due_at == START + timedelta(days=after)


# --- Workers


def test_two_passes_at_once_take_different_people(play: Play) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(6)]
    one = play.start(journey(wait("day", to="mail"), send("mail")))
    play.enter(one, *people)
    moment = START + timedelta(days=1)
    with play.open():
        first = one_pass(play.tenant, now=moment, limit=4)
        second = one_pass(play.tenant, now=moment, limit=4)
    assert (first.runs, second.runs) == (4, 2)
    assert play.count("messaging_delivery") == 6
    with play.open():
        assert StepLog.objects.count() == 12


def test_a_database_that_refuses_twice_moves_everybody_in_the_end(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = person(play.tenant)
    one = play.start(journey(step("tag", "UPDATE", to="mail", addTags=["x"]), send("mail")))
    calls = {"left": 2}
    real = kinds.HANDLERS["SEND"]

    def refuse(group: Any) -> None:
        real(group)
        if calls["left"]:
            calls["left"] -= 1
            raise OperationalError("deadlock detected")

    monkeypatch.setattr(kinds, "HANDLERS", {**kinds.HANDLERS, "SEND": refuse})
    for _ in range(2):
        with pytest.raises(OperationalError):
            play.enter(one, anna)
    assert play.count("messaging_delivery") == 0
    play.tick()
    assert play.sent(anna) == [("mail", "PLANNED")]
    assert play.story(anna) == [("tag", "UPDATED"), ("mail", "PLANNED")]


def test_a_condition_asks_what_the_event_and_the_answers_brought(play: Play) -> None:
    anna = person(play.tenant)
    raw = journey(
        ask("big", where=[{"path": "players", "operator": "gte", "value": 4}], yes="mail", no=None), send("mail"),
        triggers=[on_event(BOOKED, "bookingId", where=[{"path": "course", "value": "Old"}])],
        entry={"policy": "ONCE_PER_KEY"},
    )  # fmt: skip
    play.start(raw)
    play.tell(anna, BOOKED, bookingId="B1", players="4", course="Old")
    play.tell(anna, BOOKED, bookingId="B2", players=3, course="Old")
    play.tell(anna, BOOKED, bookingId="B3", players=9, course="New")
    with play.open():
        assert [run.key for run in RunEnded.objects.order_by("pk")] == ["B1", "B2"]
    assert play.sent(anna) == [("mail", "PLANNED")]


# --- Journeys that are broken


def test_a_journey_that_cannot_be_asked_stops_no_other_one(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = person(play.tenant, date_of_birth=date(1980, 11, 3))
    birthday = {"kind": "DATE", "field": "dateOfBirth"}
    gold = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}
    booked = on_event(BOOKED, "bookingId")
    broken = play.start(
        journey(wait("w"), triggers=[{**booked, "rule": gold}, {**birthday, "rule": gold}],
                entry={"policy": "ONCE_PER_KEY"}), "A broken one",
    )  # fmt: skip
    fine = play.start(
        journey(wait("w"), triggers=[booked, birthday], entry={"policy": "ONCE_PER_KEY"}), "Fine"
    )

    def fail(*_: Any, **__: Any) -> Any:
        raise KeyError("a field that is gone")

    monkeypatch.setattr(entering, "decide", fail)
    play.tell(anna, BOOKED, bookingId="B1")
    with play.open():
        scanning.scan(play.tenant, START + timedelta(days=1))
        assert sorted(run.key for run in Run.objects.all()) == ["2026-11-03", "B1"]
        assert set(Run.objects.values_list("journey_id", flat=True)) == {fine.pk}
        assert explain(broken, anna.pk)["whyNot"]["reason"] == "ENTRY_FAILED"
        assert EntryRefusal.objects.get().detail == {"error": "KeyError: 'a field that is gone'"}
        monkeypatch.undo()
        CustomerProfile.objects.update(membership_tier="Gold")
        # The dates are looked at again from where they stood.
        assert scanning.scan(play.tenant, START + timedelta(days=1, minutes=1)) == 1


def test_bookings_that_bring_no_key_are_one_run_each(play: Play) -> None:
    anna = person(play.tenant)
    play.start(journey(wait("w"), triggers=[on_event(BOOKED, "bookingId")], entry={"policy": "ONCE_PER_KEY"}))
    for _ in range(2):
        play.tell(anna, BOOKED, teeTime="soon")
    assert play.count("journeys_run") == 2
