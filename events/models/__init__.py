"""Tables of the event floor."""

from events.models.dead_letter import DeadLetter, RefusalCode
from events.models.inbox import AT_REST_STATUSES, CLAIMABLE_STATUSES, Door, ErrorCode, InboxEvent, InboxStatus
from events.models.log import Consumer, ConsumerPosition, DomainLogEntry, ParkedEntry
from events.models.webhooks import (
    ENDED_STATUSES,
    LONGEST_ANSWER,
    LONGEST_URL,
    DeliveryStatus,
    DisabledReason,
    EndpointStatus,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)

__all__ = [
    "AT_REST_STATUSES",
    "CLAIMABLE_STATUSES",
    "ENDED_STATUSES",
    "LONGEST_ANSWER",
    "LONGEST_URL",
    "Consumer",
    "ConsumerPosition",
    "DeadLetter",
    "DeliveryStatus",
    "DisabledReason",
    "DomainLogEntry",
    "Door",
    "EndpointStatus",
    "ErrorCode",
    "InboxEvent",
    "InboxStatus",
    "ParkedEntry",
    "RefusalCode",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
