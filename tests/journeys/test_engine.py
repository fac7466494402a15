"""Steps one by one, on a clock that the test moves."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from journeys.definition import parse
from journeys.definition.steps import Split
from journeys.engine import kinds
from journeys.engine.group import Group
from journeys.engine.kinds import BUCKETS, borders
from journeys.engine.statements import HERE
from journeys.models import StepLog, Task
from profiles.models import CustomerProfile
from tests.cast import Club
from tests.journeys.definitions import ask, journey, leave, send, step, wait
from tests.journeys.playing import START, Play, person

GOLD = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def test_a_welcome_goes_step_by_step(play: Play) -> None:
    anna = person(play.tenant)
    welcome = play.start(journey(send("hello", to="pause"), wait("pause", 3, to="again"), send("again")))

    assert play.enter(welcome, anna) == {"ENROLLED": 1}

    assert play.sent(anna) == [("hello", "PLANNED")]
    run = play.run(anna)
    assert run is not None
    assert (run.step, run.due_at) == ("pause", START + timedelta(days=3))
    play.later(days=2, hours=23)
    assert play.sent(anna) == [("hello", "PLANNED")]
    play.later(hours=1)
    assert play.sent(anna) == [("hello", "PLANNED"), ("again", "PLANNED")]
    assert play.ended(anna) == [("COMPLETED", "")]
    assert play.story(anna) == [("hello", "PLANNED"), ("pause", "WAITED"), ("again", "PLANNED")]


def test_a_condition_is_asked_on_arrival_and_not_before(play: Play) -> None:
    anna = person(play.tenant)
    asked = play.start(
        journey(
            wait("three", 3, to="gold"),
            ask("gold", rule=GOLD, yes="yes", no="no"),
            send("yes"),
            send("no"),
        )
    )
    play.enter(asked, anna)
    play.later(days=2)
    with play.open():
        CustomerProfile.objects.filter(pk=anna.pk).update(membership_tier="Gold")
    play.later(days=1)
    assert play.sent(anna) == [("yes", "PLANNED")]


def test_the_part_of_a_condition_that_decided_is_kept_with_its_value(play: Play) -> None:
    anna = person(play.tenant, handicap_tenths=190, membership_tier="Gold")
    rule = {
        "combinator": "AND",
        "rules": [*GOLD["rules"], {"field": "handicap", "operator": "lt", "value": 18}],
    }
    asked = play.start(journey(ask("low", rule=rule)))
    play.enter(asked, anna)
    with play.open():
        row = StepLog.objects.get(step="low")
    assert row.outcome == "no"
    assert row.detail == {"part": {"field": "handicap", "operator": "lt", "value": 18}, "value": 19}


def test_no_consent_skips_and_ends_where_no_other_way_is_left(play: Play) -> None:
    anna = person(play.tenant, email_opt_in=False)
    mails = play.start(journey(send("one", to="day"), wait("day", to="two"), send("two")))
    play.enter(mails, anna)
    assert play.sent(anna) == [("one", "CONSENT")]
    assert play.ended(anna) == [("EXITED", "UNREACHABLE")]


def test_a_text_message_later_keeps_somebody_without_mail_in(play: Play) -> None:
    anna = person(play.tenant, email_opt_in=False, phone_number="+27821234567")
    both = play.start(journey(send("mail", to="day"), wait("day", to="text"), send("text", channels=["SMS"])))
    play.enter(both, anna)
    play.later(days=1)
    assert play.sent(anna) == [("mail", "CONSENT"), ("text", "PLANNED")]
    assert play.ended(anna) == [("COMPLETED", "")]


def test_the_way_of_the_skipped_is_taken_where_it_was_drawn(play: Play) -> None:
    anna = person(play.tenant, email_opt_in=False)
    raw = journey(send("mail"), step("call", "NOTIFY", title="Call her"))
    raw["steps"][0]["ways"] = {"next": None, "skipped": "call"}
    play.enter(play.start(raw), anna)
    with play.open():
        task = Task.objects.get(profile_id=anna.pk)
    assert (task.title, task.source, task.status) == ("Call her", "JOURNEY", "OPEN")


def test_a_split_is_sticky_and_as_wide_as_its_weights(play: Play) -> None:
    people = [person(play.tenant, f"p{number}", email=None) for number in range(200)]
    raw = journey(
        {
            "id": "split",
            "kind": "SPLIT",
            "branches": [{"id": "a", "name": "A", "weight": 1}, {"id": "b", "name": "B", "weight": 3}],
            "ways": {"a": None, "b": None},
        },
        entry={"policy": "AFTER_EXIT"},
    )
    halves = play.start(raw)
    play.enter(halves, *people)
    first = {one.pk: play.story(one)[0][1] for one in people[:40]}
    play.enter(halves, *people)
    assert {one.pk: play.story(one)[1][1] for one in people[:40]} == first
    share = sum(play.story(one)[0][1] == "a" for one in people) / len(people)
    assert 0.08 < share < 0.42  # a quarter ± 5.5 standard deviations


def test_changed_weights_move_only_the_buckets_between_the_borders() -> None:
    def split(*weights: int) -> Split:
        branches = [{"id": "abc"[place], "name": "x", "weight": one} for place, one in enumerate(weights)]
        raw = journey({"id": "s", "kind": "SPLIT", "branches": branches, "ways": {}})
        found = parse(raw).steps[0]
        assert isinstance(found, Split)
        return found

    assert list(borders(split(50, 50))) == [("a", 5000), ("b", BUCKETS)]
    assert list(borders(split(60, 40))) == [("a", 6000), ("b", BUCKETS)]
    assert list(borders(split(0, 1, 2))) == [("b", 3333), ("c", BUCKETS)]


def test_an_update_tags_everybody_at_once_and_makes_nobody(play: Play) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(30)]
    before = play.count("profiles_customerprofile")
    tagging = play.start(journey(step("tag", "UPDATE", addTags=["welcomed"], stage="MEMBER")))

    play.enter(tagging, *people)

    with play.open():
        rows = CustomerProfile.objects.values_list("tags", "lifecycle_stage")
        assert set(map(str, rows)) == {"(['welcomed'], 'MEMBER')"}
    assert play.count("profiles_customerprofile") == before


def test_a_circle_goes_round_and_ends(play: Play) -> None:
    anna = person(play.tenant)
    raw = journey(wait("day", 1, to="tag"), step("tag", "UPDATE", to="day", addTags=["x"]))
    raw["steps"][1] = ask("tag", rule=GOLD, yes=None, no="day")
    play.enter(play.start(raw), anna)
    for _ in range(3):
        play.later(days=1)
    assert play.story(anna) == [("day", "WAITED"), ("tag", "no")] * 3
    with play.open():
        CustomerProfile.objects.filter(pk=anna.pk).update(membership_tier="Gold")
    play.later(days=1)
    assert play.ended(anna) == [("COMPLETED", "")]


def test_an_exit_says_its_reason(play: Play) -> None:
    anna = person(play.tenant)
    play.enter(play.start(journey(leave("out", "NOT_FOR_HER"))), anna)
    assert play.ended(anna) == [("EXITED", "NOT_FOR_HER")]


def test_a_journey_may_start_another(play: Play) -> None:
    anna = person(play.tenant)
    second = play.start(journey(send("second")), "Second")
    first = play.start(journey(step("on", "ENROL", journey=str(second.pk))), "First")
    play.enter(first, anna)
    assert play.sent(anna) == [("second", "PLANNED")]


def test_a_step_that_fails_for_one_fails_for_that_one_alone(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(25)]
    unlucky = people[7].pk
    real = kinds.HANDLERS["UPDATE"]

    def update(group: Group) -> None:
        rows = group.fetch(f"SELECT profile_id FROM moving WHERE {HERE}")
        if unlucky in {row[0] for row in rows}:
            raise ValueError("broken")
        real(group)

    monkeypatch.setattr(kinds, "HANDLERS", {**kinds.HANDLERS, "UPDATE": update})
    tagging = play.start(journey(step("tag", "UPDATE", addTags=["x"])))
    play.enter(tagging, *people)

    assert play.ended(people[7]) == [("FAILED", "STEP_FAILED")]
    assert sum(play.ended(one) == [("COMPLETED", "")] for one in people) == 24


def test_more_people_cost_no_more_queries(
    play: Play, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    raw = journey(
        send("a", to="b"),
        ask("b", rule=GOLD, yes="c", no="c"),
        step("c", "UPDATE", to="d", addTags=["t"]),
        wait("d"),
    )
    busy = play.start(raw)
    play.enter(busy, person(play.tenant, "warm"))
    people = [person(play.tenant, f"p{number}") for number in range(100)]
    with django_assert_max_num_queries(90):
        play.enter(busy, *people)
