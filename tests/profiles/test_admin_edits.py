"""What the back office lets people write about a customer: notes, corrections, new customers."""

from typing import Any
from uuid import UUID

import pytest

from profiles.models import CustomerProfile, Note
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.back_office import CUSTOMERS, desk, page_of, text_of
from tests.cast import Club
from tests.profiles import records
from tests.profiles.api_callers import customers, thandi


@pytest.mark.parametrize("role", list(Role))
def test_staff_and_up_add_notes(fairview: Club, role: Role) -> None:
    customer_id = thandi(fairview.tenant)
    user = fairview.member(role)

    answer = desk(user).post(
        f"{CUSTOMERS}{customer_id}/notes/", {"body": "Likes mornings", "is_pinned": "on"}
    )

    with tenant_scope(fairview.tenant):
        notes = list(Note.objects.all())
    if role == Role.VIEWER:
        assert (answer.status_code, notes) == (403, [])
    else:
        assert answer.status_code == 302
        assert (notes[0].author, notes[0].is_pinned) == (user, True)
        assert "Likes mornings" in text_of(desk(user).get(page_of(customer_id)))


def test_an_empty_note_is_refused_in_plain_words(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    browser = desk(fairview.staff)

    by_form = browser.post(f"{CUSTOMERS}{customer_id}/notes/", {"body": "  "})
    by_script = browser.post(
        f"{CUSTOMERS}{customer_id}/notes/", {"body": "x" * 10_001}, headers={"X-Requested-With": "fetch"}
    )

    assert by_form.status_code == 422
    assert "Write something first." in text_of(by_form)
    assert by_script.status_code == 422
    assert "1 to 10,000 characters" in text_of(by_script)


def test_a_note_on_another_clubs_customer_is_not_taken(fairview: Club, kingsmere: Club) -> None:
    customer_id = thandi(kingsmere.tenant)

    answer = desk(fairview.admin).post(f"{CUSTOMERS}{customer_id}/notes/", {"body": "Hello"})

    assert answer.status_code == 404
    with tenant_scope(kingsmere.tenant):
        assert Note.objects.count() == 0


def form_of(customer_id: UUID, browser: Any) -> dict[str, str]:
    """What the edit form holds."""
    form = browser.get(f"{CUSTOMERS}{customer_id}/edit/").context["form"]
    return {name: str(form[name].value() or "") for name in form.fields}


@pytest.mark.parametrize("role", list(Role))
def test_staff_and_up_edit(fairview: Club, role: Role) -> None:
    customer_id = thandi(fairview.tenant)
    browser = desk(fairview.member(role))
    values = form_of(customer_id, desk(fairview.admin)) | {
        "firstName": "Thandeka",
        "tags": "captain, juniors",
    }

    answer = browser.post(f"{CUSTOMERS}{customer_id}/edit/", values)

    may = role != Role.VIEWER
    assert answer.status_code == (302 if may else 403)
    assert ("Thandeka" in customers(fairview.tenant)) == may


def test_only_what_was_changed_is_stated(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    browser = desk(fairview.marketing_manager)

    browser.post(
        f"{CUSTOMERS}{customer_id}/edit/",
        form_of(customer_id, browser) | {"lastName": "Dlamini", "tags": "captain"},
    )

    profile = customers(fairview.tenant)["Thandi"]
    assert (profile.last_name, profile.tags) == ("Dlamini", ["captain"])
    html = text_of(browser.get(page_of(customer_id)))
    assert "Club staff" in html


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("email", "no address", "This is not an e-mail address."),
        ("phoneNumber", "12", "This is not a phone number"),
        ("dateOfBirth", "17/05/84x", "Write the date as 1984-05-17."),
        ("dateOfBirth", "1850-01-01", "between 1900 and today"),
        ("tags", "x" * 51, "At most 50 tags"),
    ],
)
def test_problems_stand_beside_their_field(fairview: Club, field: str, value: str, said: str) -> None:
    customer_id = thandi(fairview.tenant)
    browser = desk(fairview.admin)

    answer = browser.post(f"{CUSTOMERS}{customer_id}/edit/", form_of(customer_id, browser) | {field: value})

    assert answer.status_code == 422
    assert said in text_of(answer)


def test_an_address_of_somebody_else_leads_to_them(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    other = records.profile(fairview.tenant, first_name="Other")
    browser = desk(fairview.admin)

    answer = browser.post(
        f"{CUSTOMERS}{other.pk}/edit/", form_of(other.pk, browser) | {"email": "thandi@example.org"}
    )

    assert answer.status_code == 422
    assert "Another customer already has this e-mail address." in text_of(answer)
    assert page_of(customer_id) in text_of(answer)


def test_somebody_of_a_household_is_added_with_the_address_of_another(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    browser = desk(fairview.staff)
    typed = {"firstName": "Sipho", "lastName": "Mokoena", "email": "thandi@example.org"}

    asked = browser.post(f"{CUSTOMERS}add/", typed)
    made = browser.post(f"{CUSTOMERS}add/", typed | {"shares": "1"})

    assert asked.status_code == 422
    assert 'name="shares" value="1"' in text_of(asked)
    people = customers(fairview.tenant)
    assert made.headers["Location"] == page_of(people["Sipho"].pk)
    assert people["Sipho"].pk != customer_id
    assert {people[name].email for name in ("Sipho", "Thandi")} == {"thandi@example.org"}


def test_an_address_is_shared_by_an_edit_too(fairview: Club) -> None:
    thandi(fairview.tenant)
    browser = desk(fairview.staff)
    browser.post(f"{CUSTOMERS}add/", {"firstName": "Sipho"})
    other = customers(fairview.tenant)["Sipho"]
    typed = form_of(other.pk, browser) | {"firstName": "Sipho", "email": "thandi@example.org", "shares": "1"}

    assert browser.post(f"{CUSTOMERS}{other.pk}/edit/", typed).status_code == 302

    people = customers(fairview.tenant)
    assert {people[name].email for name in ("Sipho", "Thandi")} == {"thandi@example.org"}


def test_a_shared_address_makes_nobody_twice(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)

    answer = desk(fairview.staff).post(
        f"{CUSTOMERS}add/", {"firstName": "Thandi", "email": "thandi@example.org", "shares": "1"}
    )

    assert answer.status_code == 422
    assert "the name may be theirs" in text_of(answer)
    assert page_of(customer_id) in text_of(answer)
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.count() == 1


def test_a_customer_is_made_by_hand(fairview: Club) -> None:
    browser = desk(fairview.marketing_manager)

    empty = browser.post(f"{CUSTOMERS}add/", {"firstName": ""})
    made = browser.post(
        f"{CUSTOMERS}add/", {"firstName": "Walk", "lastName": "In", "phoneNumber": "082 999 8877"}
    )

    assert empty.status_code == 422
    assert "Give a name, an e-mail address or a phone number." in text_of(empty)
    assert made.headers["Location"] == page_of(customers(fairview.tenant)["Walk"].pk)


def test_customers_are_never_deleted_from_the_list(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)

    assert desk(fairview.admin).post(f"{CUSTOMERS}{customer_id}/delete/", {"post": "yes"}).status_code == 403
