"""The form of a definition in the API description, made of the classes that read it."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from journeys.definition import Definition
from journeys.definition.parts import LONGEST_TEXT
from journeys.definition.registry import STEPS, TRIGGERS

PREFIX: Final = "Journey"
# Not JourneyDefinition: so generators call the `definition` of a `Journey`.
NAME: Final = f"{PREFIX}Graph"
STEP: Final = f"{PREFIX}Step"
PLACE: Final = "#/components/schemas/"
KINDS: Final = frozenset({*STEPS, *TRIGGERS, "DURATION", "TIME", "DATE"})
# Said by pydantic, and by OpenAPI 3.0 not at all or otherwise.
LEFT_OUT: Final = frozenset(
    {"title", "default", "propertyNames", "patternProperties", "const", "anyOf", "additionalProperties"}
)


def components() -> dict[str, Any]:
    """Every part of a definition by its name in the description."""
    whole = Definition.model_json_schema(ref_template=f"{PLACE}{PREFIX}{{model}}")
    parts = whole.pop("$defs")
    found = {NAME: _plain(whole)} | {f"{PREFIX}{name}": _plain(part) for name, part in parts.items()}
    steps = found[NAME]["properties"]["steps"]
    found[STEP], steps["items"] = steps["items"], {"$ref": PLACE + STEP}
    return found


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of pydantic's as OpenAPI 3.0 writes it."""
    found = {name: _inner(name, value) for name, value in schema.items() if name not in LEFT_OUT}
    if "const" in schema:
        found["enum"] = [schema["const"]]
    if tags := [field for field, each in schema.get("properties", {}).items() if each.get("const") in KINDS]:
        # What tells the alternatives apart must be said, although each class knows its own.
        found["required"] = [*tags, *found.get("required", ())]
    if "additionalProperties" in schema:
        inner = schema["additionalProperties"]
        found["additionalProperties"] = {} if inner is True else inner and _plain(inner)
    for inner in schema.get("patternProperties", {}).values():
        found["additionalProperties"] = _plain(inner)  # of names it knows no pattern
    if found.get("maxLength") == LONGEST_TEXT and "pattern" in found:
        del found["maxLength"]  # the pattern is the shorter limit
    if "anyOf" in schema:
        found |= _one_of_several(schema["anyOf"])
    return found


def _inner(name: str, value: Any) -> Any:
    if name == "properties":
        return {field: _field(schema) for field, schema in value.items()}
    if name == "items":
        return _plain(value)
    return [_plain(each) for each in value] if name == "oneOf" else value


def _field(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A field; beside a reference nothing else may stand."""
    found = _plain(schema)
    return {"allOf": [{"$ref": found.pop("$ref")}], **found} if len(found) > 1 and "$ref" in found else found


def _one_of_several(kinds: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Alternatives; null is none of them, but a word of its own."""
    plain = [_plain(kind) for kind in kinds if kind.get("type") != "null"]
    is_nullable = {"nullable": True} if len(plain) < len(kinds) else {}
    if len(plain) > 1:
        return {"anyOf": plain, **is_nullable}
    [only] = plain
    return {"allOf": [only], **is_nullable} if is_nullable and "$ref" in only else only | is_nullable


@extend_schema_field({"$ref": PLACE + NAME})
class DefinitionField(serializers.DictField):
    """A whole definition in a body."""


@extend_schema_field({"$ref": PLACE + STEP})
class StepField(serializers.DictField):
    """A step in a body."""
