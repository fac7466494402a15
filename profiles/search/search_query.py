"""What somebody typed, as words to look for in search documents. Pure; what is typed never becomes syntax."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from profiles.golden_rows.documents import DETAIL, END, SLIP, WORD, is_end, lexeme, plain_letters, slips_of
from profiles.normalise import folded

PHONE_LIKE: Final = re.compile(r"[+(]?[0-9][0-9 ()./-]{2,}")
MOST_WORDS: Final = 6
LONGEST_TEXT: Final = 600
# As short as this the beginning of a name, or of a number, fits a large part of any club.
BROAD_LETTERS, BROAD_DIGITS = 2, 5
# The shortest word of which more than it says may be meant while it is still being typed.
SHORTEST_UNFINISHED: Final = 5
# How a word must stand in a document: itself; as the last digits of a phone; its beginning, or those; of a name, a
# detail or a note its beginning; of a note alone; a name but for a slip; the beginning of a name but for a slip.
Form = Literal["exact", "ending", "beginning", "anywhere", "noted", "slip", "slipping"]
# Pieces, all of which must be there.
Spelling = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """One typed word: `spellings` under which it may stand among names and keys, `plain` as it stands in prose.

    `end` are its digits where they may be the last of a phone number and stand nowhere as such among the keys.
    """

    spellings: tuple[Spelling, ...]
    plain: Spelling
    end: str = ""

    @property
    def is_broad(self) -> bool:
        """Whether it may fit a large part of a club."""
        return any(all(map(_is_broad, spelling)) for spelling in self.spellings)

    @property
    def is_domain(self) -> bool:
        """Whether it may be the end of many people's addresses."""
        return any(_is_domain(piece) for spelling in self.spellings for piece in spelling)


def words_of(text: str) -> list[Word]:
    """The words of a text, at most MOST_WORDS; a phone number counts as one."""
    text = "".join(char for char in text if char.isprintable() or char.isspace())
    text = text.strip()[:LONGEST_TEXT]
    if PHONE_LIKE.fullmatch(text):
        return [Word((*_number_spellings(text), (text,)), tuple(folded(text).split()), _end_of(text))]
    words = [_word(word) for word in text.split()[:MOST_WORDS]]
    return [word for word in words if word.spellings]


def query(tenant_id: UUID, words: Sequence[Word], form: Form | str, *, all_of_them: bool = True) -> str:
    """A tsquery for documents of the tenant that hold all words, or any of them, in this form; may be empty."""
    last = words[-1] if words else None
    terms = [_term(tenant_id, word, form, is_last=word is last) for word in words]
    return (" & " if all_of_them else " | ").join(f"({term})" for term in terms if term)


def one_word(tenant_id: UUID, word: str) -> str:
    """A tsquery for documents of the tenant in which a word is a name, or stands before the @ of an address."""
    return f"{_quoted(lexeme(tenant_id, WORD, word))} | {_quoted(lexeme(tenant_id, WORD, f'{word}@'))}:*"


def is_slip(typed: str, name: str, *, is_unfinished: bool = False) -> bool:
    """Whether a folded name, or its beginning, is a typed word but for one slip of the finger."""
    theirs = {name, *slips_of(name)}
    ours = {typed, *slips_of(typed)}
    if not is_unfinished:
        return bool(theirs & ours)
    return any(each.startswith(tuple(ours)) for each in theirs)


def _word(word: str) -> Word:
    """An address, a domain or an id as it stands; but for addresses also the words it is made of."""
    parts = tuple(folded(word).split()[:MOST_WORDS])
    plain = tuple(plain_letters(part) for part in parts)
    if word.startswith("@") and "." in word:
        return Word(((word[1:].lower(),),), parts)
    if "@" in word:
        return Word(((word.lower(),),), parts)
    if len(parts) > 1:
        return Word(((word.lower(),), plain), parts)
    if parts and parts[0].isdigit():
        return Word(tuple(_number_spellings(parts[0])), parts, _end_of(word))
    return Word((plain,) if parts else (), parts)


def _number_spellings(text: str) -> list[Spelling]:
    """Member numbers stand as they are; phones without the zero that is dialled at home, or the 00 abroad."""
    digits = "".join(char for char in text if char.isdigit())
    return [(spelling,) for spelling in dict.fromkeys((digits, digits.lstrip("0"))) if spelling]


def _end_of(text: str) -> str:
    digits = "".join(char for char in text if char.isdigit())
    return digits if text[:1].isdigit() and is_end(digits) else ""


def _is_broad(piece: str) -> bool:
    most = BROAD_DIGITS if piece.isdigit() else BROAD_LETTERS
    return len(piece) <= most or _is_domain(piece)


def _is_domain(piece: str) -> bool:
    return "." in piece and "@" not in piece


def _term(tenant_id: UUID, word: Word, form: Form | str, *, is_last: bool) -> str:
    def piece(kind: str, text: str, sign: str = ":*") -> str:
        return _quoted(lexeme(tenant_id, kind, text)) + sign

    def spelled(sign: str) -> list[str]:
        return [" & ".join(piece(WORD, text, sign) for text in spelling) for spelling in word.spellings]

    noted = " & ".join(piece(DETAIL, text) for text in word.plain)
    if form == "noted":
        return noted
    ends = [piece(END, word.end, "")] if word.end else []
    if form == "ending":
        return ends[0] if ends else ""
    found = spelled("" if form in ("exact", "slip") else ":*")
    if form != "exact":
        found += ends
    if form == "anywhere" and noted:
        found.append(noted)
    if form in ("slip", "slipping"):
        found += _slips(word, piece, ":*" if form == "slipping" and is_last else "")
    return " | ".join(found)


def _slips(word: Word, piece: Callable[..., str], sign: str) -> list[str]:
    """Of a name; addresses and numbers are as they are."""
    if len(word.plain) != 1 or len(word.spellings) != 1 or len(word.spellings[0]) != 1:
        return []
    [typed] = word.spellings[0]
    if not typed.isalpha():
        return []
    slips = slips_of(typed)
    if not slips:
        return []
    if len(typed) < SHORTEST_UNFINISHED:
        sign = ""
    return [
        piece(SLIP, typed, sign),
        *(piece(kind, slip, sign) for slip in sorted(slips) for kind in (WORD, SLIP)),
    ]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
