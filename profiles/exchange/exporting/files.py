"""Exporting customers: which formats there are, and what is noted of an export."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import StringIO
from typing import Any, Final
from uuid import UUID

import orjson
from django.db.models import DateTimeField, Expression, F, Func, QuerySet, Value
from django.db.models.lookups import LessThan
from django.utils import timezone

from profiles.customer_table import NAMES
from profiles.discretion import Fields, telling
from profiles.exchange.exporting.workbook import workbook
from profiles.models import CustomerProfile
from profiles.representation import COLUMNS, row_fields, to_json
from profiles.search.finding import in_order, search_everybody
from tenants.action_log import log_action

BLOCK: Final = 2_000
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# What a spreadsheet takes for the beginning of a formula.
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SUSPICIOUS: Final = frozenset({" ", "'", *FORMULA_SIGNS})
# Nearly all cells: asked first, as there are millions of them.
_AS_THEY_ARE: Final = frozenset({type(None), bool, int, float, str})
# A program that separates by something else begins a cell in the middle of ours.
INNER_FORMULA: Final = re.compile(r"([;\t\r\n|]\s*)(?='*[=+\-@＝＋－＠])")
# Items of a list that need marks around them, so that they can be told apart again.
MARKED: Final = re.compile(r'[;"]')
HARMLESS: Final = re.compile(r"\+[0-9]{7,15}")

CREATED, KEY = COLUMNS.index("created_at"), COLUMNS.index("id")

Row = Sequence[Any]
Blocks = Iterable[list[Row]]
Tell = Callable[[Fields], Fields]


class ExportFormat(StrEnum):
    """The kinds of file."""

    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"

    @property
    def media_type(self) -> str:
        """What stands in Content-Type."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES: Final = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.NDJSON: "application/x-ndjson",
}


@dataclass(frozen=True, slots=True)
class Export:
    """A file about to be sent: `parts` are made one by one, while the club's scope is open."""

    name: str
    media_type: str
    rows: int
    parts: Iterator[bytes]


def export_customers(
    customers: QuerySet[CustomerProfile],
    file_format: ExportFormat,
    filters: Iterable[str],
    *,
    search: str | None = None,
) -> Export:
    """Customers as a file; noted in the action log with the names of the filters, before anything leaves.

    Newest first, or with `search` all of them whom the text finds, however many, the closest first. `rows` is how many
    there were at that moment.
    """
    found = None if search is None else search_everybody(search)
    rows = note_export(customers, found, file_format.value, filters)
    blocks = _blocks(customers) if found is None else _found_blocks(customers, found)
    parts = _WRITERS[file_format](blocks, telling())
    name = f"customers-{timezone.now():%Y-%m-%d}.{file_format.value}"
    return Export(name, file_format.media_type, rows, parts)


def note_export(
    customers: QuerySet[CustomerProfile], found: Sequence[UUID] | None, kind: str, filters: Iterable[str]
) -> int:
    """Note in the action log that these leave the house; returns how many there are at this moment."""
    pages = [customers.order_by()] if found is None else _pages_of(customers, found)
    rows = sum(page.count() for page in pages)
    details = {"format": kind, "filters": sorted(filters), "count": rows}
    log_action("customers.exported", subject_kind="customer", details=details)
    return rows


def blocks_of(customers: QuerySet[CustomerProfile], found: Sequence[UUID] | None) -> Iterator[list[UUID]]:
    """The ids of everybody, page after page; newest first, or in the order of a search."""
    blocks = _blocks(customers) if found is None else _found_blocks(customers, found)
    return ([row[KEY] for row in block] for block in blocks)


def _blocks(customers: QuerySet[CustomerProfile]) -> Iterator[list[Row]]:
    """Page after page by place: no transaction stays open while somebody's line is slow."""
    ordered = customers.order_by("-created_at", "-id")
    page = ordered
    while rows := list(page.values_list(*COLUMNS)[:BLOCK]):
        yield rows
        if len(rows) < BLOCK:
            return
        # Compared as rows: thousands who were made in one import have one creation time.
        place = _together(Value(rows[-1][CREATED]), Value(rows[-1][KEY]))
        page = ordered.filter(LessThan(_together(F("created_at"), F("id")), place))


def _together(created_at: Expression | F, key: Expression | F) -> Func:
    return Func(created_at, key, function="ROW", output_field=DateTimeField())


def _found_blocks(customers: QuerySet[CustomerProfile], found: Sequence[UUID]) -> Iterator[list[Row]]:
    """In the order of the search, page after page."""
    places = in_order(found)
    for page in _pages_of(customers, found):
        yield sorted(page.values_list(*COLUMNS), key=lambda row: places[row[KEY]])


def _pages_of(
    customers: QuerySet[CustomerProfile], found: Sequence[UUID]
) -> Iterator[QuerySet[CustomerProfile]]:
    for start in range(0, len(found), BLOCK):
        yield customers.order_by().filter(pk__in=found[start : start + BLOCK])


def _cells(fields: Fields) -> list[Any]:
    """In the order of the head, whatever that of the fields is."""
    return [
        value if type(value) in _AS_THEY_ARE else _plain(value) for value in (fields[name] for name in NAMES)
    ]


def _plain(value: Any) -> Any:
    """A value of another kind as one cell of a table."""
    if isinstance(value, list):
        return "; ".join(map(_item, map(str, value)))
    if isinstance(value, dict | orjson.Fragment):
        text = to_json(value).decode()
        return "" if text == "{}" else text
    return value.isoformat() if isinstance(value, date) else str(value)


def _item(text: str) -> str:
    """One of several in a cell; as CSV does where a separator stands in it."""
    return '"' + text.replace('"', '""') + '"' if MARKED.search(text) else text


def defused(value: Any) -> Any:
    """A cell of a CSV file that no spreadsheet calculates; numbers and phone numbers stay as they are."""
    if not isinstance(value, str):
        return value
    if (
        value[:1] in _SUSPICIOUS
        and value.lstrip(" '").startswith(FORMULA_SIGNS)
        and not HARMLESS.fullmatch(value)
    ):
        value = f"'{value}"
    return INNER_FORMULA.sub(r"\1'", value)


def _csv(blocks: Blocks, tell: Tell) -> Iterator[bytes]:
    """With a byte order mark, without which Excel takes UTF-8 for the alphabet of the computer."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(NAMES)
    yield BYTE_ORDER_MARK
    for block in blocks:
        writer.writerows([defused(value) for value in _cells(tell(row_fields(row)))] for row in block)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def _xlsx(blocks: Blocks, tell: Tell) -> Iterator[bytes]:
    return workbook(NAMES, ([_cells(tell(row_fields(row))) for row in block] for block in blocks))


def _ndjson(blocks: Blocks, tell: Tell) -> Iterator[bytes]:
    for block in blocks:
        yield b"".join(to_json(tell(row_fields(row))) + b"\n" for row in block)


_WRITERS: Final = {ExportFormat.CSV: _csv, ExportFormat.XLSX: _xlsx, ExportFormat.NDJSON: _ndjson}
