"""Names all in capitals, as tills and old programs write them, as names are written. Pure."""

import re
from typing import Final

from profiles.normalise import folded

PARTICLE_WORDS: Final = (
    "van von vom zu zum zur der den de du des la le las los di da das do dos del della ter ten te t s op vd v d bin "
    "ibn ben al el st mac nic ni ap af av auf"
)
# Folded; written with an accent they are names: Văn, Đen.
PARTICLES: Final = frozenset(PARTICLE_WORDS.split())
INITIALS: Final = 2
# The first letter of a name, of each half of a double one, behind an apostrophe, and each of J.P.
CAPITAL: Final = re.compile(r"(?:^|(?<=[-'’.]))[^\W\d_]")
ROMAN: Final = frozenset({"II", "III", "IV"})


def as_written(name: str) -> str:
    """The name without shouting; one with any small letter, and a pair of initials, stays as it is."""
    if not name.isupper() or len(name) <= INITIALS:
        return name
    return " ".join(_quiet(word) for word in name.split())


def _quiet(word: str) -> str:
    if word in ROMAN:
        return word
    is_particle = folded(word) in PARTICLES - {"st", "mac", "ben"} and "." not in word and len(word) > 1
    return word.lower() if is_particle else _capitalised(word)


def _capitalised(word: str) -> str:
    text = CAPITAL.sub(lambda match: match[0].upper(), word.lower())
    return f"Mc{text[2:].capitalize()}" if text.startswith("Mc") and len(text) > INITIALS else text
