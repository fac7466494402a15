"""Outages, pauses, merges, erasure, kills: what others got wrong, played on a clock that the test moves."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from journeys import entering, lifecycle
from journeys.drafts import get_journey, save_draft
from journeys.engine import holding, lateness
from journeys.models import Journey, Run, RunEnded, StepLog
from journeys.reading import figures
from messaging.models import Delivery
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.unmerging import unmerge_profiles
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.journeys.definitions import journey, send, step, until_date, wait
from tests.journeys.playing import START, Play, person
from tests.patience import wait_until


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def test_a_day_over_the_change_of_the_clock_comes_once(kingsmere: Club) -> None:
    play = Play(kingsmere.tenant, START.replace(year=2027, month=10, day=30, hour=15))  # 16:00 BST
    anna = person(kingsmere.tenant)
    play.enter(play.start(journey(wait("day", to="mail"), send("mail"))), anna)
    for _ in range(40):
        play.later(hours=1)
    assert play.sent(anna) == [("mail", "PLANNED")]
    with play.open():
        assert Delivery.objects.get().due_at == START.replace(year=2027, month=10, day=31, hour=16)


def test_an_outage_of_hours_delays_a_message_to_the_next_window(play: Play) -> None:
    anna = person(play.tenant)
    nine = {"mode": "TIME", "at": "09:00"}
    raw = journey(step("nine", "WAIT", to="mail", until=nine), send("mail"))
    play.at(START.replace(hour=4))  # 06:00 in Johannesburg
    play.enter(play.start(raw), anna)
    play.at(START.replace(hour=13))  # nothing ran until 15:00
    with play.open():
        assert Delivery.objects.get().due_at == (START + timedelta(days=1)).replace(hour=7)


def test_a_reminder_whose_date_has_passed_is_skipped(play: Play) -> None:
    anna = person(play.tenant, membership_expiry=(START + timedelta(days=2)).date())
    raw = journey(
        until_date("w", "membershipExpiry", -1, to="mail"), send("mail", to="tag"), step("tag", "GOAL")
    )
    play.enter(play.start(raw), anna)
    play.later(days=5)
    assert play.sent(anna) == []
    assert play.story(anna)[1] == ("mail", "SKIPPED")
    assert play.ended(anna) == [("COMPLETED", "")]


def test_a_wait_that_ended_more_than_a_day_ago_is_a_question(play: Play) -> None:
    anna = person(play.tenant)
    one = play.start(journey(wait("day", to="mail"), send("mail")))
    play.enter(one, anna)
    play.later(days=3)
    assert play.sent(anna) == []
    with play.open():
        assert [(hold, count) for hold, count, _ in holding.held_counts(one)] == [("OVERDUE", 1)]
        holding.release(one, how="SKIP", now=play.now)
    play.later(minutes=1)
    assert play.story(anna) == [("day", "WAITED"), ("mail", "SKIPPED")]


def test_a_flood_is_held_for_one_question(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lateness, "FLOOD", 5)
    people = [person(play.tenant, f"p{number}") for number in range(8)]
    one = play.start(journey(wait("day", to="mail"), send("mail")))
    play.enter(one, *people)
    play.later(days=1, hours=5)
    assert play.count("messaging_delivery") == 0
    with play.open():
        assert [(hold, count) for hold, count, _ in holding.held_counts(one)] == [("FLOOD", 8)]
        assert holding.release(one, how="CONTINUE", minutes=0, now=play.now) == 8
    play.later(minutes=2)
    assert play.count("messaging_delivery") == 8


def test_a_pause_holds_and_a_shift_gives_the_time_back(play: Play) -> None:
    anna = person(play.tenant)
    one = play.start(journey(wait("two", 2, to="mail"), send("mail")))
    play.enter(one, anna)
    with play.open():
        lifecycle.pause(one.pk)
        Journey.objects.filter(pk=one.pk).update(paused_at=play.now + timedelta(days=1))
    play.later(days=4)
    assert play.sent(anna) == []
    with play.open():
        lifecycle.resume(one.pk, how="SHIFT", now=play.now)
    run = play.run(anna)
    assert run is not None
    assert run.due_at == START + timedelta(days=5)


def test_merged_runs_become_one_and_come_back(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(send("first", to="day"), wait("day", to="second"), send("second")))
    play.enter(one, anna)
    play.later(minutes=1)
    play.enter(one, ben)

    with play.open():
        merge_profiles(anna.pk, ben.pk)
        runs = {run.origin_profile_id: (run.status, run.profile_id) for run in Run.objects.all()}
    assert runs == {anna.pk: ("WAITING", anna.pk), ben.pk: ("SUSPENDED", anna.pk)}
    with play.open():
        unmerge_profiles(ben.pk)
        runs = {run.origin_profile_id: (run.status, run.profile_id) for run in Run.objects.all()}
    assert runs == {anna.pk: ("WAITING", anna.pk), ben.pk: ("WAITING", ben.pk)}


def test_a_version_that_replaces_everything_moves_nobody_who_is_done(play: Play) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(20)]
    one = play.start(journey(send("old")))
    play.enter(one, *people)
    before = play.count("messaging_delivery")
    with play.open():
        save_draft(get_journey(one.pk), journey(send("new", to="w"), wait("w")), "All anew")
        lifecycle.publish(one.pk)
    for _ in range(10):
        play.later(hours=1)
    assert play.count("messaging_delivery") == before
    assert play.count("journeys_run") == 0


@pytest.mark.parametrize(("policy", "runs"), [("ONCE", 1), ("AFTER_EXIT", 3)])
def test_coming_back_is_a_matter_of_policy(play: Play, policy: str, runs: int) -> None:
    anna = person(play.tenant)
    one = play.start(journey(send("mail"), entry={"policy": policy}))
    for _ in range(3):
        play.enter(one, anna)
        play.later(days=1)
    assert len(play.ended(anna)) == runs


def test_an_opt_out_ends_the_mails_and_opting_in_revives_nothing(play: Play) -> None:
    anna = person(play.tenant)
    raw = journey(send("a", to="w1"), wait("w1", to="b"), send("b", to="w2"), wait("w2", to="c"), send("c"))
    play.enter(play.start(raw), anna)
    for opted in (False, True):
        with play.open():
            CustomerProfile.objects.filter(pk=anna.pk).update(email_opt_in=opted)
        play.later(days=1)
    assert play.sent(anna) == [("a", "PLANNED"), ("b", "CONSENT")]
    assert play.ended(anna) == [("EXITED", "UNREACHABLE")]


def test_the_sum_closes(play: Play) -> None:
    people = [person(play.tenant, f"p{number}", email_opt_in=number % 2 == 0) for number in range(10)]
    one = play.start(journey(send("a", to="w"), wait("w", to="b"), send("b")))
    play.enter(one, *people)
    with play.open():
        found = figures(one)
    assert (found["entered"], found["live"], found["exited"]) == (10, 5, 5)


WORKER = """
import os, sys, django
django.setup()
from uuid import UUID
from tenants.scope import tenant_scope
from journeys.engine import passing
passing.BATCH = passing.LEAST_BATCH = passing.MOST_BATCH = 20
with tenant_scope(UUID(sys.argv[1])):
    while True:
        passing.move_due(seconds=2)
"""


def _wait_for_progress(play: Play) -> None:
    """Until the workers have moved somebody, or nobody is due."""
    before = play.count("journeys_steplog")
    with play.open():
        due = Run.objects.filter(due_at__lte=timezone.now())
        wait_until(lambda: play.count("journeys_steplog") > before or not due.exists())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_workers_lose_nothing_and_do_nothing_twice(process_environment: dict[str, str]) -> None:
    tenant = factories.tenant("killed")
    play = Play(tenant, timezone.now())
    people = [person(tenant, f"p{number}") for number in range(400)]
    raw = journey(
        send("a", to="w"),
        wait("w", 1, "MINUTES", to="tag"),
        step("tag", "UPDATE", to="b", addTags=["x"]),
        send("b"),
    )
    one = play.start(raw)
    with play.open():
        entering.enter(one, [entering.Entrant(each.pk) for each in people])

    def worker() -> subprocess.Popen[Any]:
        return subprocess.Popen([sys.executable, "-c", WORKER, str(tenant.pk)], env=process_environment)

    workers = [worker(), worker()]
    for turn in range(6):
        _wait_for_progress(play)
        os.kill(workers[turn % 2].pid, signal.SIGKILL)
        workers[turn % 2].wait()
        workers[turn % 2] = worker()
        if turn > 1:
            with tenant_scope(tenant):
                Run.objects.filter(step="w").update(due_at=timezone.now())
    for each in workers:
        each.kill()
        each.wait()
    for minutes in (5, 10):
        play.at(timezone.now() + timedelta(minutes=minutes))

    with play.open():
        assert RunEnded.objects.filter(status="COMPLETED").count() == 400
        assert Run.objects.count() == 0
        assert Delivery.objects.filter(variant="a").count() == 400
        assert Delivery.objects.filter(variant="b").count() == 400
        assert StepLog.objects.count() == 1600
