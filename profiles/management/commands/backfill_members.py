"""`manage.py backfill_members --source mca-za FILE`: the members of the old system."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from rich.console import Console
from rich.table import Table as Grid

from profiles.exchange.importing.jobs import choose_columns, count_rows, discard_import, start_import, work_on
from profiles.exchange.importing.old_systems import (
    Reconciliation,
    read_mapping,
    read_records,
    reconcile,
    targets_of,
)
from profiles.exchange.importing.opening import open_records
from profiles.exchange.importing.problems import problems_file
from profiles.exchange.importing.tables import UnreadableFile
from profiles.management.progress import progress_of
from profiles.models import ImportOutcome, ImportStatus, MemberImport
from tenants.actors import acting_as, program
from tenants.commands import ProductCommand
from tenants.management.arguments import read_tenants
from tenants.scope import tenant_scope

SOURCES = (MemberImport.Form.MCA_ZA.value, MemberImport.Form.MCA_UK.value)


class Command(ProductCommand):
    """The operator's way; may be repeated, since each member keeps the old system's id."""

    help = (
        "Brings in the members of the old system from a file (CSV, XLSX or one JSON object a line), and says whether"
        " all of them have arrived. Whatever a service said since stands."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, from what, and how far."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, choices=SOURCES)
        parser.add_argument("--tenant", required=True, help="UUID, slug or alias")
        parser.add_argument(
            "--mapping", type=Path, help="JSON object: column → field, for columns of other names"
        )
        parser.add_argument(
            "--expect", type=int, help="how many members the source itself counts; else nothing is done"
        )
        parser.add_argument(
            "--leave-conflicts", action="store_true", help="leave out what contradicts what is known"
        )
        parser.add_argument("--verify", action="store_true", help="bring nothing in, only compare")
        parser.add_argument(
            "--problems", type=Path, help="write the records that cannot be taken whole to this CSV file"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, check, bring in, compare."""
        tenants = read_tenants(options["tenant"])
        if len(tenants) != 1:
            raise CommandError("Name one club with --tenant.")
        with tenant_scope(tenants[0]), acting_as(program("manage.py backfill_members")):
            try:
                self._backfill(options)
            except UnreadableFile as error:
                raise CommandError(error.message) from error

    def _backfill(self, options: dict[str, Any]) -> None:
        form = MemberImport.Form(options["source"])
        path: Path = options["file"]
        table = read_records(path)
        targets = targets_of(table.header, read_mapping(form, options["mapping"]), form)
        if options["expect"] is not None and options["expect"] != len(table.rows):
            raise CommandError(
                f"The file has {len(table.rows):,} records, the source counts {options['expect']:,}: nothing was done."
            )
        member_import = open_records(path.name, form, table, targets)
        choose_columns(member_import, [target.value for target in targets], remember=False)
        done = self._work(member_import)
        checked = count_rows(done)
        if not options["verify"]:
            start_import(done, takes_conflicts=not options["leave_conflicts"])
            done = self._work(done)
        counts, result = count_rows(done), reconcile(done)
        if options["problems"]:
            options["problems"].write_bytes(b"".join(problems_file(done)))
        if options["verify"]:
            discard_import(done)
        else:
            self._tell(checked, counts, len(table.rows))
        self._show(result)
        if result.missing and not options["verify"] and not options["leave_conflicts"]:
            raise CommandError(f"{result.missing:,} members did not arrive: see --problems for the reasons.")

    def _work(self, member_import: MemberImport) -> MemberImport:
        with progress_of(member_import.get_status_display()) as report:
            done = work_on(member_import.pk, report=report)
        if done is None or done.status == ImportStatus.FAILED:
            raise CommandError(f"The backfill failed: {done.error if done else 'a worker is at it already'}")
        return done

    def _tell(self, checked: dict[str, int], counts: dict[str, int], total: int) -> None:
        created, updated = (
            counts.get(ImportOutcome.CREATE.value, 0),
            counts.get(ImportOutcome.UPDATE.value, 0),
        )
        errors = counts.get(ImportOutcome.ERROR.value, 0)
        skipped = total - created - updated - errors
        self.stdout.write(
            f"total {total:,}, created {created:,}, updated {updated:,}, skipped {skipped:,},"
            f" errors {errors:,}; in conflict {checked.get(ImportOutcome.CONFLICT.value, 0):,}, of which"
            f" {counts.get(ImportOutcome.CONFLICT.value, 0):,} were left out"
        )

    def _show(self, result: Reconciliation) -> None:
        self.stdout.write(
            f"records {result.records:,}, distinct members {result.people:,}, found here {result.found:,},"
            f" missing {result.missing:,}"
        )
        grid = Grid("Field", "In the source", "The same here", "Something newer here")
        for match in result.fields:
            grid.add_row(match.field, f"{match.stated:,}", f"{match.same:,}", f"{match.other:,}")
        Console().print(grid)
