"""What staff do with people of a journey: bulk acts and their undo, letting in, winners, mornings, the watchdog."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from journeys import bulk, letting_in, lifecycle, morning, retention, winning
from journeys.drafts import get_journey, live_version, save_draft
from journeys.engine.watching import standing
from journeys.errors import NothingToDo
from journeys.models import Conversion, JourneyVersion, MoveAct, MovePlan, Run, RunEnded, StepLog, Task
from journeys.publishing.moving import take_back
from journeys.reading import analytics, lift_of, step_figures
from journeys.staff_tasks import TaskFields, make_task
from tenants.errors import InvalidError
from tenants.scope import tenant_scope
from tests.back_office import desk
from tests.cast import Club
from tests.journeys.definitions import journey, on_event, send, wait
from tests.journeys.playing import START, Play, person
from tests.profiles.test_score_reading import known
from tests.profiles.test_scoring import endangered


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def test_many_are_moved_and_moved_back_unless_they_went_on(play: Play) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(4)]
    one = play.start(journey(wait("first", 9, to="second"), wait("second", 5, to="third"), wait("third")))
    play.enter(one, *people)
    with play.open():
        before = dict(Run.objects.values_list("pk", "due_at"))
        plan = bulk.act_on_runs(one, MoveAct.MOVE, step="first", target="second", now=play.now)
    play.tick()
    with play.open():
        assert plan.moved == 4
        assert set(Run.objects.values_list("step", flat=True)) == {"second"}
        Run.objects.filter(profile_id=people[0].pk).update(due_at=play.now)
    play.later(minutes=1)
    with play.open():
        assert take_back(one, plan.pk).returned == 3
        stand = dict(Run.objects.values_list("profile_id", "step"))
        assert stand.pop(people[0].pk) == "third"
        assert set(stand.values()) == {"first"}
        back = Run.objects.exclude(profile_id=people[0].pk)
        assert {run.pk: run.due_at for run in back} == {run.pk: before[run.pk] for run in back}
        with pytest.raises(NothingToDo):
            take_back(one, plan.pk)


def test_who_was_ended_by_mistake_comes_back_where_they_were_and_goes_on(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(wait("day", to="mail"), send("mail"), entry={"policy": "AFTER_EXIT"}))
    play.enter(one, anna, ben)
    with play.open():
        plan = bulk.act_on_runs(one, MoveAct.END, now=play.now)
        assert Run.objects.count() == 0
    play.enter(one, ben)
    with play.open():
        # Ben is in again; only Anna has a place to come back to.
        assert take_back(one, plan.pk).returned == 1
        assert RunEnded.objects.get().profile_id == ben.pk
    play.later(days=1, minutes=1)
    assert play.sent(anna) == [("mail", "PLANNED")]
    assert play.story(anna) == [("day", "EXITED"), ("day", "WAITED"), ("mail", "PLANNED")]


def test_the_chosen_go_on_at_once(play: Play) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(3)]
    one = play.start(journey(wait("day", 30, to="mail"), send("mail")))
    play.enter(one, *people)
    with play.open():
        chosen = Run.objects.get(profile_id=people[0].pk).pk
        bulk.act_on_runs(one, MoveAct.GO, ids=[chosen], now=play.now)
    play.tick()
    assert [play.sent(each) for each in people] == [[("mail", "PLANNED")], [], []]
    with play.open():
        with pytest.raises(InvalidError):
            bulk.act_on_runs(one, MoveAct.MOVE, target="nowhere", now=play.now)
        with pytest.raises(NothingToDo):
            bulk.act_on_runs(one, MoveAct.GO, step="mail", now=play.now)


def test_a_pasted_list_means_people_and_says_whom_it_does_not_know(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben", display_name="Ben Nel")
    person(play.tenant, "Twin", email="t1@example.org", display_name="Two Twins")
    person(play.tenant, "Twin2", email="t2@example.org", display_name="Two Twins")
    cleo = person(play.tenant, "Cleo", display_name="", last_name="Nkosi")
    with play.open():
        found = letting_in.people_meant(
            text=f"ANNA@example.org\nBen Nel\n{anna.pk}\nnobody@x.org\nTwo Twins\nCleo Nkosi"
        )
    assert list(found.people) == [anna.pk, ben.pk, cleo.pk]
    assert list(found.unknown) == ["nobody@x.org", "Two Twins"]


def test_a_list_is_counted_first_and_then_let_in(play: Play, fairview: Club) -> None:
    person(play.tenant)
    one = play.start(journey(wait("day")))
    client = desk(fairview.marketing_manager)
    url = reverse("admin:journey_enter", args=[one.pk])
    counted = client.post(url, {"list": "anna@example.org"})
    assert b"1 would enter" in counted.content
    assert play.count("journeys_run") == 0
    client.post(url, {"list": "anna@example.org", "sure": "1"})
    assert play.count("journeys_run") == 1
    again = client.post(url, {"list": "anna@example.org", "sure": "1"})
    assert b"Was in the journey already" in again.content


def test_the_better_way_wins_by_the_goal_and_takes_new_people(play: Play) -> None:
    branches = [{"id": "a", "name": "A", "weight": 50}, {"id": "b", "name": "B", "weight": 50}]
    split = {
        "id": "split", "kind": "SPLIT", "branches": branches, "winner": {"fewest": 60},
        "ways": {"a": "month", "b": "month"},
    }  # fmt: skip
    one = play.start(
        journey(
            split, wait("month", 30), triggers=[{"kind": "MANUAL"}], goal={"event": "COMPETITION_ENTERED"}
        )
    )
    people = [person(play.tenant, f"p{number}") for number in range(200)]
    play.enter(one, *people)
    with play.open():
        went = {row[0]: row[1] for row in _ways(play)}
        assert winning.decide_all() == 0
        for run in Run.objects.all():
            if went[run.pk] == "b" or run.pk % 10 == 0:
                Conversion.objects.create(
                    tenant=play.tenant, journey_id=one.pk, subject="RUN", subject_id=run.pk,
                    profile_id=run.profile_id, at=play.now,
                )  # fmt: skip
        [said] = winning.verdicts(one)
        assert (said["winner"], said["isCertain"], said["isEnough"]) == ("b", True, True)
        assert winning.decide_all() == 1
        assert winning.decide_all() == 0
        version = live_version(get_journey(one.pk))
        assert version is not None
        assert (version.number, version.published_by_name) == (2, "rule")
        weights = {branch["id"]: branch["weight"] for branch in version.definition["steps"][0]["branches"]}
        assert weights == {"a": 0, "b": 100}
        assert set(Run.objects.values_list("step", flat=True)) == {"month"}


def _ways(play: Play) -> list[tuple[int, str]]:
    return list(StepLog.objects.filter(step="split").values_list("run_id", "outcome"))


def test_a_rule_never_publishes_what_staff_are_changing(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    one = play.start(journey(wait("day")))
    with play.open():
        save_draft(get_journey(one.pk), journey(wait("day", 2)), "Half done")
        certain = [{"step": "day", "winner": "a", "isCertain": True, "isEnough": True}]
        monkeypatch.setattr(winning, "verdicts", lambda _: certain)
        assert winning.decide_all() == 0
        assert JourneyVersion.objects.filter(journey_id=one.pk).count() == 1


def test_the_lift_has_an_interval_and_steps_have_their_times(play: Play) -> None:
    one = play.start(journey(wait("day", to="mail"), send("mail")))
    play.enter(one, person(play.tenant))
    play.later(days=1, minutes=1)
    with play.open():
        found = analytics(one)
    assert found["lift"] is None
    assert {each["step"]: each["hours"] for each in found["steps"]} == {
        "day": {"p50": 24.02, "p90": 24.02},
        "mail": {"p50": 0.0, "p90": 0.0},
    }
    lift = lift_of({"converted": 40, "entered": 100, "heldOutConverted": 5, "heldOut": 50})
    assert lift is not None
    assert lift["difference"] == pytest.approx(0.3)
    assert 0 < lift["low"] < 0.3 < lift["high"] < 0.5
    assert lift["isCertain"]


def test_the_morning_mail_goes_once_a_day_to_who_wants_it(play: Play, fairview: Club) -> None:
    user = fairview.marketing_manager
    user.email = "mara@example.org"
    user.save()
    anna = person(play.tenant)
    with play.open():
        make_task(anna.pk, TaskFields(title="Call her", reason="No round for 74 days"))
        later = START.replace(hour=5) + timedelta(days=400)  # 07:00 at the club
        assert morning.send_due(play.tenant, later) == 0
        morning.set_wish(user, play.tenant.pk, is_wanted=True)
        assert morning.send_due(play.tenant, later.replace(hour=15)) == 0
        assert morning.send_due(play.tenant, later) == 1
        assert morning.send_due(play.tenant, later) == 0
    [sent] = mail.outbox
    assert sent.to == ["mara@example.org"]
    assert "Call her: Anna (No round for 74 days)" in sent.body


def test_the_watchdog_says_who_stands_still_and_why(play: Play, fairview: Club) -> None:
    one = play.start(journey(wait("day", to="mail"), send("mail")))
    play.enter(one, person(play.tenant))
    with play.open():
        assert standing(play.now + timedelta(days=1, minutes=4)) == []
        [found] = standing(play.now + timedelta(days=1, minutes=6))
        assert (found.why, found.people, found.since) == ("LATE", 1, play.now + timedelta(days=1))
        Run.objects.update(due_at=START - timedelta(days=3000))
    body = desk(fairview.marketing_manager).get(reverse("admin:index")).content.decode()
    assert "Journeys that stand still" in body
    assert "does the worker for sends run?" in body


def test_archived_journeys_let_nobody_in(play: Play) -> None:
    one = play.start(journey(wait("day"), triggers=[on_event("TEETIME_BOOKED")]))
    anna = person(play.tenant)
    with play.open():
        lifecycle.archive(one.pk)
        answer = letting_in.let_in(get_journey(one.pk), [anna.pk])
    assert dict(answer.counts) == {"ARCHIVED": 1}


def test_the_page_offers_the_acts_and_their_undo(play: Play, fairview: Club) -> None:
    one = play.start(journey(wait("day", to="other"), wait("other")))
    play.enter(one, person(play.tenant))
    client: Client = desk(fairview.marketing_manager)
    people = reverse("admin:journey_people", args=[one.pk])
    page = client.get(f"{people}?step=day").content.decode()
    assert 'name="all"' in page
    assert "Everybody at “" in page
    url = reverse("admin:journey_people_act", args=[one.pk])
    shown = client.post(url, {"step": "day", "all": "1", "act": "end"}, follow=True).content
    assert b"1 people were ended" in shown
    with play.open():
        plan = MovePlan.objects.get()
    client.post(reverse("admin:journey_act", args=[one.pk]), {"act": "take_back", "plan": str(plan.pk)})
    assert play.count("journeys_run") == 1


def test_a_row_of_slipping_away_is_acted_on_and_counts_as_saved(fairview: Club) -> None:
    anna = known(fairview.tenant, *endangered(), value_cents=100_000)
    client = desk(fairview.marketing_manager)
    url = "/admin/customers/slipping-away/"
    shown = client.get(url).content.decode()
    assert "At risk:" in shown
    assert "Saved this quarter: <strong>0 customers" in shown
    client.post(f"{url}act/", {"customer": str(anna.pk), "later": "1"})
    client.post(f"{url}act/", {"customer": str(anna.pk), "later": "1"})  # one is enough
    client.post(f"{url}act/", {"customer": str(anna.pk), "outcome": "PROMISED"})
    shown = client.get(url).content.decode()
    assert "Promised to stay" in shown
    assert "Saved this quarter: <strong>1 customers" in shown
    with tenant_scope(fairview.tenant):
        [task] = Task.objects.all()
        assert (task.source, task.outcome, task.title) == (
            "SLIPPING",
            "PROMISED",
            "Call today: invite them to play",
        )
    assert desk(fairview.viewer).get(url).content.decode().count('value="PROMISED"') == 0


def test_counters_are_rolled_up_and_old_explanations_forgotten(play: Play) -> None:
    one = play.start(journey(wait("day", to="mail"), send("mail"), entry={"policy": "AFTER_EXIT"}))
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    for who in (anna, ben):
        play.enter(one, who)
        play.later(days=1, minutes=1)
        play.later(days=450)
    with play.open():
        before = step_figures(one)
        assert StepLog.objects.count() == 4
        assert retention.tidy(play.tenant, play.now) == 2
        assert retention.tidy(play.tenant, play.now) == 0
        assert (StepLog.objects.count(), RunEnded.objects.count()) == (0, 2)
        assert step_figures(one) == before
