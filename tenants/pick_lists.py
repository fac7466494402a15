"""Choices of countries, languages, currencies, zones and ways of writing, by their names in English."""

from functools import cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.localedata import locale_identifiers
from babel.numbers import get_territory_currencies

Choices = list[tuple[str, str]]
_ENGLISH = Locale("en")


@cache
def _named(kind: str, length: int) -> tuple[tuple[str, str], ...]:
    names = getattr(_ENGLISH, kind)
    known = [(code, name) for code, name in names.items() if len(code) == length and code.isalpha()]
    return tuple(sorted(known, key=lambda pair: pair[1]))


def with_current(choices: Choices, current: str | None) -> Choices:
    """An empty choice first; a value that the list does not know stays what it is."""
    kept = [] if not current or current in dict(choices) else [(current, f"{current} (as it came)")]
    return [("", "Not known"), *kept, *choices]


def countries() -> Choices:
    """ISO 3166, two letters, those that exist."""
    return [
        pair for pair in _named("territories", 2) if pair[0] not in ("EU", "EZ", "UN", "XA", "XB", "ZZ", "QO")
    ]


def languages() -> Choices:
    """ISO 639, two letters."""
    return list(_named("languages", 2))


def currencies() -> Choices:
    """ISO 4217 with the name, those that are money somewhere today."""
    return [(code, f"{code} · {name}") for code, name in _named("currencies", 3) if code in _tender()]


@cache
def _tender() -> frozenset[str]:
    return frozenset(
        code for country, _ in countries() for code in get_territory_currencies(country, tender=True)
    )


@cache
def zones() -> Choices:
    """Those that have a place."""
    return [
        (name, name.replace("_", " "))
        for name in sorted(available_timezones())
        if "/" in name and not name.startswith("Etc/")
    ]


@cache
def ways_of_writing() -> Choices:
    """Languages with a country, as en_ZA."""
    found = []
    for identifier in locale_identifiers():
        parts = identifier.split("_")
        if len(parts) == 2 and len(parts[1]) == 2:  # noqa: PLR2004 - language and country
            try:
                found.append((identifier, Locale.parse(identifier).get_display_name("en") or identifier))
            except UnknownLocaleError:
                continue
    return sorted(found, key=lambda pair: pair[1])
