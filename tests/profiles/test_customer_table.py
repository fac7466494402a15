"""A field of a customer stands in one table; every interface has it from there."""

import csv
from typing import Any

import orjson
import pytest
from django.test import Client
from graphql import GraphQLNonNull

from crm_platform.api.docs import description
from crm_platform.graphql import schema
from profiles.customer_table import CUSTOMER, NAMES, Kind
from profiles.discretion import MONEY_FIELDS
from profiles.models import CustomerProfile
from tenants.declarations import extensions, resolve
from tests import factories
from tests.cast import Club
from tests.profiles.api_callers import thandi

NULLABLE = {field.name: field.is_nullable for field in CUSTOMER}


def test_the_description_has_the_fields_in_their_order() -> None:
    described = description()["components"]["schemas"]["Customer"]

    assert list(described["properties"]) == list(NAMES)
    assert {name: each.get("nullable", False) for name, each in described["properties"].items()} == NULLABLE
    assert set(described["required"]) == set(NAMES)
    assert {
        name: each["description"] for name, each in described["properties"].items() if "description" in each
    }.items() >= {field.name: field.words for field in CUSTOMER if field.words}.items()


def test_graphql_has_them_too_with_the_same_words() -> None:
    brought = [each.graphql_customer_edges for each in extensions().values() if each.graphql_customer_edges]
    edges = {name for path in brought for name in resolve(path)}
    fields = {
        name: field
        for name, field in schema.graphql_schema.type_map["Customer"].fields.items()
        if name not in edges
    }

    assert list(fields) == list(NAMES)
    assert {name: not isinstance(field.type, GraphQLNonNull) for name, field in fields.items()} == NULLABLE
    assert {name: field.description or "" for name, field in fields.items()} == {
        field.name: field.words for field in CUSTOMER
    }


def test_each_column_is_one_of_the_table_and_as_empty_as_is_said() -> None:
    columns = {field.attname: field for field in CustomerProfile._meta.concrete_fields}

    for field in CUSTOMER:
        if field.column is not None:
            # An empty text is told as null, and so is what a role does not see.
            is_kept = (field.kind is Kind.TEXT and field.told is not None) or field.name in MONEY_FIELDS
            assert columns[field.column].null is (field.is_nullable and not is_kept), field.name


@pytest.mark.django_db
def test_answers_lists_and_every_file_have_all_of_them(fairview: Club) -> None:
    customer = thandi(fairview.tenant)
    api = Client(headers=factories.bearer(fairview.tenant))

    def file(kind: str) -> bytes:
        answer: Any = api.get(f"/api/v1/customers/export?format={kind}")
        return b"".join(answer.streaming_content)

    one = api.get(f"/api/v1/customers/{customer}").json()
    head, row = csv.reader(file("csv").decode("utf-8-sig").splitlines())
    line = orjson.loads(file("ndjson"))

    assert set(one) == set(NAMES)
    assert api.get("/api/v1/customers").json()["data"] == [one]
    assert line == one
    assert head == list(NAMES)
    # Each value below the name that it has in an answer; what is reckoned as well.
    assert len(row) == len(head)
    cells = dict(zip(head, row, strict=True))
    assert (cells["lifetimeValueCurrency"], cells["id"]) == (one["lifetimeValueCurrency"], str(customer))
    assert cells["mergedInto"] == ""
