"""Numbers of forms and addresses: plain digits, no more than there is room for, and nothing that ends a page."""

import pytest
from django.test import Client

from tenants.numbers import whole_number
from tests.back_office import desk
from tests.cast import Club

# Thousands of digits, more than a bigint, other scripts, a sign, a power, a fraction.
ODD = ["9" * 5_000, str(2**63), "٣", "²", "-1", "1e3", "1.5", "", "0x10", "1_0"]


@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:12] or "nothing")
def test_what_is_no_plain_number_is_none(text: str) -> None:
    assert whole_number(text) is None


def test_a_number_is_read_up_to_what_there_is_room_for() -> None:
    assert [whole_number(text, 50) for text in ("0", "50", " 7 ", "51", "007")] == [0, 50, 7, None, None]
    assert whole_number(str(2**63 - 1)) == 2**63 - 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["campaigns/?skip=", "customers/slipping-away/?page=", "operations/inbox/?before=", "social/?from="],
)
@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:12] or "nothing")
def test_no_number_in_an_address_ends_a_page(fairview: Club, address: str, text: str) -> None:
    answer = desk(fairview.admin).get(f"/admin/{address}{text}")

    assert answer.status_code == 200, (address, text[:20])


@pytest.mark.django_db
@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:12] or "nothing")
def test_no_number_of_a_form_ends_its_act(fairview: Club, text: str) -> None:
    browser: Client = desk(fairview.admin)

    for address, name in (("tags/colour/", "hue"), ("campaigns/settings/", "grace_minutes")):
        answer = browser.post(f"/admin/{address}", {name: text, "tag": "vip"})
        assert answer.status_code in (302, 422), (address, text[:20])
