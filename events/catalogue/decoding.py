"""From the raw payload of an accepted event to its typed class."""

from datetime import tzinfo
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from events.catalogue.fields import LEFT_ASIDE
from events.catalogue.losses import losses_of
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


class LeftAside(NamedTuple):
    """A field of a payload that was not taken as it was told, and without which the event counts.

    `words` follow its name; `taken`: what was taken instead, empty where the whole field was left aside.
    """

    field: str
    words: str
    taken: str = ""


def decode_payload(
    event_type: EventType, payload: dict[str, Any], zone: tzinfo | None = None
) -> tuple[Payload, list[LeftAside]]:
    """The typed payload, and what of it was left aside. `zone`: the club's, in which its days begin.

    Raises PayloadRefused with the first problem that costs the event and its path, such as `payload.id`.
    """
    try:
        decoded = event_type.model.model_validate(payload, context=zone)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
    else:
        return decoded, [LeftAside(*lost) for lost in losses_of(decoded, payload)]
    for problem in problems:
        if problem["type"] != LEFT_ASIDE:
            raise _refusal(problem)
    aside = [LeftAside(str(problem["loc"][0]), problem["msg"]) for problem in problems]
    unread = {field for field, *_ in aside}
    # Not as null, which in an update may say that the field is empty now.
    rest = {field: value for field, value in payload.items() if field not in unread}
    decoded, more = decode_payload(event_type, rest, zone)
    return decoded, [*aside, *more]


def _refusal(error: ErrorDetails) -> PayloadRefused:
    context = error.get("ctx", {})
    steps = [*error["loc"], context.get("field", "")]
    path = ".".join(["payload", *(str(step) for step in steps if step != "")])
    words = WORDS_BY_ERROR.get(error["type"], error["msg"])
    return PayloadRefused(path, f"{path} {words}.")
