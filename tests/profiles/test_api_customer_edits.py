"""Making and changing customers over REST."""

from typing import Any

import pytest
from django.test import Client

from tests.cast import Club
from tests.profiles import stories
from tests.profiles.api_callers import (
    CUSTOMERS,
    caller,
    count_customers,
    customers,
    error_of,
    happened,
    thandi,
)


@pytest.fixture
def api(fairview: Club) -> Client:
    return caller(fairview.tenant)


def test_a_customer_is_made_by_hand(api: Client, fairview: Club) -> None:
    given = {
        "firstName": " Søren ",
        "lastName": "محمد",
        "email": "Soren@Example.org",
        "phoneNumber": "082 555 0001",
        "dateOfBirth": "1984-05-17",
        "tags": ["vip", "guest", "vip"],
    }

    answer = api.post(CUSTOMERS, given, "application/json")

    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["Location"] == f"{CUSTOMERS}/{body['id']}"
    assert (body["firstName"], body["lastName"], body["email"]) == ("Søren", "محمد", "soren@example.org")
    assert (body["phoneNumber"], body["dateOfBirth"], body["tags"]) == (
        "+27825550001",
        "1984-05-17",
        ["guest", "vip"],
    )
    assert api.get(f"{CUSTOMERS}/{body['id']}").json() == body
    assert api.get(f"{CUSTOMERS}/resolve?email=soren@example.org").json() == body


def test_an_address_of_somebody_else_is_a_conflict_and_makes_nobody(api: Client, fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)

    answer = api.post(CUSTOMERS, {"firstName": "Copy", "email": "thandi@EXAMPLE.org"}, "application/json")

    assert error_of(answer) == (409, "CUSTOMER_EXISTS")
    assert answer.json()["error"]["details"][0]["params"] == {"customerId": str(customer_id)}
    assert count_customers(fairview.tenant) == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["firstName"]),
        ({"tags": ["vip"]}, ["firstName"]),
        ({"firstName": 7}, ["firstName"]),
        ({"email": "no address"}, ["email"]),
        ({"phoneNumber": "12"}, ["phoneNumber"]),
        ({"firstName": "A", "dateOfBirth": "17 May"}, ["dateOfBirth"]),
        ({"firstName": "A", "dateOfBirth": "2999-01-01"}, ["dateOfBirth"]),
        ({"firstName": "A", "status": "MERGED"}, ["status"]),
        ({"firstName": "A", "status": ["ACTIVE"]}, ["status"]),
        ({"firstName": "A", "tags": "vip"}, ["tags"]),
        ({"firstName": "x" * 201}, ["firstName"]),
        ({"firstName": "A", "emailOptIn": True, "engagementScore": 100}, ["emailOptIn", "engagementScore"]),
        ({"firstName": "A", "id": "x", "nonsense": 1}, ["id", "nonsense"]),
    ],
)
def test_fields_that_cannot_be_taken_are_all_named(
    api: Client, fairview: Club, body: dict[str, Any], fields: list[str]
) -> None:
    answer = api.post(CUSTOMERS, body, "application/json")

    assert error_of(answer) == (422, "VALIDATION_ERROR")
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == fields
    assert count_customers(fairview.tenant) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", (400, "INVALID_JSON")),
        ('{"firstName": "a\\u0000b"}', (400, "INVALID_JSON")),
        ('{"firstName": "\\ud800"}', (400, "INVALID_JSON")),
        ('{"firstName": NaN}', (400, "INVALID_JSON")),
        ("[]", (422, "VALIDATION_ERROR")),
        ("null", (422, "VALIDATION_ERROR")),
        ('"text"', (422, "VALIDATION_ERROR")),
        ("", (422, "VALIDATION_ERROR")),
    ],
)
def test_bodies_that_are_no_customer(
    api: Client, fairview: Club, text: str, expected: tuple[int, str]
) -> None:
    assert error_of(api.post(CUSTOMERS, text, "application/json")) == expected
    assert count_customers(fairview.tenant) == 0


def test_a_form_is_not_taken(api: Client, fairview: Club) -> None:
    assert error_of(api.post(CUSTOMERS, {"firstName": "A"})) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert count_customers(fairview.tenant) == 0


def test_only_the_given_fields_change_and_null_empties(api: Client, fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    api.patch(f"{CUSTOMERS}/{customer_id}", {"gender": "female", "tags": ["vip"]}, "application/json")

    answer = api.patch(f"{CUSTOMERS}/{customer_id}", {"gender": None, "language": "zu"}, "application/json")

    assert answer.status_code == 200
    body = answer.json()
    assert (body["gender"], body["language"], body["firstName"], body["tags"]) == (
        None,
        "zu",
        "Thandi",
        ["vip"],
    )
    assert api.get(f"{CUSTOMERS}/{customer_id}").json() == body


@pytest.mark.parametrize(
    "field",
    [
        *(
            "emailOptIn",
            "smsOptIn",
            "pushOptIn",
            "whatsappOptIn",
            "engagementScore",
            "churnRiskScore",
            "lifetimeValue",
        ),
        *(
            "handicap",
            "homeClubId",
            "membershipTier",
            "membershipStatus",
            "memberSince",
            "sclMemberId",
            "lifecycleStage",
        ),
    ],
)
def test_what_others_own_is_read_only(api: Client, fairview: Club, field: str) -> None:
    customer_id = thandi(fairview.tenant)
    before = api.get(f"{CUSTOMERS}/{customer_id}").content

    answer = api.patch(f"{CUSTOMERS}/{customer_id}", {"firstName": "Changed", field: 1}, "application/json")

    assert error_of(answer) == (422, "VALIDATION_ERROR")
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]
    assert api.get(f"{CUSTOMERS}/{customer_id}").content == before


def test_another_customers_address_cannot_be_taken_over(api: Client, fairview: Club) -> None:
    thandi(fairview.tenant)
    happened(fairview.tenant, stories.member(2, firstName="Ben"))
    ben = customers(fairview.tenant)["Ben"].pk

    answer = api.patch(
        f"{CUSTOMERS}/{ben}", {"phoneNumber": "0821234567", "lastName": "New"}, "application/json"
    )

    assert error_of(answer) == (409, "CUSTOMER_EXISTS")
    assert api.get(f"{CUSTOMERS}/{ben}").json()["lastName"] is None


def test_a_repeated_key_makes_one_customer(api: Client, fairview: Club) -> None:
    first, again = (
        api.post(CUSTOMERS, {"firstName": "Once"}, "application/json", headers={"Idempotency-Key": "k-1"})
        for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count_customers(fairview.tenant) == 1
