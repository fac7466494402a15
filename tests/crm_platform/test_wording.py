"""Words that staff stumbled over do not come back; no template writes days and numbers past the club's filters."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
APPS: Final = (
    "campaigns",
    "crm_platform",
    "events",
    "journeys",
    "messaging",
    "profiles",
    "segments",
    "social",
    "tenants",
)
# What was said once, and what is said now.
REPLACED: Final = {
    "Bring in": "Import",
    "Let in": "Allow again",
    "Says nothing new": "No change",
    "Nobody fits": "No matches",
    "Put aside": "Skip",
    "Nothing speaks for leaving": "No warning signs",
    "As the product comes": "Default",
    "Addresses that stand for nobody": "Placeholder addresses",
    "Names nobody": "No person given",
    "so the mean of the other parts": "counted as average",
    "Parked entries": "Set aside",
    "Dead letters": "Events that failed",
    "Activity No.": "Open in the timeline",
    "is now a customer": "was added",
}
OLD_WORDS: Final = re.compile("|".join(rf"\b{re.escape(words)}" for words in REPLACED))
# Filters of Django that know neither the club's clock nor its signs. Fields of forms speak the browser's language.
STOCK_FILTERS: Final = re.compile(
    r"\|(floatformat|timesince|timeuntil|naturaltime|naturalday|intcomma|filesizeformat|localize"
    r"|time:(?!['\"]H:i['\"])|date:(?!['\"](Y-m-d|F Y|l j F)['\"])|date\b(?!:))"
)
# Counts of people and of what they did, which reach thousands; in text, in drawings and in what is read out.
COUNTS: Final = re.compile(
    r"(?<!value=\")(?<!max=\")(?<!exact=\")\{\{ (\w+\.)*(count|total|joined|left|sent|waiting|failed|succeeded"
    r"|entered|opened|clicked|members|member_count|activities|people|customers|delivered|reached|audience|attempts"
    r"|max_entries) \}\}"
)
# Days, steps, and texts that are ready.
SMALL: Final = {
    ("campaign.html", "{{ opened }}"),
    ("campaign.html", "{{ clicked }}"),
    ("overview.html", "{{ left }}"),
    ("line.html", "{{ way.count }}"),
    ("preview.html", "{{ card.count }}"),
}
PYTHON_NUMBERS: Final = re.compile(r":[+-]?,[^{}\"']*\}")


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def modules(*, part: str = "**") -> list[Path]:
    found = (path for app in APPS for path in (ROOT / app).glob(f"{part}/*.py"))
    return sorted(
        path for path in found if not {"migrations", "bench", "simulator", "sandbox"} & set(path.parts)
    )


def texts_of(path: Path) -> Iterator[str]:
    """The string constants of a module without its docstrings, or a template as it is."""
    if path.suffix == ".html":
        yield path.read_text()
        return
    tree = ast.parse(path.read_text())
    explained = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
            yield node.value


def test_words_that_were_replaced_stand_nowhere() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]} (now: {REPLACED[hit[0]]})"
        for path in (*templates(), *modules())
        for text in texts_of(path)
        for hit in OLD_WORDS.finditer(text)
    ]

    assert found == []


def test_templates_write_days_and_numbers_by_the_clubs_filters() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in templates()
        for hit in STOCK_FILTERS.finditer(path.read_text())
    ]

    assert found == []


def test_templates_write_counts_by_the_clubs_filter() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in templates()
        for hit in COUNTS.finditer(path.read_text())
        if (path.name, hit[0]) not in SMALL
    ]

    assert found == []


def test_pages_group_thousands_as_the_club_does() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in modules(part="admin")
        for hit in PYTHON_NUMBERS.finditer(path.read_text())
    ]

    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ a|date }}",
        "{{ a|date:'j M' }}",
        '{{ a|date:"j F Y H:i" }}',
        "{{ a|timesince }}",
        "{{ a|floatformat:1 }}",
    ],
)
def test_a_stock_filter_is_found(text: str) -> None:
    assert STOCK_FILTERS.search(text)


@pytest.mark.parametrize(
    "text", ["{{ a|date:'Y-m-d' }}", '{{ a|time:"H:i" }}', '{{ a|date:"F Y" }}', "{{ a|day }}"]
)
def test_a_filter_for_a_field_is_none(text: str) -> None:
    assert not STOCK_FILTERS.search(text)
