"""The customer list with what segments bring: a rule in the address, saved views, putting people on a list."""

import re
from typing import Any

import orjson
import pytest
from django.db import IntegrityError, transaction

from profiles.models import CustomerProfile
from segments.lists import add_members
from segments.models import SavedView, SegmentMember
from segments.views import furnish
from tenants.scope import tenant_scope
from tests.back_office import CUSTOMERS, desk, text_of
from tests.cast import Club
from tests.profiles import records
from tests.profiles.stories import player, tell
from tests.segments.makers import a_list, all_of, leaf

pytestmark = pytest.mark.django_db

GOLD = all_of(leaf("membershipTier", "eq", "Gold"))
READY = (
    "Members",
    "Renewals in 60 days",
    "Not played for 60 days",
    "Birthdays this week",
    "New this month",
    "Slipping away by value",
)


def names(html: str) -> list[str]:
    return re.findall(r'<a href="[^"]*/change/">([^<]+)</a>', html)


def two_tiers(club: Club) -> None:
    records.profile(club.tenant, first_name="Goldie", membership_tier="Gold")
    records.profile(club.tenant, first_name="Silvia", membership_tier="Silver")


def test_the_rule_stands_in_the_address_and_filters(fairview: Club) -> None:
    two_tiers(fairview)
    browser = desk(fairview.viewer)

    told: Any = browser.post(
        "/admin/customers/rule/", {"criteria": orjson.dumps(GOLD).decode(), "sort": "name"}
    )
    html = text_of(browser.get(told.headers["Location"]))

    assert "rule=" in told.headers["Location"]
    assert names(html) == ["Goldie"]
    assert "Membership tier" in html
    # The sentence above says the rule; the form of the filters only keeps it.
    assert '<input type="hidden" name="rule"' in html
    assert '<select class="crm-select" name="rule">' not in html
    assert "data-rule-builder" in text_of(browser.get(f"{told.headers['Location']}&build=1"))


def test_a_segment_is_asked_why_somebody_is_not_in_it(fairview: Club) -> None:
    tell(
        fairview.tenant,
        player("t-1", name="Ann", surname="Inside"),
        player("t-2", name="Ann", surname="Outside"),
    )
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        inside, outside = (CustomerProfile.objects.get(last_name=name) for name in ("Inside", "Outside"))
        add_members(made.pk, [inside.pk])
    browser = desk(fairview.viewer)

    html = text_of(browser.post(f"/admin/segments/{made.pk}/", {"q": "ann"}))

    assert f'href="?why={outside.pk}#why">Why not?</a>' in html
    assert f'href="?why={inside.pk}#why">Why?</a>' in html
    assert "Ann Outside is not in this segment" in text_of(
        browser.get(f"/admin/segments/{made.pk}/?why={outside.pk}")
    )


def test_an_empty_rule_filters_nothing_and_a_broken_one_is_told(fairview: Club) -> None:
    two_tiers(fairview)
    browser = desk(fairview.viewer)

    empty: Any = browser.post("/admin/customers/rule/", {"criteria": orjson.dumps(all_of()).decode()})
    broken = browser.post("/admin/customers/rule/", {"criteria": "{nonsense"}, follow=True)

    assert "rule=" not in empty.headers["Location"]
    assert "The rule cannot be used" in text_of(broken)


def test_each_club_finds_its_views_ready_and_each_opens(fairview: Club) -> None:
    two_tiers(fairview)
    with tenant_scope(fairview.tenant):
        furnish(fairview.tenant)
        furnish(fairview.tenant)
    browser = desk(fairview.viewer)
    html = text_of(browser.get(CUSTOMERS))

    addresses = re.findall(r'href="(/admin/profiles/customerprofile/\?[^"]*view=[^"]*)"', html)

    assert len(addresses) == len(READY)
    for name, address in zip(READY, addresses, strict=True):
        assert name in html
        assert 'aria-current="true"' in text_of(browser.get(address.replace("&amp;", "&")))


def test_own_views_are_seen_by_their_owner_and_shared_ones_by_all(fairview: Club) -> None:
    two_tiers(fairview)
    viewer, manager = desk(fairview.viewer), desk(fairview.marketing_manager)
    rule = orjson.dumps(GOLD).decode()

    viewer.post("/admin/customers/views/save/", {"name": "Mine", "rule": rule, "sort": "name", "shared": "1"})
    manager.post("/admin/customers/views/save/", {"name": "Ours", "tier": "Gold", "shared": "1"})

    mine, ours = text_of(viewer.get(CUSTOMERS)), text_of(manager.get(CUSTOMERS))
    assert ("Mine" in mine, "Ours" in mine) == (True, True)
    assert ("Mine" in ours, "Ours" in ours) == (False, True)
    with tenant_scope(fairview.tenant):
        shared = SavedView.objects.get(name="Ours")
    viewer.post("/admin/customers/views/delete/", {"view": str(shared.pk)})
    with tenant_scope(fairview.tenant):
        assert SavedView.objects.filter(pk=shared.pk).exists()
    manager.post("/admin/customers/views/delete/", {"view": str(shared.pk)})
    with tenant_scope(fairview.tenant):
        assert not SavedView.objects.filter(pk=shared.pk).exists()


def test_those_whom_a_rule_means_go_on_a_list_and_only_they_come_off(fairview: Club) -> None:
    two_tiers(fairview)
    there = records.profile(fairview.tenant, first_name="There", membership_tier="Gold")
    target = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        add_members(target.pk, [there.pk])
    browser = desk(fairview.marketing_manager)
    given = {"everybody": "1", "rule": orjson.dumps(GOLD).decode(), "segment": str(target.pk), "do": "1"}

    told: Any = browser.post("/admin/customers/to-list/", given)

    with tenant_scope(fairview.tenant):
        assert SegmentMember.objects.filter(segment_id=target.pk).count() == 2
    browser.post(f"{told.headers['Location']}undo/")
    with tenant_scope(fairview.tenant):
        assert list(SegmentMember.objects.values_list("profile_id", flat=True)) == [there.pk]


@pytest.mark.parametrize(
    ("name", "values"),
    [("segments_savedview_name_uq", {"name": "TWICE"}), ("segments_savedview_name_ck", {"name": ""})],
)
def test_each_constraint_holds(fairview: Club, name: str, values: dict[str, Any]) -> None:
    with tenant_scope(fairview.tenant):
        SavedView.objects.create(tenant=fairview.tenant, name="Twice")
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            SavedView.objects.create(tenant=fairview.tenant, **values)
