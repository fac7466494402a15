"""The check that the API's description breaks nobody."""

from collections.abc import Callable
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from crm_platform.api.breaking import breaking_changes

Change = Callable[[dict[str, Any]], object]
THING = {"$ref": "#/components/schemas/Thing"}
OLD: dict[str, Any] = {
    "paths": {
        "/things": {
            "get": {
                "operationId": "listThings",
                "parameters": [
                    {"in": "query", "name": "kind", "schema": {"type": "string", "enum": ["A", "B"]}},
                    {"in": "query", "name": "take", "schema": {"type": "integer", "maximum": 100}},
                ],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"type": "array", "items": THING}}}},
                    "404": {},
                },
            },
            "post": {
                "operationId": "makeThing",
                "requestBody": {"content": {"application/json": {"schema": THING}}},
                "responses": {"201": {"content": {"application/json": {"schema": {"allOf": [THING]}}}}},
            },
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string"},
                    "note": {"type": "string", "nullable": True},
                    "size": {"type": "string", "enum": ["S", "M"]},
                    "inside": THING,
                },
            }
        }
    },
}


def get(new: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = new["paths"]["/things"]["get"]
    return found


def thing(new: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = new["components"]["schemas"]["Thing"]
    return found


def changed(change: Change) -> list[str]:
    new = deepcopy(OLD)
    change(new)
    return breaking_changes(OLD, new)


BREAKS: list[tuple[Change, list[str]]] = [
    (lambda new: new["paths"]["/things"].pop("post"), ["POST /things: is gone"]),
    (
        lambda new: get(new).update(operationId="things"),
        ["GET /things: is called things instead of listThings"],
    ),
    (lambda new: get(new)["parameters"].pop(0), ["GET /things: parameter kind is gone"]),
    (
        lambda new: get(new)["parameters"][0]["schema"]["enum"].remove("B"),
        ["GET /things: parameter kind does not take B any more"],
    ),
    (
        lambda new: get(new)["parameters"][1]["schema"].update(maximum=50),
        ["GET /things: parameter take takes less: maximum is 50"],
    ),
    (
        lambda new: get(new)["parameters"][1].update(required=True),
        ["GET /things: parameter take is required now"],
    ),
    (
        lambda new: get(new)["parameters"].append(
            {"in": "query", "name": "who", "required": True, "schema": {"type": "string"}}
        ),
        ["GET /things: new parameter who is required"],
    ),
    (lambda new: get(new)["responses"].pop("200"), ["GET /things: answers no more with 200"]),
    (
        lambda new: thing(new)["properties"].pop("note"),
        ["GET /things: answer 200[].note is gone"],
    ),
    (
        lambda new: thing(new)["properties"]["id"].update(type="integer"),
        [
            "GET /things: answer 200[].id is integer instead of string",
            "POST /things: body.id is integer instead of string",
        ],
    ),
    (
        lambda new: thing(new)["properties"]["id"].update(nullable=True),
        ["GET /things: answer 200[].id may be null now"],
    ),
    (lambda new: thing(new).pop("required"), ["GET /things: answer 200[].id may be missing now"]),
    (lambda new: thing(new)["required"].append("size"), ["POST /things: body.size is required now"]),
    (
        lambda new: new["paths"]["/things"]["post"]["requestBody"].update(required=True),
        ["POST /things: a body is required now"],
    ),
    (
        lambda new: thing(new)["properties"]["note"].pop("nullable"),
        ["POST /things: body.note may not be null any more"],
    ),
]
HARMLESS: list[Change] = [
    lambda new: None,
    lambda new: new["paths"].update({"/others": {}}),
    lambda new: thing(new)["properties"].update(colour={"type": "string"}),
    lambda new: thing(new)["properties"]["size"]["enum"].append("L"),
    lambda new: get(new)["parameters"].append({"in": "query", "name": "who", "schema": {"type": "string"}}),
    lambda new: get(new)["responses"].pop("404"),
    lambda new: get(new)["parameters"][1]["schema"].update(maximum=500),
]


@pytest.mark.parametrize(("change", "words"), BREAKS)
def test_what_breaks_programs_is_named(change: Change, words: list[str]) -> None:
    assert changed(change) == words


@pytest.mark.parametrize("change", HARMLESS)
def test_what_the_policy_allows_passes(change: Change) -> None:
    assert changed(change) == []


def test_the_command_fails_with_the_breaks(tmp_path: Path) -> None:
    committed = Path("docs/openapi.yaml").read_text()
    same, other = tmp_path / "same.yaml", tmp_path / "other.yaml"
    same.write_text(committed)
    more = yaml.load(committed, Loader=yaml.CSafeLoader)
    more["paths"]["/api/v1/gone"] = {"get": {"operationId": "getGone", "responses": {}}}
    other.write_text(yaml.dump(more, Dumper=yaml.CSafeDumper))
    said = StringIO()

    call_command("compare_api", str(same), stdout=said)

    assert "Nothing breaks" in said.getvalue()
    with pytest.raises(CommandError, match="GET /api/v1/gone: is gone"):
        call_command("compare_api", str(other))
    with pytest.raises(CommandError, match="git says"):
        call_command("compare_api", "no-such-commit")
