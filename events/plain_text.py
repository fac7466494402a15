"""Text without what nobody sees: soft hyphens, marks of direction, zero-width signs, control characters.

Lists copied from PDFs and web pages bring them; a name that holds one is found by nobody. Pure.
"""

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


def visible(text: str, *, keep_lines: bool = False) -> str:
    """The text without characters of Unicode's Cf and Cc; other line ends and odd spaces become a space.

    `keep_lines`: ends of lines and tabs stay, as in a note.
    """
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


def _joins(text: str, place: int) -> bool:
    """Whether a joiner stands behind a letter of a script that needs it."""
    before = ord(text[place - 1]) if place else 0
    return any(first <= before <= last for first, last in JOINED_BLOCKS)
