"""Adding somebody: whoever is known already shows up while one types; countries and languages are picked."""

from datetime import date

from profiles.models import CustomerProfile
from tenants.pick_lists import countries, currencies, languages, ways_of_writing, with_current, zones
from tenants.scope import tenant_scope
from tests.back_office import CUSTOMERS, desk, page_of, text_of
from tests.cast import Club
from tests.profiles.api_callers import thandi
from tests.profiles.records import profile

ALIKE = "/admin/customers/alike/"


def test_who_is_like_what_is_typed_is_shown_with_why(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    browser = desk(fairview.staff)

    by_name = text_of(browser.post(ALIKE, {"firstName": "Thandi", "lastName": "Mokoena"}))
    with tenant_scope(fairview.tenant):
        found = CustomerProfile.objects.get(pk=customer_id)
        CustomerProfile.objects.filter(pk=customer_id).update(date_of_birth=date(1984, 5, 17))
    by_mail = text_of(browser.post(ALIKE, {"email": str(found.email), "dateOfBirth": "1984-05-17"}))
    nobody = text_of(browser.post(ALIKE, {"firstName": "Zacharias", "lastName": "Quint"}))

    assert "1 like this" in by_name
    assert "Like this name" in by_name
    assert page_of(customer_id) in by_name
    assert "Same e-mail, born the same day" in by_mail
    assert "Nobody like this yet" in nobody


def test_two_letters_find_nobody_and_another_club_nothing(fairview: Club, kingsmere: Club) -> None:
    thandi(fairview.tenant)

    assert "Nobody like this yet" in text_of(desk(fairview.staff).post(ALIKE, {"lastName": "Mo"}))
    there = desk(kingsmere.staff).post(ALIKE, {"firstName": "Thandi", "lastName": "Mokoena"})
    assert "Mokoena" not in text_of(there)


def test_the_form_looks_up_and_offers_lists(fairview: Club) -> None:
    browser = desk(fairview.marketing_manager)
    person = profile(fairview.tenant, country="Wakanda", language="en")

    new = text_of(browser.get(f"{CUSTOMERS}add/"))
    edit = text_of(browser.get(f"{CUSTOMERS}{person.pk}/edit/"))

    assert f'data-alike="{ALIKE}"' in new
    assert '<option value="Wakanda" selected>Wakanda (as it came)</option>' in edit
    assert '<option value="ZA">South Africa</option>' in edit
    assert '<option value="en" selected>English</option>' in edit


def test_a_country_that_does_not_exist_cannot_be_saved(fairview: Club) -> None:
    person = profile(fairview.tenant, first_name="Ann", country="ZA")
    browser = desk(fairview.marketing_manager)
    given = {"firstName": "Ann", "status": "ACTIVE"}

    refused = browser.post(f"{CUSTOMERS}{person.pk}/edit/", {**given, "country": "Wakanda"})
    saved = browser.post(f"{CUSTOMERS}{person.pk}/edit/", {**given, "country": "GB"})

    assert (refused.status_code, saved.status_code) == (422, 302)
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get(pk=person.pk).country == "GB"


def test_the_lists_hold_what_exists() -> None:
    assert dict(countries())["GB"] == "United Kingdom"
    assert dict(languages())["zu"] == "Zulu"
    assert dict(currencies())["ZAR"] == "ZAR · South African Rand"
    assert ("Africa/Johannesburg", "Africa/Johannesburg") in zones()
    assert "en_ZA" in dict(ways_of_writing())
    assert with_current([("a", "A")], "b") == [("", "Not known"), ("b", "b (as it came)"), ("a", "A")]


def test_a_clubs_settings_are_picked_and_still_saved(fairview: Club) -> None:
    address = f"/admin/tenants/tenant/{fairview.tenant.pk}/change/"

    html = text_of(desk(fairview.admin).get(address))

    assert '<option value="Africa/Johannesburg" selected>' in html
    assert '<option value="ZAR" selected>' in html
    assert "Wakanda" not in html
