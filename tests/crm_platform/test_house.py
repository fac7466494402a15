"""What the project promises about its own files."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from crm_platform import env
from tenants.declarations import every

CODE = (
    "crm_platform",
    "social",
    "journeys",
    "campaigns",
    "segments",
    "messaging",
    "profiles",
    "events",
    "tenants",
)
MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 60
TARGETS = ("setup", "run", "test", "check", "bench", "lock", "servers", "clean")
# A package index would be named by its address only where somebody's own machine leaked into a file.
INDEX_ADDRESS = re.compile(r"https?://[^\s\"']*/(?:simple|packages)/|--(?:extra-)?index-url|--find-links")


def code_files() -> Iterator[Path]:
    """All code that people write; migrations are made."""
    for name in CODE:
        for file in sorted((env.PROJECT_DIR / name).rglob("*.py")):
            if "migrations" not in file.parts:
                yield file


def test_no_file_is_too_long_to_read() -> None:
    lengths = {str(file): len(file.read_text().splitlines()) for file in code_files()}

    assert {name: length for name, length in lengths.items() if length > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_too_long_to_read() -> None:
    too_long = [
        f"{file}:{node.lineno} {node.name}"
        for file in code_files()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION
    ]

    assert too_long == []


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_its_targets(target: str) -> None:
    done = make("--dry-run", target)

    assert done.returncode == 0, done.stderr


def test_make_help_lists_every_public_target() -> None:
    listed = make("help").stdout

    assert all(f"make {target} " in listed for target in TARGETS)


def test_a_python_that_is_too_old_is_refused_in_words(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\necho "Python 3.11 or newer is needed" >&2\nexit 1\n')
    old.chmod(0o755)

    done = make("setup", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")

    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_ci_is_a_script_that_can_be_run() -> None:
    script = env.PROJECT_DIR / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_by_hash_and_names_no_index(name: str) -> None:
    text = (env.PROJECT_DIR / name).read_text()
    pins = re.findall(r"^\S+==\S+.*\\$", text, re.MULTILINE)

    assert len(pins) > 50
    assert len(pins) == len(re.findall(r"^\S+==", text, re.MULTILINE))
    assert text.count("--hash=sha256:") >= len(pins)
    assert INDEX_ADDRESS.search(text) is None
    assert str(env.PROJECT_DIR) not in text


def test_every_setting_and_every_check_is_described_for_operators() -> None:
    described = (env.PROJECT_DIR / "docs" / "operations.md").read_text()
    code = "\n".join(file.read_text() for file in code_files())
    settings = set(re.findall(r'env\.(?:text|flag|number|fraction|names|port|choice)\(\s*"(\w+)"', code))
    settings |= set(
        re.findall(r'^    (?:return |value = |url = )?(?:text|port)\("(\w+)"', code, re.MULTILINE)
    )
    settings |= {setting.name for setting in every("settings")}
    numbers = set(re.findall(r"crm\.[EW]\d{3}", code))

    assert len(settings) > 20
    assert len(numbers) > 6
    assert sorted(name for name in settings | numbers if f"{name}" not in described) == []


# Imported where a setting asks for it, with a message where it is missing.
OPTIONAL = {"pyspark"}


def test_the_product_imports_only_what_a_run_without_test_tools_installs() -> None:
    locked = set(
        re.findall(r"^([a-z0-9._-]+)==", (env.PROJECT_DIR / "requirements.txt").read_text(), re.MULTILINE)
    )
    distributions = packages_distributions()
    imported = {name for file in code_files() for name in imported_packages(file)}

    foreign = imported - set(CODE) - set(sys.stdlib_module_names)

    missing = {
        name
        for name in foreign
        if not {normalised(owner) for owner in distributions.get(name, [name])} & locked
    }
    assert missing == OPTIONAL


def imported_packages(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def normalised(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    return subprocess.run(
        ["make", *arguments], cwd=env.PROJECT_DIR, env=kept, capture_output=True, text=True, check=False
    )
