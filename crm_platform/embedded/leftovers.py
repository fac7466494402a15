"""Processes that an earlier, killed run left behind, found by the folder they work in (Linux only)."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

POLL_SECONDS = 0.05
PROCESS_TABLE = Path("/proc")


def servers_in(directory: Path, program: str) -> list[int]:
    """Process ids of `program` (executable's file name) whose working directory is `directory`.

    Both servers change into their data folder, and so do PostgreSQL's own children; so this finds
    the orphans of a killed postmaster too, which carry no usable command line. Empty where there is no /proc.
    """
    wanted = directory.resolve()
    return [pid for pid in _process_ids() if _works_in(pid, wanted, program)]


def processes_marked(variable: str, value: str) -> list[int]:
    """Process ids, other than our own, that were started with this environment variable set to this value."""
    wanted = f"{variable}={value}".encode()
    return [pid for pid in _process_ids() if pid != os.getpid() and wanted in _environment(pid)]


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROCESS_TABLE / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # gone, or somebody else's
        return []


def _process_ids() -> list[int]:
    if not PROCESS_TABLE.is_dir():
        return []
    return [int(entry.name) for entry in PROCESS_TABLE.iterdir() if entry.name.isdigit()]


def _works_in(pid: int, directory: Path, program: str) -> bool:
    folder = PROCESS_TABLE / str(pid)
    try:
        executable = os.readlink(folder / "exe").removesuffix(" (deleted)")
        return Path(os.readlink(folder / "cwd")) == directory and Path(executable).name == program
    except OSError:  # gone, or somebody else's
        return False


def is_running(pid: int) -> bool:
    """Whether the process exists and is not a zombie that waits for its parent."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        status = (PROCESS_TABLE / str(pid) / "stat").read_text()
    except OSError:
        return not PROCESS_TABLE.is_dir()
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Poll until the condition holds; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def stop_processes(pids: Sequence[int], *, first: signal.Signals, patience_seconds: float) -> None:
    """Signal the processes, wait, and kill those still there; returns when all are gone."""
    for wanted in (first, signal.SIGKILL):
        alive = [pid for pid in pids if is_running(pid)]
        for pid in alive:
            _signal(pid, wanted)
        if wait_until(partial(_are_gone, alive), seconds=patience_seconds):
            return


def _are_gone(pids: list[int]) -> bool:
    return not any(map(is_running, pids))


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return
