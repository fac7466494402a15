"""Patterns that find an erased person in texts about others, and the redaction of such texts."""

import itertools
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from django.db import connection, transaction

from events.identity_hints import IdentityKey, IdentityKind
from events.plain_text import LOOKALIKES
from profiles.names import PLAIN_LETTERS
from profiles.normalise import folded
from profiles.privacy import statements as sql
from profiles.privacy.handles import JOINT, SHORTEST
from profiles.privacy.spotting import Spotter
from profiles.privacy.unparted import is_unparted, is_whole_name, orders, pairs_of_letters, pattern
from profiles.search.finding import known_words

ERASED: Final = "[erased]"
# Nothing: matches no text at all, in Python as in PostgreSQL.
NOTHING: Final = r"$.^"
# What people write between the digits of a phone number.
BETWEEN_DIGITS: Final = r"[ ().\-/]*"
# Behind country and trunk prefixes: 0821234567, +27 82 123 4567 and 0027 (82) 1234567 are one number.
SUBSCRIBER_DIGITS: Final = 9
ADDRESS_KINDS: Final = (IdentityKind.EMAIL.value, IdentityKind.PHONE.value)
FEWEST_DIGITS: Final = 7
# Accents as signs of their own, apostrophes of all kinds, and what nobody sees.
APOSTROPHES: Final = "'’‘ʼ`´"
UNSEEN: Final = "\u0300-\u036f\u00ad\u200b-\u200f"
BETWEEN_LETTERS: Final = f"[{APOSTROPHES}{UNSEEN}]*"
BETWEEN_ASCII_LETTERS: Final = "['`]*"
# O Brien for O'Brien, and the other way round.
AS_SPACE: Final = str.maketrans(dict.fromkeys(APOSTROPHES, " "))
ELIDED: Final = re.compile(r"\b([dlmo]) (?=[^\W\d_]{2})", re.IGNORECASE)
# As Germans and Danes write them where a keyboard lacks them.
IN_TWO_LETTERS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
# What a text in HTML has between words: John</b> <b>Smith, John&nbsp;Smith.
MARKUP: Final = r"<[^<>]{0,200}>|&#?\w{2,8};"
# Where a capital begins the next of two words run together, as in JohnSmith. Small letters alone tell nothing, since
# Ann Other is in another.
RUN_TOGETHER: Final = "(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])"
# Spaces, hyphens, dashes, a comma behind the last name, markup. No sign has two ways to be read, or they multiply.
BETWEEN_WORDS: Final = rf"(?:(?:{MARKUP}|(?!{MARKUP})[\W_])+|(?-i:{RUN_TOGETHER}))"
# Ann Nel is neither Joann Nel nor Ann Nelson; but a capital may begin another word.
BEGINNING: Final = rf"(?:(?<![^\W\d_])|(?-i:{RUN_TOGETHER}))"
END: Final = rf"(?:(?![{UNSEEN}]*[^\W\d_])|(?-i:{RUN_TOGETHER}))"
# What printers set as one sign, and a list that was copied from a PDF has.
LIGATURES: Final[Mapping[str, tuple[str, ...]]] = {
    "ffi": ("ﬃ", "ﬀi", "fﬁ"), "ffl": ("ﬄ", "ﬀl", "fﬂ"), "ff": ("ﬀ",), "fi": ("ﬁ",), "fl": ("ﬂ",), "st": ("ﬆ", "ﬅ"),
}  # fmt: skip
JOINED: Final = re.compile(f"({'|'.join(LIGATURES)})")
# How events call the ids of services; `id` alone means something else in most of them.
ID_NAMES: Final = {
    IdentityKind.SCL_MEMBER.value: ("sclMemberId", "memberId"),
    IdentityKind.TEETIME_PLAYER.value: ("teetimePlayerId", "playerId"),
    IdentityKind.MESSAGING_CONTACT.value: ("messagingContactId", "contactId"),
}
# The name that searches give to the plain `id` of an event about a member or a player.
SUBJECT_ID: Final = "subjectId"


class Part(NamedTuple):
    """One way in which a text names the person: a regular expression, and what the index of texts knows such a text by.

    A text has all of `looked_for` or the pattern is not in it. `run_together`: the words of a name that counts in links
    and addresses only, where nothing parts them. `ascii_pattern`: finds the same in a text of ASCII, if it is another.
    """

    pattern: str
    looked_for: tuple[str, ...]
    run_together: tuple[str, ...] = ()
    ascii_pattern: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What leads to a person: their keys that nobody else holds, and the names that their records state."""

    keys: frozenset[IdentityKey]
    names: frozenset[tuple[str, str]]
    display_names: frozenset[str]
    # Names run together that somebody else is called as well, or has before the @: Rob Inson and the Robinsons.
    others_words: frozenset[str] = frozenset()

    @classmethod
    def load(cls, parameters: dict[str, Any]) -> Self:
        """Of the profiles `ids` of the tenant. An address that somebody else has as well is theirs too: left out."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.OWN_KEYS, parameters)
            keys = frozenset(IdentityKey(*row) for row in cursor.fetchall())
            cursor.execute(sql.STATED_NAMES, parameters)
            stated = cursor.fetchall()
            names = frozenset((first, last) for first, last in stated if first and last)
            cursor.execute(sql.DISPLAY_NAMES, parameters)
            shown = frozenset(
                name for (name,) in cursor.fetchall() if len(name.split()) > 1 or is_unparted(name)
            ) | {first for first, last in stated if first and not last and is_whole_name(first)}
            words = {"".join(words) for words in cls(keys, names, shown)._run_together}
            others = known_words(cursor, words, besides=parameters["ids"])
        return cls(keys, names, shown, frozenset(others))

    @property
    def parts(self) -> list[Part]:
        """Each address and name that a text may have, the longest first: Python takes the first that fits."""
        found = {_address(key) for key in self.keys if key.kind in ADDRESS_KINDS}
        found |= {_name(one) for one in self._spelled}
        found |= {_unparted(one) for one in self._unparted}
        found |= {_joined(words) for words in self._run_together if "".join(words) not in self.others_words}
        return sorted(filter(None, found), key=lambda part: (-len(part.pattern), part.pattern))

    @property
    def handles(self) -> frozenset[str]:
        """The names run together, as links and addresses may have them."""
        return frozenset("".join(words) for words in self._run_together) - self.others_words

    @property
    def _spelled(self) -> set[str]:
        whole = {name for first, last in self.names for name in (f"{first} {last}", f"{last} {first}")}
        return {one for name in self.display_names | whole for one in _spellings(name)}

    @property
    def _unparted(self) -> set[str]:
        whole = {one for first, last in self.names for one in orders(first, last)}
        return whole | {one for one in self.display_names if is_unparted(one)}

    @property
    def _run_together(self) -> set[tuple[str, ...]]:
        words = {tuple(folded(one).split()) for one in self._spelled}
        return {
            one for one in words if len(one) > 1 and len("".join(one)) >= SHORTEST and min(map(len, one)) > 1
        }

    @property
    def surnames(self) -> str:
        """The same for family names alone: for the names of households only."""
        written = {one for _, last in self.names for one in _with_and_without_apostrophe(last)}
        found = "|".join(sorted(set(map(_named, written)) - {""}))
        return f"(?:{found})" if found else NOTHING

    @property
    def service_ids(self) -> frozenset[tuple[str, str]]:
        """The ids by which services call the person, each under every name that events give it."""
        return frozenset(
            (name, key.value)
            for key in self.keys
            if key.kind not in ADDRESS_KINDS
            for name in ID_NAMES.get(key.kind, (key.kind,))
        )

    @property
    def id_parts(self) -> list[Part]:
        """The same for the ids in the text of JSON, as PostgreSQL writes it; these stay where they stand alone."""
        held = self.service_ids | {(SUBJECT_ID, value) for value in self.subject_ids}
        return [
            Part(f'"{name}": "?{_escaped(value)}"?[,}}]', (f"{name}={value}",))
            for name, value in sorted(held)
            if value
        ]

    @property
    def subject_ids(self) -> list[str]:
        """Ids that an event about a member or a player holds as plain `id`."""
        return [key.value for key in self.keys if key.kind in ID_NAMES]


def pairs(words: Sequence[str]) -> tuple[str, ...]:
    """Neighbouring words, by which the index of texts knows a text; numbers beside numbers say nothing."""
    return tuple(f"{one} {other}" for one, other in itertools.pairwise(words) if not (one + other).isdigit())


def _spellings(name: str) -> set[str]:
    """The name, and as keyboards without its letters and signs write it: Lukasz for Łukasz, Mueller for Müller."""
    small = unicodedata.normalize("NFC", name).lower()
    plain = {name, small.translate(PLAIN_LETTERS), small.translate(IN_TWO_LETTERS).translate(PLAIN_LETTERS)}
    return {spelling for one in plain for spelling in _with_and_without_apostrophe(one)}


def _with_and_without_apostrophe(name: str) -> tuple[str, str, str]:
    return name, name.translate(AS_SPACE), ELIDED.sub(r"\1'", name)


def _name(name: str) -> Part | None:
    """Of two words or more: a dash as family name leaves a first name, which thousands have."""
    words = folded(name).split()
    if len(words) < 2 or not pairs(words):  # noqa: PLR2004
        return None
    return Part(
        _whole(words, BETWEEN_WORDS, _word),
        pairs(words),
        ascii_pattern=_whole(words, BETWEEN_WORDS, _ascii_word),
    )


def _unparted(name: str) -> Part:
    """Of a script without gaps, wherever it stands."""
    return Part(pattern(name), tuple(pairs_of_letters(name)))


def _joined(words: Sequence[str]) -> Part:
    """As links, names of files and addresses write a name."""
    return Part(
        _whole(words, JOINT, _word), (f"~{''.join(words)}",), tuple(words), _whole(words, JOINT, _ascii_word)
    )


def _address(key: IdentityKey) -> Part | None:
    if key.kind == IdentityKind.EMAIL:
        return Part(_escaped(key.value), pairs(folded(key.value).split()))
    digits = re.sub(r"\D", "", key.value)[-SUBSCRIBER_DIGITS:]
    if len(digits) < FEWEST_DIGITS:
        return None
    between = BETWEEN_DIGITS.join(digits)
    return Part(rf"(?:[+0-9][0-9 ().\-/]{{0,7}})?{between}(?![0-9])", (f"#{digits}",))


def _whole(words: Sequence[str], between: str, write: Callable[[str], str]) -> str:
    return f"{BEGINNING}{between.join(map(write, words))}{END}"


@lru_cache(maxsize=1024)
def _named(text: str) -> str:
    """Whatever is folded to the same words, as search finds them: accents, hyphens, apostrophes, spelled or not.

    Of a single letter or sign no pattern is made.
    """
    words = [_word(word) for word in folded(text).split()]
    return BETWEEN_WORDS.join(words) if len("".join(words)) > 1 else ""


def _word(word: str) -> str:
    """A folded word letter by letter, and with the signs that printers make of several: Griﬃn."""
    return "".join(
        f"(?:{''.join(map(_letter, part))}|(?:{'|'.join(LIGATURES[part])}){BETWEEN_LETTERS})"
        if part in LIGATURES
        else "".join(map(_letter, part))
        for part in JOINED.split(word)
    )


def _ascii_word(word: str) -> str:
    """The same as far as ASCII goes: without the accents Python makes the pattern in a tenth of the time."""
    return "".join(_escaped(char) + BETWEEN_ASCII_LETTERS for char in word)


def _letter(char: str) -> str:
    """A letter with or without its accents, whole or as marks of their own, and what may stand behind it."""
    others = _accented().get(char, "")
    return (f"[{char}{others}]" if others else _escaped(char)) + BETWEEN_LETTERS


@lru_cache(maxsize=1)
def _accented() -> dict[str, str]:
    """Plain letter → the letters that fold to it; small ones with accents only, as case does not count for these."""
    found: dict[str, str] = {}
    for place in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        char = chr(place)
        base = folded(char)
        if char == char.lower() and len(base) == 1 and base != char:
            found[base] = found.get(base, "") + char
    # Wide ones, those in circles and of mathematicians, and of other alphabets that look the same: Аnn.
    for place in (*range(0xFF10, 0xFF5B), *range(0x24B6, 0x24EA), *range(0x1D400, 0x1D800)):
        base = folded(chr(place))
        if len(base) == 1 and base.isascii():
            found[base] = found.get(base, "") + chr(place)
    for sign, code in LOOKALIKES.items():
        found[chr(code).lower()] = found.get(chr(code).lower(), "") + chr(sign)
    return found


def _escaped(text: str) -> str:
    """Literal in both dialects."""
    return re.sub(r"([^\w@])", r"\\\1", text)


def redact(value: Any, spotter: Spotter, service_ids: Collection[tuple[str, str]]) -> Any:
    """A JSON value without the person: a list entry about them is blanked, elsewhere only the matching words."""
    if isinstance(value, str):
        return spotter.without(value, ERASED)
    if isinstance(value, list):
        return [_entry(item, spotter, service_ids) for item in value]
    if isinstance(value, dict):
        return {name: redact(item, spotter, service_ids) for name, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and spotter.is_in(str(value)):
        return ERASED
    return value


def _entry(item: Any, spotter: Spotter, service_ids: Collection[tuple[str, str]]) -> Any:
    """One of a list of people, as the players of a booking are."""
    if isinstance(item, dict) and any(
        (name, str(held)) in service_ids or (isinstance(held, str) and spotter.is_in(held))
        for name, held in item.items()
    ):
        return {name: ERASED if isinstance(held, str) else None for name, held in item.items()}
    return redact(item, spotter, service_ids)
