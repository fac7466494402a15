"""From a file to an import that waits for its columns to be confirmed."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.db import connection, transaction

from profiles.errors import InvalidFields
from profiles.exchange.importing import statements as sql
from profiles.exchange.importing.columns import MOST_LOOKED_AT, Guess, guess_columns, is_own_export
from profiles.exchange.importing.empty_cells import is_no_value
from profiles.exchange.importing.plain_cells import plain
from profiles.exchange.importing.statuses import WORDS, status_of
from profiles.exchange.importing.tables import Table, read_table
from profiles.exchange.importing.targets import Target
from profiles.models import ColumnChoice, ImportRow, MemberImport
from profiles.normalise import folded
from tenants.actors import current_actor
from tenants.gc_pause import gc_paused
from tenants.scope import current_tenant_id

LONGEST_NAME: Final = 200
# No folded header begins so.
STATUS_PREFIX: Final = "status="


@gc_paused()
def open_import(
    file_name: str, content: bytes, *, encoding: str = "", separator: str = "", sheet: str = ""
) -> tuple[MemberImport, list[Guess]]:
    """Read a file and keep its rows; returns the import, to be mapped, and what its columns seem to be.

    Raises UnreadableFile. The file itself is not kept.
    """
    remembered = remembered_columns()
    table = read_table(content, encoding=encoding, separator=separator, sheet=sheet, remembered=remembered)
    guesses = guess_columns(
        table.header, [cells for line, cells in table.rows if line not in table.headings], remembered
    )
    member_import = _store(
        file_name, table, [guess.target for guess in guesses], MemberImport.Form.SPREADSHEET
    )
    return member_import, guesses


def open_records(
    file_name: str, form: MemberImport.Form, table: Table, targets: Sequence[Target]
) -> MemberImport:
    """Keep records of the old system, whose columns are known."""
    return _store(file_name, table, targets, form)


def remembered_columns() -> dict[str, str]:
    """Folded header → target, as the club's staff chose before."""
    return dict(
        ColumnChoice.objects.exclude(header__startswith=STATUS_PREFIX).values_list("header", "target")
    )


def remembered_statuses() -> dict[str, str]:
    """The club's own words for membership statuses, folded → status, as staff said what they mean."""
    rows = ColumnChoice.objects.filter(header__startswith=STATUS_PREFIX).values_list("header", "target")
    return {header.removeprefix(STATUS_PREFIX): status for header, status in rows}


def unknown_statuses(member_import: MemberImport) -> dict[str, int]:
    """Words of the status column that nobody has given a meaning yet → how many rows, the most frequent first."""
    if Target.STATUS.value not in member_import.targets or is_own_export(member_import.header):
        return {}
    place = member_import.targets.index(Target.STATUS.value)
    known = remembered_statuses()
    counts: dict[str, int] = {}
    rows = ImportRow.objects.filter(import_id=member_import.pk, is_heading=False).values_list(
        "cells", flat=True
    )
    for cells in rows.iterator(chunk_size=5_000):
        word = plain(cells[place]) if place < len(cells) else ""
        if folded(word) and not is_no_value(word.casefold()) and status_of(word, known) is None:
            counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def remember_statuses(meanings: Mapping[str, str]) -> None:
    """Keep what words mean for this club's files: word → status. Raises InvalidFields for another status."""
    wrong = {word: "Choose one of the list." for word, status in meanings.items() if status not in WORDS}
    if wrong:
        raise InvalidFields(wrong)
    ColumnChoice.objects.bulk_create(
        [
            ColumnChoice(
                tenant_id=current_tenant_id(), header=f"{STATUS_PREFIX}{folded(word)}", target=status
            )
            for word, status in meanings.items()
        ],
        update_conflicts=True,
        unique_fields=["tenant", "header"],
        update_fields=["target", "chosen_at"],
    )


def guesses_of(member_import: MemberImport) -> list[Guess]:
    """What the columns seem to be, from the stored rows."""
    rows = (
        ImportRow.objects.filter(import_id=member_import.pk, is_heading=False)
        .order_by("line")
        .values_list("cells", flat=True)
    )
    return guess_columns(member_import.header, list(rows[:MOST_LOOKED_AT]), remembered_columns())


def _store(file_name: str, table: Table, targets: Sequence[Target], form: MemberImport.Form) -> MemberImport:
    actor = current_actor()
    member_import = MemberImport(
        tenant_id=current_tenant_id(),
        form=form,
        file_name=file_name.replace("\x00", "")[:LONGEST_NAME] or "file",
        header=table.header,
        notes=table.notes,
        targets=[target.value for target in targets],
        total=len(table.rows),
        made_by=actor.user,
        made_by_name=actor.name,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        member_import.save(force_insert=True)
        sql.FILE_ROW.fill(cursor, ((line, cells, line in table.headings) for line, cells in table.rows))
        cursor.execute(sql.STORE_ROWS, [member_import.tenant_id, member_import.pk])
    return member_import
