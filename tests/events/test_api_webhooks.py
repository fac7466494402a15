"""Webhooks over REST."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from events.models import WebhookAttempt, WebhookDelivery
from tenants.models import IdempotencyRecord
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.events.hooks import URL, deliver, endpoint, failed_delivery, fresh
from tests.events.receiver import Receiver, Reply, Request, receiving
from tests.profiles.stories import member, tell

pytestmark = pytest.mark.django_db
JSON = "application/json"
HOOKS = "/api/v1/webhooks"


@pytest.fixture(autouse=True)
def private_addresses_are_allowed(settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def client(fairview: Club) -> Client:
    return Client(headers=factories.bearer(fairview.tenant, scopes=["crm:admin"]))


def test_an_endpoint_is_made_read_changed_and_deleted(client: Client) -> None:
    body = {"url": URL, "eventTypes": ["crm.profile.*"], "description": "Newsletter"}
    made = client.post(HOOKS, body, JSON)

    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    fields = {name: value for name, value in made.json().items() if name not in {"secret", "warnings"}}
    assert {name: fields[name] for name in body} == body
    assert (fields["status"], fields["disabledReason"], fields["failingSince"]) == ("ENABLED", None, None)
    address = f"{HOOKS}/{fields['id']}"
    assert client.get(address).json() == fields
    assert client.get(HOOKS).json() == {
        "data": [fields],
        "meta": {"total": 1, "skip": 0, "take": 25, "hasMore": False, "nextCursor": None},
    }
    assert client.get(f"{address}/secret").json() == {"secret": secret}

    changed = client.patch(address, {"status": "DISABLED", "eventTypes": ["*"]}, JSON).json()
    assert (changed["status"], changed["disabledReason"], changed["eventTypes"]) == (
        "DISABLED",
        "STAFF",
        ["*"],
    )
    assert client.patch(address, {"status": "ENABLED"}, JSON).json()["disabledAt"] is None
    rotated = client.post(f"{address}/rotate-secret", content_type=JSON).json()
    assert rotated["secret"] not in (secret, None)
    assert rotated["oldSecretUntil"] is not None

    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "eventTypes"),
        ({"url": URL, "eventTypes": "*"}, 422, "eventTypes"),
        ({"url": 7, "eventTypes": ["*"]}, 422, "url"),
        ({"url": URL, "eventTypes": ["*"], "colour": "red"}, 422, "colour"),
        ({"url": "nonsense", "eventTypes": ["*"]}, 422, "url"),
        ({"url": URL, "eventTypes": ["crm.eaten"]}, 422, "eventTypes"),
        ({"url": URL, "eventTypes": ["*"], "secret": "short"}, 422, "secret"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_field(
    client: Client, body: dict[str, Any], status: int, field: str
) -> None:
    answer = client.post(HOOKS, body, JSON)

    assert answer.status_code == status
    assert answer.json()["error"]["details"][0]["field"] == field
    assert client.get(HOOKS).json()["data"] == []


def test_a_private_address_is_refused_with_the_reason(client: Client, settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = False

    answer = client.post(HOOKS, {"url": "https://169.254.169.254/latest", "eventTypes": ["*"]}, JSON)

    assert answer.status_code == 422
    assert "private network" in answer.json()["error"]["message"]


def test_a_host_that_is_not_found_now_is_saved_with_a_warning(client: Client) -> None:
    made = client.post("/api/v1/webhooks", {"url": "https://nowhere.invalid/x", "eventTypes": ["*"]}, JSON)
    kept = client.get(f"/api/v1/webhooks/{made.json()['id']}").json()
    changed = client.patch(f"/api/v1/webhooks/{kept['id']}", {"url": "https://192.0.32.7/"}, JSON)

    assert made.status_code == 201, made.content
    assert [text.partition(".")[2][:7] for text in made.json()["warnings"]] == ["invalid"]
    assert "warnings" not in kept
    assert changed.json()["warnings"] == []


def test_a_repeated_request_makes_one_endpoint_and_stores_no_secret(client: Client, fairview: Club) -> None:
    body = {"url": URL, "eventTypes": ["*"]}
    headers = {"Idempotency-Key": "k-1"}
    first = client.post(HOOKS, body, JSON, headers=headers)
    again = client.post(HOOKS, body, JSON, headers=headers)

    assert first.json()["secret"] is not None
    assert again.json() == {**first.json(), "secret": None}
    with tenant_scope(fairview.tenant):
        assert b"whsec_" not in bytes(IdempotencyRecord.objects.get().response_body)


@pytest.mark.django_db(transaction=True)
def test_a_test_answers_with_what_the_receiver_said(
    client: Client, fairview: Club, receiver: Receiver
) -> None:
    receiver.answer(Reply(200, b"thanks"))
    hook = endpoint(fairview.tenant, receiver)

    answer = client.post(f"{HOOKS}/{hook.pk}/test")

    assert answer.status_code == 200
    assert answer.json()["attempt"] | {"at": "", "durationMs": 0} == {
        "at": "",
        "succeeded": True,
        "durationMs": 0,
        "statusCode": 200,
        "answer": "thanks",
        "error": None,
    }
    assert answer.json()["delivery"]["eventType"] == "crm.webhook.test"
    assert receiver.payloads[0]["type"] == "crm.webhook.test"


@pytest.mark.django_db(transaction=True)
def test_a_test_with_a_key_waits_outside_of_a_transaction_and_is_sent_once(
    client: Client, fairview: Club, receiver: Receiver
) -> None:
    mine, in_transaction = connections["default"], []

    def reply(request: Request) -> Reply:
        in_transaction.append(mine.in_atomic_block)
        return Reply()

    receiver.reply = reply
    hook = endpoint(fairview.tenant, receiver)

    first, again = (
        client.post(f"{HOOKS}/{hook.pk}/test", headers={"Idempotency-Key": "k-1"}) for _ in range(2)
    )

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert in_transaction == [False]


@pytest.mark.django_db(transaction=True)
def test_the_delivery_log_tells_attempts_and_envelope_and_replays(
    client: Client, fairview: Club, receiver: Receiver
) -> None:
    receiver.answer(Reply(500, b"no"), Reply())
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    deliver(hook)
    (listed,) = client.get(f"{HOOKS}/{hook.pk}/deliveries").json()["data"]
    address = f"{HOOKS}/{hook.pk}/deliveries/{listed['id']}"

    full = client.get(address).json()

    assert {name: full[name] for name in listed} == listed
    assert (listed["status"], listed["statusCode"], listed["attempts"]) == ("PENDING", 500, 1)
    assert [(one["statusCode"], one["answer"]) for one in full["log"]] == [(500, "no")]
    assert full["envelope"] == receiver.payloads[0]
    # What waits is sent now.
    assert client.post(f"{address}/replay").status_code == 202
    with tenant_scope(fairview.tenant):
        WebhookDelivery.objects.update(status="FAILED", due_at=None, ended_at="2026-03-01T08:00:00Z")
    assert client.post(f"{HOOKS}/{hook.pk}/replay", {"since": "2026-01-01T00:00:00Z"}, JSON).json() == {
        "replayed": 1
    }
    with tenant_scope(fairview.tenant):
        WebhookDelivery.objects.update(status="FAILED", due_at=None, ended_at="2026-03-01T08:00:00Z")
    again = client.post(f"{address}/replay")
    assert (again.status_code, again.json()["status"], again.json()["attempts"]) == (202, "PENDING", 0)
    assert client.post(f"{HOOKS}/{hook.pk}/replay", content_type=JSON).json() == {"replayed": 0}
    assert fresh(hook).status == "ENABLED"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/deliveries/x", 404),
        ("/deliveries/99999999999999999999", 404),
        ("/deliveries?status=LOST", 400),
        ("/deliveries?cursor=nonsense", 400),
    ],
)
def test_what_does_not_exist_is_not_found(client: Client, fairview: Club, path: str, status: int) -> None:
    hook = endpoint(fairview.tenant)

    assert client.get(f"{HOOKS}/{hook.pk}{path}").status_code == status
    assert client.get(f"{HOOKS}/no-id").status_code == 404
    assert client.post(f"{HOOKS}/{hook.pk}/replay", {"since": "yesterday"}, JSON).status_code == 422


def test_the_delivery_log_is_read_page_by_page(client: Client, fairview: Club) -> None:
    hook = endpoint(fairview.tenant)
    made = [str(failed_delivery(fairview.tenant, hook).pk) for _ in range(5)]
    address, seen = f"{HOOKS}/{hook.pk}/deliveries?take=2", []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"{address}&cursor={cursor}").json()
        seen += [row["id"] for row in page["data"]]
        cursor = page["meta"]["nextCursor"]

    assert seen == list(reversed(made))
    assert client.get(f"{address}&status=DELIVERED").json()["data"] == []


@pytest.mark.parametrize("path", ["", "/{id}/deliveries", "/{id}/deliveries/{delivery}"])
def test_lists_cost_the_same_number_of_queries_however_long(
    client: Client, fairview: Club, path: str
) -> None:
    hook = endpoint(fairview.tenant)
    delivery = failed_delivery(fairview.tenant, hook)
    address = HOOKS + path.format(id=hook.pk, delivery=delivery.pk)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _ in range(5):
        endpoint(fairview.tenant)
        failed_delivery(fairview.tenant, hook)
        with tenant_scope(fairview.tenant):
            WebhookAttempt.objects.create(
                tenant=fairview.tenant, endpoint=hook, delivery=delivery, at=delivery.created_at,
                succeeded=False, duration_ms=1,
            )  # fmt: skip

    with CaptureQueriesContext(connection) as many:
        assert client.get(address).status_code == 200

    assert len(many) == len(one)
