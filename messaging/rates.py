"""How many messages a minute a club sends over a channel (`SendPolicy.rates`), counted over all workers.

The count stands in Redis and is only a brake: without Redis nothing is held back, and nothing is lost with it.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from typing import Final, Protocol

from messaging.models import SendPolicy
from tenants.models import Tenant
from tenants.redis_client import RedisError, redis_client

logger = logging.getLogger(__name__)
WINDOW_SECONDS: Final = 60


class OverChannel(Protocol):
    """Anything that goes over a channel."""

    @property
    def channel(self) -> str:
        """Which."""


def _name(tenant: Tenant, channel: str) -> str:
    return f"crm:sent:{tenant.pk}:{channel}:{int(time.time() // WINDOW_SECONDS)}"


def room(tenant: Tenant, policy: SendPolicy, most: int) -> tuple[int, list[str]]:
    """How many may be claimed now, at most `most`, and the channels that must rest until the next minute."""
    if not policy.rates:
        return most, []
    resting = []
    try:
        for channel, rate in policy.rates.items():
            left = int(rate) - int(redis_client().get(_name(tenant, channel)) or 0)
            if left <= 0:
                resting.append(channel)
            else:
                most = min(most, left)
    except RedisError as error:
        logger.warning("rates are not known, nothing is held back: %s", error)
        return most, []
    return most, resting


def note_sent(tenant: Tenant, sent: Iterable[OverChannel]) -> None:
    """Count what was handed over."""
    try:
        for channel, number in Counter(one.channel for one in sent).items():
            name = _name(tenant, channel)
            redis_client().incrby(name, number)
            redis_client().expire(name, 2 * WINDOW_SECONDS)
    except RedisError as error:
        logger.warning("sent messages not counted: %s", error)
