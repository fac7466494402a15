"""Documents against code: what they name must be there."""

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest
from django.core.management import get_commands

from crm_platform import env
from tenants.declarations import every

ROOT: Final = env.PROJECT_DIR
DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")])
LINK: Final = re.compile(r"\]\((?!https?://|#|mailto:)([^)\s#]+)")
# A path that begins with one of our folders and ends as a file does.
NAMED_FILE: Final = re.compile(
    r"`((?:crm_platform|social|journeys|campaigns|segments|messaging|profiles|events|tenants|templates|tests|docs)"
    r"/[\w./-]+\.(?:py|md|yaml|json|html|js|css))`"
)
COMMAND: Final = re.compile(r"manage\.py ([a-z_]+)")
NAME: Final = re.compile(r"`([A-Za-z_][\w.]*)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text()
    links = {name for name in LINK.findall(text) if not (document.parent / name).exists()}
    files = {
        name
        for name in NAMED_FILE.findall(text)
        if not any((ROOT / place / name).exists() for place in ("", "templates"))
    }
    commands = set(COMMAND.findall(text)) - set(get_commands())

    assert (links, files, commands) == (set(), set(), set())


def test_every_name_in_the_glossary_stands_in_the_code() -> None:
    rows = [line.split("|") for line in (ROOT / "docs/glossary.md").read_text().splitlines() if "|" in line]
    names = {name.rpartition(".")[2] for row in rows if len(row) > 4 for name in NAME.findall(row[3])}
    code = subprocess.run(
        ["git", "grep", "-hwoE", "|".join(sorted(names)), "--", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = {path.stem for path in ROOT.glob("*/**/*.py")}

    assert len(names) > 60
    assert names - set(code.stdout.split()) - files == set()


def test_the_list_of_decisions_names_each_in_order() -> None:
    listed = re.findall(r"\(adr/([\w-]+\.md)\)", (ROOT / "docs/README.md").read_text())

    assert listed == sorted(path.name for path in ROOT.glob("docs/adr/*.md"))


def test_the_chapter_on_webhooks_names_each_event_that_they_tell() -> None:
    chapter = (ROOT / "docs/webhooks.md").read_text()
    rows = [line.split("|")[1] for line in chapter.splitlines() if line.startswith("| `crm.")]
    named = set()
    for row in rows:
        first, *more = re.findall(r"`([\w.]+)`", row)
        named |= {first, *(first.rpartition(".")[0] + each for each in more)}

    assert {event.type for event in every("outbound")} | {"crm.webhook.test"} == named
