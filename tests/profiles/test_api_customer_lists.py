"""The customer list in pages that miss nobody, the fields one wants, many at once; compressed, with what is left."""

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from profiles.models import CustomerProfile
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.profiles import stories

CUSTOMERS = "/api/v1/customers"


@pytest.fixture
def api(fairview: Club) -> Client:
    return Client(headers=factories.bearer(fairview.tenant))


def members(club: Club, *numbers: int) -> None:
    for number in numbers:
        stories.tell(club.tenant, stories.member(number, firstName=f"M{number}", lastName="X"))


def names(answer: Any) -> list[str]:
    return [each["firstName"] for each in answer["data"]]


@pytest.mark.parametrize("sort", ["createdAt", "-createdAt", "updatedAt", "-updatedAt"])
def test_pages_by_cursor_repeat_and_miss_nobody_while_others_come(
    api: Client, fairview: Club, sort: str
) -> None:
    members(fairview, *range(1, 6))
    first = api.get(f"{CUSTOMERS}?take=2&sort={sort}").json()
    members(fairview, 6, 7)
    found, cursor = names(first), first["meta"]["nextCursor"]

    while cursor:
        page = api.get(f"{CUSTOMERS}?take=2&sort={sort}&cursor={cursor}").json()
        found += names(page)
        cursor = page["meta"]["nextCursor"]

    old = [name for name in found if name not in ("M6", "M7")]
    assert old == [f"M{n}" for n in (range(1, 6) if not sort.startswith("-") else range(5, 0, -1))]
    assert len(found) == len(set(found))
    assert ("M7" in found) == (not sort.startswith("-"))


def test_what_changed_since_a_moment_is_found(api: Client, fairview: Club) -> None:
    members(fairview, 1, 2)
    with tenant_scope(fairview.tenant):
        moment = CustomerProfile.objects.get(scl_member_id=2).updated_at
        # Within the one transaction of a test the clock of the database stands still.
        later = moment + timedelta(seconds=1)
        CustomerProfile.objects.filter(scl_member_id=1).update(updated_at=later)

    params = {"updatedFrom": moment.isoformat(), "sort": "updatedAt", "fields": "firstName"}
    answer = api.get(CUSTOMERS, params).json()

    assert names(answer) == ["M2", "M1"]
    assert set(answer["data"][0]) == {"id", "firstName"}


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("sort=name", "sort", "Choose one of"),
        ("fields=id,bogus", "fields", "no field bogus"),
        ("emailOptin=true", "emailOptin", "did you mean emailOptIn"),
        ("bogus=1", "bogus", "is not known here"),
        ("segmentId=", "segmentId", "is empty"),
        ("status=%20", "status", "is empty"),
        ("cursor=x", "cursor", "not one of ours"),
        ("search=a&sort=createdAt", "sort", "order of its own"),
    ],
)
def test_mistakes_in_the_query_are_told(
    api: Client, fairview: Club, query: str, field: str, said: str
) -> None:
    answer = api.get(f"{CUSTOMERS}?{query}")

    assert answer.status_code == 400
    (detail,) = answer.json()["error"]["details"]
    assert detail["field"] == field
    assert said in detail["message"]


def test_a_cursor_belongs_to_its_order(api: Client, fairview: Club) -> None:
    members(fairview, 1, 2)
    cursor = api.get(f"{CUSTOMERS}?take=1").json()["meta"]["nextCursor"]

    answer = api.get(f"{CUSTOMERS}?take=1&sort=updatedAt&cursor={cursor}")

    assert answer.json()["error"]["code"] == "INVALID_CURSOR"


def test_many_are_made_and_changed_at_once_each_with_its_verdict(api: Client, fairview: Club) -> None:
    members(fairview, 1)
    with tenant_scope(fairview.tenant):
        known = str(CustomerProfile.objects.get().pk)
    body = [{"firstName": "New"}, {"id": known, "tags": ["vip"]}, {"lifetimeValue": 5}, {"id": "x"}]

    data = api.post(f"{CUSTOMERS}/batch", {"customers": body}, "application/json").json()["data"]

    assert [each["status"] for each in data] == ["MADE", "CHANGED", "REFUSED", "REFUSED"]
    assert [each["error"] and each["error"]["code"] for each in data] == [
        None,
        None,
        "VALIDATION_ERROR",
        "RESOURCE_NOT_FOUND",
    ]
    assert api.get(f"{CUSTOMERS}/{known}").json()["tags"] == ["vip"]


@pytest.mark.parametrize("body", [{}, {"customers": []}, {"customers": [1]}, {"customers": [{}] * 101}])
def test_a_batch_that_is_none_is_refused(api: Client, fairview: Club, body: Any) -> None:
    assert api.post(f"{CUSTOMERS}/batch", body, "application/json").status_code == 422


def test_what_is_wrong_with_a_batch_is_named(api: Client, fairview: Club) -> None:
    def answer(items: list[Any]) -> Any:
        return api.post(f"{CUSTOMERS}/batch", {"customers": items}, "application/json").json()

    told = [detail["field"] for detail in answer([{"firstName": "New"}, 5, None])["error"]["details"]]
    many = answer([{}] * 101)["error"]["message"]
    hints = [
        one["error"]["details"][0]["message"].partition("exist.")[2]
        for one in answer([{"firsName": "Bo"}, {"emailOptIn": True}])["data"]
    ]

    assert told == ["customers.1", "customers.2"]
    assert many == "Send 1 to 100 at once, not 101."
    assert hints == [" Did you mean firstName?", ""]
    with tenant_scope(fairview.tenant):
        assert not CustomerProfile.objects.exists()


def test_many_keys_are_resolved_at_once(api: Client, fairview: Club) -> None:
    members(fairview, 1, 2)
    keys = [{"sclMemberId": "2"}, {"email": "nobody@post.example"}, {"email": " "}, {"sclMemberId": 1}]

    data = api.post(f"{CUSTOMERS}/resolve", {"keys": keys}, "application/json").json()["data"]

    assert [each["customer"] and each["customer"]["firstName"] for each in data] == ["M2", None, None, "M1"]


def test_answers_are_compressed_for_who_asks(api: Client, fairview: Club) -> None:
    members(fairview, 1, 2, 3)
    plain = api.get(CUSTOMERS)

    packed = api.get(CUSTOMERS, headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 2


def test_each_answer_says_what_is_left_of_the_minute(fairview: Club, one_minute: None) -> None:
    key = factories.api_key(fairview.tenant, rate_limit_per_minute=50)
    api = Client(headers={"X-API-Key": key})

    first, second = (api.get(CUSTOMERS).headers for _ in range(2))

    assert first["RateLimit-Policy"] == '"read";q=50;w=60'
    left = [int(each["RateLimit"].split("r=")[1].split(";")[0]) for each in (first, second)]
    assert left[0] in range(40, 50)
    assert left[1] == left[0] - 1
