"""A request that comes twice has one effect and gets one answer."""

import json
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from tenants.idempotency_retention import prune_idempotency_records
from tenants.models import IdempotencyRecord
from tenants.postgresql.locks import AdvisoryLock, try_lock
from tenants.scope import all_tenants, tenant_scope
from tenants.tasks import prune_idempotency_records_task
from tests import factories
from tests.cast import Club
from tests.tenants.api.routes import things
from tests.tenants.records import record

KEY = {"Idempotency-Key": "4f1c-once"}


def post(client: Client, name: str = "driver", **options: Any) -> Any:
    return client.post("/api/v1/things", json.dumps({"name": name}), "application/json", **options)


def names_of(club: Club) -> list[str]:
    with tenant_scope(club.tenant):
        return [row.key for row in things()]


def test_a_repeated_request_gets_the_first_answer_and_has_no_second_effect(
    api: Client, fairview: Club
) -> None:
    first = post(api, headers=KEY)
    second = post(api, headers=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Content-Type"] == "application/json"
    assert names_of(fairview) == ["driver"]


def test_without_a_key_a_repeated_request_is_another_request(api: Client, fairview: Club) -> None:
    post(api, "driver")
    assert post(api, "driver").status_code == 409
    assert post(api, "putter").status_code == 201


@pytest.mark.parametrize("change", ["body", "query", "path"])
def test_the_key_of_another_request_is_refused(api: Client, fairview: Club, change: str) -> None:
    post(api, "driver", headers=KEY)

    others: dict[str, Callable[[], Any]] = {
        "body": lambda: post(api, "putter", headers=KEY),
        "query": lambda: post(api, "driver", headers=KEY, query_params={"tenantId": "fairview"}),
        "path": lambda: api.delete("/api/v1/things/driver", headers=KEY),
    }
    answer = others[change]()

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert names_of(fairview) == ["driver"]


def test_callers_and_tenants_have_keys_of_their_own(fairview: Club, kingsmere: Club) -> None:
    anna = Client(headers=factories.bearer(fairview.tenant, kingsmere.tenant))
    service = Client(headers={"X-API-Key": factories.api_key(fairview.tenant)})

    answers = [
        post(anna, "driver", headers=KEY | {"X-Tenant-Id": "fairview"}),
        post(anna, "driver", headers=KEY | {"X-Tenant-Id": "kingsmere"}),
        post(service, "putter", headers=KEY),
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert not any("Idempotency-Replayed" in answer.headers for answer in answers)
    assert (names_of(fairview), names_of(kingsmere)) == (["driver", "putter"], ["driver"])


def test_a_refused_request_leaves_its_key_free(api: Client, fairview: Club) -> None:
    assert post(api, "", headers=KEY).status_code == 422

    answer = post(api, "driver", headers=KEY)

    assert answer.status_code == 201
    assert names_of(fairview) == ["driver"]


def test_what_a_failing_request_wrote_is_undone(api: Client, fairview: Club) -> None:
    for _ in range(2):
        assert api.post("/api/v1/broken/bug", headers=KEY).status_code == 500

    assert names_of(fairview) == []


def test_an_answer_without_body_is_repeated_too(api: Client, fairview: Club) -> None:
    post(api, "driver")

    answers = [api.delete("/api/v1/things/driver", headers=KEY) for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_reading_pays_no_heed_to_a_key(api: Client, fairview: Club) -> None:
    api.get("/api/v1/things", headers=KEY)
    post(api, "driver")

    assert api.get("/api/v1/things", headers=KEY).json()["meta"]["total"] == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "two words", "ünï", "tab\tbed"])
def test_a_key_must_be_short_and_plain(api: Client, fairview: Club, key: str) -> None:
    answer = post(api, headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_IDEMPOTENCY_KEY")
    assert names_of(fairview) == []


def in_thread(act: Callable[[], Any]) -> Thread:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def test_while_the_first_request_is_under_way_the_second_is_told_so(
    transactional_db: None, fairview: Club, api: Client
) -> None:
    subject = "user:anna"
    client = Client(headers=factories.bearer(fairview.tenant, subject="anna"))
    held, done = Barrier(2), Barrier(2)

    def hold() -> None:
        with tenant_scope(fairview.tenant), transaction.atomic():
            assert try_lock(AdvisoryLock.IDEMPOTENCY_KEY, f"{subject}/{KEY['Idempotency-Key']}")
            held.wait(10)
            done.wait(10)

    thread = in_thread(hold)
    held.wait(10)
    during = post(client, headers=KEY)
    done.wait(10)
    thread.join()
    after = post(client, headers=KEY)

    assert (during.status_code, during.json()["error"]["code"]) == (409, "IDEMPOTENCY_IN_PROGRESS")
    assert after.status_code == 201
    assert names_of(fairview) == ["driver"]


def test_ten_at_once_have_one_effect(transactional_db: None, fairview: Club) -> None:
    headers = factories.bearer(fairview.tenant, subject="anna") | KEY
    answers: list[tuple[int, bytes]] = []
    start = Barrier(10)

    def call() -> None:
        client = Client(headers=headers)
        start.wait(10)
        answer = post(client)
        answers.append((answer.status_code, answer.content))

    for thread in [in_thread(call) for _ in range(10)]:
        thread.join()

    successes = {content for status, content in answers if status == 201}
    assert {status for status, _ in answers} <= {201, 409}
    assert len(answers) == 10
    assert len(successes) == 1
    assert names_of(fairview) == ["driver"]


def test_old_answers_are_pruned_for_all_tenants(fairview: Club, kingsmere: Club) -> None:
    old = [record(fairview.tenant), record(kingsmere.tenant)]
    new = record(fairview.tenant)
    with all_tenants():
        IdempotencyRecord.objects.filter(pk__in=[row.pk for row in old]).update(
            created_at=timezone.now() - timedelta(hours=25)
        )

    assert prune_idempotency_records(timezone.now()) == 2
    assert prune_idempotency_records_task() == 0

    with all_tenants():
        assert list(IdempotencyRecord.objects.all()) == [new]
