"""What the desk may do with people, and who sees money and complaints."""

import pytest

from profiles.models import CustomerProfile
from tenants.models import Role, User
from tenants.roles import STAFF_SEE_MONEY
from tenants.scope import tenant_scope
from tests.back_office import CUSTOMERS, INDEX, desk, page_of, text_of
from tests.cast import Club
from tests.profiles.api_callers import thandi
from tests.profiles.stories import payment, tell

NEW = f"{CUSTOMERS}add/"
PAID = "R12"
SECRETS = ("Lifetime value", "Value at risk", "With an open complaint", 'value="PAYMENT"', PAID)


@pytest.fixture
def payer(fairview: Club) -> str:
    """The page of somebody who has paid."""
    customer_id = thandi(fairview.tenant)
    tell(fairview.tenant, payment(4711, 1_200, id="e-paid"))
    return page_of(customer_id)


def pages_of(user: User, payer: str) -> str:
    """All that shows people to the user."""
    client = desk(user)
    addresses = (payer, f"{payer.removesuffix('change/')}timeline/?category=PAYMENT", CUSTOMERS, INDEX)
    return "".join(text_of(client.get(address)) for address in addresses)


def test_the_desk_corrects_contact_data_and_nothing_else(fairview: Club, payer: str) -> None:
    edit = f"{payer.removesuffix('change/')}edit/"
    client = desk(fairview.staff)
    form = client.get(edit).context["form"]
    given = {name: form.initial[name] or "" for name in form.fields}

    answer = client.post(edit, {**given, "phoneNumber": "+27821112222", "status": "INACTIVE", "tags": "vip"})

    assert answer.status_code == 302
    with tenant_scope(fairview.tenant):
        kept = CustomerProfile.objects.get()
    assert kept.phone_number == "+27821112222"
    assert (kept.status, kept.tags) == ("ACTIVE", [])


def test_the_desk_adds_people(fairview: Club) -> None:
    answer = desk(fairview.staff).post(NEW, {"firstName": "Walter", "lastName": "Walkin"})

    assert answer.status_code == 302
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get().name == "Walter Walkin"


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MARKETING_MANAGER])
def test_money_is_seen_by_who_works_with_it(role: Role, fairview: Club, payer: str) -> None:
    seen = pages_of(fairview.member(role), payer)

    assert all(word in seen for word in SECRETS), [word for word in SECRETS if word not in seen]


@pytest.mark.parametrize("role", [Role.STAFF, Role.VIEWER])
def test_money_is_not_seen_by_others(role: Role, fairview: Club, payer: str) -> None:
    seen = pages_of(fairview.member(role), payer)

    assert not any(word in seen for word in SECRETS), [word for word in SECRETS if word in seen]


def test_a_club_may_let_its_staff_see_money(fairview: Club, payer: str) -> None:
    fairview.tenant.settings = {STAFF_SEE_MONEY: True}
    fairview.tenant.save()

    assert all(word in pages_of(fairview.staff, payer) for word in SECRETS)
    assert not any(word in pages_of(fairview.viewer, payer) for word in SECRETS)
