"""How one name comes to stand differently in two services."""

import unicodedata
from typing import Final

from crm_platform.simulator.names import LATIN_SPELLINGS
from crm_platform.simulator.rng import Rng

FullName = tuple[str, str]
# Letters that decomposition leaves as they are.
PLAIN_LETTERS: Final = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "ß": "ss"})
SHORTEST_TYPO: Final = 5


def latin(text: str) -> str:
    """In Latin letters; names of other scripts are written as their bearers write them abroad."""
    return LATIN_SPELLINGS.get(text, text)


def plain(text: str) -> str:
    """Without accents, as a keyboard gives it that has none."""
    decomposed = unicodedata.normalize("NFKD", latin(text).translate(PLAIN_LETTERS))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def initial(first: str) -> str:
    """The first letter with a stop."""
    return f"{first[0]}."


def capitals(name: FullName) -> FullName:
    """As an old form wanted it."""
    return name[0].upper(), name[1].upper()


def swapped(name: FullName) -> FullName:
    """Family name in the box for the given one."""
    return name[1], name[0]


def typo(text: str, rng: Rng) -> str:
    """A slip of the pen: two letters the wrong way round, one left out or one doubled."""
    if len(text) < SHORTEST_TYPO:
        return text
    place = rng.between(1, len(text) - 3)
    slip = rng.between(0, 2)
    if slip == 0:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if slip == 1:
        return text[:place] + text[place + 1 :]
    return text[:place] + text[place] + text[place:]
