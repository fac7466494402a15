"""The name that somebody most likely meant by one that is not known."""

import difflib
from collections.abc import Collection
from typing import Final

NEAR_ENOUGH: Final = 0.6


def nearest(name: str, names: Collection[str]) -> str | None:
    """The nearest of the names, None where none is near.

    A part of the right name, or the right name in another spelling, is nearer than what looks alike.
    """
    wanted = _folded(name)
    holding = sorted(each for each in names if wanted and wanted in _folded(each))
    found = holding or difflib.get_close_matches(name, sorted(names), n=1, cutoff=NEAR_ENOUGH)
    return min(found, key=len) if found else None


def _folded(name: str) -> str:
    return name.replace("_", "").casefold()
