"""Transactions that have been open for minutes, anywhere in the cluster: readers of the log may wait for them."""

from typing import Final, NamedTuple

from django.db import connection

from tenants.scope import all_tenants

LONG_SECONDS: Final = 120
MOST_TOLD: Final = 5
# Prepared transactions have no session. Without the right to read statistics, sessions of others have no times.
OPEN_FOR_LONG: Final = """
SELECT pid, COALESCE(datname, ''), extract(epoch FROM now() - xact_start)::integer, COALESCE(application_name, ''),
       COALESCE(state, '')
FROM pg_stat_activity
WHERE xact_start < clock_timestamp() - make_interval(secs => %(seconds)s) AND pid <> pg_backend_pid()
  AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL OR state LIKE 'idle in transaction%%')
UNION ALL
SELECT NULL, database, extract(epoch FROM now() - prepared)::integer, 'prepared ' || gid, 'prepared'
FROM pg_prepared_xacts WHERE prepared < clock_timestamp() - make_interval(secs => %(seconds)s)
ORDER BY 3 DESC LIMIT %(most)s
"""


class LongTransaction(NamedTuple):
    """One of them; `pid` is None for a prepared one, `seconds` since it began."""

    pid: int | None
    database: str
    seconds: int
    program: str
    state: str

    @property
    def words(self) -> str:
        """For the log and for people."""
        who = f"pid {self.pid}" if self.pid is not None else self.program
        program = f", {self.program}" if self.program and self.pid is not None else ""
        return f"{who} in database {self.database}, open for {self.seconds} s ({self.state}{program})"


def long_transactions(*, seconds: int = LONG_SECONDS) -> list[LongTransaction]:
    """The oldest first, at most MOST_TOLD."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(OPEN_FOR_LONG, {"seconds": seconds, "most": MOST_TOLD})
        return [LongTransaction(*row) for row in cursor.fetchall()]
