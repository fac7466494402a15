"""Who used the processors: seconds of processor time of groups of processes, where `/proc` tells them.

On a machine that does other things as well, this says more than the clock on the wall.
"""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from crm_platform.bench.database import Connection

PROC: Final = Path("/proc")
# Positions behind the name, which stands in brackets and may hold anything; times of the process, of ended children.
PARENT, SESSION = 1, 3
OWN_TIMES, CHILD_TIMES = slice(11, 13), slice(13, 15)


class _Process(NamedTuple):
    pid: int
    parent: int
    session: int
    seconds: float
    seconds_of_ended: float


class ProcessorTime:
    """Counts from its making on: this process, the sessions of some programs, and the database server.

    A server on another machine counts nothing.
    """

    def __init__(self, connection: Connection, sessions: Iterable[int]) -> None:
        """`sessions`: the ids of processes that lead a session of their own."""
        self._backend = connection.info.backend_pid
        self._sessions = frozenset(sessions)
        self._own = time.process_time()
        self._before = self._count()

    def told(self, events: int) -> str:
        """Microseconds an event, in words."""
        own = time.process_time() - self._own
        programs, server = (now - before for now, before in zip(self._count(), self._before, strict=True))
        parts = {"door": own, "workers": programs, "PostgreSQL": server}
        words = ", ".join(f"{name} {1e6 * seconds / events:.0f}" for name, seconds in parts.items())
        return f"processor time an event in µs: {words}"

    def _count(self) -> tuple[float, float]:
        processes = {one.pid: one for one in _processes()}
        programs = sum(one.seconds for one in processes.values() if one.session in self._sessions)
        backend = processes.get(self._backend)
        if backend is None or not (PROC / str(self._backend) / "comm").read_text().startswith("postgres"):
            return programs, 0.0
        server = sum(one.seconds for one in processes.values() if one.parent == backend.parent)
        return programs, server + processes[backend.parent].seconds_of_ended


def seconds_of(pid: int) -> float:
    """Seconds that a process of this machine has used so far; 0 where `/proc` does not tell."""
    found = _process(PROC / str(pid))
    return found.seconds if found else 0.0


def _processes() -> Iterator[_Process]:
    return filter(None, map(_process, PROC.glob("[0-9]*")))


def _process(entry: Path) -> _Process | None:
    """None where it has ended meanwhile."""
    ticks = os.sysconf("SC_CLK_TCK")
    try:
        fields = (entry / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    seconds, of_ended = (sum(map(int, fields[part])) / ticks for part in (OWN_TIMES, CHILD_TIMES))
    return _Process(int(entry.name), int(fields[PARENT]), int(fields[SESSION]), seconds, of_ended)
