"""From inbox rows to customers: one batch, one transaction, set-based SQL.

`batch` claims and isolates, `decoding` reads events, `people` loads and resolves identity, `counter_deltas` adds up
figures, `writing` stores, `statements` holds the SQL. Golden rows are recomputed by `profiles.golden_rows`.
"""

from profiles.ingest.batch import process_pending, process_turn

__all__ = ["process_pending", "process_turn"]
