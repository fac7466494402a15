"""Who may open what in the back office: one table over every page, out of the apps' rows; a missing one fails."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from pytest_django import Settings

from tenants.models import Tenant, User
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import desk
from tests.cast import Club
from tests.permissions import EVERYBODY, OPERATOR, RANK, World, pages, state_of_club, things_of
from tests.profiles.api_callers import thandi

TABLE: Final = pages()
# Django's own doors, and addresses that only lead elsewhere.
NOT_OURS: Final = {
    *("login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n", "view_on_site"),
    *("app_list", "search"),
}
REFUSED: Final = (403,)
Things = dict[str, dict[str, object]]


def routes() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and arguments of every page."""

    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            elif pattern.name:
                yield (
                    pattern.name,
                    tuple(pattern.pattern.converters) or tuple(pattern.pattern.regex.groupindex),
                )

    yield from walk(admin.site.get_urls())


ARGUMENTS: Final = dict(routes())


@pytest.fixture
def things(fairview: Club, settings: Settings) -> Things:
    """Something of Fairview for each argument of each page."""
    return things_of(World(fairview, thandi(fairview.tenant), settings))


def call(client: Client, route: str, things: Things) -> Any:
    """Ask for the page with everything filled in."""
    given = things[route]
    url = reverse(f"admin:{route}", kwargs={name: given[name] for name in ARGUMENTS[route]})
    return client.generic(TABLE[route].method, url)


def state_of(tenant: Tenant) -> tuple[Any, ...]:
    """What nobody without the right may change."""
    with tenant_scope(tenant):
        return state_of_club()


def test_every_page_is_in_the_table() -> None:
    assert set(ARGUMENTS) - NOT_OURS == set(TABLE)


@pytest.mark.parametrize("route", sorted(TABLE))
def test_who_may_open_it(route: str, fairview: Club, stranger: User, things: Things) -> None:
    page = TABLE[route]
    before = state_of(fairview.tenant)

    assert call(Client(), route, things).status_code == 302, "anonymous"
    for role, rank in RANK.items():
        answer = call(desk(fairview.member(role)), route, things)
        assert (answer.status_code in REFUSED) == (rank < page.least), (role, answer.status_code)
        assert answer.status_code < 500, role
        if rank < page.least:
            assert state_of(fairview.tenant) == before, role
    if page.least != EVERYBODY and not page.is_front_door:
        assert call(desk(stranger), route, things).status_code in (403, 404, 302), "stranger"


@pytest.mark.parametrize(
    "route", sorted(name for name, page in TABLE.items() if ARGUMENTS[name] and not page.is_of_platform)
)
def test_another_clubs_things_do_not_exist(
    route: str, fairview: Club, kingsmere: Club, things: Things
) -> None:
    before = state_of(fairview.tenant)

    answer = call(desk(kingsmere.admin), route, things)

    # Lists of Django's own lead back to the list with a message.
    assert answer.status_code in (302, 403, 404), answer.status_code
    assert b"Thandi" not in answer.content
    assert state_of(fairview.tenant) == before


@pytest.mark.parametrize("route", sorted(name for name, page in TABLE.items() if page.least <= OPERATOR))
def test_operators_of_the_platform_may_open_everything(route: str, fairview: Club, things: Things) -> None:
    root = desk(factories.user("root", is_superuser=True))

    assert call(root, route, things).status_code not in (403, 500)
