"""What the planner is told, and what it is not, for statements that must not depend on statistics.

Staging tables have no statistics. A plan that scans a million identifiers for a batch of a thousand keys would take
minutes, so PLAN_FOR_BATCHES leaves only index lookups to the planner. It holds until the end of the transaction.
PLAN_BY_PLACES leaves no other way to rows than their places. `for_any_club` and `any_club` hide the club (ADR 112).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

PLAN_FOR_BATCHES = (
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off"
)
PLAN_BY_PLACES = (
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_nestloop = on"
)
PLAN_AFTER_PLACES = "SET LOCAL enable_indexscan = on; SET LOCAL enable_bitmapscan = on"


_is_any_club: ContextVar[bool] = ContextVar("crm_any_club", default=False)


@lru_cache(maxsize=4096)
def for_any_club(statement: str, *columns: str) -> str:
    """The statement with the value of `tenant_id` in a sub-select, where the planner cannot see it.

    For statements that read what some people or keys need. Statistics that know other clubs, but not yet this one,
    promise the planner a single row of it: then every index that begins with the tenant looks as good as the right one,
    and all the club's rows are read, once for each key. Now the planner expects an average club. `columns`: others
    whose values may be as new as a club is, of an import for instance.
    """
    names = "|".join(("tenant_id", *columns))
    return re.sub(rf"\b((?:{names})\"?) = (%s|%\(\w+\)s)(?!::)", r"\1 = (SELECT \2::uuid)", statement)


@contextmanager
def any_club() -> Iterator[None]:
    """Every statement that is sent in the block, or by the decorated function, is planned so: an act on some people."""
    token = _is_any_club.set(True)
    try:
        yield
    finally:
        _is_any_club.reset(token)


def planned(statement: str) -> str:
    """The statement as it is sent here and now."""
    return for_any_club(statement) if _is_any_club.get() else statement
