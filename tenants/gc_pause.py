"""Doing without Python's search for cycles where much is made and nothing refers in circles."""

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
