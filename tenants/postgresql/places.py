"""Updating rows from a staging table by their places (`ctid`), which leaves the planner no choice.

`UPDATE … FROM staging WHERE row.id = staging.id` is one index lookup for each row, unless the planner takes the
tenant for small: then it reads all of the tenant's rows. So the rows are locked and found first, one by one, and
changed where they lie: nobody moves a row that is locked, and the second statement sees what the first one locked.
"""

from typing import Any
from uuid import UUID

from django.db import connection

from tenants.postgresql.plans import PLAN_AFTER_PLACES, PLAN_BY_PLACES
from tenants.postgresql.staging import StagingTable

# In the order in which the staging table was filled. NO KEY: foreign keys may be checked meanwhile.
FIND_PLACES = """
UPDATE {staging} AS s SET place = (
    SELECT r.ctid FROM {table} AS r WHERE r.tenant_id = (SELECT %s::uuid) AND r.id = s.{key} FOR NO KEY UPDATE)
"""


def update_by_place(
    cursor: Any,
    statement: str,
    parameters: Any,
    *,
    staging: StagingTable,
    table: str,
    key: str,
    tenant_id: UUID,
) -> None:
    """Lock the rows of `table` whose `id` is `key` of the filled staging table, then run the UPDATE that joins them.

    The staging table has places (`has_places`); the statement compares its `place` with the row's `ctid`.
    The cursor holds the statement's answer. Needs an open transaction.
    """
    # Settings have a cursor of their own, so that the answer stays; taken back at once: plans that triggers make
    # meanwhile are kept for the life of the connection.
    with connection.cursor() as other:
        other.execute(FIND_PLACES.format(staging=staging.name, table=table, key=key), [tenant_id])
        other.execute(PLAN_BY_PLACES)
        cursor.execute(statement, parameters)
        other.execute(PLAN_AFTER_PLACES)
