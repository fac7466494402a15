"""Workers of publishing that die where they are told to: SIGKILL after the n-th write, commit or call.

The module is also the program: it starts Django once and forks a worker for each number it reads.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self

from crm_platform import env

WRITES: Final = ("INSERT", "UPDATE", "DELETE", "WITH")
TURN_SECONDS: Final = 30.0


class MortalWorkers:
    """Forks workers, one at a time."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**environment, "DJANGO_SETTINGS_MODULE": "crm_platform.settings"}

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "crm_platform.bench.killing"]
        self._process = subprocess.Popen(
            command,
            cwd=env.PROJECT_DIR,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def work(self, die_at: int) -> bool:
        """Let a worker do what is due; whether it came to the end before the point at which it was to die."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        assert self._process.stdout is not None  # noqa: S101 - as above
        print(die_at, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline().strip()
        if not answer:
            raise RuntimeError("The program that forks workers has ended.")
        return answer == "0"


def _mortal(die_at: int) -> Callable[[], None]:
    """Counts, and kills this process at the number."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        if count == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def _work(die_at: int) -> None:
    """Work on what is due, counting writes, commits and calls."""
    import requests  # noqa: PLC0415 - in the forked process
    from django.db import connection  # noqa: PLC0415 - after django.setup()

    from social.publishing.working import drain  # noqa: PLC0415 - as above

    step, ask, commit = _mortal(die_at), requests.Session.request, connection.commit

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = run(sql, params, many, context)
        if str(sql).lstrip().upper().startswith(WRITES):
            step()
        return result

    def request(session: requests.Session, *args: Any, **how: Any) -> requests.Response:
        answer = ask(session, *args, **how)
        step()
        return answer

    def write_out() -> None:
        commit()
        step()

    connection.execute_wrappers.append(execute)
    connection.commit = write_out  # type: ignore[method-assign]
    requests.Session.request = request  # type: ignore[assignment,method-assign]
    drain(TURN_SECONDS)


def main() -> None:
    """Fork a worker for each number on standard input; its exit status on standard output."""
    import django  # noqa: PLC0415 - a program of its own

    django.setup()
    from django.db import connections  # noqa: PLC0415 - after django.setup()

    for line in sys.stdin:
        connections.close_all()
        child = os.fork()
        if child == 0:
            try:
                _work(int(line))
            except BaseException:
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


if __name__ == "__main__":
    main()
