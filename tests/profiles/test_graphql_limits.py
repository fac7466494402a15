"""What GraphQL does not run: documents that cost too much, bodies that are no question."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from graphql import get_introspection_query

from tests.cast import Club
from tests.profiles.api_callers import caller
from tests.profiles.graphql_callers import ALL_FIELDS, ask, codes, data


@pytest.fixture
def api(fairview: Club) -> Client:
    return caller(fairview.tenant)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("{", 400, "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{ customer { id } }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("query($id: ID!) { customer(id: $id) { id } }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("query a { __typename } query b { __typename }", 400, "INVALID_PARAMETER"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }", 400, "QUERY_TOO_EXPENSIVE"),
        (
            "{ " + " ".join(f"a{n}: customers {{ meta {{ total }} }}" for n in range(21)) + " }",
            400,
            "QUERY_TOO_EXPENSIVE",
        ),
        (
            "{ "
            + " ".join(
                f"a{n}: customers(pagination: {{take: 100}}) {{ data {{ {ALL_FIELDS} }} }}" for n in "ab"
            )
            + " c: customers(pagination: {take: 100}) { data { id email phoneNumber firstName lastName tags } } }",
            400,
            "QUERY_TOO_EXPENSIVE",
        ),
        ("{ " + "__typename " * 2_100 + "}", 400, "QUERY_TOO_EXPENSIVE"),
        ("{ a" * 600, 400, "GRAPHQL_PARSE_FAILED"),
        (
            "{ customers(filter: " + "[" * 900 + "]" * 900 + ") { meta { total } } }",
            400,
            "GRAPHQL_PARSE_FAILED",
        ),
        (
            "{ __schema { types { " + "fields { type { " * 4 + "name" + " } }" * 4 + " } } }",
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ customers { data { " + "... { " * 60 + "id" + " }" * 60 + " } } }", 400, "QUERY_TOO_EXPENSIVE"),
        (
            "query { ...f0 } "
            + " ".join(
                f"fragment f{n} on Query {{ ...f{n + 1} a{n}: __typename ...f{n + 1} }}" for n in range(25)
            )
            + " fragment f25 on Query { __typename }",
            400,
            "QUERY_TOO_EXPENSIVE",
        ),
    ],
)
def test_documents_that_are_not_run(api: Client, fairview: Club, query: str, status: int, code: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = ask(api, query)

    assert codes(answer)[0] == status, answer.json()
    assert codes(answer)[1][0] == code
    assert len(queries) <= 2  # finding the caller


def test_a_variable_cannot_hide_the_cost(api: Client, fairview: Club) -> None:
    query = "query($p: PaginationInput) { " + " ".join(
        f"a{number}: customers(pagination: $p) {{ data {{ {ALL_FIELDS} }} }}" for number in range(3)
    )

    assert codes(ask(api, query + " }", p={"take": 100})) == (400, ["QUERY_TOO_EXPENSIVE"])
    assert data(ask(api, query + " }", p={"take": 10}))


def test_aliases_do_not_evade_the_minutes_limit(
    api: Client, fairview: Club, settings: Any, redis_server: Any, one_minute: None
) -> None:
    settings.CRM_RATE_LIMITS = {**settings.CRM_RATE_LIMITS, "read": 5}
    query = "{ " + " ".join(f"a{number}: customers {{ meta {{ total }} }}" for number in range(4)) + " }"

    assert data(ask(api, query))
    refused = ask(api, query)

    assert codes(refused) == (429, ["RATE_LIMITED"])
    assert refused.headers["Retry-After"]


def test_whoever_may_come_in_may_look_at_the_schema(api: Client, fairview: Club) -> None:
    found = data(ask(api, get_introspection_query()))

    types = {each["name"] for each in found["__schema"]["types"]}
    assert {"Customer", "CustomerPage", "Activity", "Note", "CustomerInput"} <= types
    assert ask(Client(), get_introspection_query()).status_code == 401


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("{", "application/json", 400, "INVALID_JSON"),
        ("[]", "application/json", 422, "VALIDATION_ERROR"),
        ('[{"query": "{ __typename }"}]', "application/json", 422, "VALIDATION_ERROR"),
        ("{}", "application/json", 422, "VALIDATION_ERROR"),
        ('{"query": 7}', "application/json", 422, "VALIDATION_ERROR"),
        ('{"query": "{ __typename }", "variables": []}', "application/json", 422, "VALIDATION_ERROR"),
        ('{"query": "{ __typename }", "operationName": 7}', "application/json", 422, "VALIDATION_ERROR"),
        ('{"query": "{ __typename }", "operationName": "x"}', "application/json", 400, "INVALID_PARAMETER"),
        ('{"query": "subscription { x }"}', "application/json", 400, "INVALID_PARAMETER"),
        ("query={__typename}", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ('{"query": "' + " " * 300_000 + '"}', "application/json", 413, "PAYLOAD_TOO_LARGE"),
    ],
)
def test_bodies_that_are_no_question(  # noqa: PLR0917 - a case and the fixtures
    api: Client, fairview: Club, body: str, content_type: str, status: int, code: str
) -> None:
    assert codes(api.post("/graphql", body, content_type)) == (status, [code])


def test_questions_come_by_post_only(api: Client, fairview: Club) -> None:
    answer = api.get("/graphql?query={__typename}")

    assert codes(answer) == (405, ["METHOD_NOT_ALLOWED"])
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_an_anonymous_question_is_refused_in_graphqls_form(fairview: Club) -> None:
    answer = ask(Client(), "{ customers { meta { total } } }")

    assert codes(answer) == (401, ["AUTHENTICATION_REQUIRED"])
    assert answer.headers["WWW-Authenticate"]
