"""Codes of refusals of segments, for programs, each with its meaning."""

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "INVALID_RULE": "The rule makes no sense; `details` say where.",
    "NAME_TAKEN": "The name is taken.",
    "NOT_A_LIST": "The members follow a rule.",
    "NO_RULE": "A fixed list has no rule.",
    "SEGMENT_CYCLE": "The segments would ask for each other in a circle.",
    "SEGMENT_IN_USE": "Something needs the segment; `params.usedBy` names it.",
}
