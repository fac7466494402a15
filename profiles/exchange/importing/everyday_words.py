"""Genders and languages as people write them. Pure."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from babel import Locale

from profiles.exchange.importing.days import LANGUAGES
from profiles.normalise import folded

GENDER_WORDS: Final[Mapping[str, str]] = {
    "male": (
        "m|male|man|men|gent|gents|gentleman|mr|boy|manlik|mannlich|herr|mnr|dhr|homme|masculin|h|hombre|masculino|"
        "varon|uomo|maschio|maschile|homem|mann|herre|meneer|knabe|junge|mezczyzna|мужскои|муж|м|男|♂"
    ),
    "female": (
        "f|female|woman|women|lady|ladies|mrs|ms|miss|girl|w|v|vroulik|weiblich|frau|mev|mej|mevr|mw|vrouw|"
        "vrouwelijk|femme|feminin|mujer|femenino|donna|femmina|femminile|mulher|feminino|kvinne|kvinna|dame|"
        "madchen|fille|kobieta|женскии|жен|ж|女|♀"
    ),
    "other": "x|other|diverse|divers|d|non binary|nonbinary|nb|anders|autre|otro|outro|altro|andere",
}
GENDERS: Final[Mapping[str, str]] = {
    word: gender for gender, words in GENDER_WORDS.items() for word in words.split("|")
}
# What languages call themselves, beyond those of the headers.
OWN_NAMES: Final = {
    "isizulu": "zu",
    "isixhosa": "xh",
    "sesotho": "st",
    "setswana": "tn",
    "sepedi": "nso",
    "siswati": "ss",
    "tshivenda": "ve",
    "xitsonga": "ts",
    "isindebele": "nr",
    "polski": "pl",
    "svenska": "sv",
    "norsk": "nb",
    "dansk": "da",
    "suomi": "fi",
}
CODE_LENGTHS: Final = (2, 3)


def gender_of(text: str) -> str | None:
    """male, female, other; None for what says none of these."""
    return GENDERS.get(folded(text) or text.strip())


def language_code(text: str) -> str | None:
    """Two letters of ISO 639-1 (three where a language has no two), None for what is no language."""
    first = text.replace("_", "-").split(",")[0].partition("-")[0].strip().casefold()
    if len(first) in CODE_LENGTHS and first in Locale("en").languages:
        return first
    return _names().get(folded(text))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Folded names in all languages of the headers, and each language's own name for itself → code."""
    names: dict[str, str] = dict(OWN_NAMES)
    for language in reversed(LANGUAGES):
        for code, name in Locale(language).languages.items():
            if len(code) in CODE_LENGTHS:
                names[folded(name)] = code
    return names
