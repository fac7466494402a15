"""Reading a text as a table: its encoding, the sign between its columns, its rows. Pure."""

import csv
import re
from typing import Any, Final

from profiles.exchange.importing import colons
from profiles.exchange.importing.csv_rows import LONGEST_CELL, TooManyRows, csv_rows, lines_of
from profiles.exchange.importing.encodings import SeveralFit, decoded

SEPARATORS: Final = (";", ",", "\t", "|", "^", "~", "\x1f")
LINES_LOOKED_AT: Final = 200
LEAST_ROWS: Final = 2
TOLD_SEPARATOR: Final = re.compile("sep=(.)", re.IGNORECASE)
# MySQL and its kin write \" where CSV doubles the mark; a path may end in a stroke before the mark that closes it.
ESCAPED_MARK: Final = re.compile(r'(?<![\\,;\t|\r\n])\\"(?![,;\t|\r\n]|$)')
WRAPPED: Final = re.compile(r'"((?:[^"\r\n]|"")*)"[ ,;\t]*')
NO_TEXT: Final = "NO_TEXT"
NO_CSV: Final = "NO_CSV"
OTHER_ENCODING: Final = "OTHER_ENCODING"
SEVERAL_FIT: Final = "SEVERAL_FIT"
TOO_MANY: Final = "TOO_MANY"


def read(content: bytes, *, encoding: str, separator: str, most_rows: int) -> dict[str, Any]:
    """Rows (line and cells), notes, and the encoding and separator that were used; or an `error`.

    Empty `encoding`, `separator`: found out.
    """
    try:
        text, used = _decode(content, encoding)
    except (UnicodeDecodeError, LookupError):
        return {"error": OTHER_ENCODING}
    except SeveralFit as doubt:
        return {"error": SEVERAL_FIT, "encodings": doubt.encodings}
    if "\x00" in text:
        return {"error": NO_TEXT}
    first, _, rest = text.partition("\n")
    # By this line Excel itself is told.
    if told := TOLD_SEPARATOR.fullmatch(first.strip()):
        separator, text = separator or told[1], rest
    text = ESCAPED_MARK.sub('""', _unwrapped(text))
    separator = separator or _separator_of(text)
    try:
        rows, notes = _rows(text, separator, most_rows)
    except TooManyRows:
        return {"error": TOO_MANY}
    except csv.Error as error:
        return {"error": NO_CSV, "text": str(error)}
    return {"rows": rows, "notes": notes, "encoding": used, "separator": separator}


def _rows(text: str, separator: str, most: int) -> tuple[list[tuple[int, list[str]]], list[str]]:
    if separator != colons.COLON:
        return csv_rows(text, separator, most=most)
    found, notes = csv_rows(colons.hide(text), separator, most=most)
    names = colons.names_of(text) or next((cells for _, cells in found), [])
    rows, doubtful = [], []
    for line, cells in found:
        whole, is_certain = colons.put_together(cells, names)
        rows.append((line, colons.show(whole)))
        if not is_certain:
            doubtful.append(line)
    if doubtful:
        lines = ", ".join(map(str, doubtful[:10]))
        notes.append(f"Lines with more colons than columns were read up to the first doubt (line {lines})")
    return rows, notes


def _decode(content: bytes, encoding: str) -> tuple[str, str]:
    """The text, and the encoding that was used."""
    if not encoding:
        return decoded(content)
    return content.decode("utf-8-sig" if encoding == "utf-8" else encoding), encoding


def _unwrapped(text: str) -> str:
    """The text without the marks around each of its rows, as of a file that was one column to whoever saved it."""
    lines = [line.rstrip("\r\n") for line in lines_of(text)] if text.startswith('"') else []
    rows = [WRAPPED.fullmatch(line) for line in lines if line.strip()]
    if len(rows) < LEAST_ROWS or not all(rows) or not any(sign in lines[0] for sign in SEPARATORS):
        return text
    return "\n".join(row[1].replace('""', '"') if (row := WRAPPED.fullmatch(line)) else "" for line in lines)


def _separator_of(text: str) -> str:
    """The sign that parts most lines into the same number of columns, more than one; titles above have none."""
    lines = [line for line in lines_of(text[: 200 * LONGEST_CELL])[:LINES_LOOKED_AT] if line.strip()]

    def fitness(sign: str) -> tuple[int, int]:
        rows = csv.reader(lines, delimiter=sign, skipinitialspace=True)
        widths = [len(row) for row in rows if len(row) > 1]
        usual = max(sorted(set(widths)), key=widths.count, default=1)
        return (widths.count(usual), usual)

    try:
        best = max(SEPARATORS, key=fitness)
        is_parted = fitness(best)[0] >= min(LEAST_ROWS, len(lines))
    except csv.Error:
        return ","
    # Last: colons stand in times and addresses of any file.
    return colons.COLON if not is_parted and colons.has_header(text) else best
