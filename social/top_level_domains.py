"""Endings of domains of which X makes a link without being told a protocol."""

from pathlib import Path
from typing import Final

_COUNTRIES, _GENERIC, _OTHERS = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split("\n\n")
COUNTRIES: Final = frozenset(_COUNTRIES.split()[1:])
GENERIC: Final = frozenset(_GENERIC.split()[1:])
# Names in other scripts than Latin, of countries and of all kinds; what is missing here counts as letters.
OTHER_SCRIPTS: Final = frozenset(_OTHERS.split()[1:])
