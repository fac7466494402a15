"""Countries as people write them: by code or flag, in two dozen languages, in everyday short forms."""

import re
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_official_languages

from profiles.exchange.importing.days import LANGUAGES, MONTH_LANGUAGES
from profiles.normalise import folded

CODE_LENGTH: Final = 2
# Codes of Unicode's that are no country: unions, pseudo locales, "unknown".
NO_COUNTRIES: Final = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})
EVERYDAY: Final = {
    **dict.fromkeys(
        (
            *(
                "uk",
                "u k",
                "england",
                "scotland",
                "wales",
                "great britain",
                "northern ireland",
                "n ireland",
                "gb",
            ),
            # Its countries in the languages of the headers and their own.
            *(
                "angleterre",
                "inglaterra",
                "inghilterra",
                "engeland",
                "schottland",
                "ecosse",
                "escocia",
                "scozia",
            ),
            *(
                "schotland",
                "skotland",
                "pays de galles",
                "gales",
                "galles",
                "cymru",
                "alba",
                "grossbritannien",
            ),
            *("grande bretagne", "gran bretana", "gra bretanha", "gran bretagna", "groot brittannie"),
            *("groot brittanje", "nordirland", "irlande du nord", "irlanda del norte", "noord ierland"),
            *("britain", "eng", "sco", "wal", "nir", "united kingdom of great britain northern ireland"),
        ),
        "GB",
    ),
    **dict.fromkeys(
        (
            "usa",
            "us",
            "america",
            "united states of america",
            "u s a",
            "u s",
            "vsa",
            "ee uu",
            "eeuu",
            "e u a",
            "eua",
            "amerika",
        ),
        "US",
    ),
    **dict.fromkeys(
        (
            "rsa",
            "r s a",
            "south africa rsa",
            "suid afrika",
            "s africa",
            "sa",
            "s a",
            "southafrica",
            "mzansi",
            "mzantsi afrika",
            "umzantsi afrika",
            "iningizimu afrika",
            "ningizimu afrika",
            "afrika borwa",
        ),
        "ZA",
    ),
    **dict.fromkeys(("holland", "netherlands", "ned"), "NL"),
    **dict.fromkeys(("eire", "republic of ireland", "rep ireland", "republic ireland"), "IE"),
    **dict.fromkeys(("uae", "u a e", "emirates", "united arab emirates", "الامارات", "الإمارات"), "AE"),
    **dict.fromkeys(("swaziland", "eswatini"), "SZ"),
    **dict.fromkeys(
        ("ivory coast", "cote divoire", "cote d ivoire", "elfenbeinkuste", "costa de marfil"), "CI"
    ),
    **dict.fromkeys(
        ("drc", "dr congo", "d r congo", "democratic republic of congo", "congo kinshasa", "zaire"), "CD"
    ),
    **dict.fromkeys(("d", "ger", "brd", "frg", "bundesrepublik deutschland"), "DE"),
    **dict.fromkeys(("korea", "rok", "한국"), "KR"),
    **dict.fromkeys(("macedonia", "fyrom"), "MK"),
    **dict.fromkeys(("hong kong", "hk sar", "hong kong sar"), "HK"),
    **dict.fromkeys(("macau", "macao"), "MO"),
    **dict.fromkeys(("vatican", "holy see"), "VA"),
    **dict.fromkeys(("russia", "russian federation", "russian fed"), "RU"),
    **dict.fromkeys(("syria", "syrian arab republic"), "SY"),
    **dict.fromkeys(("laos", "lao people s democratic republic", "lao peoples democratic republic"), "LA"),
    # Vehicles of the neighbours, in the lists of clubs between the Alps and the sea.
    "a": "AT",
    "oesterreich": "AT",
    "e": "ES",
    "svizra": "CH",
    "ile maurice": "MU",
    "iom": "IM",
    "中國": "CN",
    "f": "FR",
    "i": "IT",
    "czech republic": "CZ",
    "czech rep": "CZ",
    "bosnia": "BA",
    "trinidad": "TT",
    "sud africa": "ZA",
    "taiwan r o c": "TW",
    "taiwan roc": "TW",
    "turkey": "TR",
    "burma": "MM",
    "east timor": "TL",
    "palestine": "PS",
    "saint helena": "SH",
    # What sports federations write instead of ISO 3166.
    "sui": "CH",
    "den": "DK",
    "por": "PT",
    "cro": "HR",
    "gre": "GR",
    "slo": "SI",
    "zim": "ZW",
    "bot": "BW",
    "les": "LS",
    "zam": "ZM",
    "maw": "MW",
    "tan": "TZ",
    "ang": "AO",
    "nam": "NA",
    "ngr": "NG",
    "mas": "MY",
    "ina": "ID",
    "phi": "PH",
    "ksa": "SA",
}
# In the south of Africa SA is no kingdom of Arabia.
SOUTH_OF_AFRICA: Final = frozenset({"ZA", "NA", "BW", "LS", "SZ", "ZW", "MZ", "ZM", "MW"})
# DE-Deutschland is parted as DE - Deutschland is.
BETWEEN: Final = re.compile(r"\s*[(),/;&]\s*|\s+[-–]\s+|(?<=^[A-Z]{2})-(?=[^\W\d_]{3})")
FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
FIRST_OF_FLAGS: Final = 0x1F1E6
FORMS_OF_STATE: Final = frozenset(
    "republic of the islamic federal plurinational bolivarian state kingdom united federation commonwealth rep".split()  # noqa: SIM905
)
LITTLE: Final = frozenset({"and", "the"})
IN_FRONT: Final = re.compile(r"^(?:republic|kingdom|state|commonwealth|federal republic|rep) of ")


def country_code(text: str, home: str = "") -> str | None:
    """Two letters of ISO 3166-1, None for what is no country. `home`: the club's own, which some short forms mean."""
    text = FLAG.sub(lambda flag: f" ({_letters(flag[0])}) ", text).strip()
    text = text.strip("()") if text.count("(") == 1 and text.startswith("(") and text.endswith(")") else text
    if home in SOUTH_OF_AFRICA and folded(text) == "sa":
        return "ZA"
    whole = _one(text)
    if whole is not None:
        return whole
    parts = [part for part in BETWEEN.split(text) if part]
    if len(parts) == 1:
        return None
    # South Africa (ZA); Korea, Republic of; England & Wales.
    told = [_one(part) for part in parts if not FORMS_OF_STATE.issuperset(folded(part).split())]
    return told[0] if told and len(set(told)) == 1 else None


def _letters(flag: str) -> str:
    """The two letters of which a flag is made in Unicode."""
    return "".join(chr(ord("A") + ord(sign) - FIRST_OF_FLAGS) for sign in flag)


def _one(text: str) -> str | None:
    code = text.strip().upper()
    territories = Locale("en").territories
    if len(code) == CODE_LENGTH and code.isascii() and code.isalpha() and code != "UK":
        return code if code in territories and code not in NO_COUNTRIES else None
    # Three letters, or ISO's number.
    if len(code) == CODE_LENGTH + 1 and code.isalnum():
        aliases = get_global("territory_aliases").get(code)
        if aliases and len(aliases) == 1:
            return str(aliases[0])
    words = _plain(text)
    return _names().get(words) or _names().get(IN_FRONT.sub("", words))


def _plain(text: str) -> str:
    """Folded, without "and" and "the"."""
    return " ".join(word for word in folded(text).split() if word not in LITTLE)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Names in all languages of headers and months, and in their own → two letters; the everyday ones count most."""
    names: dict[str, str] = {}
    for code in map(str, Locale("en").territories):
        if len(code) == CODE_LENGTH and code.isalpha():
            for name in _own_names(code):
                names[_plain(name)] = code
    for language in reversed(LANGUAGES + MONTH_LANGUAGES):
        for code, name in Locale(language).territories.items():
            if len(code) == CODE_LENGTH and code.isalpha():
                names[_plain(name)] = code
                # As in "Hong Kong SAR China".
                names.setdefault(_plain(name.partition("(")[0]), code)
    kept = {name: code for name, code in names.items() if code not in NO_COUNTRIES}
    return {**kept, **{_plain(name): code for name, code in EVERYDAY.items()}}


def _own_names(code: str) -> list[str]:
    """What a country is called in its own languages: Polska, Suomi, 日本."""
    names = []
    for language in get_official_languages(code, de_facto=True):
        try:
            names.append(Locale.parse(language).territories.get(code, ""))
        except (UnknownLocaleError, ValueError):
            continue
    return [name for name in names if name]
