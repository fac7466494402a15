"""A key for events speaks for the services to which it is bound, and for no other."""

import json
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.cast import Club
from tests.events.test_http_door import EVENTS, event, post, stored


def door(club: Club, *sources: str) -> Client:
    key = factories.api_key(club.tenant, scopes=["crm:events"], sources=sources)
    return Client(headers={"X-API-Key": key})


def test_events_of_the_own_service_are_taken(fairview: Club) -> None:
    assert post(door(fairview, "scl"), event()).status_code == 202
    assert stored() == ["e-1"]


@pytest.mark.parametrize(
    "changes",
    [
        {},  # by its type of SCL
        {"source": "scl"},
        {"source": "teetime"},  # its own source, another's type: the type decides what an event does
        {"type": "member.deleted", "payload": {"id": 4711}},  # an alias of scl.member.deleted
        {"type": "messaging.consent.changed", "source": "teetime"},
        {"type": "teetime.player.created", "source": "messaging"},
    ],
)
def test_events_in_anothers_name_are_refused(fairview: Club, changes: dict[str, Any]) -> None:
    answer = post(door(fairview, "teetime"), event(**changes))

    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], error["details"][0]["field"]) == ("FOREIGN_SOURCE", "source")
    assert stored() == []


def test_a_foreign_event_does_not_spoil_its_neighbours(fairview: Club) -> None:
    own = event("e-2", type="teetime.player.created", payload={"id": "p-1"}, identity={})

    answer = post(door(fairview, "teetime"), [event(), own])

    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert [(each["index"], each["code"]) for each in answer.json()["rejected"]] == [(0, "FOREIGN_SOURCE")]
    assert stored() == ["e-2"]


def test_a_token_is_bound_where_its_issuer_says_so(fairview: Club) -> None:
    free = Client(headers=factories.bearer(fairview.tenant, scopes=["crm:events"]))
    bound = Client(headers=factories.bearer(fairview.tenant, scopes=["crm:events"], sources=["teetime"]))

    assert post(bound, event()).status_code == 422
    assert post(free, event()).status_code == 202


def test_one_sees_what_became_of_ones_own_events_only(fairview: Club) -> None:
    post(door(fairview, "scl"), event())

    assert door(fairview, "scl").get(f"{EVENTS}/e-1").status_code == 200
    assert door(fairview, "teetime").get(f"{EVENTS}/e-1").status_code == 404


def test_the_refusal_tells_for_whom_the_key_may_speak(fairview: Club) -> None:
    answer = json.loads(post(door(fairview, "teetime", "feedback"), event()).content)

    assert "publish for feedback, teetime, not for scl" in answer["error"]["message"]
