"""The list of customers as a workbook for people: its columns in words, real dates on the club's clock."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from profiles.exchange.exporting.files import Export, ExportFormat, blocks_of, note_export
from profiles.exchange.exporting.workbook import Sheet, workbook
from profiles.models import CustomerProfile
from profiles.search.finding import search_everybody

# As the choice of formats calls it.
LISTED: Final = "list"
CHARACTERS: Final = {"person": 28, "text": 24, "tags": 24, "channels": 20, "date": 12, "moment": 17}
NARROW: Final = 14


@dataclass(frozen=True, slots=True)
class ListedColumn:
    """A column of the list: its head, how wide its kind is, and what it shows of somebody."""

    label: str
    kind: str
    value: Callable[[CustomerProfile], Any]


def export_listed(
    customers: QuerySet[CustomerProfile],
    columns: Sequence[ListedColumn],
    filters: Iterable[str],
    *,
    search: str | None = None,
) -> Export:
    """The columns of a list as a workbook, of everybody who fits, in the order of `export_customers`; noted."""
    found: Sequence[UUID] | None = None if search is None else search_everybody(search)
    rows = note_export(customers, found, LISTED, filters)
    sheet = Sheet(widths=[CHARACTERS.get(column.kind, NARROW) for column in columns])
    heads = [column.label for column in columns]
    parts = workbook(heads, _blocks(customers, found, columns), sheet)
    return Export(f"customers-{timezone.now():%Y-%m-%d}.xlsx", ExportFormat.XLSX.media_type, rows, parts)


def _blocks(
    customers: QuerySet[CustomerProfile], found: Sequence[UUID] | None, columns: Sequence[ListedColumn]
) -> Iterator[list[list[Any]]]:
    for ids in blocks_of(customers, found):
        people = CustomerProfile.objects.in_bulk(ids)
        yield [[column.value(people[key]) for column in columns] for key in ids if key in people]
