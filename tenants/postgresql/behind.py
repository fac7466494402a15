"""Statements that PostgreSQL works on while Python prepares the next ones.

A thread carries them out, in the order in which they were said. Whoever asks for an answer waits until it has come,
and a transaction is not committed before all it was told has been done; so all that changes is when an error shows: at
the next answer or at the commit, no longer where the statement was said. Therefore this is for code that lets
database errors pass up through its transaction, and nothing else.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection

# Seconds after which Python lets another thread go on; ordinarily 25 times as long, which is how long PostgreSQL would
# have nothing to do after each statement.
SWITCH_SECONDS: Final = 0.0002


class Behind:
    """What one connection has been told and may not have done yet. Not thread-safe: one thread says and settles."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="statements-behind")
        self._last: Future[None] | None = None
        self._error: BaseException | None = None

    def say(self, act: Callable[[], Any]) -> Future[None]:
        """Have something done after all that was said before; after an error nothing is, until `drain`."""
        self._last = self._thread.submit(self._do, act)
        return self._last

    def settle(self, until: Future[None] | None = None) -> None:
        """Wait until all is done, or only what was said so far; raises the first error, each time until `drain`."""
        self._wait(until or self._last)
        if self._error is not None:
            raise self._error

    def drain(self) -> None:
        """Wait until all is done, and forget the error: the transaction is rolled back."""
        self._wait(self._last)
        self._error = None

    def end(self) -> None:
        """Let the thread go, after all that was said."""
        self._thread.shutdown()

    @staticmethod
    def _wait(said: Future[None] | None) -> None:
        if said is not None:
            said.result()

    def _do(self, act: Callable[[], Any]) -> None:
        if self._error is None:
            try:
                act()
            except BaseException as error:  # whoever settles hears of it
                self._error = error


@contextmanager
def statements_behind() -> Iterator[None]:
    """The connection's cursors made inside the block do not wait for what they say; to be put around transactions.

    Inside another such block it changes nothing.
    """
    wrapper: Any = connection
    if wrapper.behind is not None:
        yield
        return
    wrapper.behind = behind = Behind()
    ordinary = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
        behind.settle()
    finally:
        sys.setswitchinterval(ordinary)
        behind.drain()
        behind.end()
        wrapper.behind = None
