"""The builder: acts on the tree, forms that keep what they do not show, counts, where the keyboard goes."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from journeys import counting, lifecycle
from journeys.building import connect, copy_branch, delete, insert, move, relocate, replace
from journeys.definition import parse
from journeys.drafts import draft_of, get_journey
from journeys.forms import trigger_of
from journeys.models import JourneySecret
from journeys.picturing import loose_lines, picture, places
from journeys.templates import TEMPLATES
from tenants.encryption import decrypt
from tenants.errors import InvalidError
from tenants.scope import tenant_scope
from tests.back_office import desk
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, leave, on_event, send, step, until_date, wait
from tests.journeys.playing import Play, person


@pytest.fixture
def staff(fairview: Club) -> Client:
    return desk(fairview.marketing_manager)


def branching() -> Json:
    """a, then a question: c on yes, d on no."""
    return journey(send("a", to="q"), ask("q", yes="c", no="d", where=[{"path": "x"}]), send("c"), send("d"))


def order(raw: Json) -> list[str]:
    """Step ids as the picture draws them."""
    return list(picture(parse(raw))[1])


# --- Acts


def test_a_step_moves_up_out_of_a_way_and_down_into_the_first(fairview: Club) -> None:
    out = move(branching(), "c", "up")
    assert parse(out).by_id["c"].ways == {"next": "q"}
    assert parse(out).by_id["q"].ways == {"yes": None, "no": "d"}
    assert order(out) == ["a", "c", "q", "d"]

    back = move(out, "c", "down")
    assert parse(back).fingerprint == parse(branching()).fingerprint


@pytest.mark.parametrize(
    ("name", "way", "words"),
    [
        ("a", "up", "It is the first step already."),
        ("c", "down", "It is the last step of its way already."),
        ("q", "up", "A step with several ways moves with all that follows: use “Move to”."),
    ],
)
def test_a_step_that_cannot_move_says_why(name: str, way: str, words: str) -> None:
    with pytest.raises(InvalidError, match=re.escape(words)):
        move(branching(), name, way)


def test_a_step_moves_to_any_place_and_a_branch_with_all_that_follows() -> None:
    moved = relocate(branching(), "a", "d:next")
    assert order(moved) == ["q", "c", "d", "a"]

    raw = journey(send("x", to="q"), *branching()["steps"][1:], start="x")
    raw["steps"].append(send("y"))
    raw = connect(raw, "d:next", "y")
    last = relocate(raw, "q", "start")
    assert order(last)[:2] == ["q", "c"]
    assert parse(last).by_id["c"].ways == {"next": "x"}
    with pytest.raises(InvalidError, match=re.escape("Choose a place outside of what moves.")):
        relocate(raw, "q", "d:next")


def test_a_copy_stands_between_and_what_came_there_follows_it() -> None:
    raw = journey(wait("w", to="s"), send("s"))
    copied = copy_branch(raw, "s", "start")
    first = copied["start"]
    assert first not in ("w", "s")
    assert parse(copied).by_id[first].ways == {"next": "w"}
    assert list(parse(copied).walk()) == [first, "w", "s"]

    ending = journey(send("s", to="bye"), leave("bye"))
    with pytest.raises(InvalidError, match=re.escape("No way of it ends where the other steps could go on")):
        copy_branch(ending, "bye", "start")


def test_leave_is_added_at_an_end_only() -> None:
    with pytest.raises(InvalidError, match=re.escape("After “Leave” nothing can come")):
        insert(branching(), "a:next", "EXIT")
    made, new = insert(branching(), "c:next", "EXIT")
    assert parse(made).by_id["c"].ways == {"next": new}


def test_what_no_way_leads_to_is_drawn_apart_and_kept_by_deletions_elsewhere() -> None:
    raw = connect(branching(), "start", "c")
    [line] = loose_lines(parse(raw))
    assert [node.step.id for node in line.line] == ["a", "q"]
    assert line.line[1].ways[0].goto is not None

    raw = delete(raw, "c")
    assert {one["id"] for one in raw["steps"]} == {"a", "q", "d"}


def test_the_first_way_is_the_first_that_is_drawn_however_the_keys_are_stored() -> None:
    raw = branching()
    raw["steps"][1]["ways"] = {"no": "d", "yes": "c"}
    assert order(delete(raw, "q")) == ["a", "c"]
    assert order(move(raw, "a", "down")) == ["q", "a", "c", "d"]


def test_every_way_is_a_place() -> None:
    words = dict(places(parse(branching())))
    assert words["start"] == "at the beginning"
    assert words["q:no"] == "after “Ask”, No"
    assert list(words) == ["start", "a:next", "q:yes", "q:no", "c:next", "d:next"]


def test_a_skipped_message_may_take_another_way() -> None:
    with_way = replace(branching(), "a", {}, other_way=True)
    assert parse(with_way).by_id["a"].outlets == ("next", "skipped")
    assert parse(replace(with_way, "a", {}, other_way=False)).fingerprint == parse(branching()).fingerprint


# --- Forms


RULE: Json = {
    "combinator": "OR",
    "rules": [
        {"field": "handicap", "operator": "between", "value": [10, 18.5]},
        {"event": {"types": ["TEETIME_BOOKED"], "count": {"op": "gte", "value": 2}, "inLastDays": 60}},
        {
            "combinator": "AND",
            "not": True,
            "rules": [{"field": "membershipTier", "operator": "eq", "value": "007"}],
        },
    ],
}
WHERE: list[Json] = [
    {"path": "amountCents", "operator": "gte", "value": 100},
    {"path": "course.code", "operator": "eq", "value": "007"},
    {"path": "kind", "operator": "in", "value": ["a", "b"]},
    {"path": "holes", "operator": "exists", "value": True},
]


def everything() -> Json:
    """Each kind of step and start with no value left at its default."""
    return journey(
        send("s", to="w", name="Hello", channels=["SMS", "EMAIL"], text="One\n\n  two\n", messageClass="TRANSACTIONAL",
             onQuiet="SKIP", onCap="DEFER", expiresAfterHours=48),
        step("w", "WAIT", to="t", until={"mode": "TIME", "at": "07:30", "weekdays": [2, 6]}),
        until_date("t", "dateOfBirth", -3, to="e", yearly=True, ifPast="CONTINUE", ifMissing="EXIT"),
        until_date("e", "event.teeTime", 2, to="u", unit="HOURS", at=None, ifPast="EXIT"),
        {"id": "u", "kind": "WAIT_UNTIL", "event": {"event": "teetime.booking.created", "where": WHERE,
         "sameKey": True}, "condition": RULE, "timeout": {"amount": 3, "unit": "WEEKS"}, "since": "ENTRY",
         "ways": {"happened": "c", "timeout": None}},
        ask("c", yes="x", no="x", rule=RULE, where=WHERE, message={"step": "s", "did": "CLICKED"}),
        {"id": "x", "kind": "SPLIT", "branches": [{"id": "left", "name": "L", "weight": 3},
         {"id": "b", "name": "R", "weight": 5, "isHoldout": True}], "winner": {"fewest": 300, "certainty": 0.9},
         "ways": {"left": "p", "b": None}},
        step("p", "UPDATE", to="h", addTags=["gold", "new"], removeTags=["old"], stage="MEMBER"),
        step("h", "WEBHOOK", to="n", url="https://example.org/x", body='{"a": 1}\n', retryForHours=9,
             save={"voucher": "data.code"}),
        step("n", "NOTIFY", to="g", title="Call", reason="Because", owner="gone", dueInDays=4),
        step("g", "GOAL", to="z", name="Done"),
        leave("z", "ENOUGH"),
        triggers=[
            {**on_event("teetime.booking.created", "bookingId"), "where": WHERE, "rule": RULE},
            {"kind": "SCORE", "score": "ENGAGEMENT", "direction": "DOWN", "level": 0, "rearm": 15, "minGapDays": 0},
            {"kind": "DATE", "field": "membershipExpiry", "offsetDays": -7, "at": "18:05", "yearly": True,
             "leapDay": "MARCH_1"},
            {"kind": "SCHEDULE", "cron": "30 7 * * 3", "segment": "s-1"},
            {"kind": "SCHEDULE", "cron": "*/20 7 * 2 3", "segment": "s-1"},
            {"kind": "MANUAL", "rule": RULE},
        ],
        entry={"policy": "AFTER_DAYS", "days": 12, "maxEnrollments": 99, "dailyCap": 7, "holdoutPercent": 5,
               "maxAgeHours": 3},
        exits=[{"kind": "EVENT", "event": "teetime.booking.cancelled", "where": WHERE, "sameKey": True, "reason": "NO"},
               {"kind": "EVENT", "event": "scl.payment.received"}],
        goal={"event": "scl.payment.received", "where": WHERE, "sameKey": True, "windowDays": 11},
        exitMode="EITHER",
        matching=RULE,
        timezone="Africa/Johannesburg",
    )  # fmt: skip


class Form(HTMLParser):
    """What a browser would send of each form of a piece of a page that has a hidden `act`."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[QueryDict] = []
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._area = ""
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(QueryDict(mutable=True))
        name = given.get("name", "")
        if tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._area, self._text = name, ""
        elif (
            tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given)
        ):
            self.forms[-1].appendlist(name, given.get("value", "on"))

    def handle_data(self, data: str) -> None:  # noqa: D102
        if self._area:
            self._text += data

    def handle_endtag(self, tag: str) -> None:  # noqa: D102
        if tag == "select" and self._select:
            chosen = [value for value, is_chosen in self._options if is_chosen]
            first = self._options[0][0] if self._options else ""
            self.forms[-1].appendlist(self._select, chosen[-1] if chosen else first)
            self._select = ""
        elif tag == "textarea" and self._area:
            text = self._text.removeprefix("\n").replace("\n", "\r\n")
            self.forms[-1].appendlist(self._area, text)
            self._area = ""


def saved_as_it_is(staff: Client, pk: Any, query: str) -> None:
    """Open the panel and press Save."""
    parser = Form()
    parser.feed(staff.get(f"/admin/journeys/{pk}/edit/panel/?{query}").content.decode())
    [form] = [one for one in parser.forms if one.get("act") in ("save", "trigger", "rules")]
    answer = staff.post(
        f"/admin/journeys/{pk}/edit/act/",
        form.urlencode(),
        content_type="application/x-www-form-urlencoded",
        headers={"HX-Request": "true"},
    )
    assert 'class="crm-notice crm-bad"' not in answer.content.decode()


@pytest.mark.parametrize("raw", [everything(), *(one.definition for one in TEMPLATES)],
                         ids=["everything", *(one.key for one in TEMPLATES)])  # fmt: skip
def test_opening_and_saving_every_form_changes_nothing(staff: Client, fairview: Club, raw: Json) -> None:
    with tenant_scope(fairview.tenant):
        row = lifecycle.create_journey(name="As it is", definition=raw)
        before = parse(draft_of(row).definition)
    queries = [f"step={one.id}" for one in before.steps]
    queries += [f"number={number}" for number, one in enumerate(before.triggers) if one.kind != "SEGMENT"]
    for query in (*queries, "rules=1"):
        saved_as_it_is(staff, row.pk, query)
        with tenant_scope(fairview.tenant):
            draft = draft_of(get_journey(row.pk))
            assert parse(draft.definition).as_json() == before.as_json(), query
    assert draft.position == 1


def test_a_schedule_is_said_in_days_and_hours() -> None:
    def cron(**values: str) -> str:
        post = QueryDict(mutable=True)
        post.update({"kind": "SCHEDULE", **values})
        return str(trigger_of(post)["cron"])

    assert cron(every="DAY", scheduleAt="18:05") == "5 18 * * *"
    assert cron(every="WEEK", scheduleAt="09:00", weekday="5") == "0 9 * * 5"
    assert cron(every="MONTH", scheduleAt="09:30", monthday="1") == "30 9 1 * *"
    assert cron(every="CUSTOM", cron="*/5 * * * *") == "*/5 * * * *"


# --- Pages


def act(staff: Client, pk: Any, **values: str) -> str:
    """One act as the page sends it."""
    answer = staff.post(f"/admin/journeys/{pk}/edit/act/", values, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def focus(tree: str) -> str:
    """Where the keyboard goes after an act."""
    found = re.search(r'data-focus="([^"]*)"', tree)
    assert found
    return found.group(1)


def test_each_act_says_what_it_did_and_where_the_keyboard_goes(staff: Client, fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        pk = lifecycle.create_journey(name="Welcome", definition=branching()).pk
    added = act(staff, pk, act="add", place="a:next", kind="WAIT")
    assert focus(added) == "panel"
    assert "Added “Wait”." in added
    assert 'id="jy-panel" hx-swap-oob="innerHTML"' in added
    moved = act(staff, pk, act="up", step="wait-1", chosen="step=wait-1")
    assert focus(moved) == ""
    assert 'data-chosen="step=wait-1"' in moved
    gone = act(staff, pk, act="delete", step="q")
    assert "Deleted “Ask” and 1 behind it. Ctrl+Z takes it back." in gone
    assert focus(gone) == "step-a"
    back = act(staff, pk, act="undo", chosen="step=a")
    assert "Taken back: Deleted “Ask” and 1 behind it." in back
    assert 'data-chosen="step=a"' in back
    refused = act(staff, pk, act="save", step="wait-1", mode="DURATION", amount="many")
    assert '<div id="jy-panel-problem" hx-swap-oob="innerHTML">Write a whole number.</div>' in refused
    assert "There is no such act." in act(staff, pk, act="dance")


def test_a_secret_is_shown_once_and_kept_encrypted(staff: Client, fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        raw = journey(step("h", "WEBHOOK", url="https://example.org/x"))
        pk = lifecycle.create_journey(name="Calls", definition=raw).pk
    shown = act(staff, pk, act="secret", step="h", secretName="door")
    found = re.search(r"The secret “door” is (whsec_[A-Za-z0-9+/=]+)\. Copy it now", shown)
    assert found
    with tenant_scope(fairview.tenant):
        kept = JourneySecret.objects.get()
        assert (kept.name, decrypt(kept.sealed)) == ("door", found.group(1))
        assert found.group(1) not in kept.sealed
        assert parse(draft_of(get_journey(pk)).definition).as_json()["steps"][0]["secret"] == "door"
    assert "There is a secret of this name already." in act(
        staff, pk, act="secret", step="h", secretName="door"
    )
    assert found.group(1) not in staff.get(f"/admin/journeys/{pk}/edit/").content.decode()


def test_a_template_is_not_taken_back_to_an_empty_sheet(staff: Client, fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        pk = lifecycle.create_journey(name="Welcome", definition=branching()).pk
    assert "There is nothing to undo." in act(staff, pk, act="undo")
    act(staff, pk, act="delete", step="a")
    act(staff, pk, act="undo")
    with tenant_scope(fairview.tenant):
        assert parse(draft_of(get_journey(pk)).definition).fingerprint == parse(branching()).fingerprint


def test_the_panel_says_how_many_people_stand_at_what_would_go(staff: Client, fairview: Club) -> None:
    play = Play(fairview.tenant)
    rule = {"combinator": "AND", "rules": [{"field": "handicap", "operator": "lt", "value": 18}]}
    one = play.start(journey(ask("q", yes="w", no="end", rule=rule), wait("w"), wait("end")))
    play.enter(one, person(fairview.tenant), person(fairview.tenant, "Ben"))
    panel = staff.get(f"/admin/journeys/{one.pk}/edit/panel/?step=q").content.decode()
    assert "Delete with 1 step behind it" in panel
    assert "2 people stand at what would go." in panel


def test_triggers_and_conditions_count_their_people(staff: Client, fairview: Club) -> None:
    person(fairview.tenant, handicap_tenths=90, churn_risk_score=85)
    person(fairview.tenant, "Ben", handicap_tenths=250)
    rule = {"combinator": "AND", "rules": [{"field": "handicap", "operator": "lt", "value": 18}]}
    raw = journey(
        ask("q", rule=rule),
        ask("broken", rule={"combinator": "AND", "rules": [{"field": "no", "operator": "eq", "value": 1}]}),
        triggers=[{"kind": "SCORE", "score": "CHURN", "level": 80, "rearm": 70}, {"kind": "MANUAL"}],
    )
    with tenant_scope(fairview.tenant):
        row = lifecycle.create_journey(name="Counted", definition=raw)
        found = counting.counts(parse(draft_of(row).definition))
    assert [(one.place, one.number, one.is_exact) for one in found] == [
        ("trigger-0", 1, True),
        ("q", 1, True),
    ]
    page = staff.get(f"/admin/journeys/{row.pk}/edit/counts/").content.decode()
    assert 'id="count-q" hx-swap-oob="innerHTML">1 customer fits now</small>' in page


def test_problems_name_steps_as_the_picture_does(staff: Client, fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        row = lifecycle.create_journey(name="New", definition=journey(step("send-1", "SEND")))
    page = staff.get(reverse("admin:journey_builder", args=[row.pk])).content.decode()
    assert "Step “Send a message” says nothing: choose a template or write a text." in page
    assert '<small class="jy-problem">Says nothing: choose a template or write a text.</small>' in page
    for name in ("journey_publish", "journey_try"):
        page = staff.get(reverse(f"admin:{name}", args=[row.pk])).content.decode()
        assert "Step “Send a message” says nothing" in page
        assert "“send-1”" not in page
