"""Every effect, registered: importing this module makes the table complete or fails."""

from profiles.effects import messaging, others, scl, teetime  # noqa: F401 - they register themselves
from profiles.effects.registry import EFFECTS, check_complete

__all__ = ["EFFECTS"]

check_complete()
