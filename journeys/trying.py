"""Trying a definition without touching anybody: the same engine and planner, in a transaction that is taken back.

Here with one person: time runs at a press, from stop to stop. Over the past: `journeys.replaying`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from journeys import entering
from journeys.definition import Definition, parse
from journeys.engine.group import IN_TRIAL, STANDS_FOR
from journeys.engine.passing import move_due
from journeys.entering import Entrant
from journeys.explaining import find_run, in_words, story
from journeys.happening import let_happen
from journeys.interest import Interest
from journeys.models import Conversion, Journey, JourneyVersion
from journeys.payloads import key_of
from messaging.models import Delivery, Message
from tenants.models import Tenant
from tenants.scope import current_tenant_id

MOST_STOPS: Final = 60
NEXT_DUE: Final = (
    "SELECT min(due_at) FROM journeys_run WHERE tenant_id = %s AND journey_id = %s AND status = 'WAITING'"
)


@contextmanager
def shadow(definition: Definition, started: datetime, *, tried: UUID | None = None) -> Iterator[Journey]:
    """A journey that nobody else sees, and that is gone afterwards with all that it did.

    `tried`: the one that it stands for.
    """
    with transaction.atomic():
        journey = trial_journey(definition, started)
        try:
            with in_trial(), standing_for(journey, tried):
                yield journey
        finally:
            transaction.set_rollback(True)


@contextmanager
def in_trial() -> Iterator[None]:
    """In this block nobody else is asked or told, and nobody is late."""
    token = IN_TRIAL.set(True)
    try:
        yield
    finally:
        IN_TRIAL.reset(token)


@contextmanager
def standing_for(journey: Journey, tried: UUID | None) -> Iterator[None]:
    """In this block a trial's journey divides people as the one that is tried does (None: it stands for itself)."""
    token = STANDS_FOR.set((journey.pk, tried) if tried else None)
    try:
        yield
    finally:
        STANDS_FOR.reset(token)


def trial_journey(definition: Definition, started: datetime) -> Journey:
    """A journey that began then; the caller sees to it that it vanishes."""
    journey: Journey = Journey.objects.create(
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
    return journey


@dataclass(frozen=True, slots=True)
class Coming:
    """An event that comes to somebody some time after the entry."""

    event: str
    after: timedelta
    data: Mapping[str, Any]


def try_with(
    raw: Any,
    profile_id: UUID,
    *,
    data: Any = None,
    coming: Sequence[Coming] = (),
    now: datetime | None = None,
    tried: UUID | None = None,
) -> dict[str, Any]:
    """One person through the whole definition, from stop to stop, hearing what comes meanwhile.

    Each step with what would be said.
    """
    now = now or timezone.now()
    definition = parse(raw)
    with shadow(definition, now, tried=tried) as journey:
        entered = entering.enter(
            journey,
            [Entrant(profile_id, data=data or {}, key=_key(definition, data or {}))],
            now=now,
            each=True,
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
        stops = _run_on(journey, profile_id, now, coming)
        run = find_run(verdict.run_id)
        lines = story(run) if run is not None else []
        return {
            "entered": True,
            "reason": None,
            "stops": stops,
            "converted": Conversion.objects.filter(subject="RUN", subject_id=verdict.run_id).exists(),
            "story": lines,
            "messages": _messages(journey, profile_id),
        }


def _key(definition: Definition, data: Mapping[str, Any]) -> str:
    """As the start of the journey finds it; where one is asked for and none is given, any."""
    found = [key for path in definition.key_paths if (key := key_of(data, path))]
    return found[0] if found else "try" if definition.key_paths else ""


def _run_on(journey: Journey, profile_id: UUID, now: datetime, coming: Sequence[Coming]) -> int:
    """From due time to due time, and to what comes before it; returns how many stops there were."""
    tenant, interest = Tenant.objects.get(pk=journey.tenant_id), Interest.load(journey)
    rest = sorted(((now + one.after, one) for one in coming), key=lambda pair: pair[0])
    for stop in range(MOST_STOPS):
        move_due(now=now, seconds=120, only=journey.pk)
        with connection.cursor() as cursor:
            cursor.execute(NEXT_DUE, [journey.tenant_id, journey.pk])
            [due] = cursor.fetchone()
        if rest and (due is None or rest[0][0] <= due):
            now, one = rest.pop(0)
            let_happen(tenant, interest, profile_id, one.event, one.data, now)
        elif due is None:
            return stop
        else:
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
