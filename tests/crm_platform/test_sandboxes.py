"""A sandbox behaves as any club, and nothing of it reaches a real peer."""

from io import StringIO
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command
from django.test import Client

from events.transports import outbound_queue
from events.webhooks.deliveries import send_test
from events.webhooks.sending import NOTHING_LEAVES
from messaging.gateway.client import gateway
from messaging.sandbox_address import sandbox_url
from profiles.models import CustomerProfile
from social.networks.addresses import LIVE, addresses
from tenants.api_keys import find_key, issue_key
from tenants.directory import create_tenant
from tenants.errors import InvalidError
from tenants.models import ApiKey, Tenant
from tenants.sandboxes import empty_sandbox
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club, make_club
from tests.events.hooks import endpoint
from tests.events.receiver import receiving
from tests.profiles.api_callers import thandi


@pytest.fixture
def trial(db: None) -> Tenant:
    """An empty sandbox."""
    return create_tenant(name="Trial", slug="trial", is_sandbox=True)


@pytest.mark.django_db(transaction=True)
def test_the_command_makes_one_with_people_who_come_back_after_a_reset() -> None:
    def people() -> set[str]:
        with tenant_scope(tenant):
            return set(CustomerProfile.objects.exclude(status="MERGED").values_list("email", flat=True))

    call_command(
        "create_tenant", "trial", "Trial", sandbox=True, people=40, stdout=StringIO(), stderr=StringIO()
    )
    tenant = Tenant.objects.get(slug="trial")
    key = issue_key(name="x", tenants=[tenant], scopes=["crm:read"])
    before = people()
    with tenant_scope(tenant):
        CustomerProfile.objects.create(tenant_id=tenant.pk, email="mine@example.org")

    call_command("reset_sandbox", "trial", people=40, stderr=StringIO())

    assert len(before) > 20
    assert "mine@example.org" not in people()
    assert len(people() & before) > 20
    assert find_key(key.plain) is not None


def test_a_real_club_is_not_emptied(fairview: Club) -> None:
    customer = thandi(fairview.tenant)

    with pytest.raises(CommandError, match="Fairview Golf Club is no sandbox: nothing is deleted"):
        call_command("reset_sandbox", "fairview")

    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get().pk == customer


def test_emptying_leaves_other_clubs_and_who_may_come_in(fairview: Club, trial: Tenant) -> None:
    make_club(trial)
    key = factories.api_key(trial)
    thandi(fairview.tenant)
    thandi(trial)

    empty_sandbox(trial)

    with tenant_scope(trial):
        assert not CustomerProfile.objects.exists()
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.count() == 1
    assert Client(headers={"X-API-Key": key}).get("/api/v1/customers").json()["meta"]["total"] == 0


def test_its_keys_say_so_and_open_no_real_club(fairview: Club, trial: Tenant) -> None:
    made = issue_key(name="x", tenants=[trial], scopes=["crm:read"])

    with pytest.raises(InvalidError, match="never both"):
        issue_key(name="x", tenants=[trial, fairview.tenant], scopes=["crm:read"])

    assert made.plain.startswith("test_")
    assert issue_key(name="x", tenants=[fairview.tenant], scopes=["crm:read"]).plain.startswith("crm_")
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize(("slug", "is_sandbox"), [("trial", True), ("fairview", False)])
def test_callers_see_it(fairview: Club, trial: Tenant, slug: str, is_sandbox: bool) -> None:
    api = Client(headers={"X-API-Key": factories.api_key(Tenant.objects.get(slug=slug))})
    question = {"query": "{ viewer { isSandbox tenants { slug isSandbox } } }"}

    viewer = api.post("/graphql", question, "application/json").json()["data"]["viewer"]

    assert api.get("/api/v1/me").json()["isSandbox"] is is_sandbox
    assert api.get("/api/v1/tenants").json()["data"][0]["isSandbox"] is is_sandbox
    assert viewer == {"isSandbox": is_sandbox, "tenants": [{"slug": slug, "isSandbox": is_sandbox}]}


def test_each_page_of_the_back_office_says_so(trial: Tenant) -> None:
    club = make_club(trial)
    browser = Client()
    browser.force_login(club.admin)

    assert "Trial: sandbox, nothing leaves" in browser.get("/admin/").content.decode()


def test_messages_and_posts_go_to_the_stand_ins(fairview: Club, trial: Tenant, settings: Any) -> None:
    settings.CRM_MESSAGING_URL = "https://messaging.example.com"
    settings.CRM_MESSAGING_KEY = "secret"
    settings.CRM_SOCIAL_NETWORKS = "LIVE"

    with tenant_scope(trial):
        assert gateway().url == sandbox_url()
        assert "authorization" not in gateway()._session.headers
        assert addresses() != LIVE
    with tenant_scope(fairview.tenant):
        assert gateway().url == "https://messaging.example.com"
        assert addresses() == LIVE


def test_webhooks_are_noted_and_not_sent(trial: Tenant, settings: Any) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    with receiving() as receiver, tenant_scope(trial):
        delivery, attempt = send_test(endpoint(trial, receiver).pk)

        assert receiver.requests == []
    assert (delivery.status, delivery.last_status_code) == ("DELIVERED", None)
    assert attempt.answer == NOTHING_LEAVES


def test_other_services_hear_nothing(trial: Tenant, fairview: Club, redis_server: redis.Redis) -> None:
    envelope = {"id": "1", "type": "crm.profile.created"}

    outbound_queue.send(trial, [envelope])
    outbound_queue._send_to(trial, [envelope], queue="x")
    silent = redis_server.dbsize()
    outbound_queue.send(fairview.tenant, [envelope])

    assert silent == 0
    assert redis_server.dbsize() > 0
