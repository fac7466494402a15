"""Old messages lose what was noted on their way, and stay countable, known by their key."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.models import Delivery
from profiles.privacy.retention import apply_retention
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import candidate, mail, plan, reader
from tests.messaging.violations import delivery

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=400)
DETAILS = {
    "history": [{"status": "PLANNED"}],
    "error": "421 slow down",
    "variables": {"event": {"hole": 7}},
    "service_id": "m-1",
}
GONE: dict[str, Any] = {"history": [], "error": "", "variables": None, "service_id": "", "mailbox": None}


def kept(row: Delivery) -> dict[str, Any]:
    """Everything but the details."""
    return {
        field.attname: getattr(row, field.attname)
        for field in Delivery._meta.concrete_fields
        if field.attname not in GONE
    }


def test_a_year_after_a_message_ended_its_details_go_and_the_rest_stays(fairview: Club) -> None:
    sent = {"handed_over_at": LONG_AGO, "opened_at": LONG_AGO, "planned_at": LONG_AGO, "due_at": LONG_AGO}
    ended = delivery(fairview, status="DELIVERED", mailbox=7, **sent, **DETAILS)
    skipped = delivery(
        fairview, status="SKIPPED", reason="CAP", planned_at=LONG_AGO, due_at=LONG_AGO, history=[{"ways": {}}]
    )
    with tenant_scope(fairview.tenant):
        before = {row.pk: kept(Delivery.objects.get(pk=row.pk)) for row in (ended, skipped)}

    assert apply_retention(fairview.tenant)["deliveryDetails"] == 2
    assert "deliveryDetails" not in apply_retention(fairview.tenant)

    with tenant_scope(fairview.tenant):
        for row in Delivery.objects.all():
            assert {name: getattr(row, name) for name in GONE} == GONE
            assert kept(row) == before[row.pk]


@pytest.mark.parametrize(
    "values",
    [
        {"status": "PLANNED"},
        {"status": "UNKNOWN", "leased_until": LONG_AGO},
        {"status": "HANDED_OVER", "handed_over_at": LONG_AGO, "planned_at": timezone.now()},
        {"status": "HANDED_OVER", "handed_over_at": LONG_AGO, "due_at": timezone.now()},
    ],
)
def test_what_has_not_ended_or_is_young_keeps_them(fairview: Club, values: dict[str, Any]) -> None:
    times = {"planned_at": LONG_AGO, "due_at": LONG_AGO}
    row = delivery(fairview, **(times | DETAILS | values))

    assert "deliveryDetails" not in apply_retention(fairview.tenant)

    with tenant_scope(fairview.tenant):
        row.refresh_from_db()
        assert {name: getattr(row, name) for name in DETAILS} == DETAILS


def test_a_key_stays_taken(fairview: Club) -> None:
    tenant = fairview.tenant
    one = candidate(reader(tenant), mail(tenant), key="campaign:1:1:anna")
    plan(tenant, [one], now=LONG_AGO)
    with tenant_scope(tenant):
        Delivery.objects.update(
            status="HANDED_OVER", handed_over_at=LONG_AGO, planned_at=LONG_AGO, due_at=LONG_AGO
        )
    apply_retention(tenant)

    assert plan(tenant, [one]).already == 1
