"""Codes of refusals of events and webhooks, for programs, each with its meaning."""

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "ALREADY_HANDLED": "Somebody has handled the dead letter.",
    "ENDPOINT_DISABLED": "The endpoint is disabled.",
    "FOREIGN_SOURCE": "The credentials publish for other services.",
    "ID_REUSED": "Another event has this id.",
    "INVALID_ENVELOPE": "The event has not the form of an envelope.",
    "INVALID_PAYLOAD": "What the event says cannot be used.",
    "INVALID_TIMESTAMP": "The event's time is none that can be.",
    "NOTHING_TO_REPLAY": "There is nothing to send again.",
    "SOURCE_REQUIRED": "Two services use this id: name the source.",
    "TOO_MANY_ENDPOINTS": "The club has as many endpoints as it may.",
    "TOO_MANY_EVENTS": "More than 1,000 events in one request.",
    "UNKNOWN_SOURCE": "The event names no known service.",
    "UNKNOWN_TENANT": "The event names no tenant of the caller's.",
    "WRONG_STATUS": "The event's status does not allow it.",
}
