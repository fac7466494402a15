"""A real Chromium for the page tests, which run in a pytest process of their own.

Playwright keeps an event loop running in the main thread; Django would refuse every query there.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# What is to be seen, and each act of a page, is waited for this long, so that a test passes beside other load too.
PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str | None:
    """The path of an installed Chromium; `CRM_CHROMIUM` names another."""
    named = os.environ.get("CRM_CHROMIUM", "")
    return named or next(filter(None, map(shutil.which, PROGRAMS)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder is a browser test; without a Chromium all are skipped."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium is installed"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One loud line where the pages were not looked at."""
    if chromium() is None:
        terminalreporter.write_line(
            "BROWSER TESTS SKIPPED: no Chromium found. "
            "Install the package `chromium`, or set CRM_CHROMIUM to its path.",
            red=True,
            bold=True,
        )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser process for the run."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS, timeout=PATIENCE_MS)
        yield running
        running.close()


@pytest.fixture(params=["wide", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page at 1440 px and once more at 390 px; an error in the page's scripts fails the test."""
    viewport = WIDE if request.param == "wide" else PHONE
    opened = browser.new_page(viewport=viewport)  # type: ignore[arg-type]
    opened.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close()
    assert errors == []
