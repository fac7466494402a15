"""From inbox rows to customers: one batch, one transaction, set-based SQL.

`batch` claims and isolates, `decoding` reads events, `people` loads and resolves identity, `tallies` adds up figures,
`writing` stores, `restating` computes golden rows anew, `statements` holds the SQL.
"""

from profiles.ingest.batch import process_pending, process_turn

__all__ = ["process_pending", "process_turn"]
