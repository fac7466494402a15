"""Doing the same for many rows, clubs or jobs, so that what is wrong with one harms no other."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar, cast

from django.db import InterfaceError, OperationalError
from django.db.models import F, Model, QuerySet, Window
from django.db.models.functions import RowNumber

from tenants.scope import tenant_scope

logger = logging.getLogger(__name__)
Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)
# The database is away or out of time: everybody's trouble, and no use to try the next.
EVERYBODYS: Final = (OperationalError, InterfaceError)


def one_by_one(items: Iterable[Item], act: Callable[[Item], object], *, what: str) -> list[Item]:
    """Do it for each; an error is logged with what was done and for which, and the next one has its turn.

    Returns those for whom it was done. `items` should be ids, since they go into the log. Errors of the database as a
    whole are raised. Not for use inside a transaction: what failed half-way would stay.
    """
    done = []
    for item in items:
        try:
            act(item)
        except EVERYBODYS:
            raise
        except Exception:
            # Whatever it is, it is one row's or one club's; it stays due, and the log says so.
            logger.exception("%s failed for one", what, extra={"item": str(item)})
        else:
            done.append(item)
    return done


def within_each_club(rows: Iterable[tuple[Any, ...]], act: Callable[..., int], *, what: str) -> int:
    """`one_by_one` for rows of (id, tenant id, more…): `act(id, more…)` in the tenant's scope; returns the sum."""
    counts = []

    def within(row: tuple[Any, ...]) -> None:
        key, tenant_id, *more = row
        with tenant_scope(tenant_id):
            counts.append(act(key, *more))

    one_by_one(rows, within, what=what)
    return sum(counts)


def first_of_each_club(rows: QuerySet[Row], by: str, most: int) -> QuerySet[Row]:
    """The rows of each tenant that come first by this column, so that what waits in one club hides no other's."""
    place = Window(RowNumber(), partition_by=F("tenant_id"), order_by=(F(by).asc(), F("pk").asc()))
    chosen: Any = rows.alias(place=place).filter(place__lte=most).order_by(by, "pk")
    return cast("QuerySet[Row]", chosen)
