"""What examples of answers are made of: recorded JSON without what changes by itself, and schemas made strict."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tenants.api.examples import example_id

ROWS: Final = 2
MOMENT: Final = "2026-03-01T08:15:00Z"
DAY: Final = "2026-03-01"
NEAR: Final = timedelta(days=3)
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HEX: Final = re.compile(r"\b[0-9a-f]{32}\b")
_SECRET: Final = re.compile(r"whsec_[A-Za-z0-9+/=]+")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def steady(value: Any, names: dict[str, str]) -> Any:
    """The recorded value with ids, moments of today and secrets of the examples; lists of things are cut to two.

    `names`: ids so far, by what was recorded; those met first get their own.
    """
    if isinstance(value, Mapping):
        return {name: steady(each, names) for name, each in value.items()}
    if isinstance(value, list):
        few = value[:ROWS] if value and isinstance(value[0], Mapping) else value
        return [steady(each, names) for each in few]
    return _steady_text(value, names) if isinstance(value, str) else value


def _steady_text(text: str, names: dict[str, str]) -> str:
    if _DAY.fullmatch(text):
        return DAY if abs(date.fromisoformat(text) - datetime.now(UTC).date()) < NEAR else text
    text = _MOMENT.sub(_steady_moment, _SECRET.sub(SECRET, text))

    def known(found: re.Match[str]) -> str:
        return names.setdefault(str(UUID(found[0])), example_id(f"thing-{len(names)}"))

    return _HEX.sub("Example", _UUID.sub(known, text))


def _steady_moment(found: re.Match[str]) -> str:
    moment = datetime.fromisoformat(found[0])
    if abs(moment - datetime.now(UTC)) < NEAR:
        return MOMENT
    # Rows that tests make "in the year 2090" carry the minute of the run.
    return found[0] if found[2] is None else f"{moment.year}{MOMENT[4:]}"


def shape(value: Any) -> Any:
    """The names in it, level by level; a list has the shape of its first entry."""
    if isinstance(value, Mapping):
        return {name: shape(each) for name, each in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


def strict(schema: Any, components: Mapping[str, Any]) -> Any:
    """The schema as JSON Schema: references resolved, `nullable` as a type, and no name that is not described."""
    if isinstance(schema, list):
        return [strict(each, components) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        return strict(components[schema["$ref"].rpartition("/")[2]], components)
    made = {name: _strict_part(name, each, components) for name, each in schema.items()}
    if "properties" in made:
        made.setdefault("additionalProperties", False)
    if made.pop("nullable", False):
        return {"anyOf": [made, {"type": "null"}]}
    return made


def _strict_part(name: str, part: Any, components: Mapping[str, Any]) -> Any:
    if name == "properties":
        return {each: strict(schema, components) for each, schema in part.items()}
    return part if name in ("example", "enum", "required") else strict(part, components)
