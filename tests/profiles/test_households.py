"""Roles in a household: who pays, who is a child, who speaks for them; and the page that arranges it."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from profiles.errors import CustomerNotFound, NothingToForm, RolesClash
from profiles.matching.households import Place, arrange_household, form_household, home_of
from profiles.merging.actions import merge_profiles
from tenants.models import Role, Tenant
from tenants.scope import tenant_scope
from tests.back_office import desk, page_of, text_of
from tests.cast import Club
from tests.profiles.api_callers import customers
from tests.profiles.records import profile
from tests.profiles.stories import member, tell


def people_page(one: Any) -> str:
    return f"/admin/profiles/customerprofile/{one}/household/people/"


@pytest.fixture
def family(fairview: Club) -> list[UUID]:
    """Anna, Piet and Zoe; Zoe is nine."""
    born = {"Zoe": date(date.today().year - 9, 1, 1)}
    return [
        profile(fairview.tenant, first_name=name, last_name="Botha", date_of_birth=born.get(name)).pk
        for name in ("Anna", "Piet", "Zoe")
    ]


def told(tenant: Tenant, one: UUID) -> dict[str, str]:
    with tenant_scope(tenant):
        home = home_of(one)
    return {} if home is None else {mate.profile.first_name: mate.words for mate in home.people}


def test_everybody_has_a_role_and_one_pays(fairview: Club, family: list[UUID]) -> None:
    anna, piet, zoe = family
    with tenant_scope(fairview.tenant):
        arrange_household([Place(anna, "GUARDIAN", is_payer=True), Place(piet), Place(zoe, "CHILD")])

    assert told(fairview.tenant, zoe) == {"Anna": "Parent or guardian, Pays", "Piet": "", "Zoe": "Child"}


def test_arranging_anew_takes_out_who_is_not_named_and_moves_the_payer(
    fairview: Club, family: list[UUID]
) -> None:
    anna, piet, zoe = family
    with tenant_scope(fairview.tenant):
        arrange_household([Place(anna, is_payer=True), Place(piet), Place(zoe)])
        arrange_household([Place(anna), Place(piet, is_payer=True)])

    assert told(fairview.tenant, anna) == {"Anna": "", "Piet": "Pays"}
    assert told(fairview.tenant, zoe) == {}


@pytest.mark.parametrize(
    "places", [[(0, "", True), (1, "", True)], [(0, "CHILD", True), (1, "", False)]], ids=["two", "a child"]
)
def test_one_person_pays_and_no_child(fairview: Club, family: list[UUID], places: list[Any]) -> None:
    with tenant_scope(fairview.tenant), pytest.raises(RolesClash):
        arrange_household([Place(family[who], role, pays) for who, role, pays in places])
    assert told(fairview.tenant, family[0]) == {}


def test_one_person_is_no_household(fairview: Club, family: list[UUID], kingsmere: Club) -> None:
    with tenant_scope(fairview.tenant):
        with pytest.raises(NothingToForm):
            arrange_household([Place(family[0])])
        with pytest.raises(CustomerNotFound):
            arrange_household([Place(family[0]), Place(profile_elsewhere(kingsmere))])


def profile_elsewhere(club: Club) -> UUID:
    with tenant_scope(club.tenant):
        return profile(club.tenant).pk


def test_two_households_that_become_one_keep_one_payer(fairview: Club, family: list[UUID]) -> None:
    anna, piet, zoe = family
    other = profile(fairview.tenant, first_name="Rita").pk
    with tenant_scope(fairview.tenant):
        arrange_household([Place(anna, is_payer=True), Place(zoe)])
        arrange_household([Place(piet, is_payer=True), Place(other)])
        form_household([zoe, other])

    words = told(fairview.tenant, zoe)
    assert len(words) == 4
    assert list(words.values()).count("Pays") == 1


def test_a_role_goes_along_in_a_merge(fairview: Club, family: list[UUID]) -> None:
    anna, _, zoe = family
    again = profile(fairview.tenant, first_name="Annie").pk
    with tenant_scope(fairview.tenant):
        arrange_household([Place(anna, "GUARDIAN", is_payer=True), Place(zoe, "CHILD")])
        merge_profiles(again, anna)

    words = told(fairview.tenant, zoe)
    assert sorted(words.values()) == ["Child", "Parent or guardian, Pays"]


def test_the_page_offers_who_shares_an_address_and_finds_others(fairview: Club) -> None:
    phone = "+27825550001"
    tell(
        fairview.tenant,
        member(1, firstName="Anna", lastName="Botha", phoneNumber=phone),
        member(2, firstName="Piet", lastName="Botha", phoneNumber=phone),
        member(3, firstName="Zoe", lastName="Adams"),
    )
    people = customers(fairview.tenant)
    anna, piet, zoe = (str(people[name].pk) for name in ("Anna", "Piet", "Zoe"))
    browser = desk(fairview.marketing_manager)

    page = text_of(browser.get(people_page(anna)))
    found = text_of(browser.post(people_page(anna), {"act": "find", "q": "Zoe", "with": [anna, piet]}))

    assert "Same phone" in page
    assert "Zoe" not in page
    assert f'value="{zoe}"' in found
    assert f'value="{piet}" checked' in found, "what was chosen so far stays"


def test_the_page_saves_people_and_roles(fairview: Club, family: list[UUID]) -> None:
    anna, _, zoe = map(str, family)
    browser = desk(fairview.marketing_manager)
    form = {
        "act": "save",
        "with": [anna, zoe],
        f"role-{anna}": "GUARDIAN",
        f"role-{zoe}": "CHILD",
        "payer": anna,
    }

    answer = browser.post(people_page(zoe), form, follow=True)

    assert "The household is saved" in text_of(answer)
    assert told(fairview.tenant, family[0]) == {"Anna": "Parent or guardian, Pays", "Zoe": "Child"}
    page = text_of(browser.get(page_of(zoe)))
    assert "Minor: through" in page
    assert page_of(anna) in page, "the guardian is a link"


def test_the_page_says_what_cannot_be(fairview: Club, family: list[UUID]) -> None:
    anna, _, zoe = map(str, family)
    form = {"act": "save", "with": [anna, zoe], f"role-{zoe}": "CHILD", "payer": zoe}

    answer = desk(fairview.marketing_manager).post(people_page(zoe), form)

    assert "One person of a household pays, and no child" in text_of(answer)
    assert told(fairview.tenant, family[0]) == {}


def test_staff_at_the_desk_do_not_arrange_households(fairview: Club, family: list[UUID]) -> None:
    assert desk(fairview.member(Role.STAFF)).get(people_page(family[0])).status_code == 403
