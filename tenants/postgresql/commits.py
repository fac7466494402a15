"""Commits that do not wait for the disk.

For a chunk of work that notes in its own transaction how far it came: lost with the machine's power, it is done again,
mark and effect together. Nothing that was built on it survives it, because the write-ahead log has one order: whatever
commits later and waits has everything before it on the disk as well.
"""

from typing import Final

# To be said within the transaction.
UNHURRIED: Final = "SET LOCAL synchronous_commit = off"
