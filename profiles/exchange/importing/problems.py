"""The rows of an import as a file: all of them, or those that are to be mended and brought in again."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Final

from django.db.models import Q, QuerySet

from profiles.exchange.exporting.files import BYTE_ORDER_MARK, defused
from profiles.models import ImportOutcome, ImportRow, MemberImport

BLOCK: Final = 2_000


def rows_file(member_import: MemberImport, rows: QuerySet[ImportRow]) -> Iterator[bytes]:
    """CSV in parts: line, outcome, reasons and changes, then the cells as they stood in the file."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["Line", "What", "Why", *map(defused, member_import.header)])
    yield BYTE_ORDER_MARK
    for row in rows.iterator(chunk_size=BLOCK):
        changes = (f"{one['field']}: {one['before']} → {one['after']}." for one in row.changes)
        why = " ".join(filter(None, [row.reason, *(one["text"] for one in row.remarks), *changes]))
        writer.writerow(
            [
                row.line,
                ImportOutcome(row.outcome or ImportOutcome.ERROR).label,
                defused(why),
                *map(defused, row.cells),
            ]
        )
        if text.tell() > BLOCK * 100:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def problems_file(member_import: MemberImport) -> Iterator[bytes]:
    """The rows that could not be taken, or not whole."""
    return rows_file(member_import, problem_rows(member_import))


def checked_rows(member_import: MemberImport) -> QuerySet[ImportRow]:
    """All rows, in the file's order."""
    return ImportRow.objects.filter(import_id=member_import.pk, outcome__isnull=False).order_by("line")


def problem_rows(member_import: MemberImport) -> QuerySet[ImportRow]:
    """Errors, conflicts that were not brought in, and rows of which something was left aside; in the file's order."""
    rows = ImportRow.objects.filter(import_id=member_import.pk)
    left = Q(outcome=ImportOutcome.ERROR) | Q(outcome=ImportOutcome.CONFLICT, applied_at=None)
    return rows.filter(left | Q(is_partial=True)).order_by("line")
