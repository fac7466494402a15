"""The seam: an app is added by its folder and one setting, and taken away by leaving the setting out."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import NoReverseMatch, reverse

from crm_platform import env
from tenants.declarations import extensions

APP: Final = "tests.sample"
# Its own tests, and the tables over all routes, pages and tenants' tables, which must know its rows.
PROOF: Final = (
    ("tests/sample", ""),
    ("tests/crm_platform/test_permission_table.py", "lost or test_every_route"),
    ("tests/crm_platform/test_admin_permission_table.py", "lost or test_every_page"),
    ("tests/crm_platform/test_tenant_tables.py", "sample or there_are"),
    ("tests/profiles/test_privacy_registry.py", ""),
)


def test_nothing_of_the_app_is_there_without_the_setting() -> None:
    assert APP not in settings.INSTALLED_APPS
    assert APP not in extensions()
    with pytest.raises(NoReverseMatch):
        reverse("lost-items")


def test_no_file_of_the_product_names_the_app() -> None:
    named = [
        str(file)
        for file in env.PROJECT_DIR.rglob("*.py")
        if "tests.sample" in file.read_text()
        and not file.is_relative_to(env.PROJECT_DIR / "tests")
        and not {".venv", ".data"} & set(file.parts)
    ]

    assert named == []


@pytest.mark.slow
def test_one_setting_adds_the_app(tmp_path: Path) -> None:
    """In a process, database and Redis database of its own, because settings are read once."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--create-db", *selection()],
        cwd=env.PROJECT_DIR,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=1_800,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


def selection() -> list[str]:
    """What pytest shall run: the files, and of the tables only what is about the app."""
    wanted = " or ".join(
        f"({Path(file).name.removesuffix('.py')} and ({names}))"
        if names
        else Path(file).name.removesuffix(".py")
        for file, names in PROOF
    )
    return [*(file for file, _ in PROOF), "-k", wanted]


def environment() -> dict[str, str]:
    """This process' servers, with other databases."""
    address = urlsplit(os.environ["CRM_DATABASE_URL"])
    redis = urlsplit(settings.REDIS_URL)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {
        **kept,
        "CRM_EXTRA_APPS": APP,
        "CRM_DATABASE_URL": address._replace(path="/crm_sample").geturl(),
        "CRM_TEST_REDIS_BASE": redis._replace(path=f"/{(int(redis.path.strip('/') or 0) + 7) % 15}").geturl(),
    }
