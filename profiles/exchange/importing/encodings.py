"""Bytes as text: which encoding somebody's program wrote, without a word about it in the file. Pure."""

import codecs
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from profiles.exchange.importing import east_asian
from profiles.exchange.importing.csv_rows import lines_of

NAMES: Final[Mapping[str, str]] = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows (Western)",
    "iso8859-15": "Latin 9",
    "mac_roman": "Macintosh",
    "cp1250": "Windows (Central European)",
    "cp1251": "Windows (Cyrillic)",
    "cp1254": "Windows (Turkish)",
    "cp1253": "Windows (Greek)",
    "cp1255": "Windows (Hebrew)",
    "cp1256": "Windows (Arabic)",
    "cp850": "DOS (Western)",
    "cp852": "DOS (Central European)",
    "cp866": "DOS (Cyrillic)",
    "koi8-r": "KOI8 (Cyrillic)",
    "gb18030": "Chinese (simplified)",
    "cp950": "Chinese (traditional)",
    "cp932": "Japanese",
    "euc_jp": "Japanese (Unix)",
    "cp949": "Korean",
}
# Tried on what is not Unicode, before those of two bytes a sign; of two that read alike the first.
CANDIDATES: Final = (
    "cp1252",
    "iso8859-15",
    "mac_roman",
    "cp1250",
    "cp1251",
    "cp850",
    "koi8-r",
    "cp866",
)
MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
BYTE_ORDER_MARK: Final = "\ufeff"
LOOKED_AT: Final = 200_000
# Signs beside letters in any language: apostrophes, dashes, №.
USUAL_SIGNS: Final = frozenset("’‘“”„«»–—…€£°ºª№´`・、。（）：　")
MANY_IN_A_ROW: Final = 3
# Of which one Japanese word may have several.
EAST_ASIAN: Final = "CJK"
ALPHABETS_OF_EAST_ASIA: Final = frozenset(
    ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HALFWIDTH", "FULLWIDTH", "IDEOGRAPHIC")
)
# Letters that no language has in one word: what Western Windows makes of Czech (Dvořák, Horáček).
STRANGERS: Final = ((frozenset("øæå"), frozenset("áíýúèìòù")), (frozenset("èìòù"), frozenset("áíýú")))
# What is read of UTF-8 that a program took for Western Windows and wrote as UTF-8 once more: JÃ¶rg, Oâ€™Brien.
READ_TWICE: Final = re.compile(
    "[ÂÃÄÅ][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|â€[\u0080-\u00bf\u0152-\u0192\u2013-\u203a\u2122]"
)
# Two bytes a sign: of Latin letters every second one is zero.
HALF_ZERO: Final = 0.4
LAST_BYTE: Final = 0xFF


class SeveralFit(ValueError):
    """Of these encodings, the likeliest first, each makes words of a text, and other ones."""

    def __init__(self, encodings: Sequence[str]) -> None:
        super().__init__(", ".join(encodings))
        self.encodings = list(encodings)


def decoded(content: bytes) -> tuple[str, str]:
    """The text, and the encoding that was found; raises SeveralFit."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace").lstrip(BYTE_ORDER_MARK), "utf-16"
    if wide := _wide(content):
        return content.decode(wide, errors="replace").lstrip(BYTE_ORDER_MARK), "utf-16"
    try:
        return READ_TWICE.sub(_read_once, content.decode("utf-8").lstrip(BYTE_ORDER_MARK)), "utf-8"
    except UnicodeDecodeError:
        pass
    return _mixed(content) or _likeliest(content)


def _read_once(signs: re.Match[str]) -> str:
    """The letter that was meant; what is none stays."""
    try:
        # Five bytes have no sign in Windows' table; programs write them as they are.
        return b"".join(
            sign.encode("cp1252" if ord(sign) > LAST_BYTE else "latin-1") for sign in signs[0]
        ).decode()
    except UnicodeError:
        return signs[0]


def _wide(content: bytes) -> str:
    """UTF-16 without its mark, by where the zeroes stand."""
    sample = content[:LOOKED_AT]
    if sample.count(0) < len(sample) * HALF_ZERO:
        return ""
    return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"


def _mixed(content: bytes) -> tuple[str, str] | None:
    """UTF-8 into which somebody pasted lines of Windows; None where it is no UTF-8 at all."""
    lines = content.splitlines(keepends=True)
    texts: list[str] = []
    unicode_lines = other_lines = 0
    for line in lines:
        try:
            texts.append(line.decode("utf-8"))
            unicode_lines += not line.isascii()
        except UnicodeDecodeError:
            texts.append(line.decode("cp1252", errors="replace"))
            other_lines += 1
    return ("".join(texts).lstrip(BYTE_ORDER_MARK), "utf-8") if unicode_lines >= other_lines else None


def _likeliest(content: bytes) -> tuple[str, str]:
    """The candidate in which the fewest words look like none; raises SeveralFit."""
    eastern = east_asian.likely(content, looked_at=LOOKED_AT)
    candidates = (*CANDIDATES, *eastern)
    oddness: dict[str, int] = {}
    for encoding in candidates:
        try:
            oddness[encoding] = _oddness(east_asian.beginning(content, encoding, LOOKED_AT))
            content.decode(encoding)
        except UnicodeDecodeError:
            oddness.pop(encoding, None)
    if not oddness:
        return content.decode("latin-1"), "latin-1"
    best = min(oddness, key=lambda encoding: (oddness[encoding], candidates.index(encoding)))
    if best in eastern and len(eastern) > 1:
        raise SeveralFit(eastern)
    return content.decode(best), best


def _oddness(text: str) -> int:
    """How much of a text is no word of any language: signs within, two alphabets, capitals behind small letters."""
    words = {word for line in lines_of(text) for word in line.replace(",", " ").replace(";", " ").split()}
    return sum(_odd(word) for word in words if not word.isascii())


def _is_odd_sign(before: str, char: str, behind: str) -> bool:
    """Whether a sign does not stand so in any word; of money and degrees numbers are told: £20, 20°, n°5."""
    if char in "€£":
        return behind.isalpha()
    if char == "°":
        return before.isalpha() and before not in "nN"
    # Catalan l·l.
    return char not in USUAL_SIGNS and not (char == "·" and before in "lL")


def _odd(word: str) -> int:
    odd = in_a_row = 0
    alphabets = set()
    for before, char, behind in zip(" " + word, word, word[1:] + " ", strict=False):
        if char.isascii():
            in_a_row = 0
            alphabets |= {"LATIN"} if char.isalpha() else set()
            continue
        if not char.isalpha():
            odd += 3 * _is_odd_sign(before, char, behind)
            continue
        alphabet = unicodedata.name(char, "?").split()[0]
        alphabet = EAST_ASIAN if alphabet in ALPHABETS_OF_EAST_ASIA else alphabet
        alphabets.add(alphabet)
        in_a_row = in_a_row + 1 if alphabet == "LATIN" else 0
        is_inner_capital = char.isupper() and (before.islower() or (before.isalpha() and behind.islower()))
        odd += 2 * (in_a_row >= MANY_IN_A_ROW) + is_inner_capital
    letters = set(word.lower())
    strange = any(letters & one and letters & other for one, other in STRANGERS)
    return odd + strange + 3 * (len(alphabets) > 1)
