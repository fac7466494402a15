"""Consumers of the domain log: each with its own position for each tenant, its own pace and its own failures."""

from events.consumers.digesting import BREAKER, LONGEST_ERROR, hand_over, message_of
from events.consumers.entries import Entry, PeerAway
from events.consumers.positions import ConsumerLag, ensure_positions, lagging, lags, pause, resume
from events.consumers.registry import Registration, UnknownConsumer, names, registered
from events.consumers.running import run

__all__ = [
    "BREAKER",
    "LONGEST_ERROR",
    "ConsumerLag",
    "Entry",
    "PeerAway",
    "Registration",
    "UnknownConsumer",
    "ensure_positions",
    "hand_over",
    "lagging",
    "lags",
    "message_of",
    "names",
    "pause",
    "registered",
    "resume",
    "run",
]
