"""Handicaps as they are printed. Pure."""

import re
from decimal import Decimal
from typing import Final

from profiles.normalise import folded

# As printed: 12.4M, N12.4, HI 12.4, 8.1R, 15*, +2.1, plus 2, 2.1+, 12½; letters say how a handicap came about.
PRINTED: Final = re.compile(
    r"(?:(?:hi|hcp|hcap|whs|ga|index|exact|[a-z])[ .:=]*)?(?:(?P<sign>[+\-−–])|(?P<plus>plus|p))?[ ]*"
    r"(?P<whole>\d{0,2})(?P<half>½)?(?:[.,](?P<part>\d{1,2}|\d{4,})?)?[ ]*(?P<behind>\+)?"
    r"(?:[a-z*]{0,2}|hcp|hcap|whs|index|exact)",
    re.IGNORECASE,
)
IN_BRACKETS: Final = re.compile(r"\s*\([^()]*\)\s*$")
ALL_IN_BRACKETS: Final = re.compile(r"\((.*)\)")
NONE: Final = frozenset(
    "nh|n h|nhc|n hcp|no handicap|no hcp|no h cap|no hcap|none|pending|ohne|ohne hcp|kein|keins|kein hcp|sans|"  # noqa: SIM905
    "sans index|geen|geen hcp|zonder|sin handicap|sem handicap|senza|nessuno|pr|rabbit|beginner|pro|professional|"
    "not yet|none yet|new|nc|n c|ncr|non classe|keines|no tiene|tbc|tba|prof".split("|")
)
# Signs of other keyboards for the decimal point.
POINTS: Final = str.maketrans({"٫": ".", "،": ".", "·": ".", "，": ".", "．": "."})
SCRATCH: Final = frozenset({"scratch", "scr", "scratchgolfer", "scratch golfer"})


def read_strokes(text: str) -> Decimal | None:
    """Strokes, a plus handicap negative; None: has none. Raises ValueError for what is no handicap."""
    words = folded(text)
    if words in NONE:
        return None
    if words in SCRATCH:
        return Decimal(0)
    whole = ALL_IN_BRACKETS.fullmatch(text.strip())
    bare = (whole[1] if whole else IN_BRACKETS.sub("", text)).translate(POINTS)
    printed = PRINTED.fullmatch(bare.strip())
    if printed is None or not (printed["whole"] or printed["half"] or printed["part"]):
        raise ValueError(text)
    number = Decimal(f"{printed['whole'] or 0}.{printed['part'] or 0}")
    if printed["half"]:
        number += Decimal("0.5")
    # Nobody plays off less than none: a minus in front is how some lists write a plus handicap.
    return -number if printed["sign"] or printed["plus"] or printed["behind"] else number


def as_printed(tenths: int) -> str:
    """A handicap of so many tenths of a stroke as it is printed: 12.4, and +2.1 for a plus handicap."""
    return f"+{-tenths / 10:.1f}" if tenths < 0 else f"{tenths / 10:.1f}"
