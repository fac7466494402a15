"""Statements about everybody of a club: by the pages of a table, in their order.

The planner holds a row that an index leads to for as cheap as the next one of a page. It is not: half of a million
people, one by one in the order of an index, take twice as long as reading everybody. So such statements read pages in
their order: all of them, or those in which an index finds anybody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

# Leaves index-only scans and bitmaps. Execute it inside the transaction.
PLAN_BY_PAGES: Final = "SET LOCAL enable_indexscan = off"
PLAN_AFTER_PAGES: Final = "SET LOCAL enable_indexscan = on"


@contextmanager
def by_pages() -> Iterator[None]:
    """A transaction whose statements are planned so; the block's own, or a part of one that is open."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(PLAN_BY_PAGES)
        yield
        with connection.cursor() as cursor:
            cursor.execute(PLAN_AFTER_PAGES)
