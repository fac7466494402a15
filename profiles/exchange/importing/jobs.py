"""Leading an import from a file to customers, and back: a row says how far it is, a worker takes it there.

A worker holds the import by a lease that each chunk renews. Should it die, the sweep lets another go on where the last
committed chunk ended.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from events.debounce import enqueue_debounced, enqueue_on_commit
from events.leases import LeasedTable
from profiles.club import Club
from profiles.errors import ImportNotFound, ImportNotReady, InvalidFields
from profiles.exchange.importing import statements as sql
from profiles.exchange.importing.checking import Check, FileRow, Verdict
from profiles.exchange.importing.columns import is_own_export
from profiles.exchange.importing.opening import remembered_statuses
from profiles.exchange.importing.running import run_chunks
from profiles.exchange.importing.subjects import RowRead, RowReader
from profiles.exchange.importing.targets import LABELS, MANY, Target
from profiles.exchange.importing.undoing import undo_chunk
from profiles.models import (
    WORKING_STATUSES,
    ColumnChoice,
    ImportOutcome,
    ImportRow,
    ImportStatus,
    MemberImport,
)
from profiles.normalise import folded
from tenants.action_log import log_action
from tenants.actors import acting_as, program
from tenants.gc_pause import gc_paused
from tenants.models import Tenant
from tenants.postgresql.commits import ASYNC_COMMIT
from tenants.postgresql.plans import any_club
from tenants.postgresql.statement_pipeline import pipelined_statements
from tenants.scope import tenant_scope

RUN_IMPORT: Final = "profiles.run_import"
LEASE_SECONDS: Final = 120
# A chunk whose worker dies each time, of memory perhaps, is not tried for ever; each chunk that is done begins anew.
MOST_ATTEMPTS: Final = 5
IMPORTS: Final = LeasedTable(
    "profiles_memberimport",
    waits="row.status IN ('CHECKING', 'RUNNING', 'UNDOING')",
    seconds=LEASE_SECONDS,
    most_attempts=MOST_ATTEMPTS,
    given_up=(
        "status = 'FAILED', finished_at = clock_timestamp(),"
        f" error = 'Its worker ended {MOST_ATTEMPTS} times without coming further.'"
    ),
)
# The last verdicts are being stored while so many rows are read; readers of the log wait for that transaction.
CHECK_CHUNK: Final = 1_000
# What is there to be mapped, started, taken back; one that failed half-way can go on or be taken back.
MAPPABLE: Final = Q(
    status__in=[ImportStatus.MAPPING, ImportStatus.CHECKED, ImportStatus.FAILED], started_at=None
)
STARTABLE: Final = Q(status=ImportStatus.CHECKED) | Q(status=ImportStatus.FAILED, started_at__isnull=False)
UNDOABLE: Final = Q(status=ImportStatus.DONE) | Q(status=ImportStatus.FAILED, started_at__isnull=False)
LONGEST_ERROR: Final = 2_000
SUBJECT: Final = "import"

Report = Callable[[int, int], None]


def _silent(_done: int, _total: int) -> None:
    """Report to nobody."""


def choose_columns(
    member_import: MemberImport, targets: Sequence[str], *, remember: bool = True, wakes: bool = True
) -> None:
    """Say which column is what, and have the rows checked. Raises InvalidFields, ImportNotReady.

    The choices are remembered for the club's next file. Whoever works on the import itself `wakes` no worker; should
    they die, the sweep finds it.
    """
    chosen = _checked_targets(member_import, targets)
    with transaction.atomic():
        _move(
            member_import,
            MAPPABLE,
            ImportStatus.CHECKING,
            targets=[one.value for one in chosen],
            done=0,
            error="",
        )
        if remember:
            ColumnChoice.objects.bulk_create(
                [
                    ColumnChoice(tenant_id=member_import.tenant_id, header=folded(name), target=target.value)
                    for name, target in {
                        folded(n): (n, t) for n, t in zip(member_import.header, chosen, strict=True)
                    }.values()
                    if folded(name)
                ],
                update_conflicts=True,
                unique_fields=["tenant", "header"],
                update_fields=["target", "chosen_at"],
            )
        if wakes:
            enqueue_on_commit(RUN_IMPORT, _argument(member_import))


def start_import(member_import: MemberImport, *, takes_conflicts: bool, wakes: bool = True) -> None:
    """Bring in what the check let through. Raises ImportNotReady unless it was checked."""
    with transaction.atomic():
        _move(
            member_import,
            STARTABLE,
            ImportStatus.RUNNING,
            takes_conflicts=takes_conflicts,
            started_at=member_import.started_at or timezone.now(),
            error="",
            done=0,
            total=_taken(member_import, takes_conflicts),
        )
        _log("customers.imported", member_import, {"rows": member_import.total})
        if wakes:
            enqueue_on_commit(RUN_IMPORT, _argument(member_import))


def undo_import(member_import: MemberImport, *, wakes: bool = True) -> None:
    """Take the import back. Raises ImportNotReady unless it is done."""
    rows = ImportRow.objects.filter(import_id=member_import.pk, applied_at__isnull=False, undone_at=None)
    with transaction.atomic():
        _move(member_import, UNDOABLE, ImportStatus.UNDOING, done=0, total=rows.count())
        _log("customers.import_undone", member_import, {"rows": member_import.total})
        if wakes:
            enqueue_on_commit(RUN_IMPORT, _argument(member_import))


def discard_import(member_import: MemberImport) -> None:
    """Forget an import that was never started; its rows go with it. Raises ImportNotReady."""
    gone, _ = MemberImport.objects.filter(MAPPABLE, pk=member_import.pk).delete()
    if not gone:
        raise ImportNotReady


@any_club()
def work_on(member_import_id: UUID, *, report: Report = _silent) -> MemberImport | None:
    """Take an import as far as it goes by itself: through the check, the run or the undoing.

    None when another worker is at it, or nothing is to be done. Each chunk is a transaction and renews the lease, so
    that whoever is killed loses nothing and repeats nothing.
    """
    if IMPORTS.claim_one(member_import_id) is None:
        return None
    member_import = find_import(member_import_id)
    try:
        WORK[ImportStatus(member_import.status)](member_import, report)
    except OperationalError:
        # The database is away, or had enough for now: the sweep goes on where this ended.
        raise
    except (
        Exception
    ) as error:  # what no chunk can do, the next attempt cannot either: staff are told, and decide
        _finish(
            member_import,
            ImportStatus(member_import.status),
            ImportStatus.FAILED,
            error=f"{type(error).__name__}: {error}"[:LONGEST_ERROR],
        )
        raise
    return find_import(member_import_id)


def sweep_abandoned() -> None:
    """Let a worker go on with each import whose worker is gone; idempotent, because waking is."""
    for tenant_id in IMPORTS.tenants_with_work():
        with tenant_scope(tenant_id):
            for member_import in MemberImport.objects.filter(status__in=WORKING_STATUSES):
                enqueue_debounced(RUN_IMPORT, _argument(member_import))


def run_import(argument: str) -> None:
    """Work on the import that a wake-up names (`tenant id/import id`); nothing where it is gone."""
    tenant_id, _, import_id = argument.partition("/")
    with tenant_scope(UUID(tenant_id)), acting_as(program(RUN_IMPORT)), suppress(ImportNotFound):
        work_on(UUID(import_id))


def find_import(member_import_id: UUID) -> MemberImport:
    """An import of the club; raises ImportNotFound."""
    found: MemberImport | None = MemberImport.objects.filter(pk=member_import_id).first()
    if found is None:
        raise ImportNotFound
    return found


def count_rows(member_import: MemberImport) -> dict[str, int]:
    """Outcome → rows; under `applied` those brought in, under `partial` those of which something was left aside."""
    counts: dict[str, int] = {"applied": 0, "partial": 0}
    with connection.cursor() as cursor:
        cursor.execute(sql.COUNTS, [member_import.tenant_id, member_import.pk])
        for outcome, rows, applied, partial in cursor.fetchall():
            if outcome is not None:
                counts[outcome] = rows
            counts["applied"] += applied
            counts["partial"] += partial
    return counts


# --- the work


def _check(member_import: MemberImport, report: Report) -> None:
    club = Club.of(Tenant.objects.get(pk=member_import.tenant_id))
    stored = list(
        ImportRow.objects.filter(import_id=member_import.pk)
        .order_by("line")
        .values_list("line", "cells", "is_heading")
    )
    now = timezone.now()
    targets = [Target(one) for one in member_import.targets]
    reader = RowReader(
        club,
        targets,
        [cells for _, cells, _ in stored],
        now.astimezone(club.zone).date(),
        statuses=remembered_statuses(),
        is_own=is_own_export(member_import.header),
    )
    check = Check(club, member_import, now)
    judged: list[tuple[FileRow, Verdict]] = []
    with gc_paused(), pipelined_statements():
        # Once more at the end, for the verdicts on the last rows.
        for start in range(0, len(stored) + CHECK_CHUNK, CHECK_CHUNK):
            with transaction.atomic():
                _store_verdicts(member_import, judged)
                _progress(member_import, min(start, len(stored)))
                # Read while PostgreSQL is storing.
                rows = [
                    FileRow(line, RowRead() if is_heading else reader.read(cells), is_heading)
                    for line, cells, is_heading in stored[start : start + CHECK_CHUNK]
                ]
            report(min(start, len(stored)), len(stored))
            judged = list(zip(rows, check.verdicts(rows), strict=True))
    _finish(member_import, ImportStatus.CHECKING, ImportStatus.CHECKED, counts=count_rows(member_import))


def _run(member_import: MemberImport, report: Report) -> None:
    club = Club.of(Tenant.objects.get(pk=member_import.tenant_id))
    done = ImportRow.objects.filter(import_id=member_import.pk, applied_at__isnull=False).count()
    report(done, member_import.total)
    with gc_paused(), pipelined_statements():
        for taken in run_chunks(club, member_import):
            done += taken
            _progress(member_import, done)
            report(done, member_import.total)
    _finish(
        member_import, ImportStatus.RUNNING, ImportStatus.DONE, counts=count_rows(member_import), error=""
    )


def _undo(member_import: MemberImport, report: Report) -> None:
    done = ImportRow.objects.filter(import_id=member_import.pk, undone_at__isnull=False).count()
    report(done, member_import.total)
    with gc_paused(), pipelined_statements():
        while taken := undo_chunk(member_import):
            done += taken
            _progress(member_import, done)
            report(done, member_import.total)
    _finish(member_import, ImportStatus.UNDOING, ImportStatus.UNDONE, error="")


WORK: Final[Mapping[ImportStatus, Callable[[MemberImport, Report], None]]] = {
    ImportStatus.CHECKING: _check,
    ImportStatus.RUNNING: _run,
    ImportStatus.UNDOING: _undo,
}


# --- bookkeeping


def _checked_targets(member_import: MemberImport, targets: Sequence[str]) -> list[Target]:
    if len(targets) != len(member_import.header):
        raise InvalidFields({"targets": "Say for each column what it is."})
    known = {target.value: target for target in Target}
    problems: dict[str, str] = {}
    taken: dict[Target, str] = {}
    for name, value in zip(member_import.header, targets, strict=True):
        target = known.get(value)
        if target is None:
            problems[name] = "Choose one of the list."
        elif target in taken and target not in MANY:
            problems[name] = f"{LABELS[target]} is taken from “{taken[target]}” already."
        elif target:
            taken[target] = name
    if not taken and not problems:
        problems["targets"] = "Choose at least one column."
    if problems:
        raise InvalidFields(problems)
    return [known[value] for value in targets]


def _taken(member_import: MemberImport, takes_conflicts: bool) -> int:
    counts = member_import.counts
    outcomes = [
        ImportOutcome.CREATE,
        ImportOutcome.UPDATE,
        *([ImportOutcome.CONFLICT] if takes_conflicts else []),
    ]
    return sum(counts.get(outcome.value, 0) for outcome in outcomes)


def _store_verdicts(member_import: MemberImport, judged: Sequence[tuple[FileRow, Verdict]]) -> None:
    if not judged:
        return
    with connection.cursor() as cursor:
        sql.JUDGED_ROW.fill(
            cursor,
            (
                (
                    verdict.line,
                    _json(row.read.values),
                    _json(verdict.remarks),
                    bool(row.read.remarks),
                    verdict.outcome.value,
                    verdict.reason,
                    _json(verdict.changes),
                    verdict.profile_id,
                    verdict.stage_before,
                )
                for row, verdict in judged
            ),
        )
        cursor.execute(sql.STORE_VERDICTS, [member_import.tenant_id, member_import.pk])


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _move(member_import: MemberImport, before: Q, after: ImportStatus, **fields: Any) -> None:
    """Conditional, so that of two clicks one counts; raises ImportNotReady."""
    moved = MemberImport.objects.filter(before, pk=member_import.pk).update(
        status=after, leased_until=None, attempts=0, finished_at=None, **fields
    )
    if not moved:
        raise ImportNotReady
    member_import.refresh_from_db()


def _finish(member_import: MemberImport, before: ImportStatus, after: ImportStatus, **fields: Any) -> None:
    MemberImport.objects.filter(pk=member_import.pk, status=before).update(
        status=after, leased_until=None, finished_at=timezone.now(), **fields
    )


def _progress(member_import: MemberImport, done: int) -> None:
    """Say how far the import is, and hold it for another while; the transaction's commit does not wait for the disk."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ASYNC_COMMIT)
        cursor.execute(
            sql.PROGRESS,
            [LEASE_SECONDS, done, member_import.tenant_id, member_import.pk, member_import.status],
        )


def _log(action: str, member_import: MemberImport, details: dict[str, Any]) -> None:
    log_action(action, subject_kind=SUBJECT, subject_id=member_import.pk, details=details)


def _argument(member_import: MemberImport) -> str:
    return f"{member_import.tenant_id}/{member_import.pk}"
