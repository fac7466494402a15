"""A whole installation of its own that may be killed part by part: servers, stand-in, worker, beat.

Whatever is dead when it is looked at is started again, as a supervisor does it.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from crm_platform.bench.launching import launch, with_option
from crm_platform.embedded import EmbeddedPostgres, EmbeddedRedis
from crm_platform.embedded.process import EmbeddedServer
from crm_platform.embedded.redis import free_port, is_port_taken
from crm_platform.supervisor import programs
from crm_platform.supervisor.child import Program

POSTGRES, REDIS, SANDBOX, WORKER, BEAT = "postgres", "redis", "sandbox", "worker", "beat"
PARTS: Final = (POSTGRES, REDIS, SANDBOX, WORKER)
PROCESSES: Final = "2"


def one_worker() -> Program:
    """Events and what follows from them in one program, so that there is one to kill."""
    queues = (*programs.EVENT_QUEUES, *programs.LIVE_QUEUES)
    return with_option(programs.live_worker(), "--queues", ",".join(queues))


class Installation:
    """Servers and programs over one folder; `kill` and `mend` by name."""

    def __init__(
        self,
        folder: Path,
        sandbox: tuple[str, ...] = ("messaging_sandbox", "--silent"),
        worker: Callable[[], Program] = one_worker,
    ) -> None:
        self._folder, self._sandbox, self._worker = folder, sandbox, worker
        self.store = folder / "book.sqlite"
        self._port = free_port()
        # A killed process loses nothing that it gave to the kernel, so nothing waits for the disk.
        self._servers: dict[str, EmbeddedServer] = {
            POSTGRES: EmbeddedPostgres(folder / "postgres", socket=folder / "socket", durable=False),
            REDIS: EmbeddedRedis(folder / "redis", port=free_port()),
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Where the stand-in answers, of the Messaging service or of the networks."""
        return f"http://127.0.0.1:{self._port}"

    @contextmanager
    def servers(self) -> Iterator[None]:
        """The servers run, and the environment of this process names them."""
        with ExitStack() as stack:
            for server in self._servers.values():
                stack.enter_context(server)
            os.environ.update(
                CRM_DATABASE_URL=self._servers[POSTGRES].url,
                REDIS_URL=self._servers[REDIS].url,
                CRM_DATA_DIR=str(self._folder),
                CRM_MESSAGING_URL=self.url,
                CRM_SOCIAL_SANDBOX_URL=self.url,
                DJANGO_SETTINGS_MODULE="crm_platform.settings",
            )
            stack.callback(self.stop)
            yield

    def mend(self) -> None:
        """Start whatever does not run."""
        for server in self._servers.values():
            if not server.is_alive():
                server.start()
        for name, program in self._programs().items():
            process = self._processes.get(name)
            if process is None or process.poll() is not None:
                self._processes[name] = launch(program, self._folder)

    def kill(self, name: str) -> None:
        """SIGKILL, without a word before; a program's children with it."""
        if name in self._servers:
            process = self._servers[name].process
            if process is not None:
                process.kill()
                process.wait()
            return
        _kill(self._processes[name])

    def stop(self) -> None:
        """End the programs; the servers end with their block."""
        for process in self._processes.values():
            _kill(process)

    @property
    def answers(self) -> bool:
        """Whether the stand-in listens."""
        return is_port_taken(self._port)

    def _programs(self) -> dict[str, Program]:
        worker = with_option(self._worker(), "--concurrency", PROCESSES)
        where = ("--port", str(self._port), "--store", str(self.store))
        sandbox = programs.manage(SANDBOX, *self._sandbox, *where)
        return {SANDBOX: sandbox, WORKER: worker, BEAT: programs.beat()}


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
