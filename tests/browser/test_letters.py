"""Writing to one customer: the way that is open, a word filled in, a look at it, and off."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from messaging.models import Delivery
from tenants.scope import tenant_scope
from tests.browser.test_back_office import fits, log_in
from tests.browser.test_privacy import look
from tests.cast import Club
from tests.messaging.people import reader

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_letter_is_written_looked_at_and_sent(page: Page, live_server: LiveServer, fairview: Club) -> None:
    anna = reader(fairview.tenant)
    log_in(page, live_server, fairview.admin)
    page.goto(f"{live_server.url}/admin/profiles/customerprofile/{anna.pk}/change/")
    page.get_by_role("link", name="Write", exact=True).click()
    expect(page.get_by_label("WhatsApp")).to_be_disabled()
    page.get_by_label("Subject").fill("Your umbrella")
    page.get_by_label("Text").fill("Dear ")
    page.get_by_role("button", name="{{ firstName }}").click()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Dear Anna")).to_be_visible()
    assert fits(page)
    look(page, "letter")

    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Your message to Anna is on its way.")).to_be_visible()

    with tenant_scope(fairview.tenant):
        assert Delivery.objects.filter(profile_id=anna.pk).count() == 1


def test_where_nobody_may_write_nothing_is_offered_but_the_way_back(
    page: Page, live_server: LiveServer, fairview: Club
) -> None:
    anna = reader(fairview.tenant, email_opt_in=False)
    log_in(page, live_server, fairview.admin)
    page.goto(f"{live_server.url}/admin/profiles/customerprofile/{anna.pk}/write/")

    expect(page.get_by_text("Nobody may write to Anna from here at present.")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_have_count(0)
    expect(page.get_by_role("link", name="Back").last).to_be_visible()
