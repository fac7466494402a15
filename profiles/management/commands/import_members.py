"""`manage.py import_members FILE`: people from a spreadsheet."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from rich.console import Console
from rich.table import Table

from profiles.errors import ImportNotFound, ImportNotReady, InvalidFields
from profiles.exchange.importing.columns import Guess
from profiles.exchange.importing.jobs import (
    choose_columns,
    count_rows,
    discard_import,
    find_import,
    start_import,
    undo_import,
    work_on,
)
from profiles.exchange.importing.opening import open_import
from profiles.exchange.importing.problems import checked_rows, problem_rows, problems_file, rows_file
from profiles.exchange.importing.tables import UnreadableFile
from profiles.exchange.importing.targets import LABELS, Target
from profiles.management.progress import progress_of
from profiles.models import ImportOutcome, ImportStatus, MemberImport
from tenants.actors import acting_as, program
from tenants.commands import ProductCommand, counted
from tenants.management.arguments import read_tenants
from tenants.scope import tenant_scope

MOST_SHOWN = 20
WORKER_POLL_SECONDS = 0.5


class Command(ProductCommand):
    """The operator's way; staff have the page Import."""

    help = (
        "Brings people in from a CSV or XLSX file: checks each row, brings in what contradicts nothing, and can take"
        " it back. With --dry-run only the check."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, whose, and how far."""
        parser.add_argument("file", type=Path, nargs="?", help="CSV, XLSX, XLS or ODS")
        parser.add_argument("--tenant", required=True, help="UUID, slug or alias")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would happen, and change nothing"
        )
        parser.add_argument(
            "--rows", type=Path, help="write to this CSV file what becomes of each row, and why"
        )
        parser.add_argument("--with-conflicts", action="store_true", help="rows in conflict as well")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="HEADER=FIELD",
            help="what a column is; again for each",
        )
        parser.add_argument("--encoding", default="", help="default: found out")
        parser.add_argument("--sheet", default="", help="default: the largest")
        parser.add_argument(
            "--problems", type=Path, help="write the rows that cannot be taken whole to this CSV file"
        )
        parser.add_argument("--resume", metavar="ID", help="go on with an import instead of reading a file")
        parser.add_argument("--undo", metavar="ID", help="take an import back instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, and bring in or take back."""
        tenants = read_tenants(options["tenant"])
        if len(tenants) != 1:
            raise CommandError("Name one club with --tenant.")
        with tenant_scope(tenants[0]), acting_as(program("manage.py import_members")):
            try:
                self._handle(options)
            except InvalidFields as error:
                raise CommandError(
                    "\n".join(f"{name}: {why}" for name, why in error.fields.items())
                ) from error
            except (UnreadableFile, ImportNotReady, ImportNotFound) as error:
                raise CommandError(error.message) from error

    def _handle(self, options: dict[str, Any]) -> None:
        if options["undo"]:
            self._undo(find_import(UUID(options["undo"])))
            return
        if options["resume"]:
            member_import = find_import(UUID(options["resume"]))
        elif options["file"] is None:
            raise CommandError("Name a file, or an import with --resume or --undo.")
        else:
            member_import = self._checked(options)
        if not options["dry_run"]:
            self._go(member_import, takes_conflicts=options["with_conflicts"])
        if options["rows"]:
            options["rows"].write_bytes(b"".join(rows_file(member_import, checked_rows(member_import))))
        if options["problems"]:
            options["problems"].write_bytes(b"".join(problems_file(member_import)))
        if options["dry_run"]:
            discard_import(member_import)
            self.stdout.write("This was a dry run: nothing was changed.")

    def _checked(self, options: dict[str, Any]) -> MemberImport:
        path: Path = options["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        member_import, guesses = open_import(
            path.name, content, encoding=options["encoding"], sheet=options["sheet"]
        )
        targets = _with_choices(member_import, guesses, options["column"])
        self._show_columns(member_import, targets)
        for name, guess in zip(member_import.header, guesses, strict=True):
            if guess.why == "question" and not targets[member_import.header.index(name)]:
                self.stdout.write(self.style.WARNING(f"{name}: {guess.note} (--column)"))
        choose_columns(member_import, targets, remember=bool(options["column"]), wakes=False)
        checked = self._work(member_import)
        self._show_rows(checked)
        return checked

    def _go(self, member_import: MemberImport, *, takes_conflicts: bool) -> None:
        if not member_import.is_working:
            start_import(member_import, takes_conflicts=takes_conflicts, wakes=False)
        done = self._work(member_import)
        counts = count_rows(done)
        self.stdout.write(
            f"Brought in {counted(counts['applied'], 'row')} of {done.file_name}. To take them back: --undo {done.pk}"
        )

    def _undo(self, member_import: MemberImport) -> None:
        if not member_import.is_working:
            undo_import(member_import, wakes=False)
        done = self._work(member_import)
        self.stdout.write(f"Took back {counted(done.total, 'row')} of {done.file_name}.")

    def _work(self, member_import: MemberImport) -> MemberImport:
        with progress_of(member_import.get_status_display()) as report:
            done = work_on(member_import.pk, report=report)
            while done is None:
                # The sweep gave it to a worker: what that one does is as good.
                time.sleep(WORKER_POLL_SECONDS)
                found = find_import(member_import.pk)
                report(found.done, found.total)
                done = work_on(found.pk, report=report) if found.is_working else found
        if done.status == ImportStatus.FAILED:
            raise CommandError(f"The import failed: {done.error}")
        return done

    def _show_columns(self, member_import: MemberImport, targets: list[str]) -> None:
        self.stdout.write(
            f"{member_import.file_name}: {counted(member_import.total, 'row')}. {'. '.join(member_import.notes)}."
        )
        table = Table("Column", "Goes to")
        for name, target in zip(member_import.header, targets, strict=True):
            table.add_row(name, LABELS[Target(target)] if target else "-")
        Console().print(table)

    def _show_rows(self, member_import: MemberImport) -> None:
        counts = count_rows(member_import)
        for outcome in ImportOutcome:
            if counts.get(outcome.value):
                self.stdout.write(f"{counts[outcome.value]:>9,}  {outcome.label}")
        if counts["partial"]:
            self.stdout.write(f"{counts['partial']:>9,}  of these without something that could not be read")
        for row in problem_rows(member_import)[:MOST_SHOWN]:
            words = [row.reason, *(one["text"] for one in row.remarks)]
            self.stdout.write(f"line {row.line}: {' '.join(filter(None, words))}")


def _with_choices(member_import: MemberImport, guesses: list[Guess], choices: list[str]) -> list[str]:
    """The guessed targets, but for columns that were named."""
    targets = {name: guess.target.value for name, guess in zip(member_import.header, guesses, strict=True)}
    for choice in choices:
        name, _, target = choice.partition("=")
        if name not in targets:
            raise CommandError(f"There is no column {name!r}; there are: {', '.join(targets)}.")
        targets[name] = target
    return list(targets.values())
