"""Trials over the past as jobs: asked for, run by the slow worker with progress, read by pages and the API."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone
from pydantic.alias_generators import to_camel

from events.debounce import enqueue_on_commit
from events.leases import LeasedTable
from journeys.drafts import to_be_tried
from journeys.errors import TrialNotFound
from journeys.models import Journey, Trial
from journeys.replaying import dry_run
from tenants.actors import current_actor
from tenants.errors import DomainError, InvalidError
from tenants.scope import current_tenant_id, tenant_scope

RUN_TRIALS: Final = "journeys.run_trials"
MOST_DAYS: Final = 365
KEPT: Final = 10
LONGEST_ERROR: Final = 500
TRIALS: Final = LeasedTable(
    table="journeys_trial",
    waits="row.status IN ('PENDING', 'RUNNING')",
    order="row.made_at",
    seconds=1800,
    claimed="status = 'RUNNING', progress = 0",
    most_attempts=3,
    given_up="status = 'FAILED', ended_at = now(), error = 'Its worker was stopped three times.'",
)
REQUEST: Final = """
INSERT INTO journeys_trial (id, tenant_id, journey_id, definition, days, status, progress, error, made_by_name,
                            attempts)
VALUES (gen_random_uuid(), %s, %s, %s, %s, 'PENDING', 0, '', %s, 0)
ON CONFLICT (tenant_id, journey_id) WHERE status IN ('PENDING', 'RUNNING') DO NOTHING
"""


def request_trial(journey: Journey, days: int, definition: Any = None) -> Trial:
    """Ask for a trial of a definition (the draft); where one is under way, that one is meant.

    Raises InvalidError, InvalidDefinition, DraftNotReady.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidError(f"Give 1 to {MOST_DAYS} days.", field="days")
    parsed = to_be_tried(journey, definition)
    raw = orjson.dumps(parsed.as_json()).decode()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REQUEST, [journey.tenant_id, journey.pk, raw, days, current_actor().name])
        old = Trial.objects.filter(journey_id=journey.pk).order_by("-made_at").values_list("pk", flat=True)
        Trial.objects.filter(pk__in=list(old[KEPT:])).delete()
        enqueue_on_commit(RUN_TRIALS, str(journey.tenant_id))
    return newest(journey, is_known=True)  # type: ignore[return-value]


def newest(journey: Journey, trial_id: UUID | None = None, *, is_known: bool = False) -> Trial | None:
    """The trial of this id, else the newest; None: there is none."""
    rows = Trial.objects.filter(journey_id=journey.pk).order_by("-made_at")
    found: Trial | None = rows.filter(pk=trial_id).first() if trial_id else rows.first()
    assert found is not None or not is_known  # noqa: S101 - made by the caller
    return found


def run_waiting(*, run: Callable[..., Any] = dry_run) -> int:
    """Run what waits in the open scope's club, one after the other; returns how many."""
    done = 0
    while claims := TRIALS.claim(most=1):
        [claim] = claims
        trial = Trial.objects.get(pk=claim.key)
        try:
            with _Progress(trial) as progress:
                result = run(
                    trial.definition, days=trial.days, progress=progress.told, tried=trial.journey_id
                )
            answer = orjson.dumps(vars(result), default=str).decode()
            sets, values = (
                "status = 'DONE', progress = 100, result = %(answer)s, ended_at = now()",
                {"answer": answer},
            )
        except DomainError as error:
            sets, values = (
                "status = 'FAILED', error = %(error)s, ended_at = now()",
                {"error": str(error)[:LONGEST_ERROR]},
            )
        TRIALS.end([claim], sets=sets, **values)
        done += 1
    return done


class _Progress:
    """Says how far a trial is over a connection of its own: the trial's transaction is taken back in the end."""

    def __init__(self, trial: Trial) -> None:
        self._trial, self._tenant, self._said = trial, current_tenant_id(), 0
        self._aside = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._aside.submit(connection.close)
        self._aside.shutdown()

    def told(self, percent: int) -> None:
        """At most once a per cent."""
        if percent > self._said:
            self._said = percent
            self._aside.submit(self._write, percent)

    def _write(self, percent: int) -> None:
        with tenant_scope(self._tenant):
            Trial.objects.filter(pk=self._trial.pk, status="RUNNING").update(progress=min(percent, 99))


def trial_json(trial: Trial) -> dict[str, Any]:
    """As in the API."""
    return {
        "id": trial.pk,
        "journeyId": trial.journey_id,
        "days": trial.days,
        "status": trial.status,
        "progress": trial.progress,
        "error": trial.error or None,
        "madeAt": trial.made_at,
        "endedAt": trial.ended_at,
        "result": found_json(trial.result),
    }


def found_json(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a trial found, with the names of the API."""
    return None if found is None else {to_camel(name): value for name, value in found.items()}


def kept_trials(journey: Journey) -> list[Trial]:
    """The newest trials of a journey, the newest first."""
    return list(Trial.objects.filter(journey_id=journey.pk).order_by("-made_at")[:KEPT])


def get_trial(journey: Journey, trial_id: str) -> Trial:
    """One of them; raises TrialNotFound."""
    try:
        found = newest(journey, UUID(trial_id))
    except ValueError:
        raise TrialNotFound from None
    if found is None:
        raise TrialNotFound
    return found


def seconds_taken(trial: Trial) -> float:
    """From the asking to the end, or until now."""
    return ((trial.ended_at or timezone.now()) - trial.made_at).total_seconds()
