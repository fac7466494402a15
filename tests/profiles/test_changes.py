"""Who changed what of a customer, from what to what: in the timeline, and in sentences of the action log."""

from typing import Any

import pytest
from django.test import Client

from profiles.editing import create_customer, update_customer
from profiles.models import Activity
from profiles.privacy.erasing import erase_customer
from tenants.actors import acting_as, actor_of_user
from tenants.models import LoggedAction
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import desk, page_of, text_of
from tests.cast import Club

LOG = "/admin/tenants/loggedaction/"


@pytest.fixture
def anna(fairview: Club) -> Any:
    """A customer whom Fairview's admin added."""
    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.admin)):
        return create_customer({"firstName": "Anna", "phoneNumber": "+27825550001"}).pk


def change(club: Club, customer_id: Any, fields: dict[str, Any]) -> None:
    with tenant_scope(club.tenant), acting_as(actor_of_user(club.staff)):
        update_customer(customer_id, fields)


def test_a_change_stands_in_the_timeline_with_who_and_both_values(fairview: Club, anna: Any) -> None:
    change(fairview, anna, {"phoneNumber": "+27825550002", "language": "zu"})

    with tenant_scope(fairview.tenant):
        rows = list(Activity.objects.filter(profile_id=anna).order_by("id").values_list("type", "title"))

    staff, admin = fairview.staff.get_full_name(), fairview.admin.get_full_name()
    assert rows == [
        ("CUSTOMER_ADDED", f"{admin} added the customer"),
        (
            "CUSTOMER_CHANGED",
            f"{staff} changed language from nothing to zu, phone from +27825550001 to +27825550002",
        ),
    ]


def test_an_edit_that_changes_nothing_is_no_news(fairview: Club, anna: Any) -> None:
    change(fairview, anna, {"firstName": "Anna", "tags": []})

    with tenant_scope(fairview.tenant):
        assert Activity.objects.filter(profile_id=anna).count() == 1
        assert [row.action for row in LoggedAction.objects.all()] == ["customer.created"]


def test_the_action_log_tells_it_in_a_sentence_with_a_link(fairview: Club, anna: Any) -> None:
    change(fairview, anna, {"phoneNumber": None, "tags": ["vip"]})

    page = text_of(desk(fairview.admin).get(LOG))

    assert f'{fairview.staff.get_full_name()} changed  <a href="{page_of(anna)}">Anna</a>' in page
    assert "phone from +27825550001 to nothing; tags from nothing to vip" in page
    with tenant_scope(fairview.tenant):
        row = LoggedAction.objects.get(action="customer.changed")
    assert "27825550001" not in str(row.details)


def test_after_an_erasure_the_log_knows_neither_name_nor_values(fairview: Club, anna: Any) -> None:
    change(fairview, anna, {"phoneNumber": "+27825550002"})

    with tenant_scope(fairview.tenant):
        erase_customer(anna, reason="gdpr_erasure")
    page = text_of(desk(fairview.admin).get(LOG))

    assert ">Anna<" not in page
    assert "+2782555" not in page
    assert "changed" in page


def test_changes_by_a_service_bear_its_name(fairview: Club, anna: Any) -> None:
    key = factories.api_key(fairview.tenant)
    url = f"/api/v1/customers/{anna}"

    Client(headers={"X-API-Key": key}).patch(url, {"country": "ZA"}, "application/json")

    with tenant_scope(fairview.tenant):
        title = Activity.objects.get(type="CUSTOMER_CHANGED").title
    assert title.startswith("service ")
    assert title.endswith("changed country from nothing to ZA")


def test_the_settings_of_a_club_are_told_with_both_values(fairview: Club) -> None:
    tenant = fairview.tenant
    form = {
        "name": "Fairview Links",
        "time_zone": tenant.time_zone,
        "default_country": "ZA",
        "currency": "ZAR",
        "locale": "en_ZA",
        "tiers": "Platinum\nGold\nSilver",
        "aliases": "fairview-gc",
        "second_factor_for": "ADMINS",
    }
    browser = desk(fairview.admin)

    browser.post(f"/admin/tenants/tenant/{tenant.pk}/change/", form)
    with tenant_scope(tenant):
        details = LoggedAction.objects.get(action="club.changed").details

    assert details["changes"] == {
        "name": ["Fairview Golf Club", "Fairview Links"],
        "second_factor_for": ["NOBODY", "ADMINS"],
    }
