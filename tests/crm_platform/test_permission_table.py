"""Who may call what: one table over every route, from the rows that each app brings; a missing route fails the test."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import orjson
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from tenants.models import Scope, Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.crm_platform.permissions import QUESTION
from tests.permissions import CALLERS, Row, World, rest_rows, state_of_club
from tests.profiles.api_callers import thandi

TABLE: Final = rest_rows()
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Answered before the URLconf is asked.
NOT_IN_URLCONF: Final = {"livez", "readyz"}
UNSAFE_CHANGES: Final = (200, 201, 202, 204)
NOBODY: Final = "0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a11"


class _Nobody(dict[str, str]):
    """Fills every placeholder of an address with the id of nobody."""

    def __missing__(self, name: str) -> str:
        return NOBODY


@pytest.fixture
def world(fairview: Club, settings: Settings) -> World:
    return World(fairview, thandi(fairview.tenant), settings)


@pytest.fixture
def callers(fairview: Club, kingsmere: Club) -> dict[str, Client]:
    """A client for each column."""
    own = fairview.tenant
    scoped = {
        scope.value.removeprefix("crm:"): factories.bearer(own, scopes=[scope.value]) for scope in Scope
    }
    headers: dict[str, dict[str, str]] = {
        "anonymous": {},
        "expired": factories.bearer(own, lifetime=timedelta(minutes=-5)),
        **scoped,
        "key": {"X-API-Key": factories.api_key(own)},
        "foreign": factories.bearer(kingsmere.tenant),
        "stranger": factories.bearer(),
    }
    assert set(headers) == set(CALLERS)
    return {name: Client(headers=given, raise_request_exception=False) for name, given in headers.items()}


def state_of(tenant: Tenant) -> tuple[Any, ...]:
    """What a refused call must not change."""
    with tenant_scope(tenant):
        return state_of_club()


def prepared(row: Row, world: World) -> dict[str, object]:
    """What fills the row's placeholders."""
    return {"id": world.customer_id, **(row.prepare(world) if row.prepare else {})}


def send(client: Client, row: Row, given: dict[str, object], *, url: str = "") -> Any:
    """Make the row's request."""
    address = (url or row.url).format(**given)
    if row.body is None:
        return client.generic(row.method, address)
    return client.generic(row.method, address, orjson.dumps(_filled(row.body, given)), "application/json")


def _filled(body: Any, given: dict[str, object]) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, given) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, given) for value in body]
    is_placeholder = isinstance(body, str) and body.startswith("{") and body[1:-1] in given
    return str(given[body[1:-1]]) if is_placeholder else body


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method}-{row.route}")
def test_every_caller_gets_the_status_of_the_table(
    row: Row, callers: dict[str, Client], world: World
) -> None:
    tenant = world.club.tenant

    for name, status in row.expected.items():
        given = prepared(row, world)
        before = state_of(tenant)
        answer = send(callers[name], row, given)
        assert answer.status_code == status, (name, answer.content)
        if row.method == "GET" or status not in UNSAFE_CHANGES or row.is_reading:
            assert state_of(tenant) == before, name


@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if row.is_about_a_thing and row.url.startswith("/api/v1")],
    ids=lambda row: f"{row.method}-{row.route}",
)
def test_a_foreign_object_is_not_found_in_ones_own_tenant_either(
    row: Row, callers: dict[str, Client], world: World
) -> None:
    given = prepared(row, world)
    before = state_of(world.club.tenant)

    answer = send(callers["foreign"], row, given, url=row.url.partition("?")[0])

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert state_of(world.club.tenant) == before


@pytest.mark.parametrize("name", ["read", "foreign", "stranger"])
def test_what_graphql_says_to_whom(callers: dict[str, Client], name: str) -> None:
    answer = callers[name].post("/graphql", QUESTION, "application/json").json()

    if name == "read":
        assert answer == {"data": {"customers": {"meta": {"total": 0}}}}
    else:
        assert answer["data"] == {"customers": None}
        assert answer["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize(
    "route", sorted({row.route for row in TABLE if row.url.startswith(("/api/v1", "/graphql"))})
)
def test_methods_that_are_not_in_the_table_do_not_exist(
    route: str, callers: dict[str, Client], fairview: Club
) -> None:
    rows = [row for row in TABLE if row.route == route]
    url = rows[0].url.format_map(_Nobody())

    for method in set(METHODS) - {row.method for row in rows}:
        answer = callers["key"].generic(method, url)
        assert answer.status_code == 405, method
        assert set(answer.headers["Allow"].split(", ")) == {row.method for row in rows} | {"OPTIONS"} | (
            {"HEAD"} if "HEAD" in answer.headers["Allow"] else set()
        )


def test_every_route_is_in_the_table() -> None:
    assert set(routes()) | NOT_IN_URLCONF == {row.route for row in TABLE}


def routes() -> Iterator[str]:
    """The names of all routes; of the back office its front door, whose pages have a table of their own."""
    yield from _routes_of(get_resolver().url_patterns)


def _routes_of(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            assert pattern.name, f"The route {pattern.pattern} has no name."
            yield pattern.name
        elif pattern.namespace == "admin":
            yield "admin:index"
        else:
            yield from _routes_of(pattern.url_patterns)
