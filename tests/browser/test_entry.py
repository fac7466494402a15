"""The way in: the login page, as a visitor's browser shows it."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer


@pytest.mark.django_db
def test_the_login_page_fits_its_window_and_refuses_a_wrong_password(
    page: Page, live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/admin/login/")
    page.get_by_label("E-mail or user name").fill("nobody")
    page.locator("input[name=password]").fill("wrong")
    page.locator("button[type=submit], input[type=submit]").first.click()

    expect(page.get_by_text("The name and the password do not match", exact=False)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
