"""Whether a text may name a person at all, told before its tokens are made, which takes several times as long. Pure.

Exact where it says no: a text that lacks a word of each of the person's names, addresses and ids has no pattern of
theirs either. What is more than plain letters (accents, apostrophes, escapes of JSON) is always left to the tokens.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from profiles.normalise import folded
from profiles.privacy.person_patterns import Part

# No text of PostgreSQL has this sign.
BETWEEN: Final = "\0"
_DIGITS: Final = b"0123456789"
_WORDS: Final = bytes(code if bytes([code]).isalnum() else 32 for code in range(256))
_ALL_BUT_DIGITS: Final = bytes(set(range(256)) - set(_DIGITS))


class _Way(NamedTuple):
    """All of these words stand in a text that names the person so; of an id also one of these beginnings of JSON."""

    words: frozenset[bytes]
    beginnings: tuple[bytes, ...] = ()

    def may_be_in(self, text: bytes, words: set[bytes]) -> bool:
        if not self.words <= words:
            return False
        return not self.beginnings or any(one in text for one in self.beginnings)


class WordFilter:
    """Of all parts by which texts name the person, and of the ids of their profiles."""

    def __init__(self, parts: Iterable[Part], profile_ids: Iterable[UUID]) -> None:
        ways, self._ends = [_Way(frozenset(str(one).encode().split(b"-"))) for one in profile_ids], []
        for part in parts:
            if part.looked_for[0].startswith("#"):
                self._ends.append(part.looked_for[0][1:].encode())
            else:
                ways.append(_way_of(part))
        # Each under the word that the fewest others have: most texts have none of these, and are done with.
        common = Counter(word for way in set(ways) for word in way.words)
        self._ways: dict[bytes, list[_Way]] = defaultdict(list)
        for way in dict.fromkeys(ways):
            self._ways[min(way.words, key=lambda word: (common[word], -len(word), word), default=b"")].append(
                way
            )
        self._keys = frozenset(self._ways)
        # Somebody with an id of signs alone is left to the tokens.
        self._is_useless = b"" in self._keys

    def may_name(self, texts: Sequence[str | None]) -> bool:
        """Whether one of a row's texts may name the person."""
        # As one: there are half a dozen of them, and what stands in two of them only costs a closer look.
        return self._is_useless or self._may(BETWEEN.join(filter(None, texts)))

    def _may(self, text: str) -> bool:
        if not text.isascii() or "\\" in text or "'" in text or "`" in text:
            return True
        plain = text.lower().encode()
        words = plain.translate(_WORDS).split()
        if not self._keys.isdisjoint(words):
            held = set(words)
            if any(way.may_be_in(plain, held) for key in self._keys & held for way in self._ways[key]):
                return True
        digits = plain.translate(None, _ALL_BUT_DIGITS)
        for end in self._ends:  # noqa: SIM110 - a generator takes twice as long
            if end in digits:
                return True
        return False


def _way_of(part: Part) -> _Way:
    name, is_id, value = part.looked_for[0].lower().partition("=")
    texts = [value] if is_id else part.looked_for
    words = frozenset(word.encode() for text in texts for word in folded(text).split())
    return _Way(words, (f'"{name}": {value}'.encode(), f'"{name}": "{value}'.encode()) if is_id else ())
