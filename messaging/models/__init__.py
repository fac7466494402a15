"""Tables of the send ledger."""

from messaging.models.delivery import (
    COUNTED_STATUSES,
    ENDED_STATUSES,
    NO_SOURCE,
    OPEN_STATUSES,
    Delivery,
    DeliveryStatus,
    Reason,
    SendHold,
    Source,
)
from messaging.models.lists import SyncedList, SyncedMember
from messaging.models.message import (
    ADDRESS_COLUMNS,
    CHANNEL_WORDS,
    CONSENT_COLUMNS,
    Message,
    MessageClass,
    SendChannel,
)
from messaging.models.policy import SendPolicy, Suppression, SuppressionKind

__all__ = [
    "ADDRESS_COLUMNS",
    "CHANNEL_WORDS",
    "CONSENT_COLUMNS",
    "COUNTED_STATUSES",
    "ENDED_STATUSES",
    "NO_SOURCE",
    "OPEN_STATUSES",
    "Delivery",
    "DeliveryStatus",
    "Message",
    "MessageClass",
    "Reason",
    "SendChannel",
    "SendHold",
    "SendPolicy",
    "Source",
    "Suppression",
    "SuppressionKind",
    "SyncedList",
    "SyncedMember",
]
