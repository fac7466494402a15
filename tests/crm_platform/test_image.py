"""What the production image holds: the product whole, and neither simulator nor benchmarks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from crm_platform import env

DEVELOPERS_COMMANDS: Final = {"bench", "simulate", "teach_duplicates"}
COMMANDS: Final = "from django.core.management import get_commands; print(*sorted(get_commands()))"
# Every module that a process of the product may come to import.
IMPORT_ALL: Final = """
import importlib, pathlib, django
django.setup()
for file in sorted(pathlib.Path().rglob("*.py")):
    # The web server itself asks for a database as it starts.
    if not {"migrations", "web", "wsgi.py", "manage.py", "__main__.py"} & set(file.parts):
        importlib.import_module(".".join(file.with_suffix("").parts).removesuffix(".__init__"))
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that `COPY . .` takes: those under version control that `.dockerignore` does not name."""
    ignored = (env.PROJECT_DIR / ".dockerignore").read_text().split()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=env.PROJECT_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    folder = tmp_path_factory.mktemp("image")
    for name in map(Path, listed.stdout.splitlines()):
        source = env.PROJECT_DIR / name
        if source.is_file() and not any(Path(part) in (name, *name.parents) for part in ignored):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return folder


def run(image: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CRM_")},
        "CRM_DATABASE_URL": os.environ["CRM_DATABASE_URL"],
        "CRM_DATA_DIR": str(image / ".data"),
        "DJANGO_SETTINGS_MODULE": "crm_platform.settings",
    }
    return subprocess.run(
        [sys.executable, *arguments], cwd=image, env=environment, capture_output=True, text=True, check=False
    )


def test_the_image_has_no_simulator_no_benchmarks_and_none_of_their_commands(image: Path) -> None:
    commands = set(run(image, "-c", f"import django; django.setup(); {COMMANDS}").stdout.split())

    assert not (image / "crm_platform" / "simulator").exists()
    assert not (image / "crm_platform" / "bench").exists()
    assert {"migrate", "serve", "up", "consume_events"} <= commands
    assert not commands & DEVELOPERS_COMMANDS


def test_every_module_of_the_image_can_be_imported(image: Path) -> None:
    done = run(image, "-c", IMPORT_ALL)

    assert done.returncode == 0, done.stderr[-3000:]


def test_a_checkout_has_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {COMMANDS}"],
        cwd=env.PROJECT_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    assert set(done.stdout.split()) >= DEVELOPERS_COMMANDS
