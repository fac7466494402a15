"""Files are read in processes that leave processors and memory to whoever serves."""

import resource
import subprocess
import sys

from profiles.exchange.importing.own_process import MOST_MEMORY, NICENESS, read_apart

AFTER_STEPPING_BACK = """
import os, resource
from profiles.exchange.importing.own_process import step_back
before = os.nice(0)
step_back()
print(os.nice(0) - before, resource.getrlimit(resource.RLIMIT_AS)[0])
"""


def test_a_reader_of_files_stands_back_behind_whoever_serves() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AFTER_STEPPING_BACK], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == [str(NICENESS), str(MOST_MEMORY)]
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != MOST_MEMORY


def test_a_file_is_read_there() -> None:
    found = read_apart("text", b"a,b\nx,y\n", {"encoding": "", "separator": "", "most_rows": 10})

    assert found is not None
    assert [cells for _, cells in found["rows"]] == [["a", "b"], ["x", "y"]]
