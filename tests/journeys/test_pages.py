"""The pages of journeys and tasks: making, building by acts, publishing, looking, trying."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from journeys import lifecycle
from journeys.building import copy_branch, delete, insert, move
from journeys.definition import parse
from journeys.drafts import draft_of, get_journey
from journeys.models import Journey, MovePlan, Run
from journeys.picturing import picture
from tenants.scope import tenant_scope
from tests.back_office import desk
from tests.cast import Club
from tests.journeys.definitions import ask, journey, leave, send, step, wait
from tests.journeys.playing import Play, person


@pytest.fixture
def staff(fairview: Club) -> Client:
    return desk(fairview.marketing_manager)


def act(staff: Client, pk: Any, **values: str) -> str:
    """One act in the builder; the new tree."""
    answer = staff.post(f"/admin/journeys/{pk}/edit/act/", values, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_journey_is_built_published_and_watched(staff: Client, fairview: Club) -> None:
    made = staff.post("/admin/journeys/new/", {"name": "Welcome"})
    pk = made["Location"].split("/")[3]
    act(staff, pk, act="trigger", kind="MANUAL")
    act(staff, pk, act="add", place="start", kind="SEND")
    tree = act(staff, pk, act="save", step="send-1", channels="EMAIL", subject="Hello", text="Dear you")
    assert "Hello" in tree
    act(staff, pk, act="add", place="send-1:next", kind="WAIT")
    act(staff, pk, act="add", place="wait-1:next", kind="CONDITION")
    tree = act(
        staff,
        pk,
        act="save",
        step="condition-1",
        rule_field0="handicap",
        rule_operator0="lt",
        rule_value0="18",
    )
    assert "handicap is less than 18" in tree
    assert act(staff, pk, act="undo").count("handicap is less than 18") == 0
    assert "handicap is less than 18" in act(staff, pk, act="redo")

    published = staff.post(f"/admin/journeys/{pk}/publish/")
    assert published["Location"].endswith(f"/admin/journeys/{pk}/")
    anna = person(fairview.tenant)
    play = Play(fairview.tenant)
    with play.open():
        row = Journey.objects.get(pk=pk)
    play.enter(row, anna)
    page = staff.get(f"/admin/journeys/{pk}/").content.decode()
    assert "1 here" in page
    for path in (
        "people/",
        f"why/?customer={anna.pk}",
        "edit/",
        "publish/",
        f"try/?customer={anna.pk}",
        "export/",
    ):
        assert staff.get(f"/admin/journeys/{pk}/{path}").status_code == 200, path
    for query in (
        "step=send-1",
        "step=condition-1",
        "step=wait-1",
        "place=start",
        "trigger=EVENT",
        "rules=1",
    ):
        assert staff.get(f"/admin/journeys/{pk}/edit/panel/?{query}").status_code == 200, query
    with play.open():
        run = Run.objects.get(profile_id=anna.pk)
    assert "by hand" in staff.get(f"/admin/journeys/runs/{run.pk}/").content.decode()


def test_publishing_a_change_asks_what_becomes_of_people_and_can_be_taken_back(
    staff: Client, fairview: Club
) -> None:
    play = Play(fairview.tenant, timezone.now())
    one = play.start(journey(wait("pause", 3, to="bye"), send("bye")))
    anna = person(fairview.tenant)
    play.enter(one, anna)
    act(staff, one.pk, act="save", step="pause", mode="DURATION", amount="5", unit="DAYS")
    page = staff.get(f"/admin/journeys/{one.pk}/publish/").content.decode()
    assert "1 at “Wait” of version 1" in re.sub(r"\s+", " ", page)
    staff.post(f"/admin/journeys/{one.pk}/publish/")
    run = play.run(anna)
    assert run is not None
    assert run.due_at is not None
    assert abs(run.due_at - play.now - timedelta(days=5)) < timedelta(seconds=5)
    with play.open():
        plan = MovePlan.objects.get(journey_id=one.pk)
    staff.post(f"/admin/journeys/{one.pk}/act/", {"act": "take_back", "plan": plan.pk})
    run = play.run(anna)
    assert run is not None
    assert run.due_at is not None
    assert abs(run.due_at - play.now - timedelta(days=3)) < timedelta(seconds=5)


def test_templates_lists_and_tasks_open(staff: Client, fairview: Club) -> None:
    made = staff.post("/admin/journeys/new/renewal/")
    assert "/edit/" in made["Location"]
    anna = person(fairview.tenant)
    staff.post("/admin/tasks/new/", {"customer": anna.pk, "title": "Call Anna", "mine": "on"})
    for path in ("journeys/", "journeys/new/", "tasks/", "tasks/?all=1", "tasks/?done=1"):
        assert staff.get(f"/admin/{path}").status_code == 200, path
    assert "Call Anna" in staff.get("/admin/").content.decode()
    customer = staff.get(f"/admin/profiles/customerprofile/{anna.pk}/change/")
    assert "Call Anna" in customer.content.decode()


def raw() -> Any:
    return journey(
        send("a", to="b"),
        ask("b", yes="c", no="d", where=[{"path": "x", "value": 1}]),
        send("c", to="d"),
        leave("d"),
    )


def test_a_join_is_drawn_once_and_referred_to() -> None:
    way, nodes = picture(parse(raw()))
    assert set(nodes) == {"a", "b", "c", "d"}
    yes, no = way.line[1].ways
    assert [node.step.id for node in yes.line] == ["c", "d"]
    assert (no.line, no.goto is nodes["d"]) == ([], True)


def test_acts_of_the_builder_are_pure() -> None:
    before = raw()
    made, new = insert(before, "a:next", "WAIT")
    assert before == raw()
    assert next(one for one in made["steps"] if one["id"] == new)["ways"] == {"next": "b"}
    gone = delete(made, new)
    assert parse(gone).fingerprint == parse(raw()).fingerprint
    line = journey(wait("x", to="y"), send("y", to="z"), step("z", "GOAL"))
    assert list(parse(move(line, "y", "up")).walk()) == ["y", "x", "z"]
    copied = copy_branch(raw(), "c", "b:no")
    assert len(copied["steps"]) == 6


def test_sixty_steps_are_drawn_quickly(staff: Client, fairview: Club) -> None:
    steps = [send(f"s{number}", to=f"s{number + 1}" if number < 59 else None) for number in range(60)]
    with tenant_scope(fairview.tenant):
        row = lifecycle.create_journey(name="Long", definition=journey(*steps))
        assert len(draft_of(get_journey(row.pk)).definition["steps"]) == 60
    staff.get(f"/admin/journeys/{row.pk}/edit/")
    started = time.process_time()
    assert staff.get(f"/admin/journeys/{row.pk}/edit/").status_code == 200
    assert time.process_time() - started < 5


@pytest.mark.parametrize("minutes", ["2.5", "an hour", "-1"])
def test_minutes_that_are_no_whole_number_let_nobody_go_on_at_once(
    staff: Client, fairview: Club, minutes: str
) -> None:
    one = Play(fairview.tenant, timezone.now()).start(journey(wait("pause", 3, to="bye"), send("bye")))
    address = f"/admin/journeys/{one.pk}/act/"
    staff.post(address, {"act": "pause"})

    answer = staff.post(address, {"act": "resume", "how": "CONTINUE", "minutes": minutes}, follow=True)

    assert "as a whole number" in answer.content.decode()
    with Play(fairview.tenant).open():
        assert Journey.objects.get(pk=one.pk).status == "PAUSED"
