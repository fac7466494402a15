"""Stored answers of mutations: for those who may run them now, and among the data of the right club."""

import pytest
from django.test import Client

from tenants.models import IdempotencyRecord
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.profiles.graphql_callers import ask, codes, data

pytestmark = pytest.mark.django_db(transaction=True)
KEY = {"Idempotency-Key": "k-1"}
MAKE = 'mutation { createCustomer(tenantId: "kingsmere", input: {firstName: "Once"}) { id } }'


def records(club: Club) -> int:
    with tenant_scope(club.tenant):
        return IdempotencyRecord.objects.count()


def test_a_weaker_token_of_the_same_subject_gets_no_stored_answer(fairview: Club) -> None:
    query = 'mutation { createCustomer(input: {firstName: "Once"}) { id } }'
    strong = Client(headers=factories.bearer(fairview.tenant))
    weak = Client(headers=factories.bearer(fairview.tenant, scopes=["crm:read"]))
    first = ask(strong, query, headers=KEY)

    assert codes(ask(weak, query, headers=KEY)) == (403, ["MISSING_SCOPE"])
    assert data(ask(strong, query, headers=KEY)) == data(first)


def test_an_answer_is_kept_by_the_tenant_that_the_field_names(fairview: Club, kingsmere: Club) -> None:
    api = Client(headers=factories.bearer(fairview.tenant, kingsmere.tenant))

    first, again = (ask(api, MAKE, headers=KEY | {"X-Tenant-Id": "fairview"}) for _ in range(2))

    assert data(again) == data(first)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (records(fairview), records(kingsmere)) == (0, 1)


def test_a_mutation_about_two_tenants_cannot_be_kept(fairview: Club, kingsmere: Club) -> None:
    api = Client(headers=factories.bearer(fairview.tenant, kingsmere.tenant))
    query = """
      mutation { a: createCustomer(tenantId: "fairview", input: {firstName: "A"}) { id } ...More }
      fragment More on Mutation { b: createCustomer(tenantId: "kingsmere", input: {firstName: "B"}) { id } }
    """

    assert codes(ask(api, query, headers=KEY)) == (400, ["TENANT_AMBIGUOUS"])
    assert (records(fairview), records(kingsmere)) == (0, 0)
