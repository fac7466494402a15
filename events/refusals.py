"""Why an event cannot be taken or used, in words that tell its sender or the club's staff what to do."""

from enum import StrEnum


class Refusal(StrEnum):
    """Codes of refusals; `events.models.RefusalCode` and `events.models.ErrorCode` mirror them."""

    INVALID_JSON = "INVALID_JSON"
    INVALID_ENVELOPE = "INVALID_ENVELOPE"
    INVALID_TIMESTAMP = "INVALID_TIMESTAMP"
    UNKNOWN_TENANT = "UNKNOWN_TENANT"
    UNKNOWN_SOURCE = "UNKNOWN_SOURCE"
    FOREIGN_SOURCE = "FOREIGN_SOURCE"
    ID_REUSED = "ID_REUSED"
    INVALID_PAYLOAD = "INVALID_PAYLOAD"


class EventRefused(Exception):
    """An event that cannot be taken or used.

    `field` is the camelCase path inside the event (`payload.players.0.name`); empty: the event as a whole.
    `message` holds nothing that PostgreSQL cannot store and no personal data.
    """

    def __init__(self, code: Refusal, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field

    @property
    def reason(self) -> str:
        """Code, field and words in a line, as a failed job shows them."""
        return " ".join(filter(None, (self.code.value, self.field, self.message)))


class EnvelopeRefused(EventRefused):
    """The door does not take it: nothing is stored in the inbox."""


class PayloadRefused(EventRefused):
    """It was taken, but what it says cannot be used: it ends as a dead letter, ready for repair."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(Refusal.INVALID_PAYLOAD, message, field)
