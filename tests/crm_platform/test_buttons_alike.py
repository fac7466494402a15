"""On no page two buttons say the same and do different things."""

from collections import defaultdict
from html.parser import HTMLParser
from typing import Final

from django.urls import reverse
from pytest_django import Settings

from tests.back_office import desk
from tests.cast import Club
from tests.crm_platform.test_admin_permission_table import ARGUMENTS
from tests.crm_platform.test_links_one_may_follow import name_of
from tests.crm_platform.test_page_words import APPS, page_at
from tests.permissions import World, things_of
from tests.profiles.api_callers import thandi

# Each stands in a form that asks one thing, with a heading or a label of its own: only there it has a meaning.
IN_CONTEXT: Final = frozenset({"Save", "Show", "Search", "Add", "Cancel", "More", ""})


class Buttons(HTMLParser):
    """What each button of a page is called, and the page or act that it leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, set[str]] = defaultdict(set)
        self._form, self._name, self._leads_to, self._is_open = "", "", "", False
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Forms give their address to the buttons in them."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = given.get("action", "")
        elif tag == "button" and given.get("type", "submit") == "submit":
            address = given.get("formaction", self._form)
            self._is_open, self._name = True, ""
            self._leads_to = name_of(address.partition("?")[0]) or address
            self._label = given.get("aria-label", "")
        elif self._is_open and (self._hidden or given.get("aria-hidden") == "true"):
            self._hidden += 1

    def handle_endtag(self, tag: str) -> None:
        """The button is complete."""
        if tag == "form":
            self._form = ""
        elif tag == "button" and self._is_open:
            self.found[self._label or " ".join(self._name.split())].add(self._leads_to)
            self._is_open = False
        elif self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        """Icons are hidden from who listens, and are no words."""
        if self._is_open and not self._hidden:
            self._name += data


def test_buttons_that_do_different_things_say_different_words(fairview: Club, settings: Settings) -> None:
    things = things_of(World(fairview, thandi(fairview.tenant), settings))
    browser, wrong, seen = desk(fairview.admin), [], 0

    for row in (row for module in APPS.values() for row in module.PAGES):
        if row.method != "GET":
            continue
        given = things[row.route]
        path = reverse(f"admin:{row.route}", kwargs={name: given[name] for name in ARGUMENTS[row.route]})
        for words, leads_to in Buttons(page_at(browser, path)).found.items():
            seen += 1
            if len(leads_to) > 1 and words not in IN_CONTEXT:
                wrong.append((row.route, words, sorted(leads_to)))

    assert wrong == []
    assert seen > 100


def test_the_words_and_the_act_of_a_button_are_found() -> None:
    page = """
    <form action="/admin/tags/"><button>Go <i aria-hidden="true">icon</i>on</button>
    <button formaction="/admin/privacy/?x=1" aria-label="Away">Go on</button></form><button type="button">No</button>
    """

    assert Buttons(page).found == {"Go on": {"tags"}, "Away": {"privacy"}}
