"""One supervised process: its output, its end, its restart."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crm_platform import env
from crm_platform.embedded.process import launch_command

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
# Who lived this long was well; its next death starts the delays anew.
HEALTHY_SECONDS = 30.0
READ_BYTES = 65536
LONGEST_LINE_BYTES = 65536
# A progress bar is drawn ten times a second; the log wants to know now and then.
PROGRESS_SECONDS = 5.0
CONTROL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# Every process below the supervisor carries this variable, so that left-overs of a killed one can be found.
MARK = "CRM_SUPERVISED_IN"


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, under which short name; `environment` are defaults of its own."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """A program as a process of ours, in a session of its own, with its output in a pipe."""

    def __init__(self, program: Program, *, data_dir: Path, environment: dict[str, str]) -> None:
        """`environment` is complete; the mark is added."""
        self.program = program
        self._environment = {**program.environment, **environment, MARK: str(data_dir)}
        self._pid_file = data_dir / "run" / f"{program.name}.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._unfinished = b""
        self._started_at = 0.0
        self._next_progress_at = 0.0
        self._delay = FIRST_DELAY_SECONDS
        self._due_at: float | None = None

    @property
    def name(self) -> str:
        """The short name."""
        return self.program.name

    def spawn(self) -> int:
        """Start the process; returns the descriptor to read its output from, which never blocks."""
        self._process = subprocess.Popen(
            launch_command(list(self.program.command), death_signal=signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=env.PROJECT_DIR,
            env=self._environment,
        )
        self._pid_file.write_text(str(self._process.pid))
        self._started_at = time.monotonic()
        self._due_at = None
        descriptor = self.descriptor()
        os.set_blocking(descriptor, False)
        return descriptor

    def descriptor(self) -> int:
        """The read end of the output pipe."""
        if self._process is None or self._process.stdout is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.stdout.fileno()

    def read_lines(self) -> list[str] | None:
        """Complete lines that wait in the pipe; None once nobody can write to it any more."""
        try:
            chunk = os.read(self.descriptor(), READ_BYTES)
        except BlockingIOError:
            return []
        if not chunk:
            return None
        *lines, self._unfinished = (self._unfinished + chunk).split(b"\n")
        if b"\r" in self._unfinished and time.monotonic() > self._next_progress_at:
            self._next_progress_at = time.monotonic() + PROGRESS_SECONDS
            lines, self._unfinished = [*lines, self._unfinished], b""
        if len(self._unfinished) > LONGEST_LINE_BYTES:
            lines, self._unfinished = [*lines, self._unfinished], b""
        return [text for line in lines if (text := last_state(line)) is not None]

    def ended(self) -> int | None:
        """The exit code (negative: the signal), or None while it runs or was never started."""
        return self._process.poll() if self._process else None

    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def bury(self) -> None:
        """After its end: kill what it left in its process group, and close the pipe."""
        if self._process is None:
            return
        self.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None
        self._unfinished = b""
        self._pid_file.unlink(missing_ok=True)

    def schedule_restart(self) -> float:
        """Decide when to start again; returns the delay in seconds, which doubles with each quick death."""
        if time.monotonic() - self._started_at > HEALTHY_SECONDS:
            self._delay = FIRST_DELAY_SECONDS
        delay, self._delay = self._delay, min(self._delay * 2, LONGEST_DELAY_SECONDS)
        self._due_at = time.monotonic() + delay
        return delay

    def is_due(self) -> bool:
        """Whether a scheduled restart's time has come."""
        return self._due_at is not None and time.monotonic() >= self._due_at

    def terminate(self) -> None:
        """Ask the process itself to finish; it tells its own children."""
        if self._process and self.is_running():
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and everything in its group, now."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def last_state(line: bytes) -> str | None:
    """What a terminal's line shows after all that was drawn over it, without colours; None for control codes."""
    text = line.decode(errors="replace").rstrip("\r")
    if not text:
        return ""
    drawn = [CONTROL_CODES.sub("", part).rstrip() for part in text.split("\r")]
    return next((part for part in reversed(drawn) if part), None)


def describe_end(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
