"""Webhooks as an administrator sets them up: the form, the secret, a test, the delivery log."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_back_office import fits, log_in
from tests.browser.test_privacy import look
from tests.cast import Club
from tests.events.hooks import deliver, endpoint, failed_delivery, failing_since, make_due
from tests.events.receiver import Receiver, Reply, receiving
from tests.profiles.stories import member, tell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    with receiving() as one:
        yield one


def test_an_endpoint_is_set_up_and_tested(
    page: Page, live_server: LiveServer, fairview: Club, receiver: Receiver
) -> None:
    receiver.answer(Reply(200, b'{"received": true}'))
    log_in(page, live_server, fairview.admin)
    page.goto(f"{live_server.url}{reverse('admin:webhooks')}")
    expect(page.get_by_role("heading", name="No webhook yet")).to_be_visible()
    assert fits(page)
    look(page, "webhooks-empty")

    page.get_by_role("link", name="Add endpoint").click()
    page.get_by_label("URL").fill("nonsense")
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_text("Choose at least one.")).to_be_visible()
    assert fits(page)
    look(page, "webhooks-form")
    page.get_by_label("URL").fill(receiver.url)
    page.get_by_label("What it is for").fill("Newsletter tool")
    page.get_by_label("Everything about customers").check()
    page.get_by_role("button", name="Add endpoint").click()

    secret = page.get_by_label("The secret").input_value()
    assert secret.startswith("whsec_")
    assert fits(page)
    look(page, "webhooks-secret")
    receiver.secret = secret
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("The test arrived: answered 200")).to_be_visible()
    assert receiver.payloads[0]["type"] == "crm.webhook.test"
    assert fits(page)
    look(page, "webhooks-delivery")


def test_what_failed_is_found_and_sent_again(
    page: Page, live_server: LiveServer, fairview: Club, receiver: Receiver
) -> None:
    hook = endpoint(fairview.tenant, receiver, description="Newsletter tool")
    tell(fairview.tenant, *(member(number, firstName="Thandi", lastName="Nkosi") for number in range(1, 12)))
    deliver(hook)
    receiver.answer(Reply(500, b"<html><body>Internal Server Error</body></html>"))
    tell(fairview.tenant, member(20), member(21), member(1, firstName="Nomsa"))
    deliver(hook)
    make_due()
    deliver(hook)
    for _ in range(3):
        failed_delivery(fairview.tenant, hook)
    failing_since(hook, timezone.now())
    gone = endpoint(fairview.tenant, receiver, description="Till", event_types=["crm.profile.updated"])
    receiver.answer(Reply(410))
    tell(fairview.tenant, member(1, firstName="Thandeka"))
    deliver(gone)
    receiver.answer(Reply())
    page.emulate_media(color_scheme="dark")
    log_in(page, live_server, fairview.admin)
    expect(page.get_by_text("The webhook Till was disabled")).to_be_visible()
    look(page, "webhooks-dashboard")
    page.goto(f"{live_server.url}{reverse('admin:webhooks')}")
    assert fits(page)
    look(page, "webhooks-list")

    page.get_by_role("link", name="Newsletter tool").click()
    assert fits(page)
    look(page, "webhooks-endpoint")
    page.get_by_role("link", name="Failed", exact=True).click()
    page.get_by_label("Choose crm-").first.check()
    assert fits(page)
    look(page, "webhooks-failed")
    page.get_by_role("button", name="Send the chosen ones again").click()
    expect(page.get_by_text("1 delivery sent again now.")).to_be_visible()

    page.locator("td a").last.click()
    expect(page.get_by_role("heading", name="Payload")).to_be_visible()
    assert fits(page)
    look(page, "webhooks-attempts")
