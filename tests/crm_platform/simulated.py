"""Small worlds for the tests of the simulator, each built once a run, and its command."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any, Final

from django.core.management import call_command

from crm_platform.simulator import World, build_world, history
from crm_platform.simulator.accounts import LOGINS_FILE
from events.catalogue.registry import EventType, canonical
from events.envelope import Envelope, parse_envelope

UNTIL: Final = datetime(2025, 6, 21, 12, tzinfo=UTC)
# The options of a demo that is loaded in seconds.
SMALL: Final = ("--people", "40", "--months", "2", "--seed", "5", "--until", UNTIL.isoformat())


def simulate(*arguments: str) -> str:
    """What the command says."""
    out = StringIO()
    call_command("simulate", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def logins(data_dir: Path) -> list[dict[str, Any]]:
    """The logins that a demo left in its folder."""
    documents: list[dict[str, Any]] = json.loads((data_dir / LOGINS_FILE).read_text())["logins"]
    return documents


@lru_cache(maxsize=8)
def world(seed: int = 3, people: int = 300, months: int = 6) -> World:
    """A world that ends on a Saturday in June, long enough ago for every clock."""
    return build_world(seed, people, months, UNTIL)


@lru_cache(maxsize=4)
def events(seed: int = 3, people: int = 300, months: int = 6) -> list[dict[str, Any]]:
    """The history of such a world; do not change it."""
    return list(history(world(seed, people, months)))


def envelopes() -> list[tuple[Envelope, EventType]]:
    """The events of the usual world as the doors read them, with their types."""
    read = []
    for event in events():
        envelope = parse_envelope(event, now=UNTIL)
        event_type = canonical(envelope.raw_type)
        assert event_type is not None, envelope.raw_type
        read.append((envelope, event_type))
    return read
