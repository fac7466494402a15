"""What a reader takes in another form than it was told, so that something is lost on the way.

A value that is refused says so by itself. One that is rounded or cut is taken, and its field says beside the reader how
to tell (`Loss` among the metadata of its type); most types of events have no such field and pay nothing.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from pydantic import BaseModel


class Loss:
    """Marks a field whose reader may lose something.

    `words` say what is too much, behind the field's name. `tell`: from the value as it was told and as it was read,
    what was taken instead; empty: nothing was lost.
    """

    __slots__ = ("tell", "words")

    def __init__(self, words: str, tell: Callable[[object, Any], str]) -> None:
        self.words: Final = words
        self.tell: Final = tell


class Lost(NamedTuple):
    """A field of a payload (its name there) of which something was lost, why, and what was taken instead."""

    field: str
    words: str
    taken: str


def losses_of(payload: BaseModel, told: Mapping[str, Any]) -> list[Lost]:
    """What of a payload was rounded or cut; `told`: as the service sent it."""
    return [
        Lost(alias, loss.words, taken)
        for name, alias, loss in _lossy_fields(type(payload))
        if told.get(alias) is not None and (taken := loss.tell(told[alias], getattr(payload, name)))
    ]


@cache
def _lossy_fields(model: type[BaseModel]) -> tuple[tuple[str, str, Loss], ...]:
    return tuple(
        (name, info.alias or name, loss)
        for name, info in model.model_fields.items()
        for loss in info.metadata
        if isinstance(loss, Loss)
    )
