"""Where in a text somebody is named, however it is written: as people write, in codes of programs, in links. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from profiles.coded_texts import readings
from profiles.privacy.handles import handles


@dataclass(frozen=True, slots=True)
class Spotter:
    """Patterns of names, addresses and numbers; and of names run together, which count in links and addresses only."""

    names: Sequence[re.Pattern[str]]
    run_together: Sequence[re.Pattern[str]]

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
        for pattern in self.names:
            for found in pattern.finditer(text):
                yield found.span()
        for first, last in handles(text) if self.run_together else ():
            for pattern in self.run_together:
                for found in pattern.finditer(text, first, last):
                    yield found.span()
