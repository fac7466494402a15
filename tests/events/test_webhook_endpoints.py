"""Endpoints of a club: made, changed, disabled, deleted, each in the action log, none seen by another club."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from events.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from events.webhooks.endpoints import (
    MOST_ENDPOINTS,
    create_endpoint,
    delete_endpoint,
    endpoints,
    get_endpoint,
    rotate_secret,
    show_secret,
    target_of,
    update_endpoint,
)
from events.webhooks.errors import AddressRefused, EndpointNotFound, TooManyEndpoints
from events.webhooks.health import health_of
from events.webhooks.signing import new_secret
from tenants.encryption import DecryptionError
from tenants.errors import InvalidError
from tenants.models import LoggedAction
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.events.hooks import URL, endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private_addresses_are_allowed(settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True


def acts(club: Club) -> list[tuple[str, dict[str, Any]]]:
    with tenant_scope(club.tenant):
        return list(LoggedAction.objects.order_by("pk").values_list("action", "details"))


def test_an_endpoint_is_made_with_a_secret_that_is_stored_encrypted(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        made = create_endpoint(url=URL, event_types=["crm.profile.*", "crm.profile.*"], description=" Bar ")
        secret = show_secret(made)

        with connection.cursor() as cursor:
            cursor.execute("SELECT endpoint::text FROM events_webhookendpoint AS endpoint")
            (row,) = cursor.fetchone() or ("",)
    assert secret.startswith("whsec_")
    assert secret.removeprefix("whsec_") not in row
    assert (made.description, made.event_types, made.status) == ("Bar", ["crm.profile.*"], "ENABLED")
    assert acts(fairview) == [
        ("webhook.created", {"host": "127.0.0.1:9", "eventTypes": ["crm.profile.*"]}),
        ("webhook.secret_shown", {}),
    ]


def test_a_secret_of_ones_own_is_taken(fairview: Club) -> None:
    secret = new_secret()

    with tenant_scope(fairview.tenant):
        made = create_endpoint(url=URL, event_types=["*"], secret=secret)
        assert target_of(made).secrets == [secret]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "https://127.0.0.1:99999/"}, "url"),
        ({"event_types": []}, "eventTypes"),
        ({"event_types": ["crm.profile.eaten"]}, "eventTypes"),
        ({"event_types": ["profile.*"]}, "eventTypes"),
        ({"event_types": ["crm.*.created"]}, "eventTypes"),
        ({"event_types": ["*"] * 51 + [f"crm.x{n}.*" for n in range(60)]}, "eventTypes"),
        ({"description": "x" * 201}, "description"),
        ({"secret": "whsec_short"}, "secret"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_nothing_is_made(
    fairview: Club, values: dict[str, Any], field: str
) -> None:
    with tenant_scope(fairview.tenant):
        with pytest.raises(InvalidError) as refused:
            create_endpoint(**({"url": URL, "event_types": ["*"]} | values))
        assert refused.value.field == field
        assert WebhookEndpoint.objects.count() == 0


def test_private_addresses_are_refused_unless_allowed(fairview: Club, settings: Settings) -> None:
    made = endpoint(fairview.tenant)
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = False

    with tenant_scope(fairview.tenant):
        with pytest.raises(AddressRefused):
            create_endpoint(url=URL, event_types=["*"])
        with pytest.raises(AddressRefused):
            update_endpoint(made.pk, url="https://10.0.0.1/")


def test_a_club_has_a_bounded_number_of_endpoints_and_deleted_ones_do_not_count(fairview: Club) -> None:
    made = [endpoint(fairview.tenant) for _ in range(MOST_ENDPOINTS)]

    with pytest.raises(TooManyEndpoints):
        endpoint(fairview.tenant)
    with tenant_scope(fairview.tenant):
        delete_endpoint(made[0].pk)
    endpoint(fairview.tenant)


def test_only_what_is_named_changes_and_only_changes_are_logged(fairview: Club) -> None:
    made = endpoint(fairview.tenant, description="Bar")

    with tenant_scope(fairview.tenant):
        changed = update_endpoint(made.pk, description="Bar", event_types=["crm.churn.*"])
        update_endpoint(made.pk, is_enabled=True)
        update_endpoint(made.pk, is_enabled=False)
        assert get_endpoint(made.pk).disabled_reason == "STAFF"
        update_endpoint(made.pk, is_enabled=True)

    assert (changed.description, changed.event_types, changed.url) == ("Bar", ["crm.churn.*"], URL)
    assert acts(fairview)[1:] == [
        ("webhook.changed", {"fields": ["event_types"]}),
        ("webhook.disabled", {"reason": "STAFF"}),
        ("webhook.enabled", {}),
    ]


def test_a_rotated_secret_stands_before_the_old_one(fairview: Club) -> None:
    made = endpoint(fairview.tenant)

    with tenant_scope(fairview.tenant):
        old = target_of(made).secrets
        new = target_of(rotate_secret(made.pk)).secrets

    assert new[1:] == old
    assert new[0] != old[0]


def test_a_secret_whose_key_is_lost_is_said_and_can_be_exchanged(fairview: Club, settings: Settings) -> None:
    made = endpoint(fairview.tenant)
    settings.CRM_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with tenant_scope(fairview.tenant):
        for read in (show_secret, target_of):
            with pytest.raises(DecryptionError, match="exchange it"):
                read(made)
        assert target_of(rotate_secret(made.pk)).secrets != []


def test_another_clubs_endpoints_do_not_exist(fairview: Club, kingsmere: Club) -> None:
    made = endpoint(fairview.tenant)

    with tenant_scope(kingsmere.tenant):
        assert list(endpoints()) == []
        for act in (get_endpoint, delete_endpoint, rotate_secret, update_endpoint):
            with pytest.raises(EndpointNotFound):
                act(made.pk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM events_webhookendpoint")
            assert cursor.fetchone() == (0,)


def test_a_deleted_endpoint_does_not_exist_any_more(fairview: Club) -> None:
    made = endpoint(fairview.tenant)

    with tenant_scope(fairview.tenant):
        delete_endpoint(made.pk)
        with pytest.raises(EndpointNotFound):
            delete_endpoint(made.pk)
        with pytest.raises(EndpointNotFound):
            get_endpoint(uuid4())
    assert acts(fairview)[-1] == ("webhook.deleted", {"reason": "DELETED"})


def test_health_counts_attempts_by_hour_and_deliveries_by_status(fairview: Club, kingsmere: Club) -> None:
    made, idle = endpoint(fairview.tenant), endpoint(fairview.tenant)
    now = timezone.now()
    with tenant_scope(fairview.tenant):
        rows = WebhookDelivery.objects.bulk_create(
            WebhookDelivery(
                tenant=fairview.tenant, endpoint=made, event_id=str(n), event_type="t", occurred_at=now,
                status=status, due_at=now if status == "PENDING" else None,
                ended_at=None if status == "PENDING" else now, attempts=1, last_error="", created_at=now,
            )
            for n, status in enumerate(["PENDING", "FAILED", "FAILED", "DELIVERED"])
        )  # fmt: skip
        ages = [(0, True), (0, False), (23, True), (24, True), (30, False)]
        WebhookAttempt.objects.bulk_create(
            WebhookAttempt(
                tenant=fairview.tenant, endpoint=made, delivery=rows[0], duration_ms=1, succeeded=succeeded,
                at=now - timedelta(hours=hours, minutes=5),
            )
            for hours, succeeded in ages
        )  # fmt: skip

        health = health_of([made.pk, idle.pk])

    assert (health[made.pk].succeeded[-1], health[made.pk].failed[-1]) == (1, 1)
    assert (health[made.pk].succeeded[0], sum(health[made.pk].failed)) == (1, 1)
    assert (health[made.pk].waiting_count, health[made.pk].failed_count) == (1, 2)
    assert sum(health[idle.pk].succeeded) == 0
