"""Trees as react-querybuilder 8 exports them: with ids, value sources, lists as text, independent combinators.

The shapes are those of `formatQuery(query, "json")` and of the query object itself.
"""

import json
from typing import Any

import pytest
from django.test import Client

from segments.rules import InvalidRule, parse
from tests import factories
from tests.cast import Club
from tests.profiles.records import profile

GOLD = {"field": "membershipTier", "operator": "eq", "value": "Gold"}


def rule(**values: Any) -> dict[str, Any]:
    """A rule as the component makes it."""
    return {"id": "f6b5e2b7-2d9e-4f4a-9f4b-6a4f1c1d9f11", "valueSource": "value", **values}


def group(*rules: Any, **values: Any) -> dict[str, Any]:
    return {"id": "f0c3a4ac-95a1-4ac0-b8f4-1c42b6c1c2d1", "combinator": "and", "rules": list(rules), **values}


DEFAULT_EXPORT = """{
  "id": "root",
  "combinator": "and",
  "rules": [
    {"id": "1", "field": "membershipTier", "operator": "in", "valueSource": "value", "value": "Gold,Platinum"},
    {"id": "2", "field": "handicap", "operator": "<", "valueSource": "value", "value": "15"},
    {"id": "3", "field": "emailOptIn", "operator": "=", "valueSource": "value", "value": true},
    {"id": "4", "combinator": "or", "not": true, "rules": [
      {"id": "5", "field": "lastBookingAt", "operator": ">=", "valueSource": "value", "value": "2026-03-01"},
      {"id": "6", "field": "lastName", "operator": "doesNotBeginWith", "value": "Mc"}
    ]}
  ],
  "not": false
}"""


def test_the_default_export_works_as_it_is() -> None:
    assert parse(DEFAULT_EXPORT).to_json() == {
        "schema": 1,
        "combinator": "AND",
        "not": False,
        "rules": [
            {"field": "membershipTier", "operator": "in", "value": ["Gold", "Platinum"]},
            {"field": "handicap", "operator": "lt", "value": 15},
            {"field": "emailOptIn", "operator": "eq", "value": True},
            {
                "combinator": "OR",
                "not": True,
                "rules": [
                    {"field": "lastBookingAt", "operator": "gte", "value": "2026-03-01"},
                    {"field": "lastName", "operator": "doesNotStartWith", "value": "Mc"},
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (rule(field="membershipTier", operator="=", value="Gold"), GOLD),
        (rule(field="membershipTier", operator="!=", value="Gold"), {**GOLD, "operator": "neq"}),
        (
            rule(field="membershipTier", operator="notIn", value=["Gold", "Silver"]),
            {"field": "membershipTier", "operator": "notIn", "value": ["Gold", "Silver"]},
        ),
        (rule(field="email", operator="null", value="left over"), {"field": "email", "operator": "isNull"}),
        (rule(field="email", operator="notNull", value=None), {"field": "email", "operator": "isNotNull"}),
        (
            rule(field="handicap", operator="notBetween", value="5,10"),
            {"field": "handicap", "operator": "notBetween", "value": [5, 10]},
        ),
        (
            rule(field="handicap", operator="between", value=["5", "10"]),
            {"field": "handicap", "operator": "between", "value": [5, 10]},
        ),
        (
            rule(field="membershipTier", operator="in", value="Gold\\, weekday, Silver ,,"),
            {"field": "membershipTier", "operator": "in", "value": ["Gold, weekday", "Silver"]},
        ),
        (
            rule(field="membershipTier", operator="notIn", value=[" Gold, weekday ", "Silver"]),
            {"field": "membershipTier", "operator": "notIn", "value": ["Gold, weekday", "Silver"]},
        ),
        (
            rule(field="membershipStatus", operator="doesNotBeginWith", value="SUS"),
            {"field": "membershipStatus", "operator": "doesNotStartWith", "value": "SUS"},
        ),
        (
            rule(field="lastName", operator="contains", value="son"),
            {"field": "lastName", "operator": "contains", "value": "son"},
        ),
        (
            rule(field="lastName", operator="doesNotContain", value="son"),
            {"field": "lastName", "operator": "doesNotContain", "value": "son"},
        ),
        (
            rule(field="lastName", operator="endsWith", value="son"),
            {"field": "lastName", "operator": "endsWith", "value": "son"},
        ),
        (
            rule(field="lastName", operator="doesNotEndWith", value="son"),
            {"field": "lastName", "operator": "doesNotEndWith", "value": "son"},
        ),
        (
            rule(field="lifetimeValue", operator=">=", value="150000", inputType="number", editor="number"),
            {"field": "lifetimeValue", "operator": "gte", "value": 150000},
        ),
    ],
)
def test_each_default_operator_is_known(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert parse(group(given)).to_json()["rules"] == [expected]


def test_independent_combinators_and_rules_that_are_muted_or_not_chosen_yet() -> None:
    query = {
        "id": "root",
        "rules": [
            rule(field="membershipTier", operator="=", value="Gold"),
            "and",
            rule(field="emailOptIn", operator="=", value=True),
            "or",
            rule(field="membershipTier", operator="=", value="Platinum"),
            "and",
            rule(field="age", operator=">", value="60", muted=True),
            "and",
            rule(field="~", operator="~", value=""),
        ],
    }

    told = parse(json.dumps(query)).to_json()

    assert told["combinator"] == "OR"
    assert [len(each.get("rules", [each])) for each in told["rules"]] == [2, 1]


def test_a_comparison_of_two_fields_is_refused_with_its_path() -> None:
    with pytest.raises(InvalidRule) as refused:
        parse(group(rule(field="firstName", operator="=", valueSource="field", value="lastName")))

    assert refused.value.problems[0].path.startswith("rules[0]")


def test_an_export_makes_a_segment_and_filters_customers(fairview: Club) -> None:
    wanted = profile(fairview.tenant, membership_tier="Gold", handicap_tenths=90, email_opt_in=True)
    profile(fairview.tenant, membership_tier="Gold", handicap_tenths=190, email_opt_in=True)
    client = Client(headers=factories.bearer(fairview.tenant))

    made = client.post(
        "/api/v1/segments",
        {"name": "From outside", "criteria": json.loads(DEFAULT_EXPORT)},
        content_type="application/json",
    )
    found = client.get("/api/v1/customers", {"rule": DEFAULT_EXPORT})

    assert made.status_code == 201
    # The last group says: not (booked since March or a name without Mc), so nobody without a name is left out of it.
    assert {each["id"] for each in found.json()["data"]} <= {str(wanted.pk)}
