"""Customers over REST."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from profiles.models import CustomerProfile
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles import stories
from tests.profiles.api_callers import (
    CUSTOMERS,
    caller,
    error_of,
    happened,
    thandi,
)

NOBODY = "0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a11"


@pytest.fixture
def api(fairview: Club) -> Client:
    return caller(fairview.tenant)


def named(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["firstName"] for row in answer.json()["data"]]


def test_a_customer_is_answered_bare_with_all_fields(api: Client, fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)

    answer = api.get(f"{CUSTOMERS}/{customer_id}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert len(body) == 49
    assert body["lifetimeValueCurrency"] == "ZAR"
    assert {
        name: body[name] for name in ("id", "tenantId", "email", "phoneNumber", "sclMemberId", "displayName")
    } == {
        "id": str(customer_id),
        "tenantId": str(fairview.tenant.pk),
        "email": "thandi@example.org",
        "phoneNumber": "+27821234567",
        "sclMemberId": 4711,
        "displayName": "Thandi Mokoena",
    }
    assert body["lifecycleStage"] == "MEMBER"
    assert body["emailOptIn"] is False
    assert body["mergedInto"] is None


def test_reading_again_gives_the_same_bytes_and_no_query_once_committed(
    transactional_db: None, redis_server: Any, fairview: Club
) -> None:
    api = caller(fairview.tenant)
    customer_id = thandi(fairview.tenant)
    first = api.get(f"{CUSTOMERS}/{customer_id}")
    api.get(f"{CUSTOMERS}/{customer_id}")  # its question for the cache reads what the first one posted

    with CaptureQueriesContext(connection) as queries:
        again = api.get(f"{CUSTOMERS}/{customer_id}")

    assert again.content == first.content
    assert len(queries) == 0


def test_a_change_is_seen_by_the_next_read(transactional_db: None, redis_server: Any, fairview: Club) -> None:
    api = caller(fairview.tenant)
    customer_id = thandi(fairview.tenant)
    api.get(f"{CUSTOMERS}/{customer_id}")

    api.patch(f"{CUSTOMERS}/{customer_id}", {"firstName": "Thandeka"}, "application/json")

    assert api.get(f"{CUSTOMERS}/{customer_id}").json()["firstName"] == "Thandeka"


def test_whoever_has_the_present_state_is_told_so(api: Client, fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    tag = api.get(f"{CUSTOMERS}/{customer_id}").headers["ETag"]

    same = api.get(f"{CUSTOMERS}/{customer_id}", headers={"If-None-Match": f'"other", {tag}'})
    other = api.get(f"{CUSTOMERS}/{customer_id}", headers={"If-None-Match": '"other"'})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert other.status_code == 200


def test_each_answer_with_one_customer_has_the_same_tag(api: Client, fairview: Club) -> None:
    made = api.post(CUSTOMERS, {"firstName": "Anna", "email": "anna@example.org"}, "application/json")
    address = f"{CUSTOMERS}/{made.json()['id']}"

    assert made.headers["ETag"] == api.get(address).headers["ETag"]
    changed = api.patch(address, {"tags": ["vip"]}, "application/json")
    assert changed.headers["ETag"] == api.get(address).headers["ETag"] != made.headers["ETag"]
    found = api.get(f"{CUSTOMERS}/resolve", {"email": "anna@example.org"})
    assert found.headers["ETag"] == changed.headers["ETag"]


def test_who_edits_an_old_state_is_told_so_and_changes_nothing(api: Client, fairview: Club) -> None:
    address = f"{CUSTOMERS}/{thandi(fairview.tenant)}"
    seen = api.get(address).headers["ETag"]

    def patch(known: str, name: str) -> Any:
        return api.patch(address, {"firstName": name}, "application/json", headers={"If-Match": known})

    first = patch(seen, "First")
    late = patch(seen, "Late")

    assert first.status_code == 200
    assert (late.status_code, late.json()["error"]["code"]) == (412, "CHANGED_MEANWHILE")
    assert api.get(address).json()["firstName"] == "First"
    assert patch(f'"other", W/{first.headers["ETag"]}', "Weak").status_code == 200
    assert patch("*", "Any").status_code == 200


def test_an_id_that_was_merged_answers_with_the_survivor(api: Client, fairview: Club) -> None:
    happened(fairview.tenant, stories.member(1, firstName="Anna", email="anna@example.org"))
    happened(fairview.tenant, stories.player("p-1", name="Anna", phone="+27821110000"))
    happened(
        fairview.tenant,
        stories.event(
            "teetime.player.updated", {"id": "p-1", "changes": ["email"]}, identity={"sclMemberId": 1}
        ),
    )
    with tenant_scope(fairview.tenant):
        loser = CustomerProfile.objects.get(status="MERGED")

    body = api.get(f"{CUSTOMERS}/{loser.pk}").json()

    assert body["id"] == str(loser.merged_into_id)
    assert body["mergedInto"] == str(loser.merged_into_id)
    assert body["status"] == "ACTIVE"
    timeline = api.get(f"{CUSTOMERS}/{loser.pk}/activities").json()
    assert timeline == api.get(f"{CUSTOMERS}/{loser.merged_into_id}/activities").json()


@pytest.mark.parametrize("customer_id", [NOBODY, "nobody", "%00", "0" * 500])
def test_an_unknown_customer_is_not_found(api: Client, fairview: Club, customer_id: str) -> None:
    for path in (customer_id, f"{customer_id}/activities", f"{customer_id}/notes"):
        assert error_of(api.get(f"{CUSTOMERS}/{path}")) == (404, "RESOURCE_NOT_FOUND")


def test_a_foreign_customer_is_not_found_and_stays_as_it_was(
    api: Client, fairview: Club, kingsmere: Club
) -> None:
    theirs = thandi(kingsmere.tenant)
    url = f"{CUSTOMERS}/{theirs}"
    activity = {"type": "CALL", "category": "NOTE", "title": "x"}

    answers = [
        api.get(url),
        api.patch(url, {"firstName": "Mine"}, "application/json"),
        api.get(f"{url}/activities"),
        api.post(f"{url}/activities", activity, "application/json"),
        api.get(f"{url}/notes"),
        api.post(f"{url}/notes", {"body": "x"}, "application/json"),
    ]

    assert {error_of(answer) for answer in answers} == {(404, "RESOURCE_NOT_FOUND")}
    body = caller(kingsmere.tenant).get(url).json()
    assert (body["firstName"], body["activityCount90d"]) == ("Thandi", 0)
    assert caller(kingsmere.tenant).get(f"{url}/notes").json()["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        "email=THANDI@example.org ",
        "phoneNumber=082 123 4567",
        "phoneNumber=%2B27821234567",
        "sclMemberId=4711",
        "email=nobody@example.org&sclMemberId=4711",
    ],
)
def test_a_key_leads_to_the_customer(api: Client, fairview: Club, query: str) -> None:
    customer_id = thandi(fairview.tenant)

    answer = api.get(f"{CUSTOMERS}/resolve?{query}")

    assert answer.status_code == 200
    assert answer.json() == api.get(f"{CUSTOMERS}/{customer_id}").json()


def test_every_kind_of_key_resolves(api: Client, fairview: Club) -> None:
    identity = {
        "authUserId": "auth-9",
        "teetimePlayerId": "p-9",
        "messagingContactId": "c-9",
        "externalIds": {"mcaV1ZaId": "za-9", "golfRsaId": "rsa-9"},
    }
    happened(fairview.tenant, stories.player("p-9", name="Sipho") | {"identity": identity})

    for query in (
        "authUserId=auth-9",
        "teetimePlayerId=p-9",
        "messagingContactId=c-9",
        "mcaV1ZaId=za-9",
        "golfRsaId=rsa-9",
    ):
        assert api.get(f"{CUSTOMERS}/resolve?{query}").json()["firstName"] == "Sipho", query


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("email=stranger@example.org", (404, "RESOURCE_NOT_FOUND")),
        ("email=nobody@example.org", (422, "VALIDATION_ERROR")),
        ("email=noreply@example.org", (422, "VALIDATION_ERROR")),
        ("email=no address", (422, "VALIDATION_ERROR")),
        ("", (400, "KEY_REQUIRED")),
        ("email=", (400, "KEY_REQUIRED")),
        ("email=" + "x" * 400, (400, "INVALID_PARAMETER")),
        ("email=a%00b", (400, "INVALID_PARAMETER")),
    ],
)
def test_a_key_that_leads_nowhere(api: Client, fairview: Club, query: str, expected: tuple[int, str]) -> None:
    thandi(fairview.tenant)

    assert error_of(api.get(f"{CUSTOMERS}/resolve?{query}")) == expected


def test_a_shared_address_leads_to_nobody(api: Client, fairview: Club) -> None:
    happened(
        fairview.tenant,
        stories.member(1, firstName="Anna", lastName="Nel", email="family@example.org"),
        stories.member(2, firstName="Ben", lastName="Nel", email="family@example.org"),
    )

    assert error_of(api.get(f"{CUSTOMERS}/resolve?email=family@example.org")) == (404, "RESOURCE_NOT_FOUND")


def test_a_list_page_says_where_it_stands(api: Client, fairview: Club, kingsmere: Club) -> None:
    happened(fairview.tenant, *(stories.member(number, firstName=f"M{number}") for number in range(1, 4)))
    happened(kingsmere.tenant, stories.member(1, firstName="Foreign"))

    first = api.get(f"{CUSTOMERS}?take=2").json()
    rest = api.get(f"{CUSTOMERS}?take=2&skip=2").json()

    assert first["meta"].pop("nextCursor")
    assert rest["meta"].pop("nextCursor") is None
    assert first["meta"] == {"total": 3, "skip": 0, "take": 2, "hasMore": True}
    assert rest["meta"] == {"total": 3, "skip": 2, "take": 2, "hasMore": False}
    names = {row["firstName"] for row in first["data"] + rest["data"]}
    assert names == {"M1", "M2", "M3"}
    assert first["data"][0] == api.get(f"{CUSTOMERS}/{first['data'][0]['id']}").json()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=INACTIVE", {"Leaver"}),
        ("status=ACTIVE", {"Thandi", "Reader"}),
        ("lifecycleStage=SUBSCRIBER", {"Reader"}),
        ("emailOptIn=true", {"Reader"}),
        ("emailOptIn=false", {"Thandi", "Leaver"}),
        ("search=mokoe", {"Thandi"}),
        ("search=thandi@example.org", {"Thandi"}),
        ("search=0821234567", {"Thandi"}),
        ("search=4711", {"Thandi"}),
        ("search=nothing", set()),
        ("search=%27%3A%2A%7C%26%21", set()),
        ("engagementMin=50", {"Reader"}),
        ("churnRiskMin=80", {"Leaver"}),
        ("search=thandi&status=ACTIVE&lifecycleStage=MEMBER", {"Thandi"}),
    ],
)
def test_filters(api: Client, fairview: Club, query: str, expected: set[str]) -> None:
    thandi(fairview.tenant)
    happened(
        fairview.tenant,
        stories.contact("c-1", firstName="Reader", email="reader@example.org", emailOptIn=True),
        stories.member(5, firstName="Leaver"),
        stories.event("scl.member.deleted", {"id": 5, "deletionType": "soft"}, at=5),
    )
    with tenant_scope(fairview.tenant):
        CustomerProfile.objects.filter(first_name="Reader").update(engagement_score=50)
        CustomerProfile.objects.filter(first_name="Leaver").update(churn_risk_score=80)

    assert set(named(api.get(f"{CUSTOMERS}?{query}"))) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=SLEEPING", (400, "INVALID_PARAMETER")),
        ("lifecycleStage=KING", (400, "INVALID_PARAMETER")),
        ("engagementMin=101", (400, "INVALID_PARAMETER")),
        ("engagementMin=x", (400, "INVALID_PARAMETER")),
        ("churnRiskMin=-1", (400, "INVALID_PARAMETER")),
        ("emailOptIn=yes", (400, "INVALID_PARAMETER")),
        ("take=0", (400, "INVALID_PARAMETER")),
        ("take=101", (400, "INVALID_PARAMETER")),
        ("skip=-1", (400, "INVALID_PARAMETER")),
        ("search=" + "x" * 201, (400, "INVALID_PARAMETER")),
    ],
)
def test_filters_that_cannot_be(api: Client, fairview: Club, query: str, expected: tuple[int, str]) -> None:
    assert error_of(api.get(f"{CUSTOMERS}?{query}")) == expected


@pytest.mark.parametrize("count", [1, 12])
def test_a_list_costs_the_same_for_one_row_and_for_many(api: Client, fairview: Club, count: int) -> None:
    happened(
        fairview.tenant, *(stories.member(number, firstName=f"M{number}") for number in range(1, count + 1))
    )
    api.get(f"{CUSTOMERS}?take=1")

    with CaptureQueriesContext(connection) as queries:
        answer = api.get(CUSTOMERS)

    assert len(answer.json()["data"]) == count
    assert len(queries) == 1
