"""`updatedAt` and `updatedFrom` of tasks, notes and promotions: whichever statement changes a row, programs see it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from journeys.staff_tasks import TaskFields, make_task
from profiles.editing import Author, add_note
from profiles.notes import change_note
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.profiles.api_callers import thandi

pytestmark = pytest.mark.django_db(transaction=True)
FEST = {"name": "Summer fest", "startsAt": "2031-06-01T10:00:00Z"}


@pytest.fixture
def api(fairview: Club) -> Client:
    scopes = ["crm:read", "crm:write", "crm:social"]
    return Client(headers={"X-API-Key": factories.api_key(fairview.tenant, scopes=scopes)})


def test_the_answer_to_a_change_of_a_task_tells_when_it_was(fairview: Club, api: Client) -> None:
    customer = str(thandi(fairview.tenant))
    made = [_post(api, "/tasks", {"customerId": customer, "title": title}) for title in ("Call", "Visit")]
    url = f"/api/v1/tasks/{made[0]['id']}"

    changed = api.patch(url, {"title": "Call now"}, "application/json").json()

    assert [each["updatedAt"] for each in made] == [each["createdAt"] for each in made]
    assert changed["updatedAt"] > made[1]["updatedAt"]
    assert api.get(url).json()["updatedAt"] == changed["updatedAt"]
    assert _ids(api, "/tasks", changed["updatedAt"]) == [made[0]["id"]]
    asked = api.post("/graphql", {"query": "{ tasks { id createdAt updatedAt } }"}, "application/json").json()
    told = {one["id"]: (one["createdAt"], one["updatedAt"]) for one in asked["data"]["tasks"]}
    assert told[made[0]["id"]] == (made[0]["createdAt"], changed["updatedAt"])


def test_a_note_and_a_plan_that_changed_are_found(fairview: Club, api: Client) -> None:
    customer = thandi(fairview.tenant)
    author = Author(name="Thabo")
    with tenant_scope(fairview.tenant):
        notes = [add_note(customer, body, author) for body in ("Left-handed", "Parks far away")]
        changed = change_note(
            notes[0].pk, author, body="Right-handed", is_pinned=True, may_change_others=True
        )
    plans = [
        _post(
            api,
            "/promotions",
            {"sourceType": "CLUB_EVENT", "sourceId": name, "event": FEST, "channels": ["POST"]},
        )
        for name in ("one", "two")
    ]
    plan = api.patch(f"/api/v1/promotions/{plans[0]['id']}", {"reminderDays": [2]}, "application/json").json()

    assert _ids(api, f"/customers/{customer}/notes", changed.updated_at.isoformat()) == [str(notes[0].pk)]
    assert plan["updatedAt"] > plans[1]["updatedAt"]
    assert _ids(api, "/promotions", plan["updatedAt"]) == [plans[0]["id"]]


@pytest.mark.parametrize("table", ["journeys_task", "profiles_note", "social_promotion"])
def test_a_row_that_is_written_as_it_was_did_not_change(fairview: Club, api: Client, table: str) -> None:
    customer = thandi(fairview.tenant)
    with tenant_scope(fairview.tenant):
        make_task(customer, TaskFields(title="Call"))
        add_note(customer, "Left-handed", Author(name="Thabo"))
    _post(
        api, "/promotions", {"sourceType": "CLUB_EVENT", "sourceId": "x", "event": FEST, "channels": ["POST"]}
    )
    column, other = {"journeys_task": ("title", "'Visit'"), "profiles_note": ("body", "'Tall'")}.get(
        table, ("name", "'Winter fest'")
    )

    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        cursor.execute(f"SELECT updated_at FROM {table}")
        ((made,),) = cursor.fetchall()
        cursor.execute(f"UPDATE {table} SET {column} = {column} RETURNING updated_at")
        ((as_it_was,),) = cursor.fetchall()
        cursor.execute(f"UPDATE {table} SET {column} = {other} RETURNING updated_at")
        ((changed,),) = cursor.fetchall()

    assert as_it_was == made
    assert changed > made


def _post(api: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(f"/api/v1{path}", body, "application/json")
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def _ids(api: Client, path: str, since: str) -> list[str]:
    answer = api.get(f"/api/v1{path}", {"updatedFrom": since, "sort": "updatedAt"})
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["data"]]
