"""What went wrong and what to do about it, for people who never read a stack trace."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from events.models import InboxStatus

STATUS_TONES: Final[Mapping[str, str]] = {
    InboxStatus.PENDING: "info",
    InboxStatus.PROCESSING: "info",
    InboxStatus.SUCCESS: "good",
    InboxStatus.FAILED: "warn",
    InboxStatus.SKIPPED: "off",
    InboxStatus.DEAD: "bad",
}


class Explanation(NamedTuple):
    """A reason and the way out."""

    reason: str
    remedy: str


EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "UNKNOWN_TYPE": Explanation(
        "The service sent a kind of event that this platform does not know.",
        "Correct the field “type” and replay, or skip it if the event is of no interest here.",
    ),
    "INVALID_PAYLOAD": Explanation(
        "The content of the event does not have the form that its type asks for.",
        "Correct the field named below and replay; tell the service, so that it does not happen again.",
    ),
    "NO_IDENTITY": Explanation(
        "No person given: no member number, player, contact, e-mail or phone that can be used.",
        "Add whom it is about under “identity” and replay, or skip it.",
    ),
    "PROCESSING_FAILED": Explanation(
        "The event is fine, but applying it failed three times.",
        "Replay it; if it fails again, show the message below to whoever runs the platform.",
    ),
    "ERASED_PERSON": Explanation(
        "The event is about somebody who was erased on request; its content is gone.",
        "Nothing. If the person came back of their own will, an administrator can let their address in on the page"
        " Privacy.",
    ),
    "INVALID_JSON": Explanation(
        "What the queue delivered is no readable JSON.",
        "Correct the text and take it in, or dismiss it; tell the service which job it was.",
    ),
    "INVALID_ENVELOPE": Explanation(
        "A part that every event needs is missing or has the wrong form.",
        "Correct the field named below and take it in, or dismiss it.",
    ),
    "INVALID_TIMESTAMP": Explanation(
        "The time of the event cannot be read, or lies more than a day in the future.",
        "Write “timestamp” as in 2026-03-14T07:30:00+02:00 and take it in.",
    ),
    "UNKNOWN_TENANT": Explanation(
        "The event names a club that is not known here.",
        "Correct “tenantId”, or give the club this name as an alias, and take it in.",
    ),
    "FOREIGN_SOURCE": Explanation(
        "The event was published with a key that is not bound to the service it speaks for.",
        "Ask the service to use its own key, or dismiss it.",
    ),
    "UNKNOWN_SOURCE": Explanation(
        "The event says that it comes from a service that is not known here.",
        "Correct “source” to one of scl, teetime, messaging, feedback, facilities or crm and take it in.",
    ),
}
UNEXPLAINED: Final = Explanation("The event could not be used.", "Look at the message below.")


def explain(code: str) -> Explanation:
    """The words for an error code."""
    return EXPLANATIONS.get(code, UNEXPLAINED)


def tone(status: str) -> str:
    """The colour of a status."""
    return STATUS_TONES.get(status, "off")
