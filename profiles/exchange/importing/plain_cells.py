"""What a cell says, without what programs put around it. Pure."""

import re
from typing import Final

from events.plain_text import visible

# A cell of CSV that was written as a formula so that a spreadsheet keeps its zeroes: ="0081".
QUOTED_FORMULA: Final = re.compile(r'=\s*"((?:[^"]|"")*)"')
INNER_APOSTROPHE: Final = re.compile(r"([;|] ?)'(?=[=+\-@])")
FORMULA_SIGNS: Final = ("=", "+", "-", "@")


def plain(cell: str) -> str:
    """The cell as text: without odd spaces and signs that nobody sees, not as a formula, not defused."""
    text = " ".join(visible(cell).split())
    if formula := QUOTED_FORMULA.fullmatch(text):
        text = " ".join(formula[1].replace('""', '"').split())
    # One apostrophe in front keeps a spreadsheet from reading what follows; our own export writes it.
    if text.startswith("'") and (text[1:2] in FORMULA_SIGNS or text[1:].isdigit()):
        text = text[1:]
    return INNER_APOSTROPHE.sub(r"\1", text)
