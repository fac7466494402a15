"""The rule builder parts the club's money as its currency does."""

import pytest

from tenants.models import Tenant
from tests.back_office import desk
from tests.cast import Club


@pytest.mark.django_db
@pytest.mark.parametrize(("currency", "parts"), [("ZAR", 100), ("JPY", 1), ("KWD", 1_000)])
def test_the_builder_is_told_the_parts_of_the_clubs_money(fairview: Club, currency: str, parts: int) -> None:
    Tenant.objects.filter(pk=fairview.tenant.pk).update(currency=currency)

    told = desk(fairview.admin).get("/admin/segments/build/fields/").json()

    assert told["moneyParts"] == parts
