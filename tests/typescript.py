"""The TypeScript client as users have it: generated from the description and compiled."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

CLIENT: Final = Path(settings.BASE_DIR) / "clients" / "typescript"
INSTALL: Final = ("npm", "ci", "--no-audit", "--no-fund", "--fetch-retries", "1", "--fetch-timeout", "20000")
BUILD_SECONDS: Final = 900

WITHOUT_NODE: Final = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="Node and npm are not installed."
)


def run(*command: str, folder: Path, **environment: str) -> str:
    """What the command wrote; fails with it."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def built_client(root: Path) -> Path:
    """Where the client was generated and compiled anew, beside a copy of the description; skips without a network."""
    folder = root / "clients" / "typescript"
    shutil.copytree(CLIENT, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "schema.ts"))
    (root / "docs").mkdir()
    shutil.copy(Path(settings.BASE_DIR) / "docs" / "openapi.yaml", root / "docs")
    installed = subprocess.run(INSTALL, cwd=folder, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install here: {installed.stderr[-300:]}")
    run("npm", "run", "build", folder=folder)
    return folder
