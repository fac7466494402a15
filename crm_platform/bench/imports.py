"""Bringing in a spreadsheet, half of whose people the club knows, and taking it back."""

import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from crm_platform.bench.database import connect, expect, settle
from crm_platform.bench.figures import Figure, duration
from crm_platform.bench.people import FIRST_NUMBER, email_of, load_people, make_tenant, member_id_of
from crm_platform.bench.setting import Setting
from profiles.exchange.exporting.workbook import workbook
from profiles.exchange.importing.jobs import choose_columns, start_import, undo_import, work_on
from profiles.exchange.importing.opening import open_import
from profiles.models import ImportRow, ImportStatus, MemberImport
from tenants.scope import tenant_scope

MOST_MS: Final = 30_000
HEADER: Final = ("Member No", "First name", "Surname", "E-mail", "Cell", "Date of birth", "Handicap", "Tags")
BLOCK: Final = 1_000
Result = TypeVar("Result")


def run(setting: Setting) -> list[Figure]:
    """Each step once: reading the file, the check, the run, the undoing."""
    sizes = setting.sizes
    tenant = make_tenant()
    load_people(tenant, sizes.people, setting.reporter)
    content = b"".join(workbook(HEADER, import_rows(sizes.people - sizes.events // 2, sizes.events)))
    with tenant_scope(tenant):
        took: list[float] = []
        member_import, guesses = _timed(took, lambda: open_import("members.xlsx", content))
        choose_columns(member_import, [guess.target.value for guess in guesses])
        _timed(took, lambda: _worked(setting, member_import, ImportStatus.CHECKED))
        start_import(member_import, takes_conflicts=True)
        _timed(took, lambda: _worked(setting, member_import, ImportStatus.DONE))
        brought_in = ImportRow.objects.filter(applied_at__isnull=False)
        expect("rows brought in", brought_in.count(), sizes.events)
        expect("customers made", brought_in.filter(is_created=True).count(), sizes.events - sizes.events // 2)
        with connect() as connection:
            settle(connection)
        undo_import(member_import)
        _timed(took, lambda: _worked(setting, member_import, ImportStatus.UNDONE))
    words = f"{sizes.events:,} rows of a workbook, {sizes.people:,} known customers"
    names = ("read and store", "check", "bring in", "take back")
    return [
        duration("imports", f"import: {words}", sum(took[:3]), most_ms=MOST_MS),
        *(duration("imports", f"  {name}", one) for name, one in zip(names, took, strict=True)),
    ]


def import_rows(first: int, rows: int) -> Iterator[list[tuple[str, ...]]]:
    """People from one of the known ones on; the numbers of phones and members are those of the known."""
    for start in range(first, first + rows, BLOCK):
        yield [
            (
                str(member_id_of(person)),
                "Thandi",
                f"Golfer{FIRST_NUMBER + person}",
                email_of(person),
                f"0{FIRST_NUMBER + person}",
                "17/05/1980",
                "12.4",
                "import; 2026",
            )
            for person in range(start, min(start + BLOCK, first + rows))
        ]


def _worked(setting: Setting, member_import: MemberImport, wanted: ImportStatus) -> None:
    with setting.reporter.bar(wanted.label, setting.sizes.events) as report:
        done = work_on(member_import.pk, report=lambda count, _: report(count))
    expect("where the import stands", done and done.status, wanted.value)
    member_import.refresh_from_db()


def _timed(took: list[float], act: Callable[[], Result]) -> Result:
    began = time.perf_counter()
    result = act()
    took.append((time.perf_counter() - began) * 1000)
    return result
