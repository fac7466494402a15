"""Reading a file in a process of its own, with a memory limit: no file can end or fill the one that serves.

Run as a program: the file on standard input, what to read it as and how as arguments, one JSON document on standard
output. Readers of workbooks allocate the whole rectangle of a sheet, and abort where memory ends: a stray cell in the
last column is enough; a text of thirty megabytes becomes millions of cells. The program imports no Django, so that it
starts in a moment.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from profiles.exchange.importing import sheets, texts

MOST_MEMORY: Final = 1536 * 1024 * 1024
MOST_SECONDS: Final = 120
# A tenth of what one has who serves, where both want a processor.
NICENESS: Final = 10
READERS: Final[Mapping[str, Any]] = {"workbook": sheets.read, "text": texts.read}


def read_apart(form: str, content: bytes, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the reader of the form finds; None where the file was too much for its process."""
    command = [sys.executable, "-E", "-s", "-m", __name__, form, orjson.dumps(wanted).decode()]
    try:
        done = subprocess.run(
            command,
            input=content,
            capture_output=True,
            timeout=2 * MOST_SECONDS,
            check=False,
            cwd=Path(__file__).parents[3],
            env={},  # what the environment says, secrets included, is nothing to a reader of files
        )
        found: dict[str, Any] | None = orjson.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, orjson.JSONDecodeError):
        return None
    return found


def step_back() -> None:
    """Take the limits, and leave processors to whoever serves: twelve files at once cost no other club a request."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read standard input under the limits, write what was found."""
    step_back()
    form, wanted = sys.argv[1:]
    found = READERS[form](sys.stdin.buffer.read(), **orjson.loads(wanted))
    sys.stdout.buffer.write(orjson.dumps(found))


if __name__ == "__main__":
    main()
