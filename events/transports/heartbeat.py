"""The queue consumer's sign of life, for health checks and the operations page."""

import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from tenants.redis_client import redis_client

HEARTBEAT_KEY: Final = "crm:consumer:heartbeat"
# A consumer that has not been heard of for so long is not there.
EXPIRES_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What the consumer that spoke last said: counts since it started, jobs in hand, jobs waiting."""

    at: datetime
    host: str
    process_id: int
    queue: str
    jobs: int
    accepted: int
    duplicates: int
    dead_letters: int
    in_hand: int
    waiting: int
    is_database_away: bool

    def text(self) -> str:
        """As it is stored."""
        return orjson.dumps(asdict(self)).decode()


def this_process() -> dict[str, Any]:
    """The fields that name the process."""
    return {"host": socket.gethostname(), "process_id": os.getpid()}


def read_heartbeat() -> Heartbeat | None:
    """The last sign of life, None when no consumer is running; raises RedisError when Redis is away."""
    text: Any = redis_client().get(HEARTBEAT_KEY)
    if text is None:
        return None
    fields = orjson.loads(text)
    return Heartbeat(**{**fields, "at": datetime.fromisoformat(fields["at"])})
