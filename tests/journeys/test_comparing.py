"""The difference of two versions as one picture, and what a choice about people under way would cause."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from journeys.comparing import Difference, compare
from journeys.definition import parse
from journeys.picturing import Node, Way
from journeys.publishing.foretelling import Foretold, foretell, in_sum
from journeys.publishing.moving import Choice, Standing, standings
from messaging.models import SendPolicy
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, send, step, wait
from tests.journeys.playing import Play, person

MORNING = datetime(2026, 11, 2, 7, tzinfo=UTC)  # 09:00 in Johannesburg
NIGHT = datetime(2026, 11, 2, 20, 30, tzinfo=UTC)


def before() -> Json:
    """Three steps, a question, one step on each way."""
    return journey(
        send("a", to="b"), wait("b", to="c"), send("c", to="q"), ask("q", yes="y", no="n", where=[{"path": "x"}]),
        send("y"), send("n"),
    )  # fmt: skip


def line(way: Way) -> list[tuple[str, str]]:
    """(step, what is said of it) in the order of the picture."""
    found = []
    for node in way.line:
        found.append((node.step.id, node.mark.words if node.mark else ""))
        for one in node.ways:
            found += line(one)
    return found


def difference(after: Json) -> Difference:
    return compare(parse(before()), parse(after), {})


def test_the_same_has_no_difference() -> None:
    found = difference(before())
    assert found.is_empty
    assert all(words == "" for _, words in line(found.way))


def test_what_is_gone_stands_where_it_stood_and_what_is_new_is_marked() -> None:
    after = journey(
        send("a", to="z"), step("z", "GOAL", to="c"), send("c", to="q"),
        ask("q", yes="y", no=None, where=[{"path": "x"}]), send("y"),
    )  # fmt: skip
    found = difference(after)
    assert line(found.way) == [
        ("a", ""), ("b", "Removed"), ("z", "New"), ("c", ""), ("q", ""), ("y", ""), ("n", "Removed"),
    ]  # fmt: skip
    assert dict(found.counts) == {"New": 1, "Removed": 2}


def test_a_removed_branch_is_put_back_behind_what_is_left() -> None:
    found = difference(journey(send("a", to="b"), wait("b", to="c"), send("c")))
    assert [step for step, words in line(found.way) if words == "Removed"] == ["q", "y", "n"]
    ghosts = [node for node in found.way.line if node.is_gone and node.step.id == "n"]
    assert ghosts[0].mark is not None
    assert ghosts[0].mark.details == ["It stood on the way “No”"]


@pytest.mark.parametrize(
    ("order", "moved"),
    [("bac", {"b"}), ("cab", {"c"}), ("cba", {"b", "c"}), ("abc", set())],
)
def test_the_fewest_steps_are_called_moved(order: str, moved: set[str]) -> None:
    makers: dict[str, Any] = {"a": send, "b": wait, "c": send}
    after = before()
    line_of = [*order, "q"]
    first = [makers[one](one, to=line_of[place + 1]) for place, one in enumerate(order)]
    found = difference({**after, "start": order[0], "steps": [*first, *after["steps"][3:]]})
    assert {one for one, words in line(found.way) if words == "Moved"} == moved


def test_a_step_that_changes_its_way_is_moved_and_changes_are_told() -> None:
    after = before()
    after["steps"][2]["subject"] = "Good morning"
    after["steps"][1]["until"]["amount"] = 4
    after["steps"][3]["ways"] = {"yes": None, "no": "y"}
    after["steps"][4]["ways"] = {"next": "n"}
    found = difference(after)
    marks = dict(line(found.way))
    assert (marks["c"], marks["b"], marks["y"], marks["n"]) == ("Changed", "Changed", "Moved", "")
    told = {node.step.id: node.mark.details for node in nodes(found.way) if node.mark}
    assert told["c"] == ["Subject: Hello → Good morning"]
    assert told["b"] == ["1 day, at the same hour → 4 days, at the same hour"]


def nodes(way: Way) -> list[Node]:
    """Every node of a picture."""
    return [
        one for node in way.line for one in (node, *(inner for each in node.ways for inner in nodes(each)))
    ]


def test_a_way_that_goes_on_elsewhere_and_other_rules_are_told() -> None:
    after = before()
    after["steps"][5]["ways"] = {"next": "a"}
    after["goal"] = {"event": "scl.payment.received"}
    found = difference(after)
    told = {node.step.id: node.mark.details for node in nodes(found.way) if node.mark}
    assert told == {"n": ["Goes on at “Send a message”"]}
    assert found.around == [("New", "Goal: a payment came in, counted for 30 days after the end")]


# --- What a choice would cause


def standing(fairview: Club, after: Json) -> Standing:
    """Two people wait at w of a version that the draft `after` would replace."""
    play = Play(fairview.tenant)
    one = play.start(journey(wait("w", 3, to="s"), send("s")))
    play.enter(one, person(fairview.tenant), person(fairview.tenant, "Ben"))
    with play.open():
        [found] = standings(one, parse(after))
    return found


def told(
    fairview: Club, after: Json, at: datetime = MORNING, *, quiet: bool = False, **chosen: Any
) -> Foretold:
    policy = SendPolicy(quiet_from=time(21), quiet_until=time(8)) if quiet else SendPolicy()
    found = standing(fairview, after)
    return foretell(found, chosen, parse(after), tenant=fairview.tenant, policy=policy, now=at)


def test_waiting_on_staying_and_leaving_are_foretold(fairview: Club) -> None:
    after = journey(wait("w", 5, to="s"), send("s"))
    on = told(fairview, after)
    assert on.words == "2 people keep waiting, counted anew from when each arrived: 5 days, at the same hour."
    assert (on.moved, on.messages) == (2, 0)


def test_a_message_at_once_is_foretold_with_its_hour(fairview: Club) -> None:
    after = journey(send("s", name="News", subject="Hello"))
    night = told(fairview, after, NIGHT, quiet=True, choice="MOVE", step="s", sends=True)
    assert night.words == (
        "2 people go on at “News”: 2 get “Hello” by e-mail tomorrow at 08:00, when the quiet hours are over."
    )
    assert night.messages == 2


def test_each_choice_has_its_words(fairview: Club) -> None:
    after = journey(ask("q", yes="s", no=None, where=[{"path": "x"}]), send("s", subject="Hello"), wait("v"))
    found = standing(fairview, after)
    policy = SendPolicy()

    def words(at: datetime = MORNING, **chosen: Any) -> Foretold:
        return foretell(found, chosen, parse(after), tenant=fairview.tenant, policy=policy, now=at)

    assert words().words == "2 people finish the version they entered; nothing changes for them."
    assert words(choice="EXIT").left == 2
    again = words(NIGHT, choice="RESTART")
    assert again.words == ("2 people start again at “Ask”: up to 2 get “Hello” by e-mail tonight, at once.")
    assert again.problem == "Tick that they may get a message at once, or choose another step."
    assert (
        words(choice="MOVE", step="v").words
        == "2 people go on at “Wait” and wait anew: 1 day, at the same hour."
    )
    assert words(choice="MOVE", step="gone").problem == "Choose a step of the new version."
    assert (
        in_sum([again, words(choice="EXIT")])
        == "2 get a message at once, 2 come to the new version, 2 leave."
    )
    assert in_sum([words()]) == "Nobody gets a message at once."
    assert found.default is Choice.STAY
