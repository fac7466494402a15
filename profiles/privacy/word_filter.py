"""By which of a person's names, addresses and ids a text may name them, told without its tokens. Pure.

Those take several times as long.

Exact where it leaves one out: a text that lacks one of its words does not have its pattern either. What is more than
plain letters (accents, apostrophes, codes of links and of JSON) is left to the tokens.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final, NamedTuple
from uuid import UUID

from profiles.coded_texts import is_coded
from profiles.normalise import folded
from profiles.privacy.person_patterns import Part

# No text of PostgreSQL has this sign.
BETWEEN: Final = "\0"
_DIGITS: Final = b"0123456789"
_WORDS: Final = bytes(code if bytes([code]).isalnum() else 32 for code in range(256))
_LETTERS: Final = bytes(code if bytes([code]).isalpha() else 32 for code in range(256))
_ALL_BUT_DIGITS: Final = bytes(set(range(256)) - set(_DIGITS))


# A name, an address, the id of a service; or the id of a profile.
Known = Part | UUID


class _Way(NamedTuple):
    """All of these words stand in a text that names the person so; of an id also one of these beginnings of JSON."""

    known: Known
    words: frozenset[bytes]
    beginnings: tuple[bytes, ...] = ()

    def begins_in(self, text: bytes) -> bool:
        return not self.beginnings or any(one in text for one in self.beginnings)


class WordFilter:
    """Of all parts by which texts name the person, and of the ids of their profiles."""

    def __init__(self, parts: Iterable[Part], profile_ids: Iterable[UUID]) -> None:
        ways = [_way_of_profile(one) for one in profile_ids]
        self._ends: list[tuple[bytes, Part]] = []
        for part in parts:
            if part.looked_for[0].startswith("#"):
                self._ends.append((part.looked_for[0][1:].encode(), part))
            else:
                ways.append(_way_of(part))
                ways += _ways_run_together(part)
        # Each under the word that the fewest others have: most texts have none of these, and are done with.
        common = Counter(word for words in {way.words for way in ways} for word in words)
        self._ways: dict[bytes, list[_Way]] = defaultdict(list)
        for way in dict.fromkeys(ways):
            self._ways[min(way.words, key=lambda word: (common[word], -len(word), word), default=b"")].append(
                way
            )
        self._keys = frozenset(self._ways)
        # Somebody with an id of signs alone is left to the tokens.
        self._is_useless = b"" in self._keys

    def may_name(self, texts: Sequence[str | None]) -> frozenset[Known] | None:
        """By what one of a row's texts may name the person; None where only the tokens can tell."""
        # As one: there are half a dozen of them, and what stands in two of them only costs a closer look.
        return None if self._is_useless else self._in(BETWEEN.join(filter(None, texts)))

    def _in(self, text: str) -> frozenset[Known] | None:
        if not text.isascii() or "\\" in text or "'" in text or "`" in text or is_coded(text):
            return None
        plain = text.lower().encode()
        found: list[Known] = []
        # annnel85@ has a word of digits too, and t-17 two.
        words = plain.translate(_WORDS).split() + plain.translate(_LETTERS).split()
        if not self._keys.isdisjoint(words):
            held = set(words)
            ways = (way for key in self._keys & held for way in self._ways[key])
            found = [way.known for way in ways if way.words <= held and way.begins_in(plain)]
        digits = plain.translate(None, _ALL_BUT_DIGITS)
        for end, part in self._ends:
            if end in digits:
                found.append(part)
        return frozenset(found)


def _way_of_profile(profile_id: UUID) -> _Way:
    written = str(profile_id).encode()
    return _Way(profile_id, frozenset(written.split(b"-")), (written,))


def _ways_run_together(part: Part) -> list[_Way]:
    """Ways that have some of the name's words as one: johnsmith, of JohnSmith."""
    if part.run_together:
        words = list(part.run_together)
    elif part.looked_for[0].count(" ") == 1:
        words = [part.looked_for[0].split()[0], *(pair.split()[-1] for pair in part.looked_for)]
    else:
        return []
    return [
        _Way(part, frozenset({"".join(words[start:end]).encode()}))
        for start, end in combinations(range(len(words) + 1), 2)
        if end - start > 1
    ]


def _way_of(part: Part) -> _Way:
    if part.run_together:
        return _Way(part, frozenset(word.encode() for word in part.run_together))
    name, is_id, value = part.looked_for[0].lower().partition("=")
    words = frozenset(
        word.encode() for text in ([value] if is_id else part.looked_for) for word in folded(text).split()
    )
    if not is_id:
        return _Way(part, words)
    # The number of a member is that of a day as well: the name of the field tells first.
    words |= frozenset(name.encode().translate(_WORDS).split()) if name.isascii() else frozenset()
    # JSON has only numbers without quotes.
    written = [f'"{value}', *([value] if value.isdigit() else [])]
    return _Way(part, words, tuple(f'"{name}": {one}'.encode() for one in written))
