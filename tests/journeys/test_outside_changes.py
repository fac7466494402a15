"""Edits, undos, merges, pauses and rests while people are under way, over REST on a controlled clock."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from journeys.bulk import act_on_runs
from journeys.drafts import get_journey
from journeys.engine.holding import release
from journeys.models import MovePlan, Run
from journeys.publishing.moving import take_back
from messaging.models import Delivery, SendPolicy
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.restricting import set_restriction
from profiles.unmerging import unmerge_profiles
from tests.cast import Club
from tests.journeys.definitions import Json, journey, on_event, send, step, until_date, wait
from tests.journeys.outside import Outside
from tests.journeys.playing import START, person

BOOKED, ROUND, ENTERED = "TEETIME_BOOKED", "ROUND_COMPLETED", "COMPETITION_ENTERED"


@pytest.fixture
def out(fairview: Club) -> Outside:
    return Outside(fairview.tenant)


def awaiting(step_id: str, event: str, *, happened: str | None = None, timeout: str | None = None) -> Json:
    return {
        "id": step_id, "kind": "WAIT_UNTIL", "event": {"event": event},
        "timeout": {"amount": 7, "unit": "DAYS"}, "ways": {"happened": happened, "timeout": timeout},
    }  # fmt: skip


def undone(out: Outside, one: str) -> MovePlan:
    """The newest move of a journey is taken back."""
    with out.acting():
        plan = MovePlan.objects.filter(journey_id=one).latest("pk")
        return take_back(get_journey(plan.journey_id), plan.pk, now=out.now)


# --- Edits of a live journey


def test_a_step_that_awaits_something_else_now_is_woken_by_that(out: Outside) -> None:
    anna = person(out.tenant)
    one = out.started(journey(awaiting("w", ROUND, happened="thanks"), send("thanks")))
    assert out.enrol(one, anna) == ["ENROLLED"]
    out.later(days=1)
    out.change(one, journey(awaiting("w", ENTERED, happened="thanks"), send("thanks")))
    out.tell(anna, ROUND)
    assert out.sent(anna) == []
    out.later(hours=1)
    out.tell(anna, ENTERED)
    assert out.sent(anna) == [("thanks", "PLANNED")]


def test_who_was_moved_away_from_what_they_awaited_is_not_woken_by_it(out: Outside) -> None:
    anna = person(out.tenant)
    one = out.started(journey(awaiting("w", ROUND, happened="thanks"), send("thanks")))
    out.enrol(one, anna)
    out.later(days=1)
    out.change(one, journey(wait("pause", 5, to="thanks"), send("thanks")),
               moves={_place(out, one, "w"): {"choice": "MOVE", "step": "pause"}})  # fmt: skip
    out.tick()
    out.tell(anna, ROUND)
    out.later(hours=1)
    assert out.sent(anna) == []
    out.later(days=5)
    assert out.sent(anna) == [("thanks", "PLANNED")]


def _place(out: Outside, one: str, step_id: str) -> str:
    with out.open():
        return f"{Run.objects.filter(journey_id=one, step=step_id)[0].version_id}:{step_id}"


def test_a_move_that_is_taken_back_brings_back_what_was_awaited(out: Outside) -> None:
    anna = person(out.tenant)
    one = out.started(journey(awaiting("w", ROUND, happened="thanks"), send("thanks")))
    out.enrol(one, anna)
    out.later(days=1)
    out.change(one, journey(awaiting("w", ENTERED, happened="thanks"), send("thanks")))
    out.later(hours=1)
    assert undone(out, one).returned == 1
    out.tick()
    out.tell(anna, ENTERED)
    assert out.sent(anna) == []
    out.later(hours=1)
    out.tell(anna, ROUND)
    assert out.sent(anna) == [("thanks", "PLANNED")]


def test_two_who_were_merged_after_a_move_stay_one_when_it_is_taken_back(out: Outside) -> None:
    anna, ben = person(out.tenant), person(out.tenant, "Ben")
    one = out.started(journey(wait("w", 9, to="mail"), send("mail")))
    out.enrol(one, anna, ben)
    out.later(days=1)
    out.change(one, journey(wait("w", 12, to="mail"), send("mail")))
    with out.acting():
        merge_profiles(anna.pk, ben.pk)
    undone(out, one)
    with out.open():
        assert sorted(Run.objects.values_list("status", flat=True)) == ["SUSPENDED", "WAITING"]
        unmerge_profiles(ben.pk)
        assert list(Run.objects.values_list("status", flat=True)) == ["WAITING"] * 2


def test_a_move_during_a_merge_leaves_nobody_asleep_after_both_are_taken_back(out: Outside) -> None:
    anna, ben = person(out.tenant), person(out.tenant, "Ben")
    one = out.started(journey(wait("w", 9, to="mail"), send("mail")))
    out.enrol(one, anna, ben)
    with out.acting():
        merge_profiles(anna.pk, ben.pk)
    out.later(days=1)
    out.change(one, journey(wait("w", 12, to="mail"), send("mail")))
    with out.acting():
        unmerge_profiles(ben.pk)
    undone(out, one)
    with out.open():
        assert list(Run.objects.values_list("status", flat=True)) == ["WAITING"] * 2


def test_two_who_were_ended_and_merged_come_back_as_one(out: Outside) -> None:
    anna, ben = person(out.tenant), person(out.tenant, "Ben")
    one = out.started(journey(wait("w", 9, to="mail"), send("mail")))
    out.enrol(one, anna, ben)
    with out.acting():
        act_on_runs(get_journey(_id(out, one)), "END", now=out.now)
        merge_profiles(anna.pk, ben.pk)
    undone(out, one)
    with out.open():
        assert sorted(Run.objects.values_list("status", flat=True)) == ["SUSPENDED", "WAITING"]
        unmerge_profiles(ben.pk)
        assert list(Run.objects.values_list("status", flat=True)) == ["WAITING"] * 2


def _id(out: Outside, one: str) -> Any:
    with out.open():
        return MovePlan(journey_id=one).journey_id


def test_a_message_that_waits_is_not_sent_to_who_was_moved_away_from_it(out: Outside) -> None:
    with out.open():
        SendPolicy.objects.create(tenant=out.tenant, quiet_from=time(20), quiet_until=time(8))
    anna = person(out.tenant)
    out.now = START.replace(hour=19)  # 21:00 by the club's clock
    one = out.started(journey(send("offer", to="w"), wait("w", 3, to="end"), step("end", "GOAL")))
    out.enrol(one, anna)
    assert out.sent(anna) == [("offer", "PLANNED")]
    out.change(one, journey(wait("w", 3, to="end"), step("end", "GOAL")),
               moves={_place(out, one, "offer"): {"choice": "MOVE", "step": "w"}})  # fmt: skip
    out.tick()
    assert out.sent(anna) == [("offer", "LEFT_JOURNEY")]
    undone(out, one)
    out.at(START + timedelta(days=1))
    with out.open():
        assert Delivery.objects.exclude(status="SKIPPED").count() == 1


def test_a_change_of_triggers_at_noon_loses_nobody_of_the_evening(out: Outside) -> None:
    day = START.date()
    anna = person(out.tenant, date_of_birth=day.replace(year=1980))
    ben = person(out.tenant, "Ben", membership_expiry=day)
    birthday = {"kind": "DATE", "field": "dateOfBirth", "at": "09:00"}
    evening = {"kind": "DATE", "field": "membershipExpiry", "at": "18:00"}
    out.now = START.replace(hour=5)
    one = out.started(journey(wait("w", 9), triggers=[birthday]))
    out.scanned(one, START.replace(hour=7))
    assert out.run(anna) is not None
    out.now = START.replace(hour=10)
    out.change(one, journey(wait("w", 9), triggers=[evening, birthday]))
    out.scanned(one, START.replace(hour=16))
    assert out.run(ben) is not None
    with out.open():
        assert Run.objects.filter(profile_id=anna.pk).count() == 1


# --- Late


def test_thanks_a_day_after_the_round_survive_an_outage_of_two_hours(out: Outside) -> None:
    anna = person(out.tenant)
    until = {"mode": "DATE", "field": "event.playedAt", "offset": 1, "unit": "DAYS"}
    out.started(
        journey(step("w", "WAIT", to="thanks", until=until), send("thanks"), triggers=[on_event(ROUND)])
    )
    out.tell(anna, ROUND, playedAt=START.isoformat())
    out.later(days=1, hours=2)
    assert out.sent(anna) == [("thanks", "PLANNED")]


def test_thanks_are_left_out_after_an_outage_longer_than_they_are_worth(out: Outside) -> None:
    anna = person(out.tenant)
    until = {"mode": "DATE", "field": "event.playedAt", "offset": 1, "unit": "DAYS"}
    out.started(journey(step("w", "WAIT", to="thanks", until=until), send("thanks", expiresAfterHours=4),
                        triggers=[on_event(ROUND)]))  # fmt: skip
    out.tell(anna, ROUND, playedAt=START.isoformat())
    out.later(days=1, hours=6)
    assert out.sent(anna) == []
    with out.open():
        assert out.story(anna)[-1] == ("thanks", "SKIPPED")


@pytest.mark.parametrize("kind", ["TIME", "DATE", "DURATION"])
def test_a_rest_is_no_other_than_an_outage(out: Outside, kind: str) -> None:
    """Restricted over the moment, and free again later: the rules for the late decide."""
    anna = person(out.tenant, membership_expiry=(START + timedelta(days=3)).date())
    waits = {
        "TIME": step("w", "WAIT", to="mail", until={"mode": "TIME", "at": "09:00"}),
        "DATE": until_date("w", "membershipExpiry", -1, to="mail"),
        "DURATION": wait("w", 2, to="mail"),
    }
    one = out.started(journey(waits[kind], send("mail")))
    out.now = START + timedelta(hours=2)
    out.enrol(one, anna)
    with out.acting():
        set_restriction(anna.pk, is_restricted=True)
    for _ in range(24 * 4):
        out.later(hours=1)
    with out.acting():
        set_restriction(anna.pk, is_restricted=False)
    out.later(hours=1, minutes=1)
    if kind == "DURATION":  # for more than a day: staff decide
        assert out.stand(one) == [("w", "HELD")]
    elif kind == "DATE":  # the membership has ended
        assert (out.sent(anna), out.ended(anna)) == ([], [("COMPLETED", "")])
    else:  # at the next nine o'clock
        with out.open():
            assert Delivery.objects.get().due_at == datetime(2026, 11, 7, 7, tzinfo=START.tzinfo)


@pytest.mark.parametrize("how", [{"how": "CONTINUE", "minutes": 4}, {"how": "CONTINUE"}, {"how": "SKIP"}])
def test_a_pause_over_a_reminder_does_not_remind_of_what_is_over(out: Outside, how: Json) -> None:
    anna = person(out.tenant, membership_expiry=(START + timedelta(days=3)).date())
    one = out.started(journey(until_date("w", "membershipExpiry", -1, to="mail"), send("mail")))
    out.enrol(one, anna)
    out.later(days=1)
    out.act(one, "pause")
    out.later(days=4)
    out.act(one, "activate", **how)
    out.later(minutes=5)
    assert out.sent(anna) == []
    assert out.ended(anna) == [("COMPLETED", "")]


def test_time_that_a_pause_gave_back_is_not_lost_by_an_edit(out: Outside) -> None:
    anna = person(out.tenant)
    one = out.started(journey(wait("w", 5, to="mail"), send("mail")))
    out.enrol(one, anna)
    out.later(days=1)
    out.act(one, "pause")
    out.later(days=3)
    out.act(one, "activate", how="SHIFT")
    out.change(one, journey(wait("w", 5, to="mail"), send("mail", subject="New")))
    run = out.run(anna)
    assert run is not None
    assert run.due_at == START + timedelta(days=8)


def test_a_flood_that_is_let_go_reminds_of_nothing_that_is_over(
    out: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journeys.engine.lateness.FLOOD", 1)
    people = [
        person(out.tenant, name, membership_expiry=(START + timedelta(days=3)).date())
        for name in ("Anna", "Ben", "Cara")
    ]
    one = out.started(journey(until_date("w", "membershipExpiry", -1, to="mail"), send("mail")))
    out.enrol(one, *people)
    out.later(days=2, hours=8)
    assert out.stand(one) == [("w", "HELD")] * 3
    out.later(days=3)
    with out.acting():
        release(get_journey(_id(out, one)), how="CONTINUE", now=out.now)
    out.later(minutes=5)
    assert [out.sent(who) for who in people] == [[], [], []]


# --- Go on now


@pytest.mark.parametrize("kind", ["DATE", "WAIT_UNTIL", "TIME", "DURATION"])
def test_go_on_now_ends_every_kind_of_wait(out: Outside, kind: str) -> None:
    anna = person(out.tenant, membership_expiry=(START + timedelta(days=30)).date())
    waits = {
        "DATE": until_date("w", "membershipExpiry", -1, to="mail"),
        "WAIT_UNTIL": awaiting("w", ROUND, happened=None, timeout="mail"),
        "TIME": step("w", "WAIT", to="mail", until={"mode": "TIME", "at": "09:00", "weekdays": [5]}),
        "DURATION": wait("w", 2, to="mail"),
    }
    one = out.started(journey(waits[kind], send("mail", to="more"), wait("more", 3)))
    out.enrol(one, anna)
    out.later(hours=5)
    with out.acting():
        act_on_runs(get_journey(_id(out, one)), "GO", now=out.now)
    out.later(minutes=1)
    assert out.sent(anna) == [("mail", "PLANNED")]
    assert out.stand(one) == [("more", "WAITING")]


# --- Merges at a message


def test_two_who_wait_for_the_morning_and_become_one_get_one_message(out: Outside) -> None:
    with out.open():
        SendPolicy.objects.create(tenant=out.tenant, quiet_from=time(20), quiet_until=time(8))
    anna, ben = person(out.tenant), person(out.tenant, "Ben")
    out.now = START.replace(hour=19)
    one = out.started(journey(send("offer", to="w"), wait("w", 3)))
    out.enrol(one, anna, ben)
    with out.acting():
        merge_profiles(anna.pk, ben.pk)
        CustomerProfile.objects.filter(pk=anna.pk).update(email="anna@example.org", email_opt_in=True)
    out.at(START + timedelta(days=1))
    with out.open():
        assert Delivery.objects.exclude(status="SKIPPED").count() == 1
        unmerge_profiles(ben.pk)
        CustomerProfile.objects.filter(pk=ben.pk).update(email="ben@example.org", email_opt_in=True)
    out.later(hours=1)
    assert out.sent(ben)[-1] == ("offer", "PLANNED")
