"""Commits that do not wait for the disk (`synchronous_commit = off`).

Use ASYNC_COMMIT for a chunk of work that stores its progress in the same transaction. A crash of the server loses mark
and effect together, and the chunk is done again. Rows that later transactions built on it are lost as well, because
the write-ahead log has one order: a later commit that waits flushes everything before it. What leaves the database
must not be lost, so `events.log.append` sets SYNC_COMMIT: its readers tell other systems.
"""

from typing import Final

# Execute it inside the transaction.
ASYNC_COMMIT: Final = "SET LOCAL synchronous_commit = off"
SYNC_COMMIT: Final = """
SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'
"""
