"""One benchmark in a process of its own, whose environment names the database made for it.

Arguments: the benchmark's name, its sizes as JSON, and the parts asked for. Each figure goes to standard output as a
line of JSON once it is measured, so that it is told even when the rest is not; all else goes to standard error.
"""

import json
import os
import signal
import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict
from importlib import import_module
from types import FrameType
from typing import NoReturn

import django

from crm_platform import env
from crm_platform.bench.figures import BenchError, Figure, as_line
from crm_platform.bench.progress import Reporter
from crm_platform.bench.setting import Setting
from crm_platform.bench.sizes import DEFAULTS

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run the benchmark; returns the exit code."""
    name, sizes, *parts = arguments
    signal.signal(signal.SIGTERM, _stop)
    # Whoever prints meanwhile, libraries too, does not mix with the figures.
    answer = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    reporter = Reporter(name)
    setting = Setting(DEFAULTS[name].changed(**json.loads(sizes)), env.data_dir(), reporter, frozenset(parts))
    django.setup()
    try:
        with os.fdopen(answer, "w", buffering=1) as stream, closing(_run(name, setting)) as figures:
            for figure in figures:
                stream.write(json.dumps(asdict(figure)) + "\n")
                reporter.note(as_line(figure))
    except BenchError as error:
        reporter.note(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _run(name: str, setting: Setting) -> Generator[Figure]:
    # Models can be imported only now, and each benchmark needs only its own.
    from crm_platform.bench.migrating import migrate  # noqa: PLC0415

    benchmark = import_module(f"crm_platform.bench.{name}")
    setting.check_parts(getattr(benchmark, "PARTS", {}))
    migrate()
    yield from benchmark.run(setting)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # nothing may interrupt the stopping itself
    # As an exception, so that every block that started something stops it.
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
