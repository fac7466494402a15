"""Journeys and tasks through the API, from an empty draft to an explained run."""

from typing import Any

import pytest
from django.test import Client

from crm_platform.api.docs import description
from journeys.models import Journey, Run
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.journeys.definitions import ask, journey, send, wait
from tests.journeys.playing import Play, person
from tests.profiles.api_callers import caller
from tests.profiles.graphql_callers import ask as question
from tests.profiles.graphql_callers import data

URL = "/api/v1/journeys"
OWN = "?tenantId=fairview"
WELCOME = journey(send("hello", to="pause"), wait("pause", 3, to="again"), send("again"))


@pytest.fixture
def api(fairview: Club) -> Client:
    return caller(fairview.tenant)


def post(api: Client, path: str, body: Any = None) -> Any:
    return api.post(f"{path}{OWN}", body or {}, "application/json")


def made(api: Client, definition: Any = WELCOME) -> str:
    answer = post(api, URL, {"name": "Welcome", "definition": definition})
    assert answer.status_code == 201, answer.json()
    return str(answer.json()["id"])


def test_a_journey_is_made_started_and_explained(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    ben = person(fairview.tenant, "Ben")
    journey_id = made(api)

    started = post(api, f"{URL}/{journey_id}/activate")
    assert (started.status_code, started.json()["status"], started.json()["version"]) == (200, "ACTIVE", 1)
    first = post(api, f"{URL}/{journey_id}/enroll", {"customerIds": [str(anna.pk)]}).json()
    again = post(api, f"{URL}/{journey_id}/enroll", {"customerIds": [str(anna.pk)]}).json()
    Play(fairview.tenant).tick()

    assert (first["enrolled"], first["results"][0]["result"]) == (1, "ENROLLED")
    assert (again["enrolled"], again["results"][0]["result"]) == (0, "ALREADY_IN")
    why = api.get(f"{URL}/{journey_id}/explain{OWN}&customerId={anna.pk}").json()
    assert why["isIn"] is True
    assert why["story"][0]["title"] == "Entered"
    why_not = api.get(f"{URL}/{journey_id}/explain{OWN}&customerId={ben.pk}").json()["whyNot"]
    assert why_not["reason"] == "NEVER_TRIGGERED"


def test_errors_name_the_step(api: Client) -> None:
    journey_id = made(api, journey(send("hello"), send("lost")))
    # The draft is what is wrong, not the request.
    for act in ("activate", "simulate", "trials"):
        answer = post(api, f"{URL}/{journey_id}/{act}")
        assert answer.status_code == 409, act
        assert answer.json()["error"]["code"] == "INVALID_JOURNEY", act
        assert answer.json()["error"]["details"][0]["field"] == "lost", act
    sent = post(api, f"{URL}/{journey_id}/simulate", {"definition": journey(send("hello"), send("lost"))})
    assert (sent.status_code, sent.json()["error"]["code"]) == (422, "INVALID_JOURNEY")


def test_over_the_past_a_trial_answers_with_numbers(api: Client) -> None:
    told = post(api, f"{URL}/{made(api)}/simulate", {"days": 2}).json()

    described = description()["components"]["schemas"]["JourneyReplayed"]["properties"]
    assert set(told) == set(described)
    assert (told["days"], told["entered"], told["sent"]) == (2, 0, 0)


def test_trying_with_one_person_leaves_nothing_behind(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    journey_id = made(api)

    tried = post(api, f"{URL}/{journey_id}/simulate", {"customerId": str(anna.pk)}).json()

    assert [one["step"] for one in tried["messages"]] == ["hello", "again"]
    assert [line.get("outcome") for line in tried["story"]] == [
        None,
        "PLANNED",
        "WAITED",
        "PLANNED",
        "COMPLETED",
    ]
    play = Play(fairview.tenant)
    for table in ("journeys_run", "journeys_runended", "messaging_delivery", "journeys_journeyversion"):
        assert play.count(table) == 0


def test_a_pause_holds_and_archiving_ends(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    journey_id = made(api)
    post(api, f"{URL}/{journey_id}/activate")
    post(api, f"{URL}/{journey_id}/enroll", {"customerId": str(anna.pk), "customerIds": []})
    assert post(api, f"{URL}/{journey_id}/pause").json()["status"] == "PAUSED"
    play = Play(fairview.tenant)
    play.tick()
    assert play.sent(anna) == []

    assert post(api, f"{URL}/{journey_id}/activate").json()["status"] == "ACTIVE"
    play.tick()
    assert post(api, f"{URL}/{journey_id}/archive", {"people": "EXIT"}).json()["status"] == "ARCHIVED"

    assert play.ended(anna) == [("EXITED", "ARCHIVED")]
    refused = post(api, f"{URL}/{journey_id}/activate")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "INVALID_TRANSITION")


def test_a_condition_refused_says_which_part_and_its_value(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant, handicap_tenths=190)
    low = {"combinator": "AND", "rules": [{"field": "handicap", "operator": "lt", "value": 18}]}
    raw = journey(ask("x", where=[{"path": "a", "value": 1}]), triggers=[{"kind": "MANUAL", "rule": low}])
    journey_id = made(api, raw)
    post(api, f"{URL}/{journey_id}/activate")
    play = Play(fairview.tenant)
    with play.open():
        row = Journey.objects.get(pk=journey_id)
    assert play.enter(row, anna) == {"CONDITION": 1}
    why_not = api.get(f"{URL}/{journey_id}/explain{OWN}&customerId={anna.pk}").json()["whyNot"]
    assert why_not["words"] == "Did not fulfil the condition: handicap is less than 18 (it was 19)"


def test_graphql_tells_the_same(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    journey_id = made(api)
    started = question(
        api,
        'mutation($id: ID!) { activateJourney(tenantId: "fairview", id: $id) { status version } }',
        id=journey_id,
    )
    assert data(started) == {"activateJourney": {"status": "ACTIVE", "version": 1}}
    entered = question(
        api,
        "mutation($id: ID!, $who: [ID!]!)"
        ' { enrollInJourney(tenantId: "fairview", id: $id, customerIds: $who) { result } }',
        id=journey_id,
        who=[str(anna.pk)],
    )
    assert data(entered) == {"enrollInJourney": [{"result": "ENROLLED"}]}
    listed = question(
        api,
        'query($id: ID!) { journeys(tenantId: "fairview") { name } journeySteps(tenantId: "fairview", journeyId: $id)'
        ' journeyEnrollments(tenantId: "fairview", journeyId: $id) { customerId step } }',
        id=journey_id,
    )
    assert data(listed)["journeys"] == [{"name": "Welcome"}]
    assert [one["id"] for one in data(listed)["journeySteps"]] == ["hello", "pause", "again"]
    assert data(listed)["journeyEnrollments"] == [{"customerId": str(anna.pk), "step": "hello"}]


def test_a_task_is_made_put_off_and_closed(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    task = post(api, "/api/v1/tasks", {"customerId": str(anna.pk), "title": "Call Anna"})
    assert task.status_code == 201
    url = f"/api/v1/tasks/{task.json()['id']}{OWN}"
    assert api.patch(url, {"outcome": "GONE"}, "application/json").status_code == 422
    closed = api.patch(url, {"outcome": "PROMISED", "note": "Stays"}, "application/json").json()
    assert (closed["status"], closed["outcome"]) == ("CLOSED", "PROMISED")
    timeline = api.get(f"/api/v1/customers/{anna.pk}/activities{OWN}").json()["data"]
    assert timeline[0]["metadata"]["outcome"] == "PROMISED"
    assert api.patch(url, {"outcome": "LOST"}, "application/json").status_code == 409


def test_all_that_a_change_of_a_task_says_is_done_or_nothing(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    task = post(api, "/api/v1/tasks", {"customerId": str(anna.pk), "title": "Call Anna"}).json()
    url = f"/api/v1/tasks/{task['id']}{OWN}"

    refused = api.patch(url, {"outcome": "PROMISED", "title": 7}, "application/json")
    unread = api.patch(url, {"title": "Visit Anna", "outcome": "PROMISED", "note": 7}, "application/json")
    unchanged = api.get(url).json()
    done = api.patch(url, {"title": "Visit Anna", "outcome": "PROMISED"}, "application/json").json()

    assert [each["field"] for each in refused.json()["error"]["details"]] == ["title"]
    assert [each["field"] for each in unread.json()["error"]["details"]] == ["note"]
    assert unchanged == task
    assert (done["title"], done["status"], done["outcome"]) == ("Visit Anna", "CLOSED", "PROMISED")


def test_entries_by_fifty_at_once_make_one_run(fairview: Club) -> None:
    play = Play(fairview.tenant)
    anna = person(fairview.tenant)
    one = play.start(WELCOME)
    for _ in range(5):
        play.enter(one, *[anna.pk] * 10)
    with tenant_scope(fairview.tenant):
        assert Run.objects.filter(profile_id=anna.pk).count() == 1
