"""Everything that happens to a customer happens rightly to the rows of an app that only its declaration makes known."""

from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError
from django.utils import timezone

from crm_platform import extension_checks
from events.consumers import ensure_positions
from events.models import DomainLogEntry
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.privacy.copies import copy_of_person
from profiles.privacy.erasing import erase_customer
from profiles.privacy.retention import apply_retention
from profiles.unmerging import unmerge_profiles
from tenants.models import Tenant
from tenants.scope import ScopeError, tenant_scope
from tests.back_office import INDEX, desk, page_of, text_of
from tests.cast import Club
from tests.events.logbook import read_all
from tests.profiles.api_callers import CUSTOMERS, caller, customers, happened
from tests.profiles.graphql_callers import ask, data
from tests.profiles.importing.acts import brought_in, taken_back
from tests.profiles.stories import booking, member, player
from tests.sample.extension import GIVE_AWAY, ITEM_FOUND
from tests.sample.items import enter_item
from tests.sample.models import LastSeen, LostItem
from tests.sample.tasks import give_away_everywhere

OWN = "tenantId=fairview"


def two_golfers(tenant: Tenant) -> tuple[UUID, UUID]:
    """Anna, who came into being first, and Ben, who booked later than she did anything."""
    happened(
        tenant,
        member(1, firstName="Anna", lastName="Botha", email="anna@example.com", at=1),
        player("t-2", name="Ben", surname="Nel", phone="0821234567", at=2),
        booking("t-2", at=60),
    )
    known = customers(tenant)
    return known["Anna"].pk, known["Ben"].pk


def lost(tenant: Tenant, customer_id: UUID, *descriptions: str) -> None:
    with tenant_scope(tenant):
        for description in descriptions:
            enter_item(customer_id, description)


def items(tenant: Tenant) -> dict[str, UUID]:
    """Description → whose."""
    with tenant_scope(tenant):
        return dict(LostItem.objects.values_list("description", "profile_id"))


def read_log() -> None:
    """Let the consumer read, and before it the one that it comes after."""
    ensure_positions()
    for name in ("scoring", "last-seen"):
        read_all(name)


def seen(tenant: Tenant) -> dict[UUID, Any]:
    with tenant_scope(tenant):
        return dict(LastSeen.objects.values_list("profile_id", "seen_at"))


def test_the_checks_know_the_app(db: None) -> None:
    assert extension_checks.check_tables(None) == []
    assert extension_checks.check_extensions(None) == []
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_a_merge_takes_the_rows_along_and_an_unmerge_gives_them_back(fairview: Club) -> None:
    anna, ben = two_golfers(fairview.tenant)
    lost(fairview.tenant, anna, "Umbrella")
    lost(fairview.tenant, ben, "Putter cover")
    read_log()
    before = seen(fairview.tenant)
    assert set(before) == {anna, ben}

    with tenant_scope(fairview.tenant):
        merge_profiles(anna, ben)
    assert items(fairview.tenant) == {"Umbrella": anna, "Putter cover": anna}
    assert seen(fairview.tenant) == {anna: before[ben]}

    lost(fairview.tenant, ben, "Towel")
    with tenant_scope(fairview.tenant):
        unmerge_profiles(ben)
    assert items(fairview.tenant) == {"Umbrella": anna, "Putter cover": ben, "Towel": anna}
    assert seen(fairview.tenant) == before


@pytest.mark.django_db(transaction=True)
def test_an_erasure_deletes_the_rows_and_says_how_many(fairview: Club) -> None:
    anna, ben = two_golfers(fairview.tenant)
    lost(fairview.tenant, anna, "Umbrella", "Glove")
    lost(fairview.tenant, ben, "Towel")
    read_log()

    with tenant_scope(fairview.tenant):
        done = erase_customer(anna, reason="popia_erasure")

    assert done.counts["sample.LostItem"] == {"deleted": 2}
    assert done.counts["sample.LastSeen"] == {"deleted": 1}
    assert items(fairview.tenant) == {"Towel": ben}
    assert set(seen(fairview.tenant)) == {ben}


def test_a_copy_holds_the_rows_of_all_sides(fairview: Club) -> None:
    anna, ben = two_golfers(fairview.tenant)
    lost(fairview.tenant, anna, "Umbrella")
    lost(fairview.tenant, ben, "Towel")
    with tenant_scope(fairview.tenant):
        merge_profiles(anna, ben)
        copy = copy_of_person(ben)

    assert [row["description"] for row in copy["data"]["lostItem"]] == ["Umbrella", "Towel"]
    assert "lastSeen" in copy["data"]


def test_an_undone_import_keeps_whom_somebody_built_on(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        member_import = brought_in(
            "1,Anna,Botha,anna@example.com,,,,,", "2,Ben,Nel,ben@example.com,,,,,", "3,Cleo,Roux,,,,,,"
        )
    known = customers(fairview.tenant)
    lost(fairview.tenant, known["Anna"].pk, "Umbrella")
    with tenant_scope(fairview.tenant):
        LastSeen.objects.create(tenant=fairview.tenant, profile_id=known["Ben"].pk, seen_at=timezone.now())
        taken_back(member_import)
        status = dict(CustomerProfile.objects.values_list("pk", "status"))

    assert status[known["Anna"].pk] == "ACTIVE"
    assert status[known["Ben"].pk] == status[known["Cleo"].pk] == "DELETED"
    assert items(fairview.tenant) == {"Umbrella": known["Anna"].pk}
    assert seen(fairview.tenant) == {}


def test_retention_goes_by_the_period_of_the_app(fairview: Club) -> None:
    anna, _ = two_golfers(fairview.tenant)
    lost(fairview.tenant, anna, "Umbrella", "Glove", "Towel")
    now = timezone.now()
    with tenant_scope(fairview.tenant):
        LostItem.objects.filter(description="Umbrella").update(given_away_at=now - timedelta(days=366))
        LostItem.objects.filter(description="Glove").update(given_away_at=now - timedelta(days=364))

    assert apply_retention(fairview.tenant) == {"lostItems": 1}
    assert set(items(fairview.tenant)) == {"Glove", "Towel"}


@pytest.mark.django_db(transaction=True)
def test_the_consumer_follows_the_timeline_and_the_log_has_the_apps_kind(fairview: Club) -> None:
    _, ben = two_golfers(fairview.tenant)
    read_log()
    first = seen(fairview.tenant)[ben]
    happened(fairview.tenant, booking("t-2", at=600))
    lost(fairview.tenant, ben, "Towel")

    read_log()

    assert seen(fairview.tenant)[ben] > first
    with tenant_scope(fairview.tenant):
        assert DomainLogEntry.objects.get(kind=ITEM_FOUND).profile_id == ben


def test_the_filter_is_one_for_rest_graphql_and_the_list(fairview: Club) -> None:
    anna, _ = two_golfers(fairview.tenant)
    lost(fairview.tenant, anna, "Umbrella")
    api = caller(fairview.tenant)

    over_rest = api.get(f"{CUSTOMERS}?{OWN}&hasLostItem=true").json()["data"]
    over_graphql = data(
        ask(
            api,
            'query { customers(tenantId: "fairview", filter: {hasLostItem: true}) { data { id } } }',
        )
    )
    listed = text_of(desk(fairview.viewer).get("/admin/profiles/customerprofile/?hasLostItem=true"))
    refused = api.get(f"{CUSTOMERS}?{OWN}&hasLostItem=perhaps")

    assert [one["firstName"] for one in over_rest] == ["Anna"]
    assert [one["id"] for one in over_graphql["customers"]["data"]] == [str(anna)]
    assert "Anna Botha" in listed
    assert "Ben Nel" not in listed
    assert refused.status_code == 400


def test_the_api_takes_and_lists_items(fairview: Club, kingsmere: Club) -> None:
    anna, _ = two_golfers(fairview.tenant)
    api = caller(fairview.tenant)
    body = {"customerId": str(anna), "description": " Umbrella "}

    made = api.post(f"/api/v1/lost-items?{OWN}", body, "application/json")
    listed = api.get(f"/api/v1/lost-items?{OWN}").json()["data"]
    asked = data(
        ask(api, f'query {{ lostItems(tenantId: "fairview", customerId: "{anna}") {{ description }} }}')
    )
    foreign = caller(kingsmere.tenant).get("/api/v1/lost-items?tenantId=kingsmere").json()["data"]
    empty = api.post(f"/api/v1/lost-items?{OWN}", {**body, "description": ""}, "application/json")

    assert made.status_code == 201
    assert [one["description"] for one in listed] == ["Umbrella"]
    assert asked == {"lostItems": [{"description": "Umbrella"}]}
    assert foreign == []
    assert empty.status_code == 422


def test_the_back_office_shows_page_panel_dashboard_and_sidebar(fairview: Club) -> None:
    anna, _ = two_golfers(fairview.tenant)
    lost(fairview.tenant, anna, "Umbrella")
    browser = desk(fairview.viewer)

    page, customer, front = (
        text_of(browser.get(url)) for url in ("/admin/lost-property/", page_of(anna), INDEX)
    )

    assert "Umbrella" in page
    assert "Anna Botha" in page
    assert "Umbrella" in customer
    assert "thing to be fetched" in " ".join(front.split()).replace("</strong>", "").replace(
        "things", "thing"
    )
    assert 'href="/admin/lost-property/"' in front


def test_the_schedule_gives_away_what_nobody_fetched(fairview: Club) -> None:
    anna, _ = two_golfers(fairview.tenant)
    lost(fairview.tenant, anna, "Umbrella", "Glove")
    with tenant_scope(fairview.tenant):
        LostItem.objects.filter(description="Glove").update(found_at=timezone.now() - timedelta(days=91))

    give_away_everywhere()

    with tenant_scope(fairview.tenant):
        given = LostItem.objects.exclude(given_away_at=None).values_list("description", flat=True)
        assert list(given) == ["Glove"]
    assert settings.CELERY_BEAT_SCHEDULE[GIVE_AWAY]["task"] == GIVE_AWAY
    assert settings.CELERY_TASK_ROUTES[GIVE_AWAY] == {"queue": "sends"}


def test_the_second_wall_stands_round_its_tables(fairview: Club, kingsmere: Club) -> None:
    anna, _ = two_golfers(fairview.tenant)
    lost(fairview.tenant, anna, "Umbrella")

    assert items(kingsmere.tenant) == {}
    with pytest.raises(ScopeError):
        list(LostItem.objects.all())
    stolen = LostItem(tenant=kingsmere.tenant, profile_id=anna, origin_profile_id=anna, description="Stolen")
    with tenant_scope(kingsmere.tenant), pytest.raises(IntegrityError, match="sample_lostitem_profile_fk"):
        stolen.save()


def test_it_is_an_app_like_any_other() -> None:
    assert apps.get_app_config("sample").name == "tests.sample"
