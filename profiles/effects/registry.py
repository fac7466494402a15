"""Which effect belongs to which type of event."""

from collections.abc import Callable
from typing import TypeVar, cast

from pydantic import BaseModel

from events.catalogue.registry import EVENT_TYPES
from profiles.club import Club
from profiles.effects.drafts import DecodedEvent, Effect, EffectFunction

Payload = TypeVar("Payload", bound=BaseModel)
EFFECTS: dict[str, EffectFunction] = {}


def effect_of(
    *types: str,
) -> Callable[
    [Callable[[DecodedEvent, Payload, Club], Effect]], Callable[[DecodedEvent, Payload, Club], Effect]
]:
    """Register a function as the effect of these types; it gets the event, its typed payload and the club."""

    def register(
        function: Callable[[DecodedEvent, Payload, Club], Effect],
    ) -> Callable[[DecodedEvent, Payload, Club], Effect]:
        def apply(event: DecodedEvent, club: Club) -> Effect:
            return function(event, cast(Payload, event.payload), club)

        for name in types:
            EFFECTS[name] = apply
        return function

    return register


def check_complete() -> None:
    """Raise LookupError unless every type of the catalogue has an effect."""
    missing = {event_type.name for event_type in EVENT_TYPES} - EFFECTS.keys()
    if missing:
        raise LookupError(f"no effect for {', '.join(sorted(missing))}")
