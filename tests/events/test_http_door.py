"""Events through `POST /api/v1/events`, and what became of them."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Door, InboxEvent
from profiles.ingest import process_pending
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.cast import Club

EVENTS = "/api/v1/events"
DATA = Path(__file__).parents[1] / "data"
CONTRACT = [json.loads(line) for line in (DATA / "contract-events.ndjson").read_text().splitlines()]
REFUSED = [json.loads(line) for line in (DATA / "refused-events.ndjson").read_text().splitlines()]


@pytest.fixture
def api(fairview: Club) -> Client:
    return publisher(fairview.tenant)


def publisher(*tenants: Tenant, **values: Any) -> Client:
    return Client(
        headers=factories.bearer(*tenants, scopes=["crm:events"], **values), raise_request_exception=False
    )


def event(event_id: str = "e-1", **changes: Any) -> dict[str, Any]:
    return {
        "id": event_id,
        "type": "scl.payment.received",
        "timestamp": "2026-03-01T08:15:00+02:00",
        "tenantId": "fairview",
        "identity": {"sclMemberId": 4711},
        "payload": {"id": "p-2", "memberId": 4711, "amountCents": 150000, "currency": "ZAR"},
    } | changes


def post(api: Client, body: Any, **options: Any) -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return api.post(EVENTS, text, content_type="application/json", **options)


def stored() -> list[str]:
    with all_tenants():
        return list(InboxEvent.objects.order_by("event_id").values_list("event_id", flat=True))


def test_one_event_is_accepted_and_stands_in_the_inbox(api: Client, fairview: Club) -> None:
    answer = post(api, event())

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 0, "rejected": []})
    with tenant_scope(fairview.tenant):
        row = InboxEvent.objects.get()
    assert (row.event_id, row.source, row.door, row.status) == ("e-1", "scl", Door.HTTP, "PENDING")
    assert row.envelope == event()


def test_the_same_batch_again_has_no_effect(api: Client, fairview: Club) -> None:
    batch = [event("e-1"), event("e-2")]
    post(api, batch)

    again = post(api, batch)

    assert (again.status_code, again.json()) == (202, {"accepted": 0, "duplicates": 2, "rejected": []})
    assert stored() == ["e-1", "e-2"]


def test_an_event_twice_in_one_batch_is_stored_once(api: Client, fairview: Club) -> None:
    answer = post(api, [event("e-1"), event("e-1"), event("e-2")])

    assert answer.json() == {"accepted": 2, "duplicates": 1, "rejected": []}


def test_a_bad_event_does_not_spoil_its_neighbours(api: Client, fairview: Club) -> None:
    batch = [
        event("e-1"),
        event("e-2", timestamp="yesterday"),
        7,
        event("e-3", payload={"x": "a\x00b"}),
        event("e-4"),
    ]

    answer = post(api, batch)

    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], body["duplicates"]) == (2, 0)
    assert [(each["index"], each["code"], each.get("field")) for each in body["rejected"]] == [
        (1, "INVALID_TIMESTAMP", "timestamp"),
        (2, "INVALID_ENVELOPE", None),
        (3, "INVALID_ENVELOPE", "payload.x"),
    ]
    assert all(each["message"] for each in body["rejected"])
    assert stored() == ["e-1", "e-4"]


@pytest.mark.parametrize(
    "rubbish",
    [
        '"payload": {"x": "\\u0000"}',
        '"payload": {"x": "\\ud83d"}',
        '"payload": {"x": 1' + "0" * 400 + "}",
        '"payload": {"x": 1' + "0" * 5_000 + "}",
        '"payload": {"x": -1e999}',
        '"payload": {"x": ' + "[" * 100 + "]" * 100 + "}",
        '"payload": 7',
        '"timestamp": "2999-01-01T00:00:00Z"',
    ],
)
def test_rubbish_in_one_event_leaves_the_others_alone(api: Client, fairview: Club, rubbish: str) -> None:
    good = json.dumps(event("good"))
    bad = json.dumps(event("bad")).removesuffix("}") + f", {rubbish}}}"

    answer = post(api, f"[{good}, {bad}]")

    assert answer.status_code == 202
    assert (answer.json()["accepted"], [each["index"] for each in answer.json()["rejected"]]) == (1, [1])
    assert stored() == ["good"]


def test_names_in_any_script_are_kept(api: Client, fairview: Club) -> None:
    payload = {"id": 1, "firstName": "محمد ⛳", "lastName": "Ünlü", "big": 2**63}

    answer = post(api, event(type="scl.member.created", payload=payload, identity={}))

    assert answer.json()["accepted"] == 1
    with tenant_scope(fairview.tenant):
        assert InboxEvent.objects.get().envelope["payload"]["firstName"] == "محمد ⛳"


def test_a_single_event_that_is_refused_is_unprocessable(api: Client, fairview: Club) -> None:
    answer = post(api, event(source="marketing"))

    assert answer.status_code == 422
    body = answer.json()
    assert body["error"]["code"] == "UNKNOWN_SOURCE"
    (detail,) = body["error"]["details"]
    assert (detail["field"], detail["code"], detail["params"]) == ("source", "UNKNOWN_SOURCE", {"index": 0})
    assert [(each["index"], each["code"], each["field"]) for each in body["rejected"]] == [
        (0, "UNKNOWN_SOURCE", "source")
    ]
    assert stored() == []


def test_a_list_of_which_nothing_is_good_still_gets_verdicts(api: Client, fairview: Club) -> None:
    answer = post(api, [event(id="")])

    assert (answer.status_code, answer.json()["accepted"], len(answer.json()["rejected"])) == (202, 0, 1)


@pytest.mark.parametrize("case", CONTRACT, ids=lambda case: f"{case['type']}-{case['id']}")
def test_every_contract_event_is_accepted(api: Client, fairview: Club, case: dict[str, Any]) -> None:
    assert post(api, case).json() == {"accepted": 1, "duplicates": 0, "rejected": []}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["expect"])
def test_every_refused_event_gets_its_code(api: Client, fairview: Club, case: dict[str, Any]) -> None:
    answer = post(api, case["line"])

    expected = case["expect"]
    if expected.startswith("DEAD:"):
        verdict = answer.json()
        warned = [each["field"] for each in verdict.pop("warnings", [])]
        assert verdict == {"accepted": 1, "duplicates": 0, "rejected": []}
        # What nobody knows is taken, and said.
        assert ("type" in warned) == (expected == "DEAD:UNKNOWN_TYPE")
    elif answer.status_code == 202:
        assert {each["code"] for each in answer.json()["rejected"]} == {expected}
    else:
        assert answer.json()["error"]["code"] == expected
        assert answer.status_code == (400 if expected == "INVALID_JSON" else 422)
    assert len(stored()) == expected.startswith("DEAD:")


@pytest.mark.parametrize(
    "name", ["kingsmere", "KINGSMERE-PARK", "nobody", "00000000-0000-0000-0000-000000000000"]
)
def test_a_foreign_tenant_sounds_like_one_that_does_not_exist(
    api: Client, fairview: Club, kingsmere: Club, name: str
) -> None:
    answer = post(api, [event("e-1", tenantId=name), event("e-2", tenantId="no-such-club")])

    first, second = answer.json()["rejected"]
    assert first["code"] == "UNKNOWN_TENANT"
    assert {**first, "index": 1} == second
    assert stored() == []


def test_one_batch_may_be_about_several_of_the_callers_tenants(fairview: Club, kingsmere: Club) -> None:
    both = publisher(fairview.tenant, kingsmere.tenant)

    answer = post(
        both, [event("e-1", tenantId="Fairview-GC"), event("e-1", tenantId=str(kingsmere.tenant.pk))]
    )

    assert answer.json()["accepted"] == 2
    for club in (fairview, kingsmere):
        with tenant_scope(club.tenant):
            assert InboxEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{", (400, "INVALID_JSON")),
        ("[1" + "0" * 5_000, (400, "INVALID_ENVELOPE")),
        (b"\xff\xfe{\x00}\x00", (400, "INVALID_JSON")),
        ('{"id": NaN}', (400, "INVALID_JSON")),
        ("7", (422, "INVALID_ENVELOPE")),
        ("null", (422, "INVALID_ENVELOPE")),
        ('"text"', (422, "INVALID_ENVELOPE")),
        ("[" + ",".join(["{}"] * 1001) + "]", (413, "TOO_MANY_EVENTS")),
        ("[" * 100_000, (400, "INVALID_ENVELOPE")),
    ],
)
def test_bodies_that_are_no_events(
    api: Client, fairview: Club, body: str | bytes, expected: tuple[int, str]
) -> None:
    answer = post(api, body)

    assert (answer.status_code, answer.json()["error"]["code"]) == expected
    assert stored() == []


def test_a_body_of_ten_megabytes_is_refused_unread(api: Client, fairview: Club) -> None:
    answer = post(api, b"[" + b" " * 10_000_000 + b"]")

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_other_kinds_of_bodies_are_not_taken(api: Client, fairview: Club) -> None:
    answer = api.post(EVENTS, json.dumps(event()), content_type="text/plain")

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert stored() == []


def test_an_empty_list_is_no_mistake(api: Client, fairview: Club) -> None:
    assert post(api, []).json() == {"accepted": 0, "duplicates": 0, "rejected": []}


@pytest.mark.parametrize("count", [1, 1000])
def test_a_batch_costs_the_same_for_one_event_and_for_a_thousand(
    api: Client, fairview: Club, count: int
) -> None:
    post(api, event("warm-up"))

    with CaptureQueriesContext(connection) as queries:
        answer = post(api, [event(f"e-{number}") for number in range(count)])

    assert answer.json()["accepted"] == count
    assert len(queries) <= 6


def test_a_thousand_unknown_tenants_cost_no_query_each(api: Client, fairview: Club) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = post(api, [event(f"e-{number}", tenantId=f"club-{number}x") for number in range(1000)])

    assert len(answer.json()["rejected"]) == 1000
    assert len(queries) <= 6


def test_events_are_charged_by_their_number(
    fairview: Club, settings: Any, redis_server: Any, one_minute: None
) -> None:
    settings.CRM_RATE_LIMITS = {**settings.CRM_RATE_LIMITS, "events": 3}
    api = publisher(fairview.tenant)

    assert post(api, [event("e-1"), event("e-2")]).status_code == 202
    refused = post(api, [event("e-3"), event("e-4")])

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert stored() == ["e-1", "e-2"]


def test_what_became_of_an_event(api: Client, fairview: Club) -> None:
    post(api, event("path/with spaces"))
    waiting = api.get(f"{EVENTS}/path/with%20spaces").json()
    with tenant_scope(fairview.tenant):
        process_pending()

    done = api.get(f"{EVENTS}/path/with%20spaces")

    assert (waiting["status"], waiting["processedAt"], waiting["customerId"]) == ("PENDING", None, None)
    assert done.status_code == 200
    body = done.json()
    assert (body["id"], body["source"], body["type"]) == ("path/with spaces", "scl", "scl.payment.received")
    assert (body["status"], body["error"], body["door"]) == ("SUCCESS", None, "HTTP")
    assert all(body[field] for field in ("customerId", "activityId", "processedAt"))
    assert body["occurredAt"] == "2026-03-01T06:15:00Z"


def test_why_an_event_is_dead(api: Client, fairview: Club) -> None:
    post(api, event("e-1", payload={"id": "p", "memberId": 4711, "amountCents": "much"}))
    with tenant_scope(fairview.tenant):
        process_pending()

    body = api.get(f"{EVENTS}/e-1").json()

    assert body["status"] == "DEAD"
    assert (body["error"]["code"], body["error"]["field"]) == ("INVALID_PAYLOAD", "payload.amountCents")


def test_two_services_may_use_one_id(api: Client, fairview: Club) -> None:
    post(api, [event("e-1"), event("e-1", source="crm")])

    unclear = api.get(f"{EVENTS}/e-1")

    assert (unclear.status_code, unclear.json()["error"]["code"]) == (400, "SOURCE_REQUIRED")
    assert api.get(f"{EVENTS}/e-1?source=crm").json()["source"] == "crm"
    assert api.get(f"{EVENTS}/e-1?source=teetime").status_code == 404
    assert api.get(f"{EVENTS}/e-1?source=nobody").status_code == 400


def test_an_event_of_another_tenant_is_not_found(api: Client, fairview: Club, kingsmere: Club) -> None:
    post(api, event("e-1"))

    assert publisher(kingsmere.tenant).get(f"{EVENTS}/e-1").status_code == 404
    assert api.get(f"{EVENTS}/e-2").status_code == 404


def packed_post(api: Client, body: bytes, coding: str = "gzip") -> Any:
    headers = {"Content-Encoding": coding}
    return api.post(EVENTS, body, content_type="application/json", headers=headers)


def test_a_body_may_be_packed_by_gzip(api: Client, fairview: Club) -> None:
    whole = gzip.compress(json.dumps([event("e-1"), event("e-2")]).encode())
    parts = gzip.compress(b"[") + gzip.compress(json.dumps(event("e-3")).encode() + b"]")

    answers = [packed_post(api, whole), packed_post(api, parts), packed_post(api, b"[]", "identity")]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert stored() == ["e-1", "e-2", "e-3"]


@pytest.mark.parametrize(
    ("body", "coding", "expected"),
    [
        (b"{}", "gzip", (400, "INVALID_ENCODING")),
        (gzip.compress(b'[{"id": 1}]')[:-9], "gzip", (400, "INVALID_ENCODING")),
        (gzip.compress(b"{}") + b"rest", "gzip", (400, "INVALID_ENCODING")),
        (b"{}", "br", (415, "UNSUPPORTED_ENCODING")),
        (b"{}", "gzip, gzip", (415, "UNSUPPORTED_ENCODING")),
        # A bomb: 9 MiB out of 9 kB.
        (gzip.compress(b" " * (9 * 1024 * 1024)), "gzip", (413, "PAYLOAD_TOO_LARGE")),
        # What is small enough for each member alone is not for all together.
        (gzip.compress(b" " * (5 * 1024 * 1024)) * 2, "gzip", (413, "PAYLOAD_TOO_LARGE")),
    ],
    # Packed bytes hold the time at which they were packed.
    ids=["not packed", "cut off", "more behind", "another coding", "packed twice", "bomb", "bomb in parts"],
)
def test_what_cannot_be_unpacked_is_said(
    api: Client, fairview: Club, body: bytes, coding: str, expected: tuple[int, str]
) -> None:
    answer = packed_post(api, body, coding)

    assert (answer.status_code, answer.json()["error"]["code"]) == expected
    assert stored() == []


def test_a_thousand_events_are_the_limit_packed_or_not(api: Client, fairview: Club) -> None:
    answer = packed_post(api, gzip.compress(("[" + ",".join(["{}"] * 1001) + "]").encode()))

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "TOO_MANY_EVENTS")


def test_a_packed_repetition_gets_the_answer_of_the_plain_request(fairview: Club) -> None:
    api = Client(headers=factories.bearer(fairview.tenant, scopes=["crm:write"]))
    body = json.dumps({"firstName": "Anna"}).encode()
    headers = {"Idempotency-Key": "k-1"}

    first = api.post("/api/v1/customers", body, content_type="application/json", headers=headers)
    again = api.post(
        "/api/v1/customers",
        gzip.compress(body),
        content_type="application/json",
        headers={**headers, "Content-Encoding": "gzip"},
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["Idempotency-Replayed"] == "true"


def test_publishing_tells_what_is_left_of_the_minute(
    fairview: Club, settings: Any, redis_server: Any, one_minute: None
) -> None:
    settings.CRM_RATE_LIMITS = {**settings.CRM_RATE_LIMITS, "events": 5}
    api = publisher(fairview.tenant)

    good = post(api, [event("e-1"), event("e-2")])
    too_many = post(api, [event(f"f-{number}") for number in range(4)])

    assert good.headers["RateLimit-Policy"] == '"events";q=5;w=60'
    assert good.headers["RateLimit"].startswith('"events";r=3;t=')
    assert too_many.status_code == 429
    assert too_many.headers["RateLimit"].startswith('"events";r=')
