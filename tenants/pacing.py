"""How much a transaction takes on: as much as it can finish before others notice.

No reader of the log passes a transaction that writes, of whatever club. How long a batch takes depends on what else the
machine does; so its size follows the time that the last one took.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(slots=True)
class Pace:
    """The size of the next batch, between `least` and `most`; one that took longer than `longest` is halved."""

    size: int
    least: int
    most: int
    longest: timedelta

    def took(self, seconds: float) -> None:
        """The last batch took so long: the next is smaller, twice as large, or the same."""
        spent = timedelta(seconds=seconds)
        if spent > self.longest:
            self.size = max(self.least, self.size // 2)
        elif spent < self.longest / 3:
            self.size = min(self.most, self.size * 2)
