"""Running the product's own programs in tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from crm_platform import env

# So long only where something hangs: beside other tests an import of the product may take a minute.
TIMEOUT_SECONDS = 300
OUTSIDE_TESTS = ("DJANGO_SETTINGS_MODULE", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST")


def product_environment(**changes: str) -> dict[str, str]:
    """Our environment without what makes it a test; changes set variables or, with "", unset them."""
    kept = {name: value for name, value in os.environ.items() if name not in OUTSIDE_TESTS}
    return {**kept, **changes}


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end; standard error is part of `stdout`."""
    return python("manage.py", *arguments, **changes)


def python(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program of the project to its end; standard error is part of `stdout`."""
    return subprocess.run(
        [sys.executable, *arguments], timeout=TIMEOUT_SECONDS, check=False, **_plumbing(changes)
    )


def start(*arguments: str, stdout: IO[str] | int = subprocess.PIPE, **changes: str) -> subprocess.Popen[str]:
    """Start a Python program of the project; standard error is part of `stdout`."""
    return subprocess.Popen([sys.executable, *arguments], **{**_plumbing(changes), "stdout": stdout})


def forget_data(data_dir: Path) -> None:
    """Remove a data folder, and what PostgreSQL's link points to where it had to live elsewhere."""
    postgres = data_dir / "postgres"
    if postgres.is_symlink():
        shutil.rmtree(postgres.resolve().parent)
    shutil.rmtree(data_dir)


def _plumbing(changes: dict[str, str]) -> dict[str, Any]:
    return {
        "cwd": env.PROJECT_DIR,
        "env": product_environment(**changes),
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
    }
