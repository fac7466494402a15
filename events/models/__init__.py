"""Tables of the event floor."""

from events.models.dead_letter import DeadLetter, RefusalCode
from events.models.inbox import AT_REST_STATUSES, CLAIMABLE_STATUSES, Door, ErrorCode, InboxEvent, InboxStatus
from events.models.log import Consumer, DomainLogEntry, LogKind, ParkedEntry

__all__ = [
    "AT_REST_STATUSES",
    "CLAIMABLE_STATUSES",
    "Consumer",
    "DeadLetter",
    "DomainLogEntry",
    "Door",
    "ErrorCode",
    "InboxEvent",
    "InboxStatus",
    "LogKind",
    "ParkedEntry",
    "RefusalCode",
]
