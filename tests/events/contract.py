"""The contract files: events that must be taken, and lines that must be refused with a code."""

import json
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent.parent / "data"


class RefusedLine(NamedTuple):
    """A line that some part of the house must refuse; `DEAD:` codes come after the door."""

    expect: str
    line: str


def contract_lines() -> list[str]:
    """One well-formed event a line, each type at least once."""
    return (DATA / "contract-events.ndjson").read_text().splitlines()


def refused_lines() -> list[RefusedLine]:
    """Lines to refuse, each with its code."""
    return [
        RefusedLine(**json.loads(row)) for row in (DATA / "refused-events.ndjson").read_text().splitlines()
    ]
