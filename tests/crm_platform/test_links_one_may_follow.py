"""Nobody is shown a link to a page, or a button of an act, that would be refused."""

import re
from html import unescape
from typing import Final

import pytest
from django.urls import Resolver404, resolve, reverse
from pytest_django import Settings

from tenants.models import Role
from tests.back_office import desk
from tests.cast import Club
from tests.crm_platform.test_admin_permission_table import ARGUMENTS
from tests.crm_platform.test_page_words import APPS, page_at
from tests.permissions import RANK, World, things_of
from tests.profiles.api_callers import thandi

LEAST: Final = {(row.route, row.method): row.least for module in APPS.values() for row in module.PAGES}
LINKS: Final = re.compile(r'<a\b[^>]*\bhref="(/admin/[^"#?]*)')
BUTTONS: Final = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*\baction="(/admin/[^"#?]*)', re.I)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.STAFF, Role.MARKETING_MANAGER], ids=str)
def test_what_one_is_shown_one_may_open(role: Role, fairview: Club, settings: Settings) -> None:
    things, rank = things_of(World(fairview, thandi(fairview.tenant), settings)), RANK[role]
    browser, wrong, seen = desk(fairview.member(role)), set(), set()
    for row in (row for module in APPS.values() for row in module.PAGES):
        if row.method != "GET" or row.least > rank:
            continue
        given = things[row.route]
        path = reverse(f"admin:{row.route}", kwargs={name: given[name] for name in ARGUMENTS[row.route]})
        html = page_at(browser, path)
        for pattern, method in ((LINKS, "GET"), (BUTTONS, "POST")):
            for address in set(pattern.findall(html)):
                name = name_of(unescape(address))
                seen.add(name)
                if LEAST.get((name, method), 0) > rank:
                    wrong.add(f"{row.route} shows {method} {name}")

    assert wrong == set()
    assert len(seen) > 20


def name_of(address: str) -> str:
    """The name of the page at an address; nothing where there is none."""
    try:
        return resolve(address).url_name or ""
    except Resolver404:
        return ""
