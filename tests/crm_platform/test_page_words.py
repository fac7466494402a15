"""Every page of the back office in one hand: one clock, one way to write days, plain words for staff.

Each page is asked for as in the table of permissions, and what stands on it is read without its tags.
"""

import re
from html import unescape
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from crm_platform.composition import ROOF_NAV
from tenants.declarations import every
from tests import factories
from tests.back_office import desk
from tests.cast import Club
from tests.crm_platform.test_admin_permission_table import ARGUMENTS
from tests.permissions import NOBODY, OPERATOR, World, modules, things_of
from tests.profiles.api_callers import thandi

APPS: Final = {module.__name__.split(".")[-2]: module for module in modules() if getattr(module, "PAGES", ())}
# Rows that people and services wrote, programs' own texts, and what stands in fields to be typed over.
NOT_READ: Final = re.compile(
    r"<(script|style|pre|code|textarea|option|svg|datalist)\b.*?</\1>|<[^>]*crm-(mono|code)[^>]*>.*?</\w+>",
    re.S,
)
STOCK_DAYS: Final = {
    "a day as programs write it": re.compile(r"\b20\d\d-\d\d-\d\d"),
    "a clock of twelve hours": re.compile(r"\b\d{1,2}(:\d\d)? ?[ap]\.?m\b\.?", re.I),
    "noon or midnight instead of a time": re.compile(r", (noon|midnight)\b"),
    "a month cut off with a full stop": re.compile(r"\b(Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\. \d"),
    "an offset": re.compile(r"\d\d:\d\d(:\d\d)?(\.\d+)?\+\d\d:\d\d"),
}
# Words of the machine room or of Django that nobody at a club uses.
NOT_OURS: Final = re.compile(
    r"\b(consumers?|parked|dead letters?|slug|tenants?|memberships|yielded into no results|is active|"
    r"auth user id|staff account|statementpipeline)\b",
    re.I,
)
TITLES: Final = re.compile(r"<title>(.*?)</title>", re.S)
# Pages for technicians: what they are about is called what it is called in the documentation.
TECHNICAL: Final = ("graphql", "webhook", "operations_event", "operations_repair", "operations_letter")


def text_on(html: str) -> str:
    """What a person reads, on one line."""
    body = re.sub(r"<head\b.*?</head>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub("<[^>]+>", " ", NOT_READ.sub(" ", body))).split())


def test_the_table_of_pages_knows_each_entry_of_the_menu() -> None:
    """So that axe and this file look at everything to which the menu leads."""
    listed = {row.route for module in APPS.values() for row in module.PAGES if row.method == "GET"}
    menu = {entry.route for entry in (*every("nav"), *ROOF_NAV)}
    assert menu - listed == set()


@pytest.fixture
def world(fairview: Club, settings: Settings) -> World:
    return World(fairview, thandi(fairview.tenant), settings)


@pytest.mark.parametrize("app", sorted(APPS))
def test_pages_write_days_times_and_words_in_one_way(app: str, fairview: Club, world: World) -> None:
    things, problems = things_of(world), list[str]()
    root, admin = desk(factories.user("root", is_superuser=True)), desk(fairview.admin)
    for row in APPS[app].PAGES:
        if row.method != "GET" or row.least == NOBODY:
            continue
        given = things[row.route]
        path = reverse(f"admin:{row.route}", kwargs={name: given[name] for name in ARGUMENTS[row.route]})
        html = page_at(root if row.least == OPERATOR else admin, path)
        problems += [f"{path}: {each}" for each in faults_of(text_on(html), row.route)]
        problems += [f"{path}: title {each}" for each in TITLES.findall(html) if "|" in each]

    assert problems == [], "\n".join(problems)


def page_at(browser: Client, path: str) -> str:
    """The page, empty where it is none: a file, a piece of JSON, the way to a network."""
    answer: Any = browser.get(path, follow=False)
    assert answer.status_code < 500, path
    is_page = answer.status_code == 200 and answer.headers.get("Content-Type", "").startswith("text/html")
    return answer.content.decode() if is_page and not answer.streaming else ""


def faults_of(text: str, route: str) -> list[str]:
    found = [
        f"{words}: …{text[max(0, hit.start() - 40) : hit.end() + 20]}…"
        for words, pattern in STOCK_DAYS.items()
        for hit in pattern.finditer(text)
    ]
    if not route.startswith(TECHNICAL):
        found += [
            f"stock word: …{text[max(0, hit.start() - 40) : hit.end() + 20]}…"
            for hit in NOT_OURS.finditer(text)
        ]
    return found[:3]


@pytest.mark.parametrize(
    "text",
    [
        "on 2026-11-26 it",
        "26 Nov 2026, 1:07 a.m.",
        "26 November 2026, noon",
        "Nov. 26, 2026",
        "01:07:00+00:00",
    ],
)
def test_a_stock_way_of_writing_is_found(text: str) -> None:
    assert faults_of(text, "tags")


@pytest.mark.parametrize(
    "text", ["Thu 26 November 03:07", "26 November 2026 03:19", "R13 209,97", "18,5", "79 %"]
)
def test_our_own_way_is_none(text: str) -> None:
    assert faults_of(text, "tags") == []
