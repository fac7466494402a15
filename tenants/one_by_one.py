"""Doing the same for many rows, clubs or jobs, so that what is wrong with one harms no other."""

import logging
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)
Item = TypeVar("Item")
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
