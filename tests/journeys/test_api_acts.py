"""The rest of the journeys' API: what each act takes and refuses, trials as jobs, secrets, the same in GraphQL."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from journeys import trials
from journeys.drafts import get_journey
from journeys.models import EntryRefusal, Journey, JourneySecret, Run, RunEnded, Trial
from messaging.models import Delivery
from profiles.merging.actions import merge_profiles
from segments.lists import add_members
from segments.models import Segment
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.journeys.definitions import ask, journey, on_event, send, wait
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


def post(api: Client, path: str, body: Any = None, **headers: str) -> Any:
    return api.post(f"{path}{OWN}", body or {}, "application/json", headers=headers)


def made(api: Client, definition: Any = WELCOME, *, starts: bool = False) -> str:
    answer = post(api, URL, {"name": f"J {uuid4()}", "definition": definition})
    assert answer.status_code == 201, answer.json()
    journey_id = str(answer.json()["id"])
    if starts:
        assert post(api, f"{URL}/{journey_id}/activate").status_code == 200
    return journey_id


# --- Letting people in


def test_entries_by_the_api_obey_the_trigger_by_hand(api: Client, fairview: Club) -> None:
    gold = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}
    anna, ben = person(fairview.tenant, membership_tier="Gold"), person(fairview.tenant, "Ben")
    journey_id = made(api, journey(wait("day"), triggers=[{"kind": "MANUAL", "rule": gold}]), starts=True)
    unknown = uuid4()
    answer = post(
        api, f"{URL}/{journey_id}/enroll", {"customerIds": [str(anna.pk), str(ben.pk), str(unknown)]}
    ).json()
    assert answer["enrolled"] == 1
    assert {one["customerId"]: one["result"] for one in answer["results"]} == {
        str(anna.pk): "ENROLLED", str(ben.pk): "CONDITION", str(unknown): "NOT_FOUND",
    }  # fmt: skip


def test_a_key_makes_a_run_of_its_own_and_data_is_what_texts_call_event(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    raw = journey(
        send("hello", text="Hole {{ event.hole }}"), triggers=[on_event("TEETIME_BOOKED", "bookingId")],
        entry={"policy": "ONCE_PER_KEY"},
    )  # fmt: skip
    journey_id = made(api, raw, starts=True)
    results = []
    for key in ("B1", "B2", "B1"):
        body = {"customerId": str(anna.pk), "key": key, "data": {"hole": key}}
        results.append(post(api, f"{URL}/{journey_id}/enroll", body).json()["results"][0]["result"])
        Play(fairview.tenant, timezone.now() + timedelta(seconds=5)).tick()
    assert results == ["ENROLLED", "ENROLLED", "ONCE_PER_KEY"]
    with tenant_scope(fairview.tenant):
        assert [row.variables["event"]["hole"] for row in Delivery.objects.order_by("pk")] == ["B1", "B2"]


def test_a_request_that_is_sent_again_enters_nobody_twice(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    journey_id = made(api, journey(send("hello"), entry={"policy": "AFTER_EXIT"}), starts=True)
    answers = []
    for _ in range(2):
        body = {"customerId": str(anna.pk)}
        answers.append(post(api, f"{URL}/{journey_id}/enroll", body, **{"Idempotency-Key": "again"}).json())
        Play(fairview.tenant, timezone.now() + timedelta(seconds=5)).tick()
    assert answers[0] == answers[1]
    with tenant_scope(fairview.tenant):
        assert RunEnded.objects.count() == 1


def test_a_segment_enters_and_one_that_is_none_is_not_found(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    with tenant_scope(fairview.tenant):
        listed = Segment.objects.create(tenant=fairview.tenant, name="L", type="STATIC")
        add_members(listed.pk, [anna.pk])
    journey_id = made(api, starts=True)
    path = f"{URL}/{journey_id}/enroll"
    assert post(api, path, {"segmentId": str(listed.pk)}).json()["enrolled"] == 1
    for bad in (str(uuid4()), "none"):
        refused = post(api, path, {"segmentId": bad})
        assert (refused.status_code, "segment" in refused.json()["error"]["message"]) == (404, True)


def test_null_is_no_body_as_the_generated_client_of_go_writes_it(api: Client) -> None:
    journey_id = made(api)

    for act in ("activate", "pause", "archive"):
        answer = api.generic("POST", f"{URL}/{journey_id}/{act}{OWN}", b"null", "application/json")
        assert answer.status_code == 200, (act, answer.content)
    assert answer.json()["status"] == "ARCHIVED"


# --- What acts refuse


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("post", "", {"name": 7}, "name"),
        ("post", "", {"name": "J", "description": ["x"]}, "description"),
        ("patch", "/{id}", {"name": ["x"]}, "name"),
        ("patch", "/{id}", {"description": 5}, "description"),
        ("put", "/{id}/steps", {"steps": {}}, "steps"),
        ("post", "/{id}/activate", {"moves": []}, "moves"),
        ("post", "/{id}/activate", {"moves": {"1:a": "MOVE"}}, "moves"),
        ("post", "/{id}/activate", {"how": "FASTER"}, "how"),
        ("post", "/{id}/activate", {"minutes": "soon"}, "minutes"),
        ("post", "/{id}/activate", {"minutes": -1}, "minutes"),
        ("post", "/{id}/activate", {"note": 5}, "note"),
        ("post", "/{id}/pause", {"entries": "LOSE"}, "entries"),
        ("post", "/{id}/archive", {"people": "DROP"}, "people"),
        ("post", "/{id}/enroll", {}, "customerIds"),
        ("post", "/{id}/enroll", {"customerIds": ["x"]}, "customerIds"),
        ("post", "/{id}/enroll", {"customerId": "x", "customerIds": []}, "customerIds"),
        ("post", "/{id}/enroll", {"customerIds": [], "data": []}, "data"),
        ("post", "/{id}/enroll", {"customerIds": [], "key": 7}, "key"),
        ("post", "/{id}/simulate", {"days": 0}, "days"),
        ("post", "/{id}/simulate", {"days": "all"}, "days"),
        ("post", "/{id}/trials", {"days": 366}, "days"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_field(
    api: Client, method: str, path: str, body: Any, field: str
) -> None:
    journey_id = made(api)
    address = f"{URL}{path.replace('{id}', journey_id)}{OWN}"
    refused = getattr(api, method)(address, body, "application/json")
    assert refused.status_code == 422, refused.json()
    assert refused.json()["error"]["details"][0]["field"] == field


def test_errors_of_a_definition_name_step_and_code(api: Client) -> None:
    bad = journey(
        {"id": "hook", "kind": "WEBHOOK", "url": "ftp://x", "secret": "none", "body": "{% if %}", "save": {"key": "a"},
         "ways": {"next": None}}
    )  # fmt: skip
    journey_id = made(api, bad)
    refused = post(api, f"{URL}/{journey_id}/activate").json()["error"]
    assert refused["code"] == "INVALID_JOURNEY"
    assert [(one["field"], one["code"]) for one in refused["details"]] == [
        ("hook", "INVALID_ADDRESS"), ("hook", "UNKNOWN_SECRET"), ("hook", "INVALID_TEXT"), ("hook", "RESERVED_NAME"),
    ]  # fmt: skip
    unknown = post(api, URL, {"name": "Other", "definition": journey({"id": "a", "kind": "DANCE"})})
    assert (unknown.status_code, unknown.json()["error"]["details"][0]["field"]) == (422, "a")


def test_a_pause_is_ended_with_a_choice(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    journey_id = made(api, starts=True)
    post(api, f"{URL}/{journey_id}/enroll", {"customerId": str(anna.pk)})
    play = Play(fairview.tenant)
    play.tick()
    post(api, f"{URL}/{journey_id}/pause", {"entries": "DROP"})
    refused = post(api, f"{URL}/{journey_id}/enroll", {"customerId": str(person(fairview.tenant, "Ben").pk)})
    assert refused.json()["results"][0]["result"] == "PAUSED"
    again = post(api, f"{URL}/{journey_id}/activate", {"how": "SHIFT", "minutes": 5})
    assert (again.status_code, again.json()["status"]) == (200, "ACTIVE")


def test_what_was_merged_is_explained_as_the_survivor_and_nobody_is_not_found(
    api: Client, fairview: Club
) -> None:
    anna, ben = person(fairview.tenant), person(fairview.tenant, "Ben")
    journey_id = made(api, starts=True)
    post(api, f"{URL}/{journey_id}/enroll", {"customerId": str(anna.pk)})
    with tenant_scope(fairview.tenant):
        merge_profiles(anna.pk, ben.pk)
    found = api.get(f"{URL}/{journey_id}/explain{OWN}&customerId={ben.pk}").json()
    assert (found["isIn"], found["run"]["customerId"]) == (True, str(anna.pk))
    assert api.get(f"{URL}/{journey_id}/explain{OWN}&customerId={uuid4()}").status_code == 404
    assert api.get(f"{URL}/{journey_id}/explain{OWN}&customerId=x").status_code == 400
    assert post(api, f"{URL}/{journey_id}/simulate", {"customerId": "x"}).status_code == 404


# --- Trials as jobs


def test_a_trial_is_started_watched_and_read(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    journey_id = made(api, journey(send("hello"), triggers=[on_event("TEETIME_BOOKED", "bookingId")]))
    play = Play(fairview.tenant)
    play.tell(anna, "TEETIME_BOOKED", timezone.now() - timedelta(days=3), bookingId="B1")
    path = f"{URL}/{journey_id}/trials"
    started = post(api, path, {"days": 10})
    assert (started.status_code, started.json()["status"], started.json()["progress"]) == (202, "PENDING", 0)
    again = post(api, path, {"days": 20}).json()
    assert (again["id"], again["days"]) == (started.json()["id"], 10)

    with tenant_scope(fairview.tenant):
        trials.run_waiting()
    done = api.get(f"{path}/{started.json()['id']}{OWN}").json()
    assert (done["status"], done["progress"], done["result"]["entered"]) == ("DONE", 100, 1)
    assert set(done["result"]) >= {"byDay", "byStep", "messagesByDay", "stillIn", "clashes", "samples"}
    assert sum(done["result"]["messagesByDay"].values()) == 1
    assert [one["id"] for one in api.get(f"{path}{OWN}").json()["data"]] == [done["id"]]
    for bad in (uuid4(), "x"):
        assert api.get(f"{path}/{bad}{OWN}").status_code == 404
    other = made(api)
    assert api.get(f"{URL}/{other}/trials/{done['id']}{OWN}").status_code == 404
    now = post(api, f"{URL}/{journey_id}/simulate", {"days": 10}).json()
    assert (now["entered"], now["byDay"]) == (1, done["result"]["byDay"])


def test_a_draft_that_somebody_was_to_enter_can_be_deleted(api: Client, fairview: Club) -> None:
    journey_id = made(api, WELCOME)
    anna = person(fairview.tenant)
    refused = post(api, f"{URL}/{journey_id}/enroll", {"customerIds": [str(anna.pk)]}).json()
    assert refused["enrolled"] == 0
    with tenant_scope(fairview.tenant):
        assert EntryRefusal.objects.filter(journey_id=journey_id).count() == 1

    assert api.delete(f"{URL}/{journey_id}{OWN}").status_code == 204
    assert api.get(f"{URL}/{journey_id}{OWN}").status_code == 404


# --- Secrets


def test_a_secret_is_told_once_and_stays_where_it_is_needed(api: Client, fairview: Club) -> None:
    address = f"/api/v1/journey-secrets/Loyalty{OWN}"
    made_one = post(api, "/api/v1/journey-secrets", {"name": "Loyalty"})
    assert made_one.status_code == 201
    assert post(api, "/api/v1/journey-secrets", {"name": "Loyalty"}).json()["error"]["code"] == "NAME_TAKEN"
    kept = api.put(address, {}, "application/json").json()
    assert kept["secret"] != made_one.json()["secret"]
    assert kept["secret"].startswith("whsec_")
    listed = api.get(f"/api/v1/journey-secrets{OWN}").json()["data"]
    assert [(one["name"], "secret" in one) for one in listed] == [("Loyalty", False)]
    hook = {
        "id": "h",
        "kind": "WEBHOOK",
        "url": "https://example.org/x",
        "secret": "Loyalty",
        "ways": {"next": None},
    }
    journey_id = made(api, journey(hook), starts=True)
    assert kept["secret"] not in api.get(f"{URL}/{journey_id}{OWN}").content.decode()
    refused = api.delete(address)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "SECRET_IN_USE")
    post(api, f"{URL}/{journey_id}/archive")
    assert api.delete(address).status_code == 204
    assert api.delete(address).status_code == 404
    assert api.put(address, {}, "application/json").status_code == 404
    for body in ({"name": "A", "secret": "short"}, {"name": ""}, {"name": 7}, {}):
        assert post(api, "/api/v1/journey-secrets", body).status_code == 422
    with tenant_scope(fairview.tenant):
        assert not JourneySecret.objects.exists()


# --- GraphQL


def test_graphql_has_an_act_for_each_of_rest(api: Client, fairview: Club) -> None:
    anna = person(fairview.tenant)
    raw = journey(wait("day", to="hello"), send("hello"), triggers=[{"kind": "MANUAL"}])
    created = data(
        question(
            api,
            'mutation($d: JSON!) { createJourney(tenantId: "fairview", name: "One", definition: $d) { id status } }',
            d=raw,
        )
    )["createJourney"]
    mine = {"id": created["id"]}
    text = (
        "mutation($id: ID!, $steps: JSON!, $who: ID!) {"
        ' updateJourney(tenantId: "fairview", id: $id, name: "Two", description: "x") { name description }'
        ' replaceJourneySteps(tenantId: "fairview", id: $id, steps: $steps)'
        ' simulateJourney(tenantId: "fairview", id: $id, customerId: $who)'
        ' startJourneyTrial(tenantId: "fairview", id: $id, days: 5)'
        ' activateJourney(tenantId: "fairview", id: $id, note: "Go") { version }'
        ' enrollInJourney(tenantId: "fairview", id: $id, customerIds: [$who], data: {a: 1}) { result }'
        ' pauseJourney(tenantId: "fairview", id: $id, entries: DROP) { status }'
        " }"
    )
    done = data(question(api, text, steps=[send("now", to="w"), wait("w")], who=str(anna.pk), **mine))
    assert done["updateJourney"] == {"name": "Two", "description": "x"}
    assert [one["step"] for one in done["simulateJourney"]["messages"]] == ["now"]
    assert done["startJourneyTrial"]["status"] == "PENDING"
    assert (done["activateJourney"], done["enrollInJourney"]) == ({"version": 1}, [{"result": "ENROLLED"}])
    assert done["pauseJourney"] == {"status": "PAUSED"}
    resumed = 'mutation($id: ID!) { activateJourney(tenantId: "fairview", id: $id, how: SKIP) { status } }'
    assert data(question(api, resumed, **mine)) == {"activateJourney": {"status": "ACTIVE"}}
    read = (
        'query($id: ID!, $who: ID!) { journey(tenantId: "fairview", id: $id) { name status }'
        ' journeyTrials(tenantId: "fairview", journeyId: $id) journeyAnalytics(tenantId: "fairview", journeyId: $id)'
        ' journeyEnrollments(tenantId: "fairview", journeyId: $id, step: "now") { step endedAt }'
        ' explainJourney(tenantId: "fairview", journeyId: $id, customerId: $who) }'
    )
    found = data(question(api, read, who=str(anna.pk), **mine))
    assert found["journey"] == {"name": "Two", "status": "ACTIVE"}
    assert len(found["journeyTrials"]) == 1
    assert found["journeyEnrollments"] == [{"step": "now", "endedAt": None}]
    assert found["explainJourney"]["isIn"] is True
    archive = 'mutation($id: ID!) { archiveJourney(tenantId: "fairview", id: $id, people: EXIT) { status } }'
    assert data(question(api, archive, **mine)) == {"archiveJourney": {"status": "ARCHIVED"}}
    draft = made(api)
    removed = 'mutation($id: ID!) { deleteJourney(tenantId: "fairview", id: $id) }'
    assert data(question(api, removed, id=draft)) == {"deleteJourney": True}
    with tenant_scope(fairview.tenant):
        assert Run.objects.count() == 0
        assert not Journey.objects.filter(pk=draft).exists()


# --- The command


def test_the_command_lists_shows_who_is_stuck_moves_and_tries(
    api: Client, fairview: Club, capsys: pytest.CaptureFixture[str]
) -> None:
    anna = person(fairview.tenant)
    journey_id = made(
        api, journey(ask("x", where=[{"path": "a", "value": 1}], no="hello"), send("hello")), starts=True
    )
    post(api, f"{URL}/{journey_id}/enroll", {"customerId": str(anna.pk)})
    with tenant_scope(fairview.tenant):
        name = get_journey(Run.objects.get().journey_id).name
        Run.objects.update(due_at="2026-01-01T00:00:00Z")
    call_command("journeys", "list", "fairview")
    assert f"entered       1  live       1  goal      0  {name}" in capsys.readouterr().out
    call_command("journeys", "stuck", "fairview")
    assert f"1  LATE      since 2026-01-01 00:00 UTC  {name}" in capsys.readouterr().out
    call_command("journeys", "move", "fairview")
    assert capsys.readouterr().out == "2 steps done for who was due\n"
    call_command("journeys", "dry-run", "fairview", "--journey", journey_id, "--days", "3")
    assert '"entered": 0' in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("journeys", "dry-run", "fairview")
    with pytest.raises(CommandError):
        call_command("journeys", "list", "nobody")
    with tenant_scope(fairview.tenant):
        assert not Trial.objects.exists()
