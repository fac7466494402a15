"""The product's own programs as processes of a benchmark: started as `manage.py up` starts them, awaited, stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import redis
from django.conf import settings

from crm_platform.bench.figures import BenchError
from crm_platform.bench.launching import launch, with_option
from crm_platform.celery import app
from crm_platform.embedded.redis import is_port_taken
from crm_platform.supervisor import programs
from crm_platform.supervisor.child import Program
from events.transports.heartbeat import HEARTBEAT_KEY

READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.05
PING_SECONDS: Final = 0.5
LOG_TAIL_LINES: Final = 15


class Processes:
    """Starts programs, and stops them all when the block ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Logs go to `folder`."""
        self._folder = folder
        self.sessions: list[int] = []
        self._stack = ExitStack()

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def worker(self, *, concurrency: int | None = None) -> None:
        """The Celery worker for all queues, with beat, ready to work; by default as many processes as `up` gives it."""
        program = programs.worker()
        if concurrency is not None:
            program = with_option(program, "--concurrency", str(concurrency))
        process = self.start(program)
        self.start(programs.live_worker())
        self.start(programs.slow_worker())
        self.start(programs.beat())
        self._await(process, program.name, lambda: bool(app.control.ping(timeout=PING_SECONDS)))

    def consumer(self) -> None:
        """The reader of the queue, reading."""
        program = programs.manage("consumer", "consume_events")
        process = self.start(program)
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            self._await(process, program.name, lambda: client.get(HEARTBEAT_KEY) is not None)

    def web(self, port: int, *, application: str = "") -> None:
        """The web server on loopback, listening, with the product or another WSGI application."""
        program = programs.web("127.0.0.1", port)
        if application:
            words = ["wsgi" if word == "rsgi" else word for word in program.command[:-1]]
            program = Program("bare", (*words, "--blocking-threads", "4", application))
        self._await(self.start(program), program.name, lambda: is_port_taken(port))

    def start(self, program: Program) -> "subprocess.Popen[bytes]":
        """Start a program in a session of its own; what it says goes to its log."""
        process = launch(program, self._folder)
        self._stack.callback(_stop, process)
        self.sessions.append(process.pid)
        return process

    def _await(self, process: "subprocess.Popen[bytes]", name: str, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                lines = (self._folder / f"{name}.log").read_text(errors="replace").splitlines()
                raise BenchError("\n".join([f"The {name} did not start:", *lines[-LOG_TAIL_LINES:]]))
            time.sleep(POLL_SECONDS)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end, and then make sure that nothing of its session is left."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
