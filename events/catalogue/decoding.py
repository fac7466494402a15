"""From the raw payload of an accepted event to its typed class."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from events.catalogue.payload import Payload
from events.catalogue.registry import EventType
from events.refusals import PayloadRefused

# pydantic's own words, where a value holds others; all other values are read by `events.catalogue.fields`.
WORDS_BY_ERROR = {
    "missing": "is missing",
    "model_type": "must be an object",
    "tuple_type": "must be a list",
    "too_long": "has too many entries",
}


def decode_payload(event_type: EventType, payload: dict[str, Any]) -> Payload:
    """The typed payload. Raises PayloadRefused with the first problem and its path, such as `payload.id`."""
    try:
        return event_type.model.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _refusal(first) from None


def _refusal(error: ErrorDetails) -> PayloadRefused:
    context = error.get("ctx", {})
    steps = [*error["loc"], context.get("field", "")]
    path = ".".join(["payload", *(str(step) for step in steps if step != "")])
    words = WORDS_BY_ERROR.get(error["type"], error["msg"])
    return PayloadRefused(path, f"{path} {words}.")
