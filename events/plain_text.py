"""Text without what nobody sees: soft hyphens, marks of direction, zero-width signs, control characters.

Lists copied from PDFs and web pages bring them; a name that holds one is found by nobody. No more is seen whether an
accent is a sign of its own, whether a letter is as wide as a Chinese one, or comes from another alphabet. Pure.
"""

import re
import unicodedata
from typing import Final

LINE_ENDS: Final = frozenset("\n\t")
JOINERS: Final = frozenset("\u200c\u200d")
# Scripts in which a joiner changes how letters are written (Arabic and its kin, the scripts of India and its
# neighbours), and emoji, which it ties together.
JOINED_BLOCKS: Final = (
    (0x0600, 0x08FF),
    (0x0900, 0x0DFF),
    (0x0F00, 0x109F),
    (0x1780, 0x18AF),
    (0xFB50, 0xFEFF),
    (0x2600, 0x27BF),
    (0x1F000, 0x1FAFF),
)


WIDE: Final = {
    ord(plain) + 0xFEE0: plain for plain in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
}
# Letters of Cyrillic and Greek that look like those of Latin; no word is written in two alphabets.
LOOKALIKES: Final = str.maketrans(
    "аеіјорсԁһѕухАВЕІЈКМНОРСЅТУХαοριΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeijopcdhsyxABEIJKMHOPCSTYXaopiABEZHIKMNOPTYX"
)
WORD: Final = re.compile(r"[^\W\d_]+")
LATIN: Final = re.compile(r"[A-Za-z]")


def visible(text: str, *, keep_lines: bool = False) -> str:
    """The text without characters of Unicode's Cf and Cc; other line ends and odd spaces become a space.

    Accents are composed (NFC), wide letters and digits plain, and words in two alphabets in one where all they have of
    the other looks the same. `keep_lines`: ends of lines and tabs stay, as in a note.
    """
    if not text.isascii():
        text = WORD.sub(_in_one_alphabet, unicodedata.normalize("NFC", text).translate(WIDE))
    if text.isprintable():
        return text
    kept = []
    for place, char in enumerate(text):
        if char.isprintable():
            kept.append(char)
        elif char in LINE_ENDS or char == "\r":
            kept.append(char if keep_lines else " ")
        elif char in JOINERS and _joins(text, place):
            kept.append(char)
        elif unicodedata.category(char) in ("Zs", "Zl", "Zp"):
            kept.append(" ")
        elif unicodedata.category(char) not in ("Cf", "Cc"):
            kept.append(char)
    return "".join(kept)


def _in_one_alphabet(word: re.Match[str]) -> str:
    """A word of Latin letters and others that look like them, in Latin letters; any other as it is."""
    text = word[0]
    if text.isascii() or not LATIN.search(text):
        return text
    latin = text.translate(LOOKALIKES)
    # What is left may be accented, and nothing else.
    is_latin = all(char.isascii() or unicodedata.name(char, "").startswith("LATIN") for char in latin)
    return latin if is_latin else text


def _joins(text: str, place: int) -> bool:
    """Whether a joiner stands behind a letter of a script that needs it."""
    before = ord(text[place - 1]) if place else 0
    return any(first <= before <= last for first, last in JOINED_BLOCKS)
