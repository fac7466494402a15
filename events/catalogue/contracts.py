"""The catalogue as contracts: JSON Schema of each type's payload, and what an event says that nobody understands."""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from events.catalogue.payload import Payload
from events.catalogue.registry import BY_NAME, EVENT_TYPES, EventType
from tenants.nearest import nearest

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MOST_WARNINGS: Final = 20


class Warned(NamedTuple):
    """A part of an event that has no effect."""

    field: str
    message: str


class _Numbers(GenerateJsonSchema):
    """A decimal is a number in JSON; pydantic would write text."""

    def decimal_schema(self, schema: Any) -> dict[str, Any]:
        """As it comes."""
        return {"type": "number"}


@cache
def schema_of(event_type: EventType) -> dict[str, Any]:
    """JSON Schema of the payload, out of the class that reads it.

    The form in which a service should write; the reader also takes numbers as text and any case of enumerations. Other
    fields are allowed and have no effect.
    """
    # What a value is once it was read; the readers themselves are functions, of which pydantic knows nothing.
    made = event_type.model.model_json_schema(mode="serialization", schema_generator=_Numbers)
    return {"$schema": DIALECT, **_tidy(made), "title": event_type.name, "description": event_type.summary}


def _tidy(schema: Any) -> Any:
    """Without titles and nulls as defaults, which pydantic makes up."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {key: _tidy(each) for key, each in value.items()}
        if name in ("properties", "$defs")
        else _tidy(value)
        for name, value in schema.items()
        if name != "title" and not (name == "default" and value is None)
    }


def described(event_type: EventType) -> dict[str, Any]:
    """A type as the API tells it."""
    return {
        "name": event_type.name,
        "source": event_type.source,
        "summary": event_type.summary,
        "aliases": list(event_type.aliases),
        "needsIdentity": event_type.needs_identity,
        "payload": schema_of(event_type),
    }


def warnings_of(type_name: str, payload: Mapping[str, Any]) -> list[Warned]:
    """What of an event will have no effect: a type that nobody knows, fields of its payload that nobody reads."""
    known = BY_NAME.get(type_name)
    if known is None:
        near = _nearest(type_name, BY_NAME)
        return [Warned("type", f"The type {type_name} is not known{near}")]
    return list(_unread(known.model, payload, "payload"))[:MOST_WARNINGS]


def _unread(model: type[BaseModel], value: Mapping[str, Any], path: str) -> Iterator[Warned]:
    names, inner = _fields_of(model)
    for name in value.keys() - names:
        yield Warned(f"{path}.{name}", f"{path}.{name} is not known{_nearest(name, names)}")
    for name, part in inner.items():
        rows = value.get(name)
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, dict):
                yield from _unread(part, row, f"{path}.{name}.{index}")


@cache
def _fields_of(model: type[BaseModel]) -> tuple[frozenset[str], dict[str, type[BaseModel]]]:
    """The names that a class reads, and which of them are lists of objects of a class of their own."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    inner: dict[str, type[BaseModel]] = {
        name: part
        for name, field in fields.items()
        for part in get_args(field.annotation)
        if isinstance(part, type) and issubclass(part, Payload)
    }
    return frozenset(fields), inner


def _nearest(name: str, names: Collection[str]) -> str:
    near = nearest(name, names)
    return f"; did you mean {near}?" if near else "."


def all_types() -> list[dict[str, Any]]:
    """The whole catalogue."""
    return [described(event_type) for event_type in EVENT_TYPES]
