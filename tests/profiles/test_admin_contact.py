"""The customer page says whom one may write to and call, and whom not; the list tells nothing of money by its order."""

from datetime import date

from django.utils import timezone

from profiles.admin.customer_page import is_minor
from profiles.models import CustomerProfile
from profiles.restricting import set_restriction
from tenants.scope import tenant_scope
from tests.back_office import desk, text_of
from tests.cast import Club
from tests.profiles.stories import contact, member, payment, tell

LIST = "/admin/profiles/customerprofile/"


def somebody(club: Club, *, opts_in: bool) -> CustomerProfile:
    tell(
        club.tenant,
        member(1, firstName="Ann", lastName="Nel", email="ann@example.com", phoneNumber="0821234567"),
        contact("c1", at=1, email="ann@example.com", firstName="Ann", emailOptIn=opts_in),
    )
    with tenant_scope(club.tenant):
        found: CustomerProfile = CustomerProfile.objects.get()
        return found


def test_whoever_agreed_is_written_to_and_called_by_a_click(fairview: Club) -> None:
    page = text_of(desk(fairview.staff).get(f"{LIST}{somebody(fairview, opts_in=True).pk}/change/"))

    assert 'href="mailto:ann@example.com"' in page
    assert 'href="tel:+27821234567"' in page


def test_without_consent_the_address_is_text_with_the_reason(fairview: Club) -> None:
    page = text_of(desk(fairview.staff).get(f"{LIST}{somebody(fairview, opts_in=False).pk}/change/"))

    assert "mailto:" not in page
    assert "not to be written to: did not agree to e-mail" in page
    assert 'href="tel:+27821234567"' in page


def test_a_restricted_customer_is_neither_called_nor_written_to(fairview: Club) -> None:
    customer = somebody(fairview, opts_in=True)
    with tenant_scope(fairview.tenant):
        set_restriction(customer.pk, is_restricted=True)

    page = text_of(desk(fairview.staff).get(f"{LIST}{customer.pk}/change/"))

    assert "mailto:" not in page
    assert "tel:" not in page
    assert page.count("use of the data is restricted") == 2


def test_a_minor_is_marked_until_the_birthday(fairview: Club) -> None:
    today = timezone.now().date()
    tell(fairview.tenant, member(1, firstName="Kid", lastName="Nel", dateOfBirth=f"{today.year - 10}-01-01"))
    with tenant_scope(fairview.tenant):
        customer = CustomerProfile.objects.get()

    assert "Minor: through a parent" in text_of(desk(fairview.staff).get(f"{LIST}{customer.pk}/change/"))
    assert is_minor(date(2008, 3, 5), date(2026, 3, 4))
    assert not is_minor(date(2008, 3, 5), date(2026, 3, 5))
    assert not is_minor(None, today)


def test_the_order_and_the_filters_of_the_list_tell_a_viewer_nothing_of_money(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(1, firstName="Rich", lastName="Aa"),
        payment(1, 90_000, at=1),
        member(2, firstName="Poor", lastName="Bb", at=2),
    )
    asked = (
        "?sort=-lifetimeValue",
        '?rule={"field":"lifetimeValue","operator":"gt","value":500}',
        '?rule={"event":{"types":["PAYMENT_RECEIVED"],"count":{"op":"gte","value":1}}}',
        "?complaint=open",
    )

    for query in asked:
        page = text_of(desk(fairview.viewer).get(f"{LIST}{query}"))
        assert "Your role does not see payments" in page, query
        assert "Poor" in page, query
    page = text_of(desk(fairview.admin).get(f"{LIST}{asked[1]}"))
    assert "Your role does not see" not in page
    assert "Rich" in page
    assert "Poor" not in page
