"""Log entries that a consumer could not digest: trying again, or letting go."""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from django.db import OperationalError, transaction
from django.utils import timezone

from events import consumers
from events.consumers import Entry, PeerAway, message_of
from events.desk_log import log_if_of_a_club
from events.models import ParkedEntry
from tenants.directory import tenant_by_id
from tenants.errors import UnavailableError

logger = logging.getLogger(__name__)
# The consumer has long passed it; its place in the log no longer matters.
NO_TRANSACTION = "0"


@dataclass(frozen=True, slots=True)
class Retried:
    """How many entries their consumer has digested now, and how many are still parked."""

    done: int
    still_parked: int


def retry_parked(ids: Collection[int]) -> Retried:
    """Hand parked entries of the open scope to their consumers once more, each in a transaction of its own.

    An entry that fails again stays parked with the new error. Raises UnavailableError when the consumer's
    peer is away; what was digested before stays so. Locks the entry, so that two retries do not run at once.
    """
    done = failed = 0
    for parked_id in ids:
        try:
            done += _retry(parked_id)
        except PeerAway as away:
            raise UnavailableError(str(away)) from away
        except OperationalError:
            raise
        except Exception as error:  # whatever the entry provokes is recorded on it
            logger.warning("parked entry failed again", exc_info=error, extra={"parked_id": parked_id})
            ParkedEntry.objects.filter(pk=parked_id).update(error=message_of(error))
            failed += 1
    log_if_of_a_club("parked.retried", done)
    return Retried(done, failed)


def _retry(parked_id: int) -> int:
    """Returns 0 when the entry is no longer parked.

    A consumer that speaks to a peer does so after the transaction, as always: at least once.
    """
    with transaction.atomic():
        parked = (
            ParkedEntry.objects.select_for_update()
            .filter(pk=parked_id, status=ParkedEntry.Status.PARKED)
            .first()
        )
        if parked is None:
            return 0
        consumer = consumers.registered(parked.consumer)
        made = consumer.handle(tenant_by_id(parked.tenant_id), [_entry(parked)])
        if consumer.send is None:
            return _resolve(parked)
    consumer.send(tenant_by_id(parked.tenant_id), made)
    return _resolve(parked)


def _entry(parked: ParkedEntry) -> Entry:
    return Entry(
        NO_TRANSACTION,
        parked.log_id,
        parked.tenant_id,
        parked.kind,
        parked.profile_id,
        parked.data,
        parked.at,
    )


def _resolve(parked: ParkedEntry) -> int:
    mine = ParkedEntry.objects.filter(pk=parked.pk, status=ParkedEntry.Status.PARKED)
    return mine.update(status=ParkedEntry.Status.RETRIED, resolved_at=timezone.now())


def discard_parked(ids: Collection[int]) -> int:
    """Let parked entries of the open scope go for good; returns how many were still parked."""
    parked = ParkedEntry.objects.filter(pk__in=ids, status=ParkedEntry.Status.PARKED)
    gone = parked.update(status=ParkedEntry.Status.DISCARDED, resolved_at=timezone.now())
    log_if_of_a_club("parked.discarded", gone)
    return gone
