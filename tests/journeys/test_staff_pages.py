"""Pages around the builder: one person at a press, why not, tasks with their acts, approval by a second person."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from journeys import lifecycle
from journeys.drafts import draft_of, get_journey, save_draft
from journeys.explaining import now_for
from journeys.models import Journey, Run, Task
from journeys.staff_tasks import TaskFields, make_task, today
from journeys.walking import walk
from messaging.models import Delivery
from profiles.models import Activity
from profiles.restricting import set_restriction
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import desk, text_of
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, on_event, send, wait
from tests.journeys.playing import Play, person

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
RULE: Json = {"combinator": "AND", "rules": [{"field": "handicap", "operator": "lt", "value": 18}]}


@pytest.fixture
def staff(fairview: Club) -> Client:
    return desk(fairview.marketing_manager)


def until_booked(days: int = 7) -> Json:
    """Greets, waits for a booking of the same id, thanks or asks."""
    awaited = {"event": "teetime.booking.created", "sameKey": True, "where": [{"path": "holes", "value": 18}]}
    return journey(
        send("hello", to="wait", subject="Hello {{ firstName }}", text="Dear {{ profile.firstName }}, {{ event.no }}"),
        {"id": "wait", "kind": "WAIT_UNTIL", "event": awaited, "timeout": {"amount": days, "unit": "DAYS"},
         "ways": {"happened": "thanks", "timeout": "sorry"}},
        send("thanks", subject="Thanks"),
        send("sorry", subject="Sorry"),
        triggers=[on_event("teetime.booking.created", "bookingId")],
        entry={"policy": "ONCE_PER_KEY"},
    )  # fmt: skip


def test_time_runs_at_a_press_and_what_is_awaited_can_happen(fairview: Club) -> None:
    anna = person(fairview.tenant)
    with tenant_scope(fairview.tenant):
        here = walk(until_booked(), anna, now=START)
        late = walk(until_booked(), anna, "t", now=START)
        booked = walk(until_booked(), anna, "h", now=START)

        assert (here.step.id if here.step else "", [one.press for one in here.can_happen]) == ("wait", ["h"])
        assert here.due is not None
        assert timedelta(days=7) <= here.due - START < timedelta(days=7, minutes=1)
        assert (late.step, late.due) == (None, None)
        assert [one["subject"] for one in late.messages] == ["Hello Anna", "Sorry"]
        assert [one["subject"] for one in booked.messages] == ["Hello Anna", "Thanks"]
        assert booked.now - START == timedelta(days=1)
        assert (Run.objects.count(), Delivery.objects.count(), Activity.objects.count()) == (0, 0, 0)


def test_a_text_is_shown_with_the_persons_data_and_its_unknown_token(fairview: Club) -> None:
    anna = person(fairview.tenant)
    with tenant_scope(fairview.tenant):
        [message] = walk(until_booked(), anna, now=START).messages
    assert message["text"] == "Dear Anna, "
    assert "no" in message["problem"]


def test_who_would_not_enter_is_told_why(fairview: Club) -> None:
    anna = person(fairview.tenant)
    with tenant_scope(fairview.tenant):
        set_restriction(anna.pk, is_restricted=True)
        assert walk(until_booked(), anna, now=START).refused == "The use of the person's data is restricted"


def test_the_page_goes_from_press_to_press(staff: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    person(fairview.tenant, "Annabel")
    with tenant_scope(fairview.tenant):
        pk = lifecycle.create_journey(name="Try", definition=until_booked()).pk
    page = staff.get(f"/admin/journeys/{pk}/try/?customer=Anna").content.decode()
    assert "Anna waits at “Wait for something”." in page
    assert f"?customer={anna.pk}&amp;way=h#jy-time" in page
    assert "Whom do you mean?" in staff.get(f"/admin/journeys/{pk}/try/?customer=nna").content.decode()
    over = staff.get(f"/admin/journeys/{pk}/try/?customer={anna.pk}&way=tx").content.decode()
    assert "The journey is over for Anna." in over
    assert '<span class="crm-badge crm-good">E-mail</span>' in over


def test_why_not_says_what_would_bring_somebody_in(staff: Client, fairview: Club) -> None:
    anna = person(fairview.tenant, handicap_tenths=190)
    play = Play(fairview.tenant)
    raw = journey(
        wait("w"), triggers=[{**on_event("teetime.booking.created"), "rule": RULE}, {"kind": "MANUAL"}]
    )
    one = play.start(raw)
    with play.open():
        event, by_hand = now_for(one, anna)
    assert (event["passes"], event["because"]) == (False, "handicap is less than 18 (it is 19)")
    assert (by_hand["passes"], by_hand["because"]) == (True, "")
    page = staff.get(f"/admin/journeys/{one.pk}/why/?customer=Anna").content.decode()
    assert "Would not be let in now: handicap is less than 18 (it is 19) does not hold." in page


def test_the_people_page_names_steps_of_old_versions(staff: Client, fairview: Club) -> None:
    play = Play(fairview.tenant)
    one = play.start(journey(wait("old")))
    play.enter(one, person(fairview.tenant))
    with play.open():
        save_draft(get_journey(one.pk), journey(send("new")), "Changed")
        lifecycle.publish(one.pk, choices={})
    page = staff.get(f"/admin/journeys/{one.pk}/people/").content.decode()
    assert '<td data-label="Step">Wait</td>' in page


def test_an_exported_journey_comes_in_again_under_a_free_name(staff: Client, fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        other = lifecycle.create_journey(name="Other", definition=journey(wait("w")))
        raw = journey(
            wait("w", to="e"), {"id": "e", "kind": "ENROL", "journey": str(other.pk), "ways": {"next": None}}
        )
        row = lifecycle.create_journey(name="Summer", definition=raw)
    file = BytesIO(staff.get(f"/admin/journeys/{row.pk}/export/").content)
    made = staff.post("/admin/journeys/import/", {"file": file})
    page = staff.get(made["Location"]).content.decode()
    assert "<small>Other</small>" in page
    with tenant_scope(fairview.tenant):
        copy = Journey.objects.get(name="Summer 2")
        assert draft_of(copy).definition == draft_of(row).definition
    broken = staff.post(
        "/admin/journeys/import/", {"file": BytesIO(b'{"steps": [{"kind": "FLY"}]}')}, follow=True
    )
    assert "there is no kind" in broken.content.decode()


# --- Tasks


def test_a_task_is_noted_put_off_taken_and_changed(fairview: Club) -> None:
    desk_staff = desk(fairview.staff)
    anna = person(fairview.tenant)
    with tenant_scope(fairview.tenant):
        task = make_task(anna.pk, TaskFields(title="Call"))

    def act(**values: Any) -> Task:
        desk_staff.post(f"/admin/tasks/{task.pk}/act/", values)
        with tenant_scope(fairview.tenant):
            found: Task = Task.objects.select_related("owner").get(pk=task.pk)
            return found

    with tenant_scope(fairview.tenant):
        day = today() + timedelta(days=5)
    assert act(mine="1").owner == fairview.staff
    changed = act(change="1", title="Call Anna", reason="Why", due_on=day.isoformat(), owner="")
    assert (changed.title, changed.reason, changed.due_on, changed.owner) == ("Call Anna", "Why", day, None)
    assert act(until=(day + timedelta(days=1)).isoformat()).snoozed_until == day + timedelta(days=1)
    assert act(until="soon").snoozed_until == day + timedelta(days=1)
    assert act(days="2.5").snoozed_until == day + timedelta(days=1)
    closed = act(outcome="PROMISED", note="Comes on Sunday")
    assert (closed.status, closed.outcome, closed.note) == ("CLOSED", "PROMISED", "Comes on Sunday")


def test_a_task_that_was_closed_by_mistake_is_taken_back(fairview: Club) -> None:
    anna = person(fairview.tenant)
    reception, api = desk(fairview.staff), Client(headers=factories.bearer(fairview.tenant))
    with tenant_scope(fairview.tenant):
        task = make_task(anna.pk, TaskFields(title="Ring her"))
    act = f"/admin/tasks/{task.pk}/act/"

    open_already = text_of(reception.post(act, {"reopen": "1"}, follow=True))
    reception.post(act, {"outcome": "LOST", "note": "Moved away"})
    done = text_of(reception.get("/admin/tasks/?done=1"))
    reception.post(act, {"reopen": "1"})
    with tenant_scope(fairview.tenant):
        task.refresh_from_db()
        first = (task.status, task.outcome, task.note, task.closed_by_name)
    api.patch(f"/api/v1/tasks/{task.pk}", {"outcome": "DONE"}, content_type="application/json")
    again = api.patch(f"/api/v1/tasks/{task.pk}", {"reopen": True}, content_type="application/json").json()

    assert "This task is open." in open_already
    assert "Take back: Ring her" in done
    assert first == ("OPEN", "", "", "")
    assert (again["status"], again["outcome"]) == ("OPEN", None)
    with tenant_scope(fairview.tenant):
        told = Activity.objects.filter(type="TASK_REOPENED").order_by("id").values_list("title", flat=True)
        assert list(told) == ["Taken back, lost: Ring her", "Taken back, done: Ring her"]


def test_a_task_is_made_by_name_where_one_person_is_meant(fairview: Club) -> None:
    desk_staff = desk(fairview.staff)
    person(fairview.tenant)
    person(fairview.tenant, "Annabel")
    for name in ("nna", "Zoe", "Anna"):
        desk_staff.post(
            "/admin/tasks/new/", {"customer": name, "title": f"Call {name}", "back": "/admin/tasks/"}
        )
    with tenant_scope(fairview.tenant):
        assert list(Task.objects.values_list("title", flat=True)) == ["Call Anna"]


def test_a_task_finds_people_by_first_and_last_name_and_loses_nothing_that_was_typed(fairview: Club) -> None:
    client = desk(fairview.staff)
    plain = {"display_name": "", "last_name": "Mokoena"}
    one = person(fairview.tenant, "Thandi", **plain)
    other = person(fairview.tenant, "Thabo", **plain)
    typed = {"title": "Call about lessons", "reason": "Asked twice", "due_on": "2027-01-04", "owner": ""}

    nobody = client.post("/admin/tasks/new/", {**typed, "customer": "Mokwena"})
    several = client.post("/admin/tasks/new/", {**typed, "customer": "Mokoena"})
    made = client.post("/admin/tasks/new/", {**typed, "customer": "thandi mokoena"})

    assert (nobody.status_code, several.status_code, made.status_code) == (422, 422, 302)
    for answer in (nobody, several):
        html = answer.content.decode()
        assert all(f'value="{typed[name]}"' in html for name in ("title", "reason", "due_on"))
        assert '<details class="crm-card jy-more jy-top" open>' in html
    assert "Nobody was found for “Mokwena”" in nobody.content.decode()
    assert all(f'<option value="{each.pk}">' in several.content.decode() for each in (one, other))
    with tenant_scope(fairview.tenant):
        assert [task.profile_id for task in Task.objects.all()] == [one.pk]


def test_who_may_not_see_money_is_told_none(fairview: Club) -> None:
    assert "0 customers, R0" not in desk(fairview.staff).get("/admin/tasks/").content.decode()
    assert "0 customers, R0" in desk(fairview.admin).get("/admin/tasks/").content.decode()


# --- Approval


def test_where_the_club_wants_it_a_second_person_publishes(fairview: Club) -> None:
    admin, manager = desk(fairview.admin), desk(fairview.marketing_manager)
    manager.post("/admin/journeys/settings/", {"needs_approval": "1"})
    assert not Tenant.objects.get(pk=fairview.tenant.pk).settings.get(lifecycle.APPROVAL)
    admin.post("/admin/journeys/settings/", {"needs_approval": "1"})
    with tenant_scope(fairview.tenant):
        pk = lifecycle.create_journey(name="Asked", definition=journey(ask("q", rule=RULE))).pk

    assert "Ask a colleague to publish it" in manager.get(f"/admin/journeys/{pk}/publish/").content.decode()
    manager.post(f"/admin/journeys/{pk}/act/", {"act": "submit"})
    manager.post(f"/admin/journeys/{pk}/publish/")
    with tenant_scope(fairview.tenant):
        assert Journey.objects.get(pk=pk).status == "DRAFT"
    assert 'id="jy-publish"' not in manager.get(f"/admin/journeys/{pk}/publish/").content.decode()
    assert "waits for a colleague" in admin.get("/admin/journeys/").content.decode()
    admin.post(f"/admin/journeys/{pk}/publish/")
    with tenant_scope(fairview.tenant):
        assert Journey.objects.get(pk=pk).status == "ACTIVE"


def test_a_journey_gets_another_name_and_roles_see_what_they_may(staff: Client, fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        pk = lifecycle.create_journey(name="Old", definition=journey(wait("w"))).pk
    staff.post(f"/admin/journeys/{pk}/act/", {"act": "rename", "name": "New", "description": "For members"})
    with tenant_scope(fairview.tenant):
        row = Journey.objects.get(pk=pk)
    assert (row.name, row.description) == ("New", "For members")
    seen = desk(fairview.viewer).get(f"/admin/journeys/{pk}/").content.decode()
    assert "This is a draft: nothing happens to anybody yet." in seen
    assert "Delete this draft" not in seen
    assert "Delete this draft" in staff.get(f"/admin/journeys/{pk}/").content.decode()
