"""Names in links, names of files and addresses, where nothing need part their words: annnel@, /ann_nel, annnel-cv.pdf.

Elsewhere words in small letters are what they are: Ann Other is not in *another*. Pure.
"""

import re
from collections.abc import Iterator
from typing import Final

PIECES: Final = re.compile(r"\S+")
# An address, a user name, a folder, a link, the ending of a file's name or of a domain, a field of a form.
IS_HANDLE: Final = re.compile(r"[@#_\\=]|://|\bwww\.|^/|\.[^\W_]{2}")
SIGNS: Final = frozenset("@#_\\=/.")
# Whose parts are a whole: what stands before the @, between two slashes.
BETWEEN_PARTS: Final = re.compile(r"[@/\\#?&=:;,]+")
DIGITS: Final = frozenset("0123456789")
LETTERS: Final = re.compile(r"[^\W\d_]+")
# Shorter ones are words, and parts of other names.
SHORTEST: Final = 6
# What may part the words of a name in one of these, or stand for nothing.
JOINT: Final = r"[._\-\d]{0,4}"


def handles(text: str) -> Iterator[tuple[int, int]]:
    """Yield where such a piece of the text begins and ends."""
    if SIGNS.isdisjoint(text):
        return
    for piece in PIECES.finditer(text):
        if IS_HANDLE.search(piece[0]):
            yield piece.span()


def words_of_handles(text: str) -> Iterator[tuple[list[str], set[str]]]:
    """Yield, of each such piece, its words without the digits behind them, and what may be a name run together."""
    for first, last in handles(text):
        piece = text[first:last]
        words = LETTERS.findall(piece)
        wholes = {"".join(LETTERS.findall(part)) for part in BETWEEN_PARTS.split(piece)}
        # Without digits the text has these words anyway.
        is_numbered = not DIGITS.isdisjoint(piece)
        yield words if is_numbered else [], {one for one in (*words, *wholes) if len(one) >= SHORTEST}
