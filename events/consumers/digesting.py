"""Handing entries over, and what happens where that fails."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import OperationalError, connection, transaction

from events.consumers import statements as sql
from events.consumers.entries import Entry, PeerAway
from events.consumers.registry import Registration
from tenants.models import Tenant
from tenants.postgresql.plans import any_club

logger = logging.getLogger(__name__)

LONGEST_ERROR: Final = 2000
# So many parked in a row stop the consumer at that tenant.
BREAKER: Final = 5


@dataclass
class Digestion:
    """One batch on its way through a consumer.

    `passed` is the last entry that was digested or parked, `problem` what stopped the consumer before the end.
    """

    consumer: Registration
    tenant: Tenant
    parked_in_row: int
    is_probe: bool
    passed: Entry | None = None
    problem: str | None = None

    def digest(self, entries: Sequence[Entry]) -> None:
        """Hand entries over; on failure undo them, halve, and park the one that fails alone.

        Raises PeerAway, and OperationalError of the database: neither is the entries' fault.
        """
        if not entries or self.problem is not None:
            return
        try:
            hand_over(self.consumer, self.tenant, entries)
        except (PeerAway, OperationalError):
            raise
        except Exception as error:  # one entry must not stop the consumer; it is recorded with the error
            if len(entries) == 1:
                self._refuse(entries[0], error)
                return
            middle = len(entries) // 2
            self.digest(entries[:middle])
            self.digest(entries[middle:])
        else:
            self.parked_in_row = 0
            self.passed = entries[-1]

    def _refuse(self, entry: Entry, error: Exception) -> None:
        """Park the entry; where too many were parked in a row, stop instead. A probe is never parked."""
        message = message_of(error)
        if self.is_probe:
            self.problem = message
            return
        logger.error(
            "entry parked", exc_info=error, extra={"consumer": self.consumer.name, "log_id": entry.id}
        )
        values: dict[str, Any] = {
            "tenant": self.tenant.pk,
            "name": self.consumer.name,
            "id": entry.id,
            "error": message,
        }
        with connection.cursor() as cursor:
            cursor.execute(sql.PARK, values)
        self.passed = entry
        self.parked_in_row += 1
        if self.parked_in_row >= BREAKER:
            self.problem = message


def hand_over(consumer: Registration, tenant: Tenant, entries: Sequence[Entry]) -> None:
    """Let the consumer handle entries in a transaction (or a savepoint), and send what it made outside of it."""
    with transaction.atomic(), any_club():
        made = consumer.handle(tenant, entries)
    if consumer.send is not None:
        consumer.send(tenant, made)


def message_of(error: Exception, *, is_named: bool = True) -> str:
    """The error as text for a column: bounded, without what a column cannot hold."""
    text = f"{type(error).__name__}: {error}" if is_named else str(error)
    return text[:LONGEST_ERROR].replace("\x00", "")
