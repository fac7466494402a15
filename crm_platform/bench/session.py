"""One benchmark in a process of its own, whose environment names the database made for it.

Arguments: the benchmark's name and its sizes as JSON. Figures go to standard output, all else to standard error.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from types import FrameType
from typing import NoReturn

import django

from crm_platform import env
from crm_platform.bench.figures import BenchError, Figure, as_json
from crm_platform.bench.progress import Reporter
from crm_platform.bench.setting import Setting
from crm_platform.bench.sizes import DEFAULTS

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run the benchmark; returns the exit code."""
    name, sizes = arguments
    signal.signal(signal.SIGTERM, _stop)
    # Whoever prints meanwhile, libraries too, does not mix with the figures.
    answer = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    setting = Setting(DEFAULTS[name].changed(**json.loads(sizes)), env.data_dir(), Reporter(name))
    django.setup()
    try:
        figures = _run(name, setting)
    except BenchError as error:
        setting.reporter.note(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    with os.fdopen(answer, "w") as stream:
        json.dump(as_json(figures), stream)
    return 0


def _run(name: str, setting: Setting) -> list[Figure]:
    # Models can be imported only now, and each benchmark needs only its own.
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    run: Callable[[Setting], list[Figure]] = import_module(f"crm_platform.bench.{name}").run
    return run(setting)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # nothing may interrupt the stopping itself
    # As an exception, so that every block that started something stops it.
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
