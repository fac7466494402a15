"""Commits that do not wait for the disk.

For a chunk of work that notes in its own transaction how far it came: lost when the server dies, it is done again, mark
and effect together. No row that was built on it survives it either, because the write-ahead log has one order: whatever
commits later and waits has everything before it on the disk as well. What leaves the database is another matter, so
whoever announces something to others waits (`events.log.append`).
"""

from typing import Final

# To be said within the transaction.
UNHURRIED: Final = "SET LOCAL synchronous_commit = off"
DURABLE: Final = """
SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'
"""
