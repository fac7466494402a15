"""Threads by what they serve, so that one kind of request cannot take those of another."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

logger = logging.getLogger(__name__)
Job = Callable[[], None]


class Lane:
    """Some threads and the jobs that wait for them, at most `most_waiting`."""

    def __init__(self, name: str, *, threads: int, most_waiting: int, niceness: int = 0) -> None:
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._most_waiting = most_waiting
        self._niceness = niceness
        for number in range(threads):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def take(self, job: Job) -> bool:
        """Have a job done; False when too many wait already."""
        if self._jobs.qsize() >= self._most_waiting:
            return False
        self._jobs.put(job)
        return True

    def _work(self) -> None:
        if self._niceness:
            with suppress(OSError, AttributeError):  # a thread has a niceness of its own on Linux only
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)
        while True:
            job = self._jobs.get()
            try:
                job()
            except Exception:  # whatever it is, the thread serves the next request
                logger.exception("a request ended without an answer")
