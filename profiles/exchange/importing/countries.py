"""Countries as people write them: by code, in one of eight languages, in everyday short forms."""

from functools import lru_cache
from typing import Final

from babel import Locale
from babel.core import get_global

from profiles.exchange.importing.days import LANGUAGES
from profiles.normalise import folded

CODE_LENGTH: Final = 2
EVERYDAY: Final = {
    **dict.fromkeys(
        ("uk", "england", "scotland", "wales", "great britain", "northern ireland", "britain"), "GB"
    ),
    **dict.fromkeys(("usa", "us", "america", "united states of america", "u s a", "u s"), "US"),
    **dict.fromkeys(
        ("rsa", "south africa rsa", "republic of south africa", "suid afrika", "s africa", "sa"), "ZA"
    ),
    **dict.fromkeys(("holland", "the netherlands"), "NL"),
    **dict.fromkeys(("eire", "republic of ireland"), "IE"),
    **dict.fromkeys(("uae", "emirates", "united arab emirates"), "AE"),
    **dict.fromkeys(("swaziland", "eswatini"), "SZ"),
    **dict.fromkeys(("ivory coast", "cote divoire", "cote d ivoire"), "CI"),
    "czech republic": "CZ",
    "korea": "KR",
    "russia": "RU",
    "turkey": "TR",
    "drc": "CD",
}


def country_code(text: str) -> str | None:
    """Two letters of ISO 3166-1, None for what is no country."""
    code = text.strip().upper()
    territories = Locale("en").territories
    if len(code) == CODE_LENGTH and code.isalpha() and code != "UK" and code in territories:
        return code
    if len(code) == CODE_LENGTH + 1 and code.isalpha():
        aliases = get_global("territory_aliases").get(code)
        if aliases and len(aliases) == 1:
            return str(aliases[0])
    return _names().get(folded(text))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Folded names in all languages of the headers → two letters; the everyday ones count most."""
    names: dict[str, str] = {}
    for language in reversed(LANGUAGES):
        for code, name in Locale(language).territories.items():
            if len(code) == CODE_LENGTH and code.isalpha():
                names[folded(name)] = code
                # As in "Hong Kong SAR China".
                names.setdefault(folded(name.partition("(")[0]), code)
    return {**names, **EVERYDAY}
