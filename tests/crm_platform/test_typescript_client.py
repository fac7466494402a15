"""The TypeScript client: made from the description, compiled strictly, and used against a running platform."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings

from tests import factories
from tests.cast import Club
from tests.profiles.api_callers import thandi

CLIENT: Final = Path(settings.BASE_DIR) / "clients" / "typescript"
INSTALL: Final = ("npm", "ci", "--no-audit", "--no-fund", "--fetch-retries", "1", "--fetch-timeout", "20000")
BUILD_SECONDS: Final = 900

pytestmark = [
    pytest.mark.skipif(
        shutil.which("node") is None or shutil.which("npm") is None, reason="Node and npm are not installed."
    ),
    # One process, so that the client is made once.
    pytest.mark.xdist_group("typescript-client"),
]


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


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, generated and compiled anew beside a copy of the description."""
    root = tmp_path_factory.mktemp("client")
    folder = root / "clients" / "typescript"
    shutil.copytree(CLIENT, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "schema.ts"))
    (root / "docs").mkdir()
    shutil.copy(Path(settings.BASE_DIR) / "docs" / "openapi.yaml", root / "docs")
    installed = subprocess.run(INSTALL, cwd=folder, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install here: {installed.stderr[-300:]}")
    run("npm", "run", "build", folder=folder)
    return folder


@pytest.mark.django_db(transaction=True)
def test_the_sample_program_runs_against_the_platform(client: Path, fairview: Club, live_server: Any) -> None:
    thandi(fairview.tenant)
    key = factories.api_key(fairview.tenant)

    said = run(
        "node",
        "dist/sample/sample.js",
        folder=client,
        CRM_URL=live_server.url,
        CRM_KEY=key,
        CRM_TENANT="fairview",
    )

    assert said.strip().endswith(": 2 customers")


def test_the_package_holds_the_client_and_nothing_else(client: Path) -> None:
    said = run("npm", "pack", "--dry-run", "--json", folder=client)

    assert '"dist/src/index.js"' in said
    assert '"dist/src/schema.d.ts"' in said
    assert "sample" not in said
