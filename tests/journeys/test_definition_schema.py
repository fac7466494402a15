"""The API describes a definition as strictly as it reads one."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from crm_platform.api.docs import description
from journeys.api.definition_schema import NAME, PLACE, components
from journeys.definition import InvalidDefinition, parse
from journeys.templates import TEMPLATES, Template


def as_json_schema(described: Any) -> Any:
    """OpenAPI 3.0 says of a value that it may be null where JSON Schema has a type of it."""
    if isinstance(described, list):
        return [as_json_schema(each) for each in described]
    if not isinstance(described, Mapping):
        return described
    rest = {name: as_json_schema(each) for name, each in described.items() if name != "discriminator"}
    if rest.pop("nullable", False) is True:
        return {"anyOf": [rest, {"type": "null"}]}
    if "$ref" in rest:
        rest["$ref"] = rest["$ref"].replace(PLACE, "#/$defs/")
    return rest


SCHEMA: Final = {**as_json_schema(components()[NAME]), "$defs": as_json_schema(components())}
FITS: Final = jsonschema_rs.validator_for(SCHEMA)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.key)
def test_every_template_is_as_described(template: Template) -> None:
    FITS.validate(template.definition)
    FITS.validate(parse(template.definition).as_json())


def test_whatever_is_as_described_can_be_read() -> None:
    operation = schemathesis.openapi.from_dict(description())["/api/v1/journeys"]["POST"]
    read = 0

    @given(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    @settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def can_be_read(case: Any) -> None:
        nonlocal read
        definition = case.body.get("definition", {})
        definition.pop("timezone", None)  # which there are, no schema tells
        for step in definition.get("steps", ()):
            if "save" in step:  # OpenAPI 3.0 says nothing of the names in a map
                step["save"] = {f"name_{number}": value for number, value in enumerate(step["save"].values())}
        parse(definition)
        read += bool(definition.get("steps"))

    can_be_read()
    assert read, "one of so many has steps; how many have is no promise of the generator's"


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.pop("kind"),
        lambda one: one.update(kind="DANCE"),
        lambda one: one.update(bogus=1),
        lambda one: one.update(id="A"),
        lambda one: one.pop("id"),
        lambda one: one.update(until={"amount": 1, "unit": "DAYS"}),
        lambda one: one.update(until={"mode": "DURATION", "amount": 0, "unit": "DAYS"}),
    ],
)
def test_what_cannot_be_read_is_not_as_described(change: Any) -> None:
    step = {
        "id": "a",
        "kind": "WAIT",
        "until": {"mode": "DURATION", "amount": 1, "unit": "DAYS"},
        "ways": {"next": None},
    }
    good = {"triggers": [{"kind": "MANUAL"}], "start": "a", "steps": [step]}
    FITS.validate(good)
    bad = deepcopy(good)
    change(bad["steps"][0])

    assert not FITS.is_valid(bad)
    with pytest.raises(InvalidDefinition):
        parse(bad)
