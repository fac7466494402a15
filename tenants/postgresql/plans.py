"""Settings of the planner for statements that must not depend on statistics.

Staging tables have no statistics. A plan that scans a million identifiers for a batch of a thousand keys would take
minutes, so PLAN_FOR_BATCHES leaves only index lookups to the planner. It holds until the end of the transaction.
PLAN_BY_PLACES leaves no other way to rows than their places.
"""

PLAN_FOR_BATCHES = (
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off"
)
PLAN_BY_PLACES = (
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_nestloop = on"
)
PLAN_AFTER_PLACES = "SET LOCAL enable_indexscan = on; SET LOCAL enable_bitmapscan = on"
