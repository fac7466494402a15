"""Webhooks as an admin of the club works with them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from events import outbound
from events.admin.webhook_forms import words_of
from events.models import WebhookDelivery, WebhookEndpoint
from events.webhooks.endpoints import endpoints, show_secret
from tenants.models import LoggedAction
from tenants.scope import tenant_scope
from tests.back_office import INDEX, counted_queries, desk, text_of
from tests.cast import Club
from tests.events.hooks import URL, deliver, deliveries, endpoint, failed_delivery, fresh
from tests.events.receiver import Receiver, Reply, receiving
from tests.profiles.stories import member, tell

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/webhooks/"
NEW = "/admin/webhooks/new/"


@pytest.fixture(autouse=True)
def private_addresses_are_allowed(settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def admin(fairview: Club) -> Client:
    return desk(fairview.admin)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def act(client: Client, hook: WebhookEndpoint, name: str, **fields: Any) -> Any:
    return client.post(reverse("admin:webhook_act", args=[hook.pk]), {"act": name, **fields}, follow=True)


def address(hook: WebhookEndpoint) -> str:
    return reverse("admin:webhook", args=[hook.pk])


def test_an_empty_list_says_what_webhooks_are_for(admin: Client) -> None:
    assert "No webhook yet" in text_of(admin.get(LIST))


def test_an_endpoint_is_made_and_its_secret_shown_where_nothing_keeps_it(
    admin: Client, fairview: Club
) -> None:
    answer = admin.post(NEW, {"url": URL, "description": "Newsletter", "event_types": ["crm.profile.*"]})

    with tenant_scope(fairview.tenant):
        (made,) = endpoints()
        secret = show_secret(made)
    assert secret in text_of(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    assert (made.event_types, made.created_by_name) == (["crm.profile.*"], "Fairview Admin")
    assert secret not in text_of(admin.get(address(made)))
    shown = act(admin, made, "secret")
    assert secret in text_of(shown)
    with tenant_scope(fairview.tenant):
        assert LoggedAction.objects.filter(action="webhook.secret_shown").count() == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "", "event_types": ["*"]}, "This field is required."),
        ({"url": URL}, "Choose at least one."),
        ({"url": "ftp://example.com", "event_types": ["*"]}, "The URL must begin with https://."),
        ({"url": URL, "event_types": ["crm.eaten"]}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    admin: Client, fairview: Club, fields: dict[str, Any], words: str
) -> None:
    answer = admin.post(NEW, fields)

    assert (answer.status_code, words in text_of(answer)) == (422, True)
    with tenant_scope(fairview.tenant):
        assert endpoints().count() == 0


def test_an_endpoint_is_edited_and_keeps_patterns_that_the_form_does_not_know(
    admin: Client, fairview: Club
) -> None:
    hook = endpoint(fairview.tenant, event_types=["crm.segment.*"])
    form = reverse("admin:webhook_edit", args=[hook.pk])
    assert "crm.segment.*" in text_of(admin.get(form))

    admin.post(
        form, {"url": URL, "description": "Bar", "event_types": ["crm.segment.*", "crm.churn.risk.high"]}
    )

    assert fresh(hook).description == "Bar"
    assert fresh(hook).event_types == ["crm.segment.*", "crm.churn.risk.high"]
    refused = admin.post(form, {"url": "nonsense", "event_types": ["*"]})
    assert refused.status_code == 422


def test_a_test_leads_to_what_the_receiver_said(admin: Client, fairview: Club, receiver: Receiver) -> None:
    receiver.answer(Reply(200, b"<b>thanks</b>"), Reply(503, b"later"))
    hook = endpoint(fairview.tenant, receiver)

    good, bad = (text_of(act(admin, hook, "test")) for _ in range(2))

    assert "The test arrived: answered 200" in good
    assert "&lt;b&gt;thanks&lt;/b&gt;" in good
    assert "crm.webhook.test" in good
    assert "The test did not arrive. Answered with status 503." in bad
    assert "Send again</button>" not in bad


def test_the_log_shows_what_waits_and_a_delivery_shows_answer_and_payload(
    admin: Client, fairview: Club, receiver: Receiver
) -> None:
    receiver.answer(Reply(500, b"no room"))
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7, firstName="Thandi", lastName="Nkosi"))
    deliver(hook)
    (delivery,) = deliveries(hook)

    listed = text_of(admin.get(address(hook)))
    shown = text_of(admin.get(reverse("admin:webhook_delivery", args=[hook.pk, delivery.pk])))

    assert "A customer appears" in listed
    assert "Answered with status 500." in listed
    assert "Nothing has arrived since" in listed
    assert "no room" in shown
    assert "Thandi" in shown
    assert delivery.event_id in shown


def test_failures_are_replayed_one_by_one_chosen_or_all_since(admin: Client, fairview: Club) -> None:
    hook = endpoint(fairview.tenant)
    one, two, old = (failed_delivery(fairview.tenant, hook) for _ in range(3))
    with tenant_scope(fairview.tenant):
        WebhookDelivery.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    assert "Send the chosen ones again" in text_of(admin.get(address(hook) + "?status=FAILED"))

    single = act(admin, hook, "replay", ids=[one.pk], one="1")
    assert "It is sent again now" in text_of(single)
    assert "1 delivery sent again now." in text_of(act(admin, hook, "replay", ids=[two.pk, "x"]))
    assert "Nothing of this has failed." in text_of(act(admin, hook, "replay_failed", since="24"))
    assert "1 delivery sent again now." in text_of(act(admin, hook, "replay_failed", since=""))

    assert [each.status for each in deliveries(hook)] == ["PENDING"] * 3


def test_switching_off_on_exchanging_and_deleting(admin: Client, fairview: Club) -> None:
    hook = endpoint(fairview.tenant)
    failed = failed_delivery(fairview.tenant, hook)
    assert "Switched off by hand".lower() in text_of(act(admin, hook, "disable")).lower()
    refused = act(admin, hook, "replay", ids=[failed.pk], one="1")
    assert "This endpoint is disabled" in text_of(refused)
    act(admin, hook, "enable")
    assert fresh(hook).is_enabled

    before = fresh(hook).sealed_secret
    assert "Exchange the secret?" in text_of(act(admin, hook, "rotate"))
    assert fresh(hook).sealed_secret == before
    assert "whsec_" in text_of(act(admin, hook, "rotate", confirmed="1"))
    assert fresh(hook).sealed_old_secret == before
    act(admin, hook, "dance")

    assert "Delete this endpoint?" in text_of(act(admin, hook, "delete"))
    assert "is deleted." in text_of(act(admin, hook, "delete", confirmed="1"))
    assert admin.get(address(hook)).status_code == 404


def test_an_endpoint_that_gave_up_is_announced_on_the_dashboard(
    admin: Client, fairview: Club, receiver: Receiver
) -> None:
    receiver.answer(Reply(410))
    hook = endpoint(fairview.tenant, receiver, description="Newsletter tool")
    assert "Newsletter tool" not in text_of(admin.get(INDEX))
    tell(fairview.tenant, member(7))
    deliver(hook)

    assert "Newsletter tool" in text_of(admin.get(INDEX))
    assert "Newsletter tool" in text_of(desk(fairview.viewer).get(INDEX))
    assert address(hook) not in text_of(desk(fairview.viewer).get(INDEX))
    page = text_of(admin.get(address(hook)))
    assert "the receiver said that it is gone" in page
    act(admin, hook, "enable")
    assert "Newsletter tool" not in text_of(admin.get(INDEX))


@pytest.mark.parametrize("is_list", [True, False])
def test_pages_cost_the_same_number_of_queries_however_long(
    admin: Client, fairview: Club, *, is_list: bool
) -> None:
    hook = endpoint(fairview.tenant)
    failed_delivery(fairview.tenant, hook)
    path = LIST if is_list else address(hook)
    admin.get(path)
    with counted_queries() as one:
        admin.get(path)
    for _ in range(5):
        endpoint(fairview.tenant)
        failed_delivery(fairview.tenant, hook)

    with counted_queries() as many:
        assert admin.get(path).status_code == 200

    assert many == one


def test_the_log_goes_page_by_page(admin: Client, fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.admin.webhooks_page.PAGE", 2)
    hook = endpoint(fairview.tenant)
    made = [failed_delivery(fairview.tenant, hook) for _ in range(3)]

    first = text_of(admin.get(address(hook) + "?status=FAILED"))
    second = text_of(admin.get(f"{address(hook)}?status=FAILED&before={made[1].pk}"))

    assert f"before={made[1].pk}" in first
    assert f"/deliveries/{made[0].pk}/" in second
    assert f"/deliveries/{made[0].pk}/" not in first


def test_the_form_says_each_event_in_words() -> None:
    assert [name for name in outbound.types().values() if not words_of(name)] == []
