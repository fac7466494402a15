"""Trying a definition without touching anybody: the same engine and planner, in a transaction that is taken back.

Here with one person: time runs at a press, from stop to stop. Over the past: `journeys.replaying`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from journeys import entering
from journeys.definition import Definition, parse
from journeys.engine.group import IN_TRIAL
from journeys.engine.passing import move_due
from journeys.entering import Entrant
from journeys.explaining import find_run, in_words, story
from journeys.models import Journey, JourneyVersion
from messaging.models import Delivery, Message
from tenants.scope import current_tenant_id

MOST_STOPS: Final = 60
NEXT_DUE: Final = (
    "SELECT min(due_at) FROM journeys_run WHERE tenant_id = %s AND journey_id = %s AND status = 'WAITING'"
)


@contextmanager
def shadow(definition: Definition, started: datetime) -> Iterator[Journey]:
    """A journey that nobody else sees, and that is gone afterwards with all that it did."""
    with transaction.atomic():
        journey = Journey.objects.create(
            tenant_id=current_tenant_id(), name=f"Trial {uuid4()}", activated_at=started, scanned_at=started
        )
        version = JourneyVersion.objects.create(
            tenant_id=journey.tenant_id,
            journey_id=journey.pk,
            number=1,
            definition=definition.as_json(),
            fingerprint=definition.fingerprint,
        )
        journey.version_id, journey.status = version.pk, "ACTIVE"
        journey.save()
        token = IN_TRIAL.set(True)
        try:
            yield journey
        finally:
            IN_TRIAL.reset(token)
            transaction.set_rollback(True)


def try_with(raw: Any, profile_id: UUID, *, data: Any = None, now: datetime | None = None) -> dict[str, Any]:
    """One person through the whole definition, from stop to stop; each step with what would be said."""
    now = now or timezone.now()
    definition = parse(raw)
    with shadow(definition, now) as journey:
        entered = entering.enter(
            journey, [Entrant(profile_id, data=data or {}, key="try" if data else "")], now=now, each=True
        )
        verdict = entered.verdicts[0]
        if verdict.run_id is None:
            return {
                "entered": False,
                "reason": verdict.verdict,
                "words": in_words(verdict.verdict),
                "story": [],
                "messages": [],
            }
        stops = _run_on(journey, now)
        run = find_run(verdict.run_id)
        lines = story(run) if run is not None else []
        return {
            "entered": True,
            "reason": None,
            "stops": stops,
            "story": lines,
            "messages": _messages(journey, profile_id),
        }


def _run_on(journey: Journey, now: datetime) -> int:
    """From due time to due time; returns how many stops there were."""
    for stop in range(MOST_STOPS):
        move_due(now=now, seconds=120, only=journey.pk)
        with connection.cursor() as cursor:
            cursor.execute(NEXT_DUE, [journey.tenant_id, journey.pk])
            [due] = cursor.fetchone()
        if due is None:
            return stop
        now = max(due, now)
    return MOST_STOPS


def _messages(journey: Journey, profile_id: UUID) -> list[dict[str, Any]]:
    rows = list(Delivery.objects.filter(source_id=journey.pk, profile_id=profile_id).order_by("due_at", "id"))
    texts = Message.objects.in_bulk({row.message_id for row in rows if row.message_id})
    return [
        {
            "step": row.variant,
            "status": row.status,
            "reason": row.reason or None,
            "channel": row.channel or None,
            "at": row.due_at,
            "subject": texts[row.message_id].subject if row.message_id in texts else "",
            "text": texts[row.message_id].body if row.message_id in texts else "",
        }
        for row in rows
    ]
