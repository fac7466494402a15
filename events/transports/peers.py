"""Servers that may be away for a while: said once when they go, and once when they are back."""

import logging
import time

logger = logging.getLogger(__name__)

# Said again after so long, so that whoever looks at the end of the log knows why nothing happens.
REMINDER_SECONDS = 60.0


class Peer:
    """One server as this process finds it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._away_since: float | None = None
        self._said_at = 0.0

    @property
    def is_away(self) -> bool:
        """Whether the last attempt failed."""
        return self._away_since is not None

    def lost(self, error: BaseException) -> None:
        """An attempt failed."""
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
        elif now - self._said_at < REMINDER_SECONDS:
            return
        self._said_at = now
        reason = str(error).strip().partition("\n")[0]
        logger.warning("waiting for %s: %s: %s", self.name, type(error).__name__, reason)

    def found(self) -> None:
        """An attempt succeeded."""
        if self._away_since is not None:
            logger.warning("%s works again after %.1f s", self.name, time.monotonic() - self._away_since)
            self._away_since = None
