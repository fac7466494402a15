"""Whatever goes wrong is told in one envelope, without secrets, and undone."""

import logging
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from rest_framework import exceptions as drf_errors

from tenants.api.errors import INTERNAL_MESSAGE, flat_details, problem_of
from tenants.models import IdempotencyRecord
from tenants.scope import all_tenants, current_scope, tenant_scope
from tests.cast import Club
from tests.tenants.api.conftest import thing

TAKEN = {"field": None, "code": "TAKEN", "message": "It is taken."}
ENVELOPES: list[tuple[str, int, str, str, Any]] = [
    ("conflict", 409, "TAKEN", "It is taken.", [{**TAKEN, "params": {"by": "x"}}]),
    ("domain", 409, "CONFLICT", "No.", None),
    (
        "invalid",
        422,
        "VALIDATION_ERROR",
        "Too late.",
        [{"field": "startsAt", "code": "INVALID", "message": "Too late."}],
    ),
    (
        "column",
        422,
        "VALIDATION_ERROR",
        "Too late.",
        [{"field": "repeatsUntil", "code": "INVALID", "message": "Too late."}],
    ),
    ("whole", 422, "ODD", "Odd.", [{"field": None, "code": "ODD", "message": "Odd."}]),
    ("unavailable", 503, "SERVICE_UNAVAILABLE", "Not now.", None),
    ("api", 418, "TEAPOT", "A teapot.", None),
    ("http404", 404, "RESOURCE_NOT_FOUND", "There is nothing here.", None),
    ("denied", 403, "FORBIDDEN", "You may not do this.", None),
    (
        "django",
        422,
        "VALIDATION_ERROR",
        "name: Too short.",
        [
            {"field": "name", "code": "INVALID", "message": "Too short."},
            {"field": "name", "code": "INVALID", "message": "Too odd."},
        ],
    ),
    (
        "plain",
        422,
        "VALIDATION_ERROR",
        "All wrong.",
        [{"field": None, "code": "INVALID", "message": "All wrong."}],
    ),
    (
        "database",
        503,
        "SERVICE_UNAVAILABLE",
        "The database is not available right now; try again in a few seconds.",
        None,
    ),
    ("data", 422, "VALIDATION_ERROR", "A value is out of the range that can be stored.", None),
    ("integrity", 500, "INTERNAL_ERROR", INTERNAL_MESSAGE, None),
    ("scope", 500, "INTERNAL_ERROR", INTERNAL_MESSAGE, None),
    ("bug", 500, "INTERNAL_ERROR", INTERNAL_MESSAGE, None),
]


@pytest.mark.parametrize("expectation", ENVELOPES, ids=[row[0] for row in ENVELOPES])
def test_whatever_is_raised_becomes_the_envelope(
    api: Client, expectation: tuple[str, int, str, str, Any]
) -> None:
    kind, status, code, message, details = expectation

    answer = api.get(f"/api/v1/broken/{kind}", headers={"X-Request-Id": "r-1"})

    expected = {"code": code, "message": message, "requestId": "r-1"}
    assert answer.status_code == status
    assert answer.json() == {"error": expected if details is None else expected | {"details": details}}
    assert answer.headers["Content-Type"] == "application/json"
    assert b"secret" not in answer.content
    assert current_scope() is None


@pytest.mark.parametrize("kind", ["unavailable", "database"])
def test_what_passes_says_when_to_come_back(api: Client, kind: str) -> None:
    assert api.get(f"/api/v1/broken/{kind}").headers["Retry-After"] == "5"


def test_an_error_may_bring_its_own_headers(api: Client) -> None:
    assert api.get("/api/v1/broken/api").headers["X-Tea"] == "yes"


def test_a_bug_is_logged_with_its_traceback(api: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="tenants.api.errors"):
        api.get("/api/v1/broken/bug")

    (entry,) = [entry for entry in caplog.records if entry.name == "tenants.api.errors"]
    assert entry.exc_info is not None
    assert entry.exc_info[0] is KeyError


def test_a_bug_reaches_djangos_listeners(api: Client) -> None:
    api.raise_request_exception = True  # the test client is one of them

    with pytest.raises(KeyError, match="secret"):
        api.get("/api/v1/broken/bug")


def test_a_real_lost_connection_is_told_and_the_next_request_works(
    transactional_db: None, fairview: Club, api: Client
) -> None:
    thing(fairview, "driver")
    api.get("/api/v1/things")
    assert connection.connection is not None
    connection.connection.close()

    lost = api.get("/api/v1/things")
    close_old_connections()  # what the server does between two requests, and the test client does not
    after = api.get("/api/v1/things")

    assert (lost.status_code, lost.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert (after.status_code, after.json()["data"]) == (200, [{"name": "driver"}])


def test_a_collision_with_another_row_is_a_conflict(fairview: Club, api: Client) -> None:
    thing(fairview, "driver")

    answer = api.post("/api/v1/things", {"name": "driver"}, "application/json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ("{}", "name", "This field is required."),
        ('{"name": ""}', "name", "This field may not be blank."),
        ('{"name": 1e400}', None, None),
        (
            '{"name": "x", "tags": ["ok", "too long"]}',
            "tags.1",
            "Ensure this field has no more than 5 characters.",
        ),
        ("[]", None, "Invalid data. Expected a dictionary, but got list."),
        ('"text"', None, "Invalid data. Expected a dictionary, but got str."),
        ("null", None, None),
    ],
)
def test_invalid_input_names_each_field(
    api: Client, body: str, field: str | None, message: str | None
) -> None:
    answer = api.post("/api/v1/things", body, "application/json")

    error = answer.json()["error"]
    assert answer.status_code == (400 if error["code"] == "INVALID_JSON" else 422)
    if message is not None:
        assert error["code"] == "VALIDATION_ERROR"
        (detail,) = error["details"]
        assert (detail["field"], detail["message"]) == (field, message)
        assert detail["code"] in ("REQUIRED", "BLANK", "MAX_LENGTH", "INVALID")
    with all_tenants():
        assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"name": NaN}',
        b'{"name": "\xff"}',
        b'{"name": "a\x00b"}',
        b'{"name": "a\\u0000b"}',
        b'{"a\\u0000": 1}',
        b'{"name": "\\ud800"}',
        b"[" * 100_000,
        b'{"name": "x"} trailing',
        b'\xef\xbb\xbf{"name": "x"}',
        b'{"name": "x", "name": "y"}',
        b'{"name": "x", "tags": [{"a": 1, "a": 2}]}',
    ],
)
def test_what_is_not_json_is_refused(api: Client, body: bytes) -> None:
    answer = api.post("/api/v1/things", body, "application/json")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) in {(400, "INVALID_JSON"), (422, "VALIDATION_ERROR")}
    # In our own words, not in those of a library.
    assert not any(word in error["message"] for word in ("surrogates", "recursion", "unexpected", "orjson"))
    with all_tenants():
        assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize("name", ["⛳️ Ünï 🏌🏽‍♀️", "محمد صلاح", "back\\u0000slash"])
def test_any_script_is_taken_and_given_back(api: Client, name: str) -> None:
    answer = api.post("/api/v1/things", {"name": name}, "application/json")

    assert (answer.status_code, answer.json()["name"]) == (201, name)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
def test_other_kinds_of_body_are_refused(api: Client, kind: str) -> None:
    answer = api.generic("POST", "/api/v1/things", b'{"name": "x"}', content_type=kind)

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_body_of_ten_megabytes_is_refused(api: Client, headers: dict[str, str]) -> None:
    answer = api.post("/api/v1/things", b'"' + b"x" * 10_000_000 + b'"', "application/json", headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_a_body_that_lies_about_its_length_is_refused_too(api: Client) -> None:
    answer = api.post("/api/v1/things", b"{}", "application/json", CONTENT_LENGTH="99999999999")

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_nothing_of_a_failed_request_with_a_key_is_kept(api: Client, fairview: Club) -> None:
    answer = api.post("/api/v1/broken/bug", {}, "application/json", headers={"Idempotency-Key": "k"})

    assert answer.status_code == 500
    with tenant_scope(fairview.tenant):
        assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing", "/graphql/nothing"])
def test_an_unknown_path_of_the_api_answers_in_the_envelope(db: None, path: str) -> None:
    answer = Client(headers={"X-Request-Id": "r-2"}).get(path)

    assert answer.status_code == 404
    assert answer.json() == {
        "error": {"code": "RESOURCE_NOT_FOUND", "message": "There is nothing here.", "requestId": "r-2"}
    }


def test_an_unknown_page_answers_in_html(db: None) -> None:
    answer = Client().get("/nothing")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("page", "status", "code"), [("forbidden", 403, "FORBIDDEN"), ("crash", 500, "INTERNAL_ERROR")]
)
def test_plain_views_answer_in_the_style_of_their_path(db: None, page: str, status: int, code: str) -> None:
    client = Client(raise_request_exception=False)

    api, html = client.get(f"/api/v1/{page}"), client.get(f"/pages/{page}")

    assert (api.status_code, api.json()["error"]["code"]) == (status, code)
    assert html.status_code == status
    assert html.headers["Content-Type"].startswith("text/html")
    assert b"secret" not in api.content + html.content


def test_a_forged_host_is_a_bad_request(db: None) -> None:
    client = Client(headers={"Host": "evil.example"})

    assert client.get("/api/v1/things").json()["error"]["code"] == "BAD_REQUEST"
    assert client.get("/pages/forbidden").headers["Content-Type"].startswith("text/html")


def test_nested_messages_become_a_flat_list() -> None:
    nested = {"rules": [{}, {"value": ["Wrong."]}], "non_field_errors": ["Both."], "name": "Odd."}

    assert flat_details(nested) == [
        {"field": "rules.1.value", "code": "INVALID", "message": "Wrong."},
        {"field": None, "code": "INVALID", "message": "Both."},
        {"field": "name", "code": "INVALID", "message": "Odd."},
    ]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (drf_errors.NotAuthenticated(), 401, "AUTHENTICATION_REQUIRED"),
        (drf_errors.AuthenticationFailed(), 401, "INVALID_CREDENTIALS"),
        (drf_errors.PermissionDenied(), 403, "FORBIDDEN"),
        (drf_errors.NotFound(), 404, "RESOURCE_NOT_FOUND"),
        (drf_errors.MethodNotAllowed("PUT"), 405, "METHOD_NOT_ALLOWED"),
        (drf_errors.NotAcceptable(), 406, "NOT_ACCEPTABLE"),
        (drf_errors.ParseError(), 400, "INVALID_JSON"),
        (drf_errors.APIException(), 500, "ERROR"),
    ],
)
def test_drfs_own_errors_have_codes_of_ours(error: Exception, status: int, code: str) -> None:
    problem = problem_of(error)

    assert problem is not None
    assert (problem.status, problem.code) == (status, code)


def test_what_nobody_expected_is_no_problem_of_the_caller() -> None:
    assert problem_of(KeyError("secret")) is None
