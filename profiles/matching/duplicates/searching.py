"""One search for duplicates in the open scope's tenant, from reading to the review queue.

Not a `LeasedTable`: a search that died is not resumed, since the next one looks at all that it would have looked at.
That one search runs at a time is a constraint (`profiles_duprun_running_uq`).
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from profiles.errors import SearchUnderWay
from profiles.matching.duplicates import statements as sql
from profiles.matching.duplicates.backends import Backend, open_backend, open_duck
from profiles.matching.duplicates.blocking import block
from profiles.matching.duplicates.certainty import merge_certain
from profiles.matching.duplicates.comparisons import COMPARISONS
from profiles.matching.duplicates.decisions import is_certain, lonely
from profiles.matching.duplicates.extraction import extract
from profiles.matching.duplicates.linking import ScoredPair, score, train
from profiles.matching.duplicates.parameters import Parameters, shipped_parameters
from profiles.matching.duplicates.preparation import measure_rarity, prepare
from profiles.matching.duplicates.storing import Finding, Stored, store
from profiles.matching.review import weigh_candidates
from profiles.models import DuplicateModel, DuplicateRun
from tenants.action_log import log_action
from tenants.scope import current_tenant_id

THE_BEGINNING: Final = datetime(1, 1, 2, tzinfo=UTC)
# `updated_at` is when a change began, and it is seen when it is committed: no transaction here takes so long.
LATE_COMMITS: Final = timedelta(minutes=10)
# A search that has not ended by then was killed.
LONGEST_RUN: Final = timedelta(hours=2)
TRAIN_AGAIN_AFTER: Final = timedelta(days=30)

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a search looked at and what came of it."""

    customers: int
    changed: int
    compared: int = 0
    found: int = 0
    queued: int = 0
    merged: int = 0


def find_duplicates(*, is_full: bool = False, say: Say = lambda _: None) -> DuplicateRun:
    """Look for customers who may be one person; only pairs of which a side changed since the last search, or all.

    Pairs with their reasons are kept, the likely ones wait for staff, the certain ones are merged. Repeating it changes
    nothing. Raises SearchUnderWay while another one runs, ImproperlyConfigured where the backend is not installed.
    """
    run = _begin(is_full=is_full)
    try:
        figures = _search(run, say)
        weigh_candidates(is_everybody=True)
    except BaseException as error:
        _end(run, DuplicateRun.Status.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
        raise
    _end(run, DuplicateRun.Status.DONE, figures=asdict(figures))
    return run


def _begin(*, is_full: bool) -> DuplicateRun:
    now = timezone.now()
    DuplicateRun.objects.filter(status=DuplicateRun.Status.RUNNING, started_at__lt=now - LONGEST_RUN).update(
        status=DuplicateRun.Status.FAILED, finished_at=now, error="It never ended."
    )
    previous = _previous_run()
    try:
        with transaction.atomic():
            run: DuplicateRun = DuplicateRun.objects.create(
                tenant_id=current_tenant_id(),
                is_full=is_full or previous is None,
                backend=settings.CRM_DUPLICATES_BACKEND.lower(),
                looked_until=now - LATE_COMMITS,
                looked_since=None if is_full or previous is None else previous.looked_until,
            )
    except IntegrityError as error:
        raise SearchUnderWay from error
    return run


def _previous_run() -> DuplicateRun | None:
    """The newest search that came to its end; of other numbers than now in use, its pairs cannot be built upon."""
    run: DuplicateRun | None = (
        DuplicateRun.objects.filter(status=DuplicateRun.Status.DONE).order_by("-looked_until").first()
    )
    return run if run is not None and run.model_version == _current_parameters().version else None


def _current_parameters() -> Parameters:
    """The tenant's own numbers, else those that come with the program."""
    model = DuplicateModel.objects.order_by("-trained_at").first()
    return shipped_parameters() if model is None else Parameters.from_document(model.parameters)


def _search(run: DuplicateRun, say: Say) -> Figures:
    since = run.looked_since or THE_BEGINNING
    with connection.cursor() as cursor:
        cursor.execute(sql.COUNT, {"tenant": run.tenant_id, "since": since})
        customers, changed = cursor.fetchall()[0]
    if not changed:
        run.model_version = _current_parameters().version
        return Figures(customers, 0, merged=merge_certain(settings.CRM_DUPLICATES_MERGE_FROM))
    say(f"{customers:,} customers, {changed:,} of them new or changed")
    with tempfile.TemporaryDirectory(
        prefix="crm-duplicates-", dir=settings.CRM_DUPLICATES_FOLDER or None
    ) as name:
        duck = open_duck(Path(name))
        try:
            extract(duck, Path(name), since)
            prepare(duck)
            compared, stored = _link(duck, run, customers, since, say)
        finally:
            duck.close()
    merged = merge_certain(settings.CRM_DUPLICATES_MERGE_FROM)
    return Figures(customers, changed, compared, stored.found, stored.queued, merged)


def _link(duck: Any, run: DuplicateRun, customers: int, since: datetime, say: Say) -> tuple[int, Stored]:
    backend = open_backend(duck)
    people = backend.register("person", duck)
    parameters = _parameters(people, customers, say)
    run.model_version = parameters.version
    compared = block(duck, settings.CRM_DUPLICATES_MOST_PAIRS)
    say(f"{compared:,} pairs to compare")
    pairs = list(_scored(duck, backend, people, parameters, customers))
    return compared, store(
        _findings(duck, pairs), version=parameters.version, since=since, is_full=run.is_full
    )


def _parameters(people: Any, customers: int, say: Say) -> Parameters:
    """The numbers to use; learnt anew where a tenant is large enough and the last lesson long ago."""
    if customers < settings.CRM_DUPLICATES_TRAIN_FROM:
        return _current_parameters()
    model = DuplicateModel.objects.order_by("-trained_at").first()
    if model is not None and model.trained_at > timezone.now() - TRAIN_AGAIN_AFTER:
        return Parameters.from_document(model.parameters)
    say("Learning the weights from these customers")
    parameters = train(people, customers, shipped_parameters())
    DuplicateModel.objects.update_or_create(
        tenant_id=current_tenant_id(),
        version=parameters.version,
        defaults={
            "parameters": parameters.as_document(),
            "trained_on": customers,
            "trained_at": timezone.now(),
        },
    )
    return parameters


def _scored(
    duck: Any, backend: Backend, people: Any, parameters: Parameters, customers: int
) -> Iterator[ScoredPair]:
    refined = {
        level.frequency_of: parameters.odds_of(comparison, level, customers)[1]
        for comparison in COMPARISONS
        for level in comparison.levels
        if level.frequency_of
    }
    rarities = {
        column: backend.register(table, duck) for column, table in measure_rarity(duck, refined).items()
    }
    return score(
        people=people,
        blocked=backend.register("blocked", duck),
        rarities=rarities,
        parameters=parameters,
        count=customers,
        least_probability=settings.CRM_DUPLICATES_QUEUE_FROM,
    )


def _findings(duck: Any, pairs: list[ScoredPair]) -> Iterator[Finding]:
    numbers = {side for pair in pairs for side in (pair.one, pair.other)}
    rows = duck.execute(
        "SELECT unique_id, id FROM person WHERE unique_id IN $numbers", {"numbers": list(numbers)}
    )
    ids = dict(rows.fetchall())
    certain = {
        (pair.one, pair.other)
        for pair in lonely([pair for pair in pairs if is_certain(pair, settings.CRM_DUPLICATES_MERGE_FROM)])
    }
    for pair in pairs:
        yield Finding(ids[pair.one], ids[pair.other], pair, (pair.one, pair.other) in certain)


def _end(run: DuplicateRun, status: str, *, figures: dict[str, int] | None = None, error: str = "") -> None:
    run.status, run.figures, run.error, run.finished_at = status, figures or {}, error, timezone.now()
    with transaction.atomic():
        run.save()
        log_action(
            "duplicates.searched",
            subject_kind="run",
            subject_id=run.pk,
            details={"status": status, **run.figures},
        )
