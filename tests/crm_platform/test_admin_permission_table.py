"""Who may open what in the back office: one table over every page, out of the apps' rows; a missing one fails."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from tenants.admin_config import discover
from tenants.models import Role, Tenant, User
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import desk
from tests.cast import Club, make_fairview, make_kingsmere
from tests.permissions import EVERYBODY, OPERATOR, RANK, World, pages, state_of_club, things_of
from tests.prepared import LastingSettings, delete_shared_rows, shared_rows
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

    discover()
    yield from walk(admin.site.get_urls())


ARGUMENTS: Final = dict(routes())


@dataclass(frozen=True)
class Prepared:
    """What all cases share: Fairview with something for each argument, and whoever asks, logged in once."""

    fairview: Club
    things: Things
    state: tuple[Any, ...]
    sessions: dict[Role | str, str]

    def browser(self, who: Role | str) -> Client:
        """A browser of its own for the session: a role at Fairview, or `stranger`, `root`, `neighbour`."""
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]
        return client


@pytest.fixture(scope="module")
def prepared(django_db_setup: None, django_db_blocker: Any) -> Iterator[Prepared]:
    """Made once; each case is rolled back."""
    changed = LastingSettings()
    with shared_rows(django_db_blocker):
        fairview = make_fairview()
        things = things_of(World(fairview, thandi(fairview.tenant), changed))
        people: dict[Role | str, User] = {role: fairview.member(role) for role in RANK}
        people |= {"stranger": factories.user("stranger"), "neighbour": make_kingsmere().admin}
        people["root"] = factories.user("root", is_superuser=True)
        sessions = {
            who: desk(user).cookies[settings.SESSION_COOKIE_NAME].value for who, user in people.items()
        }
        state = state_of(fairview.tenant)
    yield Prepared(fairview, things, state, sessions)
    changed.restore()
    delete_shared_rows(django_db_blocker)


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
def test_who_may_open_it(route: str, prepared: Prepared, db: None) -> None:
    page = TABLE[route]

    assert call(Client(), route, prepared.things).status_code == 302, "anonymous"
    refused = [role for role, rank in RANK.items() if rank < page.least]
    for role in refused:
        assert call(prepared.browser(role), route, prepared.things).status_code in REFUSED, role
    if page.least != EVERYBODY and not page.is_front_door:
        answer = call(prepared.browser("stranger"), route, prepared.things)
        assert answer.status_code in (403, 404, 302), "stranger"
    if page.least != EVERYBODY:
        assert state_of(prepared.fairview.tenant) == prepared.state, (refused, "stranger")

    for role in RANK.keys() - set(refused):
        answer = call(prepared.browser(role), route, prepared.things)
        assert answer.status_code not in REFUSED, role
        assert answer.status_code < 500, role


@pytest.mark.parametrize(
    "route", sorted(name for name, page in TABLE.items() if ARGUMENTS[name] and not page.is_of_platform)
)
def test_another_clubs_things_do_not_exist(route: str, prepared: Prepared, db: None) -> None:
    answer = call(prepared.browser("neighbour"), route, prepared.things)

    # Lists of Django's own lead back to the list with a message.
    assert answer.status_code in (302, 403, 404), answer.status_code
    assert b"Thandi" not in answer.content
    assert state_of(prepared.fairview.tenant) == prepared.state


@pytest.mark.parametrize("route", sorted(name for name, page in TABLE.items() if page.least <= OPERATOR))
def test_operators_of_the_platform_may_open_everything(route: str, prepared: Prepared, db: None) -> None:
    assert call(prepared.browser("root"), route, prepared.things).status_code not in (403, 500)
