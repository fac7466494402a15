"""What all payload classes share."""

from typing import Any, Never

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from events.catalogue.fields import Changes


class Payload(BaseModel):
    """Base of the payload classes. Fields that they do not know are ignored here and kept in the inbox."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    def stated(self) -> dict[str, Any]:
        """What the event says, by our field names. A null or a blank says nothing."""
        given = self.model_fields_set
        return {name: value for name, value in self.__dict__.items() if value is not None and name in given}


class ChangesPayload(Payload):
    """Payload of an `.updated` event, which names what changed in `changes`."""

    changes: Changes = ()

    def stated(self) -> dict[str, Any]:
        """What the event says, by our field names; None: the field is empty now.

        A null or a blank clears a field only where `changes` names it. Elsewhere it says nothing, since
        services send records with nulls for what they do not know. Nor is a changed field stated whose value
        was left out.
        """
        given, fields = self.model_fields_set, type(self).model_fields
        return {
            name: value
            for name, value in self.__dict__.items()
            if name in given and (value is not None or fields[name].alias in self.changes)
        }


def refuse_field(field: str, words: str) -> Never:
    """Refuse a payload as a whole on account of a field (camelCase); the words follow the field's name."""
    raise PydanticCustomError("unfit", "{words}", {"words": words, "field": field})
