"""The supervisor with small programs: output, deaths, restarts, patience, and ends."""

import io
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_platform import env
from crm_platform.embedded.leftovers import is_running, wait_until
from crm_platform.supervisor import loop
from crm_platform.supervisor.child import (
    FIRST_DELAY_SECONDS,
    LONGEST_DELAY_SECONDS,
    Child,
    Program,
    describe_end,
    last_state,
)
from crm_platform.supervisor.console import Console
from crm_platform.supervisor.loop import StopRequested, Supervisor
from tests.patience import PATIENCE_SECONDS

SLEEP_SECONDS = 600
SLEEP = "import time; print('ready', flush=True); time.sleep(600)"
# Starts a process of its own in the same group, as a server with workers does, and prints its id.
WITH_A_WORKER = (
    "import subprocess, sys, time\n"
    "worker = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(worker.pid, flush=True); time.sleep(600)"
)
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLEEP


class Stage:
    """A supervisor over a folder of its own, whose output can be read."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        (data_dir / "run").mkdir()
        self.output = io.StringIO()
        self.supervisor = Supervisor(Console(self.output))

    def child(self, code: str, name: str = "small") -> Child:
        """A child that runs Python code."""
        program = Program(name, (sys.executable, "-c", code))
        return Child(program, data_dir=self.data_dir, environment=env.environment())

    def said(self) -> list[str]:
        """The lines so far."""
        return self.output.getvalue().splitlines()

    def tick_until(self, line: str) -> None:
        """Tend the children until a line was written."""
        assert self.supervisor.wait_until(lambda: line in self.said(), seconds=PATIENCE_SECONDS), self.said()

    def pid(self, name: str = "small") -> int:
        """The process id in the child's file; 0 while there is none."""
        file = self.data_dir / "run" / f"{name}.pid"
        return int(file.read_text()) if file.exists() else 0


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.supervisor.stop()


def test_lines_of_a_child_stand_under_its_name(stage: Stage) -> None:
    code = stage.supervisor.run_to_end(stage.child("print('one'); print('two')"))

    assert code == 0
    assert stage.said() == ["small    | one", "small    | two"]


def test_last_words_without_a_line_end_are_shown(stage: Stage) -> None:
    stage.supervisor.run_to_end(stage.child("import sys; sys.stderr.write('last words\\n'); sys.exit(3)"))

    assert stage.said() == ["small    | last words"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"plain", "plain"),
        (b"", ""),
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"\r\x1b[2K10 %\r\x1b[2K20 %", "20 %"),
        (b"windows line\r", "windows line"),
        (b"\x1b[?25h", None),
        ("Zoë \N{GOLFER}".encode(), "Zoë \N{GOLFER}"),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_what_is_drawn_over_and_over_is_shown_in_its_last_state(written: bytes, shown: str | None) -> None:
    assert last_state(written) == shown


def test_a_progress_bar_is_shown_now_and_then(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_platform.supervisor.child.PROGRESS_SECONDS", 0.5)
    drawing = "import time\nfor step in {}: print(f'\\r\\x1b[2K{{step}} %', end='', flush=True); time.sleep(0.012)\n"

    began = time.monotonic()
    stage.supervisor.run_to_end(stage.child(drawing.format("range(100)") + "print()"))
    took = time.monotonic() - began

    assert 1 <= len(stage.said()) <= took / 0.5 + 2
    assert stage.said()[-1] == "small    | 99 %"
    stage.supervisor.keep_running(stage.child(drawing.format("iter(int, 1)"), "endless"))
    stage.tick_until("endless  | 0 %")
    assert stage.supervisor.wait_until(
        lambda: stage.said().count("endless  | 0 %") >= 3, seconds=PATIENCE_SECONDS
    )


def test_the_exit_code_of_a_one_off_child_is_handed_back(stage: Stage) -> None:
    assert stage.supervisor.run_to_end(stage.child("raise SystemExit(7)")) == 7


def test_a_child_that_is_killed_is_started_again_and_said(stage: Stage) -> None:
    stage.supervisor.keep_running(stage.child(SLEEP))
    stage.tick_until("small    | ready")
    first = stage.pid()

    os.kill(first, signal.SIGKILL)

    stage.tick_until("up       | small died (killed by SIGKILL); started again in 0.5 s")
    assert stage.supervisor.wait_until(lambda: stage.pid() not in {0, first}, seconds=PATIENCE_SECONDS)


def test_a_killed_childs_own_processes_go_with_it(stage: Stage) -> None:
    stage.supervisor.keep_running(stage.child(WITH_A_WORKER))
    assert stage.supervisor.wait_until(lambda: len(stage.said()) == 1, seconds=PATIENCE_SECONDS)
    worker = int(stage.said()[0].partition("| ")[2])
    assert is_running(worker)

    os.kill(stage.pid(), signal.SIGKILL)

    stage.tick_until("up       | small died (killed by SIGKILL); started again in 0.5 s")
    assert wait_until(lambda: not is_running(worker), seconds=PATIENCE_SECONDS)


def test_restarts_wait_longer_and_longer_up_to_a_limit(stage: Stage) -> None:
    child = stage.child("raise SystemExit(1)")
    child.spawn()

    delays = [child.schedule_restart() for _ in range(9)]
    child.bury()

    assert delays[:4] == [FIRST_DELAY_SECONDS, 1.0, 2.0, 4.0]
    assert delays[-1] == LONGEST_DELAY_SECONDS


def test_who_was_well_for_a_while_is_restarted_at_once_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = stage.child(SLEEP)
    child.spawn()
    child.schedule_restart()
    child.schedule_restart()

    monkeypatch.setattr("crm_platform.supervisor.child.HEALTHY_SECONDS", 0.0)

    assert child.schedule_restart() == FIRST_DELAY_SECONDS
    child.bury()


def test_a_stop_ends_children_politely_and_removes_their_pid_files(stage: Stage) -> None:
    stage.supervisor.keep_running(stage.child(SLEEP, "one"))
    stage.supervisor.keep_running(stage.child(SLEEP, "two"))
    pids = [stage.pid("one"), stage.pid("two")]

    stage.supervisor.stop()

    assert not any(is_running(pid) for pid in pids)
    assert list((stage.data_dir / "run").iterdir()) == []


def test_who_does_not_stop_in_time_is_killed_and_said(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "GRACE_SECONDS", 0.3)
    stage.supervisor.keep_running(stage.child(STUBBORN))
    stage.tick_until("small    | ready")
    pid = stage.pid()

    stage.supervisor.stop()

    assert not is_running(pid)
    assert "up       | small did not stop in time and is killed" in stage.said()


def test_a_signal_while_a_one_off_child_runs_stops_it(stage: Stage) -> None:
    stage.supervisor.listen_to_signals()
    child = stage.child("import os, signal, time; os.kill(os.getppid(), signal.SIGTERM); time.sleep(600)")
    try:
        began = time.monotonic()
        with pytest.raises(StopRequested):
            stage.supervisor.run_to_end(child)
    finally:
        for number in loop.SIGNALS:
            signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)

    assert time.monotonic() - began < SLEEP_SECONDS
    assert not child.is_running()


@pytest.mark.parametrize(
    ("code", "words"),
    [(1, "exit code 1"), (0, "exit code 0"), (-9, "killed by SIGKILL"), (-15, "killed by SIGTERM")],
)
def test_an_end_is_described_in_words(code: int, words: str) -> None:
    assert describe_end(code) == words


def test_lines_are_coloured_on_a_terminal_only_and_never_under_no_color(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    Console(terminal).relay("web", "hello")
    monkeypatch.setenv("NO_COLOR", "1")
    plain = io.StringIO()
    monkeypatch.setattr(plain, "isatty", lambda: True)
    Console(plain).relay("web", "hello")

    assert terminal.getvalue() == "\033[36mweb      \033[0m| hello\n"
    assert plain.getvalue() == "web      | hello\n"
