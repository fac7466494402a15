"""Merging what is certain, as a person would from the review queue, so that it can be taken back there."""

from typing import Final

from django.db import connection

from profiles.matching.duplicates import statements as sql
from profiles.matching.review import merge_chosen
from tenants.actors import acting_as, program
from tenants.scope import current_tenant_id

# About a minute's work; a first search of a large club finds more, and the next nights go on with them.
MOST_MERGES: Final = 3_000
MERGED_AT_ONCE: Final = 250
ACTOR: Final = "the search for duplicates"


def merge_certain(least_probability: float) -> int:
    """Merge open pairs that are certain, the surest first, at most MOST_MERGES; returns how many.

    MERGED_AT_ONCE in a transaction, which holds the lock that events of the club wait for.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql.CERTAIN, {"tenant": current_tenant_id(), "least": least_probability, "most": MOST_MERGES}
        )
        candidates = [candidate_id for (candidate_id,) in cursor.fetchall()]
    with acting_as(program(ACTOR)):
        return sum(
            merge_chosen(
                candidates[start : start + MERGED_AT_ONCE], reason="Found by the search for duplicates"
            )
            for start in range(0, len(candidates), MERGED_AT_ONCE)
        )
