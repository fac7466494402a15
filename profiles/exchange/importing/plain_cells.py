"""What a cell says, without what programs put around it. Pure."""

import html
import re
from typing import Final

from events.plain_text import visible

# A cell of CSV that was written as a formula so that a spreadsheet keeps its zeroes: ="0081".
QUOTED_FORMULA: Final = re.compile(r'=\s*"((?:[^"]|"")*)"')
# Behind an apostrophe that is part of a name stands one letter, small: 't Hooft, 'n Mens.
MARKED_WORD: Final = re.compile(r"'(?!t[A-Z])[^\W\d_]{2}")
INNER_APOSTROPHE: Final = re.compile(r"([;|] ?)'(?=[=+\-@])")
# What our own export defuses (`exporting/files.py`).
DEFUSED_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
DEFUSED_INSIDE: Final = re.compile(r"([;\t\r\n|]\s*)'(?='*[=+\-@＝＋－＠])")
FORMULA_SIGNS: Final = ("=", "+", "-", "@")
# What web pages write for signs: O&#39;Brien, Anna &amp; Piet.
ENTITY: Final = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|[a-zA-Z]{2,8});")
# Latin letters, digits and signs of double width, as keyboards of East Asia write them.
WIDE: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
MARKS_OF_PRINT: Final = ("“”", "„“", "«»", "»«", "‘’")
FIRST_WIDE: Final = "\uff00"


def plain(cell: str) -> str:
    """The cell as text: without odd spaces and signs that nobody sees, not as a formula, not defused."""
    if "&" in cell and ENTITY.search(cell):
        cell = html.unescape(cell)
    text = " ".join(visible(cell).split())
    if not text.isascii() and any(char > FIRST_WIDE for char in text):
        text = text.translate(WIDE)
    if formula := QUOTED_FORMULA.fullmatch(text):
        text = " ".join(formula[1].replace('""', '"').split())
    # A program that marks texts by apostrophes: 'Ann'. 't Hooft has none behind.
    if len(text) > 2 and text[0] == text[-1] == "'" and "'" not in text[1:-1].replace("''", ""):  # noqa: PLR2004 - both marks
        text = text[1:-1].replace("''", "'").strip()
    # Marks of print around a cell, as word processors write CSV.
    if len(text) > 2 and text[0] + text[-1] in MARKS_OF_PRINT:  # noqa: PLR2004 - both marks
        text = text[1:-1].strip()
    # One apostrophe in front keeps a spreadsheet from reading what follows; our own export writes it.
    if text.startswith("'") and (text[1:2] in FORMULA_SIGNS or text[1:].isdigit() or MARKED_WORD.match(text)):
        text = text[1:]
    return INNER_APOSTROPHE.sub(r"\1", text)


def undefused(cell: str) -> str:
    """A cell of our own export as it was before apostrophes kept spreadsheets from calculating it; else untouched."""
    text = cell[1:] if cell.startswith("'") and cell[1:].lstrip(" '").startswith(DEFUSED_SIGNS) else cell
    return DEFUSED_INSIDE.sub(r"\1", text)
