"""When a failed delivery is tried again, and when an endpoint is given up. Pure."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

# After the first attempt, the second, …: ten attempts over three days and four hours.
DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# So that what failed together does not come again together.
JITTER: Final = 0.1
LONGEST_WAIT: Final = timedelta(hours=24)
# How long an endpoint rests after a batch of which everything failed, after the second such batch, …
RESTS: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
)
# Without a single success for so long after the first failure, an endpoint is disabled.
GIVEN_UP_AFTER: Final = timedelta(days=3)
# How long an exchanged secret still signs.
OLD_SECRET_SIGNS: Final = timedelta(hours=24)


def next_attempt(attempts: int, now: datetime, asked: timedelta | None = None) -> datetime | None:
    """When to try again after so many attempts, not before the receiver `asked`; None: never."""
    if attempts > len(DELAYS):
        return None
    delay = DELAYS[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    return now + max(delay, min(asked or timedelta(0), LONGEST_WAIT))


def rest_after(consecutive_failures: int) -> timedelta:
    """How long an endpoint rests after so many failed batches in a row."""
    return RESTS[min(consecutive_failures, len(RESTS)) - 1]


def asked_wait(header: str | None, now: datetime) -> timedelta | None:
    """What `Retry-After` asks for, in seconds or as a date; None where it says nothing usable."""
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), int(LONGEST_WAIT.total_seconds())))
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta(0)), LONGEST_WAIT)
