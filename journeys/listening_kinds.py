"""Which entries of the log journeys read; apart, because settings are read before there are models."""

from typing import Final

KINDS: Final = (
    "activity.recorded", "profile.created", "profile.changed", "profile.scored", "profile.counted",
    "segment.joined", "segment.left", "delivery.changed",
)  # fmt: skip
