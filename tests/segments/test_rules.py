"""Reading rule trees: what is taken as it is, what is refused and how it is said."""

import json
from typing import Any

import pytest

from segments.rules import FieldLeaf, Group, InvalidRule, parse

GOLD = {"field": "membershipTier", "operator": "eq", "value": "Gold"}


def problems(tree: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRule) as refused:
        parse(tree)
    return [(each.path, each.message) for each in refused.value.problems]


def test_an_export_of_react_querybuilder_is_taken_as_it_is() -> None:
    export = {
        "id": "0b6f",
        "combinator": "and",
        "not": False,
        "rules": [
            {"id": "1", "field": "membershipTier", "operator": "=", "valueSource": "value", "value": "Gold"},
            {"id": "2", "field": "handicap", "operator": "between", "value": "12,4.5"},
            {"id": "3", "field": "membershipStatus", "operator": "in", "value": "ACTIVE, PENDING"},
            {"id": "4", "field": "email", "operator": "notNull", "value": ""},
            {"id": "5", "field": "lastName", "operator": "beginsWith", "value": "Mc"},
            {"id": "6", "field": "~", "operator": "=", "value": ""},
            {
                "id": "7",
                "combinator": "or",
                "not": True,
                "rules": [{"field": "emailOptIn", "operator": "=", "value": True}],
            },
        ],
    }

    rule = parse(json.dumps(export))

    assert rule.to_json() == {
        "schema": 1,
        "combinator": "AND",
        "not": False,
        "rules": [
            GOLD,
            {"field": "handicap", "operator": "between", "value": [4.5, 12]},
            {"field": "membershipStatus", "operator": "in", "value": ["ACTIVE", "PENDING"]},
            {"field": "email", "operator": "isNotNull"},
            {"field": "lastName", "operator": "startsWith", "value": "Mc"},
            {
                "combinator": "OR",
                "not": True,
                "rules": [{"field": "emailOptIn", "operator": "eq", "value": True}],
            },
        ],
    }


def test_and_binds_tighter_than_or_between_rules() -> None:
    silver = {**GOLD, "value": "Silver"}
    adult = {"field": "age", "operator": ">=", "value": "18"}

    rule = parse({"rules": [GOLD, "or", silver, "and", adult]})

    assert rule.root.combinator == "OR"
    assert rule.root.rules[0] == FieldLeaf("membershipTier", "eq", "Gold")
    assert isinstance(rule.root.rules[1], Group)
    assert rule.root.rules[1].combinator == "AND"


def test_all_mistakes_are_said_at_once_with_their_paths() -> None:
    tree = {
        "combinator": "AND",
        "rules": [
            {"field": "membershipTeir", "operator": "eq", "value": "Gold"},
            {"field": "handicap", "operator": "contains", "value": 3},
            {"combinator": "OR", "rules": [{"field": "age", "operator": "in", "value": [18, "old"]}]},
            {"event": {"types": ["TEETIME_BOOKED"], "count": {"op": "around", "value": 3}}},
        ],
    }

    found = dict(problems(tree))

    assert found["rules[0].field"] == "There is no field 'membershipTeir'; did you mean membershipTier?"
    assert found["rules[1].operator"].startswith(
        "Handicap cannot be asked for “contains exactly” (contains); use eq,"
    )
    assert found["rules[2].rules[0].value[1]"] == "'old' is not a number; write it as in 12 or 12.5."
    assert found["rules[3].event.count.op"] == "Give one of eq, neq, gt, gte, lt, lte, between."


@pytest.mark.parametrize(
    ("tree", "path", "message"),
    [
        ("{", "", "The rule is no valid JSON."),
        ([], "", 'Give an object as in {"combinator": "AND", "rules": [{"field": …}]}.'),
        ({"combinator": "XOR", "rules": []}, "combinator", 'Give "AND" or "OR".'),
        (
            {"schema": 2, **GOLD},
            "schema",
            "This is version 2 of the rule language; version 1 is spoken here.",
        ),
        (
            {**GOLD, "value": ""},
            "value",
            "Give a text; whether anything is known is asked with “is known” (isNotNull) or “is not known” (isNull).",
        ),
        ({**GOLD, "value": "a\x00b"}, "value", "The text holds a character that cannot be stored."),
        (
            {"field": "lastBookingAt", "operator": "inLastDays", "value": 1.5},
            "value",
            "Give a whole number of days from 0 to 36600.",
        ),
        (
            {"field": "age", "operator": "gt", "value": "NaN"},
            "value",
            "The number must lie between -1000000000000000 and 1000000000000000.",
        ),
        ({"segment": "x"}, "segment", "Give the id of a segment."),
        (
            {"field": "memberSince", "operator": "eq", "value": "2026-02-30"},
            "value",
            "Give a day as in 2026-03-31.",
        ),
        (
            {"event": {"types": ["X_Y"], "inLastDays": 10, "beforeDaysAgo": 20}},
            "event.beforeDaysAgo",
            "The window is empty: it must end less than 10 days ago.",
        ),
    ],
)
def test_a_mistake_is_said_with_what_would_be_right(tree: Any, path: str, message: str) -> None:
    assert problems(tree) == [(path, message)]


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = {"combinator": "AND", "rules": [GOLD]}
    for _ in range(depth - 1):
        tree = {"combinator": "AND", "rules": [tree]}
    return tree


def test_limits_hold_at_their_border() -> None:
    parse(nested(8))
    assert [message for _, message in problems(nested(9))] == ["Groups are nested more than 8 deep."]

    parse({"combinator": "OR", "rules": [GOLD] * 199})
    assert [message for _, message in problems({"combinator": "OR", "rules": [GOLD] * 200})] == [
        "The rule has more than 200 parts; split it into segments."
    ]

    tiers = [f"Tier {number}" for number in range(1001)]
    parse({**GOLD, "operator": "in", "value": tiers[:1000]})
    assert problems({**GOLD, "operator": "in", "value": tiers}) == [
        ("value", "The list has 1001 values; at most 1000 are allowed.")
    ]


def test_a_fingerprint_ignores_order_and_writing_but_nothing_else() -> None:
    adult = {"field": "age", "operator": ">=", "value": "18"}
    one = {"combinator": "and", "rules": [GOLD, adult]}
    other = {"combinator": "AND", "not": False, "rules": [{**adult, "operator": "gte", "value": 18.0}, GOLD]}

    assert parse(one).fingerprint == parse(other).fingerprint
    assert parse(one).fingerprint != parse({**one, "combinator": "or"}).fingerprint
    assert parse(one).fingerprint != parse({**one, "not": True}).fingerprint


def test_a_rule_knows_what_it_depends_on() -> None:
    segment = "0198f0c4-7a3b-7c11-8d5e-1f2a3b4c5d6e"
    still = {
        "combinator": "AND",
        "rules": [GOLD, {"segment": segment}, {"event": {"types": ["EMAIL_OPENED"]}}],
    }

    mentions = parse(still).mentions

    assert mentions.fields == {"membershipTier"}
    assert mentions.event_types == {"EMAIL_OPENED"}
    assert {str(each) for each in mentions.segments} == {segment}
    assert not mentions.moves_with_time
    assert parse({"field": "age", "operator": "gt", "value": 17}).mentions.moves_with_time
    assert parse(
        {"event": {"types": ["EMAIL_OPENED"], "never": True, "inLastDays": 3}}
    ).mentions.moves_with_time
