"""What a run is for stands on the pages in words."""

from copy import deepcopy
from typing import Any

import pytest

from journeys.definition import parse
from journeys.describing import key_words
from journeys.templates import TEMPLATES

EVENT = {"kind": "EVENT", "event": "teetime.booking.created"}
DATE = {"kind": "DATE", "field": "birthday", "at": "09:00"}


def started_by(*triggers: dict[str, Any]) -> dict[str, Any]:
    definition = deepcopy(next(one for one in TEMPLATES if one.key == "birthday").definition)
    return {**definition, "triggers": list(triggers), "entry": {"policy": "AFTER_EXIT"}, "exits": []}


@pytest.mark.parametrize(
    ("triggers", "key", "words"),
    [
        ([EVENT | {"key": "bookingId"}], "B1", "booking B1"),
        ([EVENT | {"key": "payload.teeSheetId"}], "7", "tee sheet 7"),
        ([EVENT | {"key": "bookingId"}, EVENT | {"key": "invoiceId"}], "7", "booking or invoice 7"),
        ([DATE], "2026-12-20", "20 December 2026"),
        ([DATE, EVENT | {"key": "bookingId"}], "B1", "booking B1"),
        ([EVENT], "", ""),
        ([EVENT], "B1", "B1"),
    ],
)
def test_a_key_says_what_it_names(triggers: list[dict[str, Any]], key: str, words: str) -> None:
    assert key_words(parse(started_by(*triggers)), key) == words
