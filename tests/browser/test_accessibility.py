"""axe on every page of the back office at three widths, light and dark: nothing serious, nothing critical.

A page is loaded once. Each width and each scheme is looked at once with every rule; the other four looks ask only for
what hangs on both together: what stands on what colour, and how large it is to the finger.
"""

from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, Error, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tenants.models import User
from tests import factories
from tests.browser.conftest import PATIENCE_MS, PHONE, WIDE
from tests.cast import Club
from tests.crm_platform.test_admin_permission_table import ARGUMENTS
from tests.permissions import NOBODY, OPERATOR, World, modules, things_of
from tests.profiles.api_callers import thandi

pytestmark = pytest.mark.django_db(transaction=True)

APPS: Final = {module.__name__.split(".")[-2]: module for module in modules() if getattr(module, "PAGES", ())}
# Moderate findings about the shape of a page count as well.
ALSO: Final = ("landmark-one-main", "page-has-heading-one", "bypass")
GRAVE: Final = ("serious", "critical")
TABLET: Final = {"width": 768, "height": 1024}
EVERYTHING: Final[dict[str, Any]] = {"resultTypes": ["violations"]}
BY_LOOK: Final[dict[str, Any]] = {
    **EVERYTHING,
    "runOnly": {"type": "rule", "values": ["color-contrast", "target-size", "link-in-text-block"]},
}
# The look, and what is asked there.
LOOKS: Final[list[tuple[dict[str, int], str, dict[str, Any]]]] = [
    (WIDE, "light", EVERYTHING),
    (WIDE, "dark", BY_LOOK),
    (TABLET, "dark", BY_LOOK),
    (TABLET, "light", BY_LOOK),
    (PHONE, "light", BY_LOOK),
    (PHONE, "dark", EVERYTHING),
]


def session_of(user: User, url: str) -> SetCookieParam:
    """The cookie of somebody who is logged in."""
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


def findings(page: Page, axe: Axe, options: dict[str, Any]) -> list[str]:
    """What axe holds against the page as it stands."""
    told = axe.run(page, options=options).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:130]}"
        for each in told
        if each["impact"] in GRAVE or each["id"] in ALSO
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("app", sorted(APPS))
def test_axe_finds_nothing_serious(
    app: str, browser: Browser, live_server: LiveServer, fairview: Club, settings: Settings
) -> None:
    things = things_of(World(fairview, thandi(fairview.tenant), settings))
    root = factories.user("root", is_superuser=True)
    axe, problems = Axe(), list[str]()
    # A browser of each, which keeps the style sheets and scripts from page to page.
    contexts = {
        user: browser.new_context(viewport=WIDE, reduced_motion="reduce")  # type: ignore[arg-type]
        for user in (root, fairview.admin)
    }
    for user, context in contexts.items():
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([session_of(user, live_server.url)])
    for row in APPS[app].PAGES:
        if row.method != "GET" or row.least == NOBODY:
            continue
        given = things[row.route]
        path = reverse(f"admin:{row.route}", kwargs={name: given[name] for name in ARGUMENTS[row.route]})
        page = contexts[root if row.least == OPERATOR else fairview.admin].new_page()
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        if _opens(page, f"{live_server.url}{path}"):
            for size, scheme, options in LOOKS:
                page.set_viewport_size(size)  # type: ignore[arg-type]
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                problems += [
                    f"{path} {size['width']} {scheme}: {each}" for each in findings(page, axe, options)
                ]
        page.close()
    for context in contexts.values():
        context.close()

    assert problems == [], "\n".join(problems)


def _opens(page: Page, address: str) -> bool:
    """Whether a page of ours stands there: no download, no piece for a script, no way to a network."""
    try:
        answer = page.goto(address)
    except Error as error:
        if any(words in error.message for words in ("Download is starting", "ERR_UNSAFE_PORT")):
            return False
        raise
    is_html = answer is not None and "text/html" in answer.headers.get("content-type", "")
    return is_html and bool(page.evaluate("Boolean(document.querySelector('html[lang]') && document.title)"))
