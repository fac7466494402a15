"""What the two embedded servers share: launch, readiness, log, stop."""

import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from crm_platform.embedded.leftovers import POLL_SECONDS, servers_in, stop_processes, wait_until

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_TAIL_LINES = 15
LOG_LIMIT_BYTES = 10_000_000
START_PATIENCE_SECONDS = 60.0
STOP_PATIENCE_SECONDS = 30.0


class ServerError(RuntimeError):
    """A server cannot run; the message says why, what to do, and shows the end of its log."""


def launch_command(
    command: list[str], *, death_signal: signal.Signals, user: tuple[int, int] | None = None
) -> list[str]:
    """The command, wrapped so that the program dies with this process and runs as `user` (uid, gid) if given.

    Linux ties it to the *thread* that starts it: start children from a thread that lives as long as they
    should.
    """
    uid, gid = user or (-1, -1)
    identity = [str(os.getpid()), str(int(death_signal)), str(uid), str(gid)]
    return [sys.executable, "-I", "-S", str(LAUNCHER), *identity, *command]


class EmbeddedServer(ABC):
    """One server process over one data folder; usable as a context manager.

    The folder must belong to this caller alone: `start` stops whatever server still works in it.
    """

    name: str
    program: str
    stop_signal: signal.Signals

    def __init__(self, data_dir: Path, *, log: Path | None = None) -> None:
        """`log` is the file for the server's output, by default next to the data folder."""
        self.data_dir = data_dir
        self.log = log or data_dir.with_name(f"{data_dir.name}.log")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for clients."""

    @abstractmethod
    def prepare(self) -> None:
        """Make folders and check what can be checked before the process starts."""

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments, already wrapped by `launch_command`."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether a client's request gets an answer right now."""

    def start(self) -> None:
        """Start the server and wait until it answers; raises ServerError when it does not."""
        self.prepare()
        self.stop_leftovers()
        _rotate(self.log)
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        self._spawn()
        while not self.answers():
            if self.process is None or self.process.poll() is not None:
                self._fail("stopped while starting")
            if time.monotonic() > deadline:
                self._fail(f"did not answer within {START_PATIENCE_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Shut down cleanly, or kill it once patience is over; harmless when it is not running."""
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(self.stop_signal)
        if not wait_until(lambda: process.poll() is not None, seconds=STOP_PATIENCE_SECONDS):
            process.kill()
            process.wait()

    def stop_leftovers(self) -> None:
        """End every server process that still works in the data folder."""
        pids = servers_in(self.data_dir, self.program)
        stop_processes(pids, first=self.stop_signal, patience_seconds=STOP_PATIENCE_SECONDS)

    def is_alive(self) -> bool:
        """Whether the process this object started still runs."""
        return self.process is not None and self.process.poll() is None

    def log_tail(self) -> str:
        """The last lines of the server's output."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def _spawn(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )

    def _fail(self, what: str) -> None:
        self.stop()
        tail = self.log_tail()
        shown = f" The end of {self.log}:\n{tail}" if tail else f" Nothing was written to {self.log}."
        raise ServerError(f"{self.name} {what}.{shown}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _rotate(log: Path) -> None:
    """Keep one older log once the file has grown past the limit."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
