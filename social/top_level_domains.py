"""Endings of domains of which X makes a link without being told a protocol."""

from pathlib import Path
from typing import Final

_COUNTRIES, _GENERIC = Path(__file__).with_suffix(".txt").read_text().split("\n\n")
COUNTRIES: Final = frozenset(_COUNTRIES.split()[1:])
GENERIC: Final = frozenset(_GENERIC.split()[1:])
