"""Where in a text somebody is named, however it is written: as people write, in codes of programs, in links. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from profiles.coded_texts import readings
from profiles.privacy.handles import handles


class Spelling:
    """One way to write a name, an address or a number; each regular expression is made when a text first asks."""

    def __init__(self, pattern: str, ascii_pattern: str = "") -> None:
        """`ascii_pattern`: finds the same in a text of ASCII and is quicker to make; empty: there is none."""
        self._pattern = pattern
        self._ascii_pattern = ascii_pattern or pattern

    def find(self, text: str, first: int = 0, last: int | None = None) -> Iterator[re.Match[str]]:
        """Yield each place between those two signs."""
        pattern = self._in_ascii if text.isascii() else self._whole
        return pattern.finditer(text, first, len(text) if last is None else last)

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(self._pattern, re.IGNORECASE)

    @cached_property
    def _in_ascii(self) -> re.Pattern[str]:
        return re.compile(self._ascii_pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spotter:
    """Spellings of names, addresses and numbers; and of names run together, which count in links and addresses only."""

    names: Sequence[Spelling]
    run_together: Sequence[Spelling]

    def is_in(self, text: str) -> bool:
        """Whether the text names the person."""
        return next(self._places(text), None) is not None

    def without(self, text: str, replacement: str) -> str:
        """The text with the replacement wherever it names the person."""
        pieces: list[str] = []
        done = 0
        for first, last in sorted(self._places(text)):
            if pieces and first < done:
                done = max(done, last)
                continue
            pieces += (text[done:first], replacement)
            done = last
        return "".join((*pieces, text[done:]))

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        yield from self._read(text)
        for reading in readings(text):
            for place in self._read(reading.text):
                yield reading.place(*place)

    def _read(self, text: str) -> Iterator[tuple[int, int]]:
        for spelling in self.names:
            for found in spelling.find(text):
                yield found.span()
        for first, last in handles(text) if self.run_together else ():
            for spelling in self.run_together:
                for found in spelling.find(text, first, last):
                    yield found.span()
