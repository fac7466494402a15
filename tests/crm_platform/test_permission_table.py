"""Who may call what: one table over every route, from the rows that each app brings; a missing route fails the test."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
import pytest
import redis
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from tenants.models import Scope, Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club, make_fairview, make_kingsmere
from tests.crm_platform.permissions import QUESTION
from tests.permissions import CALLERS, Row, World, rest_rows, state_of_club
from tests.prepared import delete_shared_rows, shared_rows, taken_back
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


@dataclass(frozen=True)
class Prepared:
    """What all rows share: a club with one customer, another club, and the headers of each column."""

    club: Club
    customer_id: UUID
    headers: dict[str, dict[str, str]]

    def client(self, name: str) -> Client:
        """A client for the column."""
        return Client(headers=self.headers[name], raise_request_exception=False)


@pytest.fixture(scope="module")
def prepared(django_db_setup: None, django_db_blocker: Any) -> Iterator[Prepared]:
    """Made once; each case is rolled back."""
    with shared_rows(django_db_blocker):
        club, other = make_fairview(), make_kingsmere()
        found = Prepared(club, thandi(club.tenant), _headers(club.tenant, other.tenant))
    yield found
    delete_shared_rows(django_db_blocker)


def _headers(own: Tenant, other: Tenant) -> dict[str, dict[str, str]]:
    """By column, what a caller shows."""
    scoped = {
        scope.value.removeprefix("crm:"): factories.bearer(own, scopes=[scope.value]) for scope in Scope
    }
    headers: dict[str, dict[str, str]] = {
        "anonymous": {},
        "expired": factories.bearer(own, lifetime=timedelta(minutes=-5)),
        **scoped,
        "key": {"X-API-Key": factories.api_key(own)},
        "foreign": factories.bearer(other),
        "stranger": factories.bearer(),
    }
    assert set(headers) == set(CALLERS)
    return headers


@pytest.fixture(autouse=True)
def _own_minute(redis_server: redis.Redis) -> None:
    """Callers are shared, so each case begins with nothing taken from their rate limits."""


@pytest.fixture
def world(prepared: Prepared, db: None, settings: Settings) -> World:
    return World(prepared.club, prepared.customer_id, settings)


def state_of(tenant: Tenant) -> tuple[Any, ...]:
    """What a refused call must not change."""
    with tenant_scope(tenant):
        return state_of_club()


def given_for(row: Row, world: World) -> dict[str, object]:
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
def test_every_caller_gets_the_status_of_the_table(row: Row, prepared: Prepared, world: World) -> None:
    tenant = world.club.tenant
    given = given_for(row, world)
    before = state_of(tenant)

    refused = [name for name, status in row.expected.items() if status not in UNSAFE_CHANGES]
    for name in refused:
        answer = send(prepared.client(name), row, given)
        assert answer.status_code == row.expected[name], (name, answer.content)
    assert state_of(tenant) == before, refused

    for name in row.expected.keys() - set(refused):
        with taken_back():
            answer = send(prepared.client(name), row, given)
            assert answer.status_code == row.expected[name], (name, answer.content)
            if row.method == "GET" or row.is_reading:
                assert state_of(tenant) == before, name


@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if row.is_about_a_thing and row.url.startswith("/api/v1")],
    ids=lambda row: f"{row.method}-{row.route}",
)
def test_a_foreign_object_is_not_found_in_ones_own_tenant_either(
    row: Row, prepared: Prepared, world: World
) -> None:
    given = given_for(row, world)
    before = state_of(world.club.tenant)

    answer = send(prepared.client("foreign"), row, given, url=row.url.partition("?")[0])

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert state_of(world.club.tenant) == before


@pytest.mark.parametrize("name", ["read", "foreign", "stranger"])
def test_what_graphql_says_to_whom(prepared: Prepared, db: None, name: str) -> None:
    answer = prepared.client(name).post("/graphql", QUESTION, "application/json").json()

    if name == "read":
        assert answer == {"data": {"customers": {"meta": {"total": 1}}}}
    else:
        assert answer["data"] == {"customers": None}
        assert answer["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize(
    "route", sorted({row.route for row in TABLE if row.url.startswith(("/api/v1", "/graphql"))})
)
def test_methods_that_are_not_in_the_table_do_not_exist(route: str, prepared: Prepared, db: None) -> None:
    rows = [row for row in TABLE if row.route == route]
    url = rows[0].url.format_map(_Nobody())

    for method in set(METHODS) - {row.method for row in rows}:
        answer = prepared.client("key").generic(method, url)
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
