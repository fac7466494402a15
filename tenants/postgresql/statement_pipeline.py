"""Statements that PostgreSQL works on while Python prepares the next ones.

A thread executes them in the order of submission. A fetch waits until its statement has been executed, and a commit
waits until the pipeline is empty. So the only change is when an error is raised: at the next fetch or at the commit,
not where the statement was submitted. Use it only for code that lets database errors propagate through its
transaction.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection

# The interpreter switches threads after so many seconds. The default is 25 times as long, and PostgreSQL would idle
# that long after each statement.
SWITCH_SECONDS: Final = 0.0002


class StatementPipeline:
    """The statements of one connection that were submitted. Not thread-safe: one thread submits and flushes."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="statement-pipeline")
        self._last: Future[None] | None = None
        self._error: BaseException | None = None

    def submit(self, act: Callable[[], Any]) -> Future[None]:
        """Execute something after all earlier submissions; after an error nothing is executed until `discard`."""
        self._last = self._thread.submit(self._do, act)
        return self._last

    def flush(self, until: Future[None] | None = None) -> None:
        """Wait for all submissions, or for those up to `until`; raises the first error, each time until `discard`."""
        self._wait(until or self._last)
        if self._error is not None:
            raise self._error

    def discard(self) -> None:
        """Wait for all submissions and forget the error: the transaction is rolled back."""
        self._wait(self._last)
        self._error = None

    def end(self) -> None:
        """End the thread after all submissions."""
        self._thread.shutdown()

    @staticmethod
    def _wait(submitted: Future[None] | None) -> None:
        if submitted is not None:
            submitted.result()

    def _do(self, act: Callable[[], Any]) -> None:
        if self._error is None:
            try:
                act()
            except BaseException as error:  # `flush` raises it
                self._error = error


@contextmanager
def pipelined_statements() -> Iterator[None]:
    """Cursors made inside the block do not wait for the statements they submit; put it around transactions.

    Inside another such block it changes nothing.
    """
    wrapper: Any = connection
    if wrapper.pipeline is not None:
        yield
        return
    wrapper.pipeline = pipeline = StatementPipeline()
    ordinary = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
        pipeline.flush()
    finally:
        sys.setswitchinterval(ordinary)
        pipeline.discard()
        pipeline.end()
        wrapper.pipeline = None
