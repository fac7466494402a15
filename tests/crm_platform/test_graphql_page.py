"""The page on which staff ask GraphQL."""

from typing import Any

import pytest
from django.test import Client

from tenants.models import Role
from tests.back_office import desk
from tests.cast import Club
from tests.profiles.api_callers import thandi
from tests.profiles.stories import member, tell

pytestmark = pytest.mark.django_db
PAGE = "/admin/graphql/"


def ask(client: Client, query: str, **options: Any) -> Any:
    return client.post(f"{PAGE}ask/", {"query": query}, content_type="application/json", **options)


def test_staff_see_what_can_be_asked_and_ask_it(fairview: Club, kingsmere: Club) -> None:
    thandi(fairview.tenant)
    tell(kingsmere.tenant, member(9, firstName="Foreign"))
    api = desk(fairview.admin)

    text = api.get(PAGE).content.decode()
    answer = ask(api, "{ customers { data { firstName } meta { total } } }")

    assert "type Customer" in text
    assert "https://" not in text.partition("<main")[2]
    assert answer.status_code == 200
    assert answer.json()["data"]["customers"]["meta"]["total"] == 1
    assert "Foreign" not in answer.content.decode()


def test_another_club_is_not_found_and_nothing_is_changed(fairview: Club, kingsmere: Club) -> None:
    api = desk(fairview.admin)

    foreign = ask(api, '{ customers(tenantId: "kingsmere") { meta { total } } }')
    change = ask(api, 'mutation { createCustomer(input: {firstName: "A"}) { id } }')

    assert foreign.json()["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"
    assert (change.status_code, change.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
    assert ask(api, "{ customers { meta { total } } }").json()["data"]["customers"]["meta"]["total"] == 0


def test_the_forgery_token_is_asked_for(fairview: Club) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(fairview.admin)

    assert ask(strict, "{ customers { meta { total } } }").status_code == 403


@pytest.mark.parametrize(
    ("role", "status"), [(Role.VIEWER, 403), (Role.STAFF, 403), (Role.MARKETING_MANAGER, 200)]
)
def test_it_is_for_those_who_see_money(fairview: Club, role: Role, status: int) -> None:
    assert desk(fairview.member(role)).get(PAGE).status_code == status
    assert ask(desk(fairview.member(role)), "{ customers { meta { total } } }").status_code == status
