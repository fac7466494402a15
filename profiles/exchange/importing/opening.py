"""From a file to an import that waits for its columns to be confirmed."""

from collections.abc import Sequence
from typing import Final

from django.db import connection, transaction

from profiles.cycle_search import without_cycle_search
from profiles.exchange.importing import statements as sql
from profiles.exchange.importing.columns import MOST_LOOKED_AT, Guess, Target, guess_columns
from profiles.exchange.importing.tables import Table, read_table
from profiles.models import ColumnChoice, ImportRow, MemberImport
from tenants.actors import current_actor
from tenants.scope import current_tenant_id

LONGEST_NAME: Final = 200


@without_cycle_search()
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
    return dict(ColumnChoice.objects.values_list("header", "target"))


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
