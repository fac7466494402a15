"""Missing, forbidden and broken pages: framed for who is logged in, plain for others, with the request's number."""

from typing import Any

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test import Client

from profiles.admin import dashboard
from tests.back_office import desk, text_of
from tests.cast import Club

NOWHERE = "/admin/profiles/customerprofile/01a21547-280e-7000-8000-000000000000/change/"


def test_a_missing_page_keeps_the_menu_and_tells_its_number(fairview: Club) -> None:
    answer = desk(fairview.staff).get(NOWHERE, headers={"X-Request-ID": "req-4711-abcdef"})

    html = text_of(answer)
    assert answer.status_code == 404
    assert 'id="nav-sidebar"' in html
    assert "Nothing here" in html
    assert f"<code>{answer.headers['X-Request-ID']}</code>" in html


def test_a_forbidden_page_keeps_the_menu(fairview: Club) -> None:
    answer = desk(fairview.viewer).get("/admin/segments/new/")

    assert answer.status_code == 403
    assert 'id="nav-sidebar"' in text_of(answer)
    assert "Not for your role" in text_of(answer)


def test_a_broken_page_keeps_the_menu_unless_the_frame_is_what_broke(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(dashboard, "show", breaks)
    browser = desk(fairview.staff)

    framed = browser.get("/admin/")
    monkeypatch.setattr(site, "each_context", breaks)
    plain = browser.get("/admin/")

    assert (framed.status_code, plain.status_code) == (500, 500)
    assert 'id="nav-sidebar"' in text_of(framed)
    assert 'id="nav-sidebar"' not in text_of(plain)
    assert plain.headers["X-Request-ID"] in text_of(plain)
    assert "This was not your fault" in text_of(plain)


def test_strangers_get_a_plain_page_and_programs_json(db: None) -> None:
    page = Client().get("/nowhere/")
    api = Client().get("/api/v1/nowhere")

    assert page.status_code == 404
    assert "Nothing here" in text_of(page)
    assert api.json()["error"]["code"] == "RESOURCE_NOT_FOUND"


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_every_page_says_so_and_when_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = Client(raise_request_exception=False)
    browser.cookies["sessionid"] = "a" * 32
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    try:
        answers = [
            browser.post("/admin/login/", {"username": "anna", "password": "secret"}),
            browser.get("/admin/"),
            browser.get("/account/nowhere/"),
            browser.get("/api/v1/me", headers={"X-API-Key": "crm_live_0123456789"}),
        ]
    finally:
        monkeypatch.undo()
        connection.close()

    assert [answer.status_code for answer in answers[:2]] == [503, 503]
    assert answers[3].status_code == 503
    for answer in (*answers[:2], answers[3]):
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["X-Request-ID"] in text_of(answer)
    assert "try again in a few seconds" in text_of(answers[0])
    assert answers[3].json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    # Nobody needs the database to learn that there is no such page.
    assert answers[2].status_code == 404
