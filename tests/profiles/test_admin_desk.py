"""The customer list as a desk uses it: any order, both ways, own columns, and acts on many that can be taken back."""

import re
from itertools import chain
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from profiles.models import BulkAct, BulkActChange, CustomerProfile, ListLayout, Note, TagColour
from tenants.scope import tenant_scope
from tests.back_office import CUSTOMERS, desk, page_of, text_of
from tests.cast import Club
from tests.profiles import records

pytestmark = pytest.mark.django_db

TAG = "/admin/customers/tag/"


def names(html: str) -> list[str]:
    return re.findall(r'<a href="[^"]*/change/">([^<]+)</a>', html)


def walk(browser: Client, query: str, way: str) -> list[list[str]]:
    """The pages in the direction, until there is none."""
    pages = []
    while True:
        html = text_of(browser.get(f"{CUSTOMERS}?{query}"))
        pages.append(names(html))
        following = re.search(rf'rel="{way}" href="\?([^"]+)"', html)
        if following is None:
            return pages
        query = following[1].replace("&amp;", "&")


def last_query(browser: Client, query: str) -> str:
    """The address of the last page."""
    while True:
        html = text_of(browser.get(f"{CUSTOMERS}?{query}"))
        following = re.search(r'rel="next" href="\?([^"]+)"', html)
        if following is None:
            return query
        query = following[1].replace("&amp;", "&")


def tags_of(club: Club) -> dict[str, list[str]]:
    with tenant_scope(club.tenant):
        return dict(CustomerProfile.objects.values_list("first_name", "tags"))


@pytest.mark.parametrize("sort", ["name", "-name", "engagementScore", "-engagementScore", "-lastActivityAt"])
def test_pages_go_both_ways_in_any_order(fairview: Club, monkeypatch: pytest.MonkeyPatch, sort: str) -> None:
    monkeypatch.setattr("profiles.admin.customer_list.PAGE", 3)
    for n in range(8):
        records.profile(
            fairview.tenant,
            first_name=f"P{n}",
            last_name=f"L{n // 2}",
            engagement_score=None if n < 4 else 10 * (n % 3),
            last_activity_at=None if n % 2 else records.NOON,
        )
    browser = desk(fairview.viewer)

    forth = walk(browser, f"sort={sort}", "next")
    back = walk(browser, last_query(browser, f"sort={sort}"), "prev")

    assert sorted(chain(*forth)) == [f"P{n} L{n // 2}" for n in range(8)]
    assert list(chain(*reversed(back))) == list(chain(*forth))


def test_unknown_values_stand_at_the_end_either_way(fairview: Club) -> None:
    records.profile(fairview.tenant, first_name="None")
    records.profile(fairview.tenant, first_name="Low", engagement_score=1)
    records.profile(fairview.tenant, first_name="High", engagement_score=90)
    browser = desk(fairview.viewer)

    assert names(text_of(browser.get(f"{CUSTOMERS}?sort=engagementScore"))) == ["Low", "High", "None"]
    assert names(text_of(browser.get(f"{CUSTOMERS}?sort=-engagementScore"))) == ["High", "Low", "None"]


def test_filters_stand_in_the_address_and_a_text_does_not(fairview: Club) -> None:
    browser = desk(fairview.viewer)

    filtered: Any = browser.post(CUSTOMERS, {"tier": "Gold", "sort": "name"})
    searched = browser.post(CUSTOMERS, {"tier": "Gold", "q": "anna"})

    assert filtered.headers["Location"] == "?tier=Gold&sort=name"
    assert searched.status_code == 200


def test_columns_are_kept_for_each_colleague(fairview: Club) -> None:
    records.profile(fairview.tenant, first_name="Anna", handicap_tenths=123)
    mine, yours = desk(fairview.marketing_manager), desk(fairview.staff)

    mine.post("/admin/customers/columns/", {"column": ["handicap", "name", "nonsense"]})

    html = text_of(mine.get(CUSTOMERS))
    assert re.findall(r'class="crm-sort"[^>]*>([^<]+)', html) == ["Handicap", "Customer"]
    assert "12,3" in html
    assert "12,3" not in text_of(yours.get(CUSTOMERS))
    mine.post("/admin/customers/columns/", {"usual": "1"})
    assert "Lifetime value" in text_of(mine.get(CUSTOMERS))


def test_all_that_match_are_tagged_and_only_those_changed_are_taken_back(fairview: Club) -> None:
    for n in range(3):
        records.profile(fairview.tenant, first_name=f"Gold{n}", membership_tier="Gold")
    records.profile(fairview.tenant, first_name="Had", membership_tier="Gold", tags=["vip"])
    records.profile(fairview.tenant, first_name="Silver", membership_tier="Silver")
    browser = desk(fairview.marketing_manager)

    preview = text_of(browser.post(TAG, {"everybody": "1", "tier": "Gold"}))
    told: Any = browser.post(TAG, {"everybody": "1", "tier": "Gold", "tag": " vip ", "do": "1"})

    assert "<strong>4 customers</strong>" in preview
    assert "1 have “vip”" in preview
    assert "3 of 4 customers changed" in text_of(browser.get(told.headers["Location"]))
    tagged = tags_of(fairview)
    assert tagged == {name: ["vip"] if name != "Silver" else [] for name in tagged}

    browser.post(f"{told.headers['Location']}undo/")
    browser.post(f"{told.headers['Location']}undo/")

    assert [name for name, tags in tags_of(fairview).items() if tags] == ["Had"]


def test_marked_ones_lose_a_tag_and_get_it_back(fairview: Club) -> None:
    one = records.profile(fairview.tenant, first_name="One", tags=["a", "b"])
    records.profile(fairview.tenant, first_name="Two", tags=["a"])
    browser = desk(fairview.marketing_manager)

    told: Any = browser.post("/admin/customers/untag/", {"ids": [str(one.pk)], "tag": "a", "do": "1"})

    assert tags_of(fairview) == {"One": ["b"], "Two": ["a"]}
    browser.post(f"{told.headers['Location']}undo/")
    assert tags_of(fairview) == {"One": ["a", "b"], "Two": ["a"]}


def test_a_note_about_many_is_written_once_each_and_taken_back(fairview: Club) -> None:
    people = [records.profile(fairview.tenant, first_name=f"N{n}") for n in range(2)]
    browser = desk(fairview.marketing_manager)
    given = {"ids": [str(each.pk) for each in people], "body": "Shoes found", "do": "1"}

    told: Any = browser.post("/admin/customers/note/", given)

    assert "Shoes found" in text_of(browser.get(page_of(people[0].pk)))
    browser.post(f"{told.headers['Location']}undo/")
    with tenant_scope(fairview.tenant):
        assert not Note.objects.exists()


def test_the_chosen_are_exported(fairview: Club) -> None:
    one = records.profile(fairview.tenant, first_name="Exported")
    records.profile(fairview.tenant, first_name="Other")
    browser = desk(fairview.marketing_manager)

    answer: Any = browser.post(
        "/admin/customers/export-chosen/", {"ids": [str(one.pk)], "format": "csv", "do": "1"}
    )

    file = answer.getvalue().decode()
    assert "Exported" in file
    assert "Other" not in file


def test_a_viewer_is_offered_no_act(fairview: Club) -> None:
    one = records.profile(fairview.tenant, first_name="One")

    assert desk(fairview.staff).post(TAG, {"ids": [str(one.pk)], "tag": "x", "do": "1"}).status_code == 403
    assert 'name="ids"' not in text_of(desk(fairview.viewer).get(CUSTOMERS))


def test_tags_are_renamed_merged_deleted_and_painted(fairview: Club) -> None:
    records.profile(fairview.tenant, first_name="A", tags=["old"])
    records.profile(fairview.tenant, first_name="B", tags=["new", "old"])
    browser = desk(fairview.marketing_manager)

    told: Any = browser.post("/admin/tags/rename/", {"tag": "old", "name": "new"})
    assert tags_of(fairview) == {"A": ["new"], "B": ["new"]}
    browser.post(f"{told.headers['Location']}undo/")
    assert tags_of(fairview) == {"A": ["old"], "B": ["new", "old"]}

    browser.post("/admin/tags/colour/", {"tag": "old", "hue": "7"})
    assert 'crm-tag" data-hue="7">old' in text_of(browser.get("/admin/tags/"))

    told = browser.post("/admin/tags/delete/", {"tag": "old"})
    assert tags_of(fairview) == {"A": [], "B": ["new"]}
    browser.post(f"{told.headers['Location']}undo/")
    assert tags_of(fairview) == {"A": ["old"], "B": ["new", "old"]}


def test_chips_on_the_page_add_and_take_away(fairview: Club) -> None:
    one = records.profile(fairview.tenant, first_name="A", tags=["x"])
    browser = desk(fairview.marketing_manager)

    browser.post(f"{CUSTOMERS}{one.pk}/tags/", {"add": " wine  club "})
    browser.post(f"{CUSTOMERS}{one.pk}/tags/", {"remove": "x"})

    assert tags_of(fairview) == {"A": ["wine club"]}
    assert "wine club" in text_of(browser.get(page_of(one.pk)))


def violations(club: Club, other: Club) -> dict[str, Any]:
    tenant, user = club.tenant, club.admin
    mine, theirs = records.profile(tenant), records.profile(other.tenant)
    act = BulkAct(tenant=tenant, kind="tag", title="x", chosen=1)
    strange = BulkAct(tenant=other.tenant, kind="tag", title="x", chosen=1)
    with tenant_scope(other.tenant):
        strange.save()
    with tenant_scope(tenant):
        act.save()
        ListLayout.objects.create(tenant=tenant, user=user)
        TagColour.objects.create(tenant=tenant, tag="x", hue=1)
    change = {"tenant": tenant, "act_id": act.pk, "profile_id": mine.pk}
    return {
        "profiles_listlayout_user_uq": ListLayout(tenant=tenant, user=user),
        "profiles_tagcolour_tag_uq": TagColour(tenant=tenant, tag="x", hue=2),
        "profiles_tagcolour_hue_ck": TagColour(tenant=tenant, tag="y", hue=12),
        "profiles_bulkactchange_act_fk": BulkActChange(**change | {"act_id": strange.pk}),
        "profiles_bulkactchange_profile_fk": BulkActChange(**change | {"profile_id": theirs.pk}),
    }


def test_each_constraint_holds(fairview: Club, kingsmere: Club) -> None:
    for name, row in violations(fairview, kingsmere).items():
        with tenant_scope(fairview.tenant), pytest.raises(IntegrityError, match=name), transaction.atomic():
            row.save(force_insert=True)
