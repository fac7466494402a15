"""Merging what is certain, as a person would from the review queue, so that it can be taken back there."""

from typing import Final

from django.db import connection

from profiles.duplicates import statements as sql
from profiles.errors import AlreadyDecided, CustomerNotFound
from profiles.models import ReviewCandidate
from profiles.review import decide
from tenants.actors import acting_as, program
from tenants.scope import current_tenant_id

# About a minute's work; a first search of a large club finds more, and the next nights go on with them.
MOST_MERGES: Final = 3_000
ACTOR: Final = "the search for duplicates"


def merge_certain(least_probability: float) -> int:
    """Merge open pairs that are certain, each in a transaction of its own, at most MOST_MERGES; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.CERTAIN, {"tenant": current_tenant_id(), "least": least_probability, "most": MOST_MERGES}
        )
        candidates = [candidate_id for (candidate_id,) in cursor.fetchall()]
    merged = 0
    with acting_as(program(ACTOR)):
        for candidate_id in candidates:
            try:
                decide(candidate_id, ReviewCandidate.Status.MERGED)
            except (AlreadyDecided, CustomerNotFound):
                continue  # staff were faster, or one of the two is gone
            merged += 1
    return merged
