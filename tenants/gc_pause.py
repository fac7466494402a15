"""Doing without Python's search for cycles where much is made and nothing refers in circles, or all of it stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """A batch makes many objects and no cycles: looking for some costs a tenth of the time, and more as they add up."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def pause_for_start() -> None:
    """While a program imports its modules; ended by `keep_started`. Searching costs a sixth of a start."""
    gc.disable()


def keep_started() -> None:
    """What is there now stays for the life of the process: never search it again, and share it with forked children."""
    gc.freeze()
    gc.enable()
