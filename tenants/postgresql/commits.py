"""Commits that do not wait for the disk (`synchronous_commit = off`).

Use ASYNC_COMMIT for a chunk of work that stores its progress in the same transaction. A crash of the server loses mark
and effect together, and the chunk is done again. Rows that later transactions built on it are lost as well, because
the write-ahead log has one order: a later commit that waits flushes everything before it. What leaves the database
must not be lost, so `events.log.append` sets SYNC_COMMIT: its readers tell other systems.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

# Execute it inside the transaction.
ASYNC_COMMIT: Final = "SET LOCAL synchronous_commit = off"
SYNC_COMMIT: Final = """
SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'
"""


@contextmanager
def waiting() -> Iterator[None]:
    """A transaction whose commit waits for the disk, whatever the server's own default is.

    For the word before something is done outside that must not be done twice.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(SYNC_COMMIT)
        yield


@contextmanager
def without_waiting() -> Iterator[None]:
    """A transaction whose commit does not wait for the disk."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ASYNC_COMMIT)
        yield
