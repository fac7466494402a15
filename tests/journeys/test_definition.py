"""Reading and checking definitions: every error names its step and says what would be right."""

from typing import Any

import pytest

from events.catalogue.registry import EVENT_TYPES
from journeys.definition import Definition, InvalidDefinition, parse
from journeys.definition.checking import World, check
from journeys.definition.registry import STEPS, TRIGGERS
from journeys.definition.vocabulary import ACTIVITIES, activity_types
from tests.journeys.definitions import ask, journey, leave, on_event, send, step, wait


def problems(raw: Any, world: World | None = None) -> list[tuple[str, str]]:
    return [(one.code, one.step) for one in check(parse(raw), world) if one.is_error]


def test_a_plain_journey_has_no_problem() -> None:
    assert problems(journey(send("hello", to="pause"), wait("pause", 3, to="again"), send("again"))) == []


def test_the_fingerprint_ignores_spelling_and_order_and_sees_every_change() -> None:
    one = parse(journey(send("a", to="b"), wait("b")))
    spelled = parse({**journey(wait("b"), send("a", to="b", channels=["EMAIL"])), "start": "a"})
    changed = parse(journey(send("a", to="b"), wait("b", 2)))

    assert one.fingerprint == spelled.fingerprint
    assert one.fingerprint != changed.fingerprint


def test_saving_twenty_times_changes_nothing() -> None:
    definition = parse(
        journey(send("a", to="b"), wait("b", to="c"), ask("c", where=[{"path": "x", "value": 1}]))
    )
    again: Definition = definition
    for _ in range(20):
        again = parse(again.as_json())
    assert again.fingerprint == definition.fingerprint


def test_unreachable_steps_are_named() -> None:
    assert problems(journey(send("a"), send("lost"))) == [("UNREACHABLE", "lost")]


def test_a_way_that_is_not_said_is_named() -> None:
    raw = journey(ask("a", where=[{"path": "x", "value": 1}]))
    del raw["steps"][0]["ways"]["no"]
    found = check(parse(raw))
    assert [(one.code, one.step) for one in found] == [("MISSING_WAY", "a")]
    assert "“no”" in found[0].message
    assert "null for the end" in found[0].message


def test_a_way_to_nowhere_and_an_unknown_way() -> None:
    raw = journey(send("a", to="gone"))
    raw["steps"][0]["ways"]["sideways"] = None
    assert problems(raw) == [("UNKNOWN_STEP", "a"), ("UNKNOWN_WAY", "a")]


def test_a_circle_without_a_wait_is_refused_and_one_with_a_wait_and_a_way_out_is_not() -> None:
    circle = journey(ask("a", yes="b", no=None, where=[{"path": "x", "value": 1}]), send("b", to="a"))
    fine = journey(
        ask("a", yes="b", no=None, where=[{"path": "x", "value": 1}]), send("b", to="c"), wait("c", to="a")
    )
    assert problems(circle) == [("LOOP_WITHOUT_WAIT", "a")]
    assert problems(fine) == []


def test_a_circle_without_a_way_out_is_refused() -> None:
    assert problems(journey(wait("a", to="b"), send("b", to="a"))) == [("NO_WAY_OUT", "a")]


def test_one_wait_in_one_of_two_circles_is_not_enough() -> None:
    raw = journey(
        ask("a", yes="b", no="c", where=[{"path": "x", "value": 1}]),
        send("b", to="a"),
        wait("c", to="d"),
        ask("d", yes="a", no=None, where=[{"path": "x", "value": 1}]),
    )
    assert problems(raw) == [("LOOP_WITHOUT_WAIT", "a")]


def test_waiting_for_nothing_is_refused() -> None:
    raw = journey(
        {
            "id": "w",
            "kind": "WAIT_UNTIL",
            "timeout": {"amount": 1, "unit": "DAYS"},
            "ways": {"happened": None, "timeout": None},
        }
    )
    assert problems(raw) == [("NO_CAUSE", "w")]


def test_unknown_names_are_refused_with_their_step() -> None:
    world = World(segments={"s1"}, static_segments=set(), templates={"t1"}, journeys=set(), stages={"MEMBER"})
    raw = journey(
        send("a", to="b", template="t2"),
        step("b", "UPDATE", to="c", addTo=["s1"], stage="KING"),
        step("c", "ENROL", to="d", journey="j"),
        step("d", "WAIT", until={"mode": "DATE", "field": "shoeSize"}),
        triggers=[on_event("teetime.booking.lost"), {"kind": "SEGMENT", "segment": "s2"}],
        exits=[{"kind": "SEGMENT", "segment": "s3"}],
    )
    assert problems(raw, world) == [
        ("UNKNOWN_EVENT", ""),
        ("UNKNOWN_SEGMENT", ""),
        ("UNKNOWN_TEMPLATE", "a"),
        ("UNKNOWN_FIELD", "b"),
        ("UNKNOWN_SEGMENT", "b"),
        ("UNKNOWN_JOURNEY", "c"),
        ("UNKNOWN_FIELD", "d"),
        ("UNKNOWN_SEGMENT", ""),
    ]


def test_problems_of_rules_and_texts_come_from_their_own_readers() -> None:
    world = World(check_rule=lambda _: "unknown field", check_text=lambda _: "line 1: brace missing")
    raw = journey(send("a", to="b"), ask("b", rule={"combinator": "AND", "rules": []}))
    assert problems(raw, world) == [("INVALID_TEXT", "a"), ("INVALID_TEXT", "a"), ("INVALID_RULE", "b")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"triggers": []}, "NO_TRIGGER"),
        ({"start": "nowhere"}, "NO_START"),
        ({"triggers": [{"kind": "DATE", "field": "handicap"}]}, "UNKNOWN_FIELD"),
        ({"triggers": [{"kind": "SCHEDULE", "cron": "now please", "segment": "s"}]}, "INVALID_SCHEDULE"),
        ({"triggers": [{"kind": "SCORE", "score": "CHURN", "level": 80, "rearm": 85}]}, "INVALID_REARM"),
        ({"entry": {"policy": "ONCE_PER_KEY"}}, "NO_KEY"),
        ({"exitMode": "EITHER"}, "NO_CONDITION"),
        ({"steps": [send("a", text="")]}, "NO_TEXT"),
        ({"steps": [step("a", "UPDATE")]}, "NO_CHANGE"),
        ({"steps": [wait("a", 500)]}, "TOO_LONG"),
    ],
)
def test_each_mistake_has_its_code(change: dict[str, Any], code: str) -> None:
    assert code in [one for one, _ in problems(journey(send("a")) | change)]


def test_form_problems_name_step_and_field() -> None:
    raw = journey(
        send("a", to="b"), step("b", "WAIT", until={"mode": "DURATION", "amount": 0, "unit": "DAYS"})
    )
    with pytest.raises(InvalidDefinition) as refused:
        parse(raw)
    assert [(one.step, "until" in one.message) for one in refused.value.problems] == [("b", True)]


def test_unknown_kinds_and_fields_are_refused() -> None:
    for bad in ({"id": "a", "kind": "DANCE"}, {"id": "a"}, {**send("a"), "colour": "red"}):
        with pytest.raises(InvalidDefinition):
            parse(journey(bad))


def test_more_than_a_hundred_steps_are_refused() -> None:
    with pytest.raises(InvalidDefinition):
        parse(journey(*(leave(f"s{number}") for number in range(101))))


def test_the_registry_has_every_kind() -> None:
    assert set(STEPS) == {
        "SEND", "WAIT", "WAIT_UNTIL", "CONDITION", "SPLIT", "UPDATE", "WEBHOOK", "NOTIFY", "ENROL", "GOAL", "EXIT",
    }  # fmt: skip
    assert set(TRIGGERS) == {"EVENT", "SEGMENT", "SCORE", "DATE", "SCHEDULE", "MANUAL"}
    assert all(kind.title and kind.help and kind.icon for kind in (*STEPS.values(), *TRIGGERS.values()))


def test_every_event_about_a_person_has_its_activities_and_its_aliases() -> None:
    silent = {"messaging.contact.created", "messaging.contact.updated"}
    about_people = {one.name for one in EVENT_TYPES if one.needs_identity} - silent
    assert set(ACTIVITIES) == about_people
    assert activity_types("member.created") == ("MEMBER_CREATED",)


def test_warnings_do_not_stop_a_publication() -> None:
    raw = journey(
        *(send(f"m{one}", to=f"m{one + 1}") for one in range(5)), send("m5", messageClass="TRANSACTIONAL")
    )
    found = check(parse(raw), World(has_quiet_hours=False))
    assert {one.code for one in found} == {"NO_CONSENT_ASKED", "NO_QUIET_HOURS", "MANY_MESSAGES"}
    assert not any(one.is_error for one in found)
