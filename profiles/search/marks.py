"""Which part of a text fits what somebody typed. Pure; the pieces are plain text, whoever shows them escapes them."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from profiles.golden_rows.documents import SHORTEST_END, SHORTEST_PHONE
from profiles.normalise import APOSTROPHES, folded
from profiles.search.search_query import SHORTEST_UNFINISHED, Word, is_slip

Span = tuple[int, int]
PHONE: Final = re.compile(r"\+[0-9]{6,}")
LINE_END: Final = re.compile(r"\s*[\r\n]+\s*")
# Of a long text so many characters before the first and after the last match are shown.
AROUND: Final = 40
# A country code has at most so many digits.
COUNTRY_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and whether it was looked for."""

    text: str
    is_match: bool = False


@dataclass(slots=True)
class Marks:
    """Marks texts for some typed words, and remembers which of the words were seen in any."""

    words: Sequence[Word]
    with_slips: bool = False
    seen: set[int] = field(default_factory=set)

    @property
    def are_complete(self) -> bool:
        """Whether every word was seen."""
        return len(self.seen) == len(self.words)

    def mark(self, text: str) -> list[Piece]:
        """The text in pieces."""
        spans, seen = self._spans(text)
        self.seen |= seen
        return _pieces(text, spans)

    def mark_unseen(self, text: str) -> list[Piece]:
        """The text in pieces if it has a word that was not seen before; otherwise nothing."""
        spans, seen = self._spans(text)
        if seen <= self.seen:
            return []
        self.seen |= seen
        return _pieces(text, spans)

    def _spans(self, text: str) -> tuple[list[Span], set[int]]:
        spans, seen = [], set()
        for number, word in enumerate(self.words):
            found = list(_spans_of(text, word))
            if not found and self.with_slips:
                found = list(_slips_of(text, word, is_last=number == len(self.words) - 1))
            if found:
                seen.add(number)
                spans += found
        return spans, seen


def excerpt(pieces: Sequence[Piece]) -> list[Piece]:
    """A text on one line; of a long one what stands around its first match."""
    parts = list(pieces)
    if sum(len(piece.text) for piece in pieces) > 2 * AROUND:
        place = next((place for place, piece in enumerate(pieces) if piece.is_match), 0)
        before = "".join(piece.text for piece in pieces[:place])
        after = "".join(piece.text for piece in pieces[place + 1 :])
        parts = [
            Piece(f"…{before[-AROUND:].lstrip()}" if len(before) > AROUND else before),
            pieces[place],
            Piece(f"{after[:AROUND].rstrip()}…" if len(after) > AROUND else after),
        ]
    return [Piece(LINE_END.sub(" ", part.text), part.is_match) for part in parts if part.text]


def regrouped(pieces: Sequence[Piece], written: str) -> list[Piece]:
    """The pieces of a text in another spelling of it, which only adds blanks and hyphens: a number in groups.

    What stands between two characters that match, matches; a spelling that is another text changes nothing.
    """
    flags = [piece.is_match for piece in pieces for _ in piece.text]
    if re.sub(r"[ \-]", "", written) != "".join(piece.text for piece in pieces):
        return list(pieces)
    made: list[Piece] = []
    place = 0
    for char in written:
        is_between = char in " -"
        is_match = flags[place] and (not is_between or flags[place - 1])
        place += not is_between
        if made and made[-1].is_match == is_match:
            made[-1] = Piece(made[-1].text + char, is_match)
        else:
            made.append(Piece(char, is_match))
    return made


def _spans_of(text: str, word: Word) -> Iterator[Span]:
    lowered = text.lower()
    for spelling in {*word.spellings, word.plain}:
        spans = [span for piece in spelling for span in _piece_spans(text, lowered, piece)]
        # Of a word with several parts all must be there.
        if spelling and (len(spelling) == 1 or len(spans) >= len(spelling)):
            yield from spans


def _piece_spans(text: str, lowered: str, piece: str) -> Iterator[Span]:
    if PHONE.fullmatch(text):
        digits = text.removeprefix("+")
        sign = len(text) - len(digits)
        for start in _places_in_phone(digits, piece) if piece.isdigit() else ():
            if digits.startswith(piece, start):
                yield sign + start, sign + start + len(piece)
                return
        return
    if not piece.isalnum():
        # An address, a domain, an id: as it stands.
        for start in (0, lowered.find("@") + 1):
            if lowered.startswith(piece, start) and len(lowered) == len(text):
                yield start, start + len(piece)
                return
    for start, end in _tokens(text):
        if folded(text[start:end]).replace(" ", "").startswith(piece):
            yield start, _end_of(text, start, end, len(piece))


def _places_in_phone(digits: str, piece: str) -> Iterator[int]:
    """As dialled; by its end; from any digit on. As the documents have it."""
    yield from range(COUNTRY_DIGITS + 1)
    if SHORTEST_END <= len(piece) <= len(digits):
        yield len(digits) - len(piece)
    yield from range(COUNTRY_DIGITS + 1, len(digits) - SHORTEST_PHONE + 1)


def _slips_of(text: str, word: Word, *, is_last: bool) -> Iterator[Span]:
    if len(word.plain) != 1:
        return
    [typed] = word.plain
    is_unfinished = is_last and len(typed) >= SHORTEST_UNFINISHED
    for start, end in _tokens(text):
        if is_slip(typed, folded(text[start:end]), is_unfinished=is_unfinished):
            yield start, end


def _tokens(text: str) -> Iterator[Span]:
    """Words; apostrophes and accents that follow a letter belong to them."""
    start = None
    for place, char in enumerate(text):
        inside = char.isalnum() or (
            start is not None and (ord(char) in APOSTROPHES or unicodedata.combining(char) != 0)
        )
        if inside and start is None:
            start = place
        elif not inside and start is not None:
            yield start, place
            start = None
    if start is not None:
        yield start, len(text)


def _end_of(text: str, start: int, end: int, letters: int) -> int:
    """Where as many folded letters end; with the accent that follows."""
    place = start + 1
    while place < end and len(folded(text[start:place]).replace(" ", "")) < letters:
        place += 1
    while place < end and unicodedata.combining(text[place]):
        place += 1
    return place


def _pieces(text: str, spans: Sequence[Span]) -> list[Piece]:
    pieces, done = [], 0
    for start, end in _united(spans):
        pieces += [Piece(text[done:start]), Piece(text[start:end], is_match=True)]
        done = end
    pieces.append(Piece(text[done:]))
    return [piece for piece in pieces if piece.text]


def _united(spans: Sequence[Span]) -> list[Span]:
    united: list[Span] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united
