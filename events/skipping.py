"""Giving up many failed events at once."""

import logging

from django.utils import timezone

from events.desk_log import log_if_of_a_club
from events.models import InboxEvent, InboxStatus
from events.replay import CHUNK, SKIPPABLE, Selection
from tenants.models import User

logger = logging.getLogger(__name__)


def skip_events(selection: Selection, *, by: User) -> int:
    """Skip the chosen events of the open scope that failed; their reasons stay readable. Returns how many.

    In statements of at most CHUNK rows, each its own transaction; what was replayed meanwhile is left alone.
    """
    skipped = 0
    started = timezone.now()
    last = 0
    while chunk := list(
        selection.rows().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]
    ):
        last = chunk[-1]
        rows = InboxEvent.objects.filter(pk__in=chunk, status__in=SKIPPABLE, received_at__lte=started)
        skipped += rows.update(status=InboxStatus.SKIPPED, due_at=None)
    logger.info("events skipped", extra={"count": skipped, "user_id": by.pk})
    log_if_of_a_club("event.skipped", skipped)
    return skipped
