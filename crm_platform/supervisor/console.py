"""What `up` writes on the terminal: the lines of its children under their names, and its own."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from crm_platform import env

NAME_WIDTH = 9
COLOURS = (36, 32, 33, 35, 34, 96, 92)
RED, BOLD = 31, 1
SLOW_SECONDS = 2.0


class Console:
    """Writes whole lines only; colours on a terminal, unless NO_COLOR is set."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """`stream` defaults to standard output."""
        self._stream = stream or sys.stdout
        self._coloured = self._stream.isatty() and not env.text("NO_COLOR")
        self._names: list[str] = []

    def relay(self, name: str, line: str) -> None:
        """A line that a child wrote."""
        if name not in self._names:
            self._names.append(name)
        colour = COLOURS[self._names.index(name) % len(COLOURS)]
        self._write(f"{self._paint(name.ljust(NAME_WIDTH), colour)}| {line}")

    def say(self, line: str) -> None:
        """A line of our own."""
        self._write(f"{self._paint('up'.ljust(NAME_WIDTH), BOLD)}| {line}")

    def warn(self, line: str) -> None:
        """A line of our own about something that went wrong."""
        self._write(f"{self._paint('up'.ljust(NAME_WIDTH), RED)}| {self._paint(line, RED)}")

    def block(self, text: str) -> None:
        """Text without any prefix."""
        self._write(text)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Say what begins, and how long it took where that was long."""
        began = time.monotonic()
        self.say(f"{title} …")
        yield
        seconds = time.monotonic() - began
        if seconds > SLOW_SECONDS:
            self.say(f"{title}: done in {seconds:.1f} s")

    def _paint(self, text: str, colour: int) -> str:
        return f"\033[{colour}m{text}\033[0m" if self._coloured else text

    def _write(self, text: str) -> None:
        try:
            print(text, file=self._stream, flush=True)
        except OSError:  # the terminal is gone; the children still have to be stopped
            return
