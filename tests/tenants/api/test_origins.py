"""Pages of other origins: those on the list, exactly."""

from typing import Any

import pytest
from django.test import Client

from crm_platform.checks import check_origins
from tests import factories
from tests.cast import Club

APP = "http://localhost:5173"
THINGS = "/api/v1/things"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _listed(settings: Any) -> None:
    settings.CRM_CORS_ORIGINS = [APP, "https://app.example.com"]


def preflight(path: str, origin: str) -> Any:
    headers = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
    return Client().options(
        path, headers=headers | {"Access-Control-Request-Headers": "authorization,if-match"}
    )


@pytest.mark.parametrize("path", [THINGS, "/graphql", "/api/schema/"])
def test_a_preflight_names_what_may_be_sent_and_is_kept_for_a_day(path: str) -> None:
    answer = preflight(path, APP)

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert set(answer.headers["Access-Control-Allow-Headers"].split(", ")) >= {
        *(
            "authorization",
            "x-api-key",
            "x-tenant-id",
            "idempotency-key",
            "if-match",
            "if-none-match",
            "content-type",
        ),
    }
    assert answer.headers["Access-Control-Max-Age"] == "86400"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_answers_and_refusals_can_be_read_by_the_page(fairview: Club) -> None:
    good = Client(headers=factories.bearer(fairview.tenant)).get(THINGS, headers={"Origin": APP})
    refused = Client().get(THINGS, headers={"Origin": APP})

    assert (good.status_code, refused.status_code) == (200, 401)
    for answer in (good, refused):
        assert answer.headers["Access-Control-Allow-Origin"] == APP
        assert "Origin" in answer.headers["Vary"]
        assert set(answer.headers["Access-Control-Expose-Headers"].split(", ")) == {
            *("etag", "location", "retry-after", "x-request-id", "idempotency-replayed"),
        }


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:51730",
        "https://localhost:5173",
        "http://LOCALHOST:5173",
        "null",
        "https://x.app.example.com",
    ],
)
def test_others_are_told_nothing(fairview: Club, origin: str) -> None:
    for answer in (preflight(THINGS, origin), Client().get(THINGS, headers={"Origin": origin})):
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]
        assert "Origin" in answer.headers["Vary"]


def test_pages_of_the_back_office_are_nobody_elses(fairview: Club) -> None:
    answer = Client().get("/pages/forbidden", headers={"Origin": APP})

    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("origin", "is_one"),
    [
        ("https://app.example.com", True),
        ("http://[::1]:8080", True),
        ("*", False),
        ("https://app.example.com/", False),
        ("app.example.com", False),
        ("https://App.example.com", False),
        ("null", False),
    ],
)
def test_what_is_no_origin_is_an_error_of_the_settings(settings: Any, origin: str, is_one: bool) -> None:
    settings.CRM_CORS_ORIGINS = [origin]

    assert [message.id for message in check_origins(None)] == ([] if is_one else ["crm.E015"])
