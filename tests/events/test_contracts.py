"""The contracts of events: schemas, warnings for what nobody reads, dry runs, dead events by REST."""

from typing import Any

import jsonschema
import pytest
from django.test import Client

from events import outbound
from events.api.contracts import asyncapi
from events.catalogue.contracts import schema_of, warnings_of
from events.catalogue.registry import EVENT_TYPES, canonical
from events.models import InboxEvent, InboxStatus
from profiles.ingest import process_pending
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.cast import Club
from tests.events.test_http_door import CONTRACT, EVENTS, event, post, publisher, stored


@pytest.mark.parametrize("given", CONTRACT, ids=lambda given: given["id"])
def test_events_of_the_contract_fit_the_published_schemas(given: dict[str, Any]) -> None:
    known = canonical(given["type"])
    if known is None:
        pytest.skip("a type that the catalogue lets pass unread")

    jsonschema.validate(given["payload"], schema_of(known))


def test_a_schema_says_what_is_needed_and_of_which_kind() -> None:
    known = canonical("payment.received")
    assert known is not None
    schema = schema_of(known)

    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == ["amountCents"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"amountCents": "much"}, schema)


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        (
            "scl.member.created",
            {"id": 1, "first_name": "X"},
            "payload.first_name is not known; did you mean firstName",
        ),
        ("member.created", {"tierName": "Gold"}, "did you mean membershipTierName"),
        (
            "teetime.booking.created",
            {"players": [{"nmae": "x"}]},
            "payload.players.0.nmae is not known; did you mean name",
        ),
        (
            "scl.member.craeted",
            {},
            "The type scl.member.craeted is not known; did you mean scl.member.created",
        ),
        ("scl.member.created", {"qqq": 1}, "payload.qqq is not known."),
    ],
)
def test_what_nobody_reads_is_named_with_what_was_meant(
    kind: str, payload: dict[str, Any], said: str
) -> None:
    (warned,) = warnings_of(kind, payload)

    assert said in warned.message


def test_the_verdict_and_the_event_carry_the_warnings(fairview: Club) -> None:
    api = publisher(fairview.tenant)
    typo = event(type="scl.member.created", payload={"id": 4713, "tierName": "Gold"})

    verdict = post(api, [event("e-0"), typo]).json()

    assert (verdict["accepted"], [each["index"] for each in verdict["warnings"]]) == (2, [1])
    assert verdict["warnings"][0]["field"] == "payload.tierName"
    assert api.get(f"{EVENTS}/e-1").json()["warnings"][0]["field"] == "payload.tierName"


def test_a_dry_run_reads_payloads_and_stores_nothing(fairview: Club) -> None:
    body = [
        event(),
        event("e-2", payload={"id": "p", "amountCents": "much"}),
        event("e-3", tenantId="nobody"),
        event("e-4", payload={"id": "p-4", "amountCents": 100, "paidAt": "yesterday"}),
    ]

    answer = publisher(fairview.tenant).post(f"{EVENTS}?dryRun=true", body, "application/json").json()

    assert answer["accepted"] == 2
    assert [(each["index"], each["field"]) for each in answer["warnings"]] == [(3, "payload.paidAt")]
    assert [(each["index"], each["code"]) for each in answer["rejected"]] == [
        (1, "INVALID_PAYLOAD"),
        (2, "UNKNOWN_TENANT"),
    ]
    assert stored() == []


def test_a_source_sees_its_dead_events_and_replays_them(fairview: Club) -> None:
    api = publisher(fairview.tenant, sources=["scl"])
    post(api, [event("good"), event("bad", payload={"amountCents": "much"})])
    with tenant_scope(fairview.tenant):
        process_pending()

    dead = api.get(f"{EVENTS}?status=DEAD&source=scl").json()
    short = api.get(f"{EVENTS}?status=DEAD&fields=type,error").json()
    again = api.post(f"{EVENTS}/bad/replay")
    refused = api.post(f"{EVENTS}/good/replay")

    assert [(each["id"], each["error"]["code"]) for each in dead["data"]] == [("bad", "INVALID_PAYLOAD")]
    [row] = dead["data"]
    assert short["data"] == [{name: row[name] for name in ("id", "type", "error")}]
    assert (again.status_code, again.json()["status"]) == (202, "PENDING")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "WRONG_STATUS")


def test_the_list_goes_on_by_cursor_and_shows_ones_own_services_only(fairview: Club) -> None:
    post(publisher(fairview.tenant), [event(f"e-{number}") for number in range(5)])
    with tenant_scope(fairview.tenant):
        InboxEvent.objects.filter(event_id="e-4").update(source="teetime")
    api = publisher(fairview.tenant, sources=["scl"])

    first = api.get(f"{EVENTS}?take=3").json()
    rest = api.get(f"{EVENTS}?take=3&cursor={first['meta']['nextCursor']}").json()

    assert [each["id"] for each in first["data"] + rest["data"]] == ["e-3", "e-2", "e-1", "e-0"]
    assert rest["meta"] == {"take": 3, "hasMore": False, "nextCursor": None}


@pytest.mark.parametrize("query", ["status=LOST", "source=x", "since=yesterday", "cursor=x", "take=0"])
def test_filters_that_make_no_sense_are_refused(fairview: Club, query: str) -> None:
    assert publisher(fairview.tenant).get(f"{EVENTS}?{query}").status_code == 400


def test_every_type_is_listed_and_found_by_its_aliases(fairview: Club) -> None:
    api = Client(headers=factories.bearer(scopes=["crm:events"]))

    listed = api.get("/api/v1/event-types").json()["data"]

    assert [each["name"] for each in listed] == [each.name for each in EVENT_TYPES]
    assert api.get("/api/v1/event-types/member.created").json() == next(
        each for each in listed if each["name"] == "scl.member.created"
    )
    assert api.get("/api/v1/event-types/nothing").status_code == 404


def test_asyncapi_holds_every_type_of_both_directions(db: None) -> None:
    document = asyncapi()

    channels = document["channels"]
    assert set(channels["in"]["messages"]) == {each.name for each in EVENT_TYPES}
    assert set(channels["out"]["messages"]) == set(outbound.types().values())
    assert "$defs" not in str(document)
    assert "$ref': '#/$defs" not in str(document)


def test_what_is_dead_is_not_touched_by_a_wrong_replay(fairview: Club) -> None:
    post(publisher(fairview.tenant), event())
    with all_tenants():
        InboxEvent.objects.update(status=InboxStatus.DEAD, error_code="INVALID_PAYLOAD", error_message="x")

    stranger = publisher(fairview.tenant, sources=["teetime"]).post(f"{EVENTS}/e-1/replay")

    assert stranger.status_code == 404
    with all_tenants():
        assert InboxEvent.objects.get().status == InboxStatus.DEAD
