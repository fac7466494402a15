"""Texts of posts: what X counts, and the tokens of club and event. Pure but for the template engine."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from messaging.rendering import TemplateProblem, render, render_strict
from social.top_level_domains import COUNTRIES, GENERIC, OTHER_SCRIPTS

LINK_WEIGHT: Final = 23
EMOJI_WEIGHT: Final = 2
X_LENGTH: Final = 280
# Code points that weigh 1; all others weigh 2 (twitter-text, version 3).
LIGHT: Final = ((0x0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_BASE: Final = (
    "[\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff"
    "\u203c\u2049\u2122-\u2bff\u3030\u303d\u3297\u3299]"
)
_ONE: Final = f"{_BASE}\ufe0f?[\U0001f3fb-\U0001f3ff]?\ufe0f?"
EMOJI: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"  # flags
    "|[0-9#*]\ufe0f?\u20e3"  # keys
    "|[\u00a9\u00ae]\ufe0f"
    "|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"  # flags of parts of a country
    f"|{_ONE}(?:\u200d{_ONE})*"
)
# Runs are maximal, so that each letter is looked at once, whatever the text is made of.
_ACCENTS: Final = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_RUN: Final = re.compile(rf"[A-Za-z0-9_.\-{_ACCENTS}]+")
_HOST: Final = re.compile(r"[^\s/?#:@!\"'()<>\[\]{}|\\^`,;]+")
# A link is 4,096 long at most, so nobody looks further: else each of many beginnings would read the whole rest.
_PATH: Final = re.compile(r"[A-Za-z0-9!*';:=+,.$/%#\[\]\-_~@|&()\u00c0-\u024f\u0400-\u04ff]{0,4097}")
_QUERY: Final = re.compile(r"[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]{0,4097}")
_LATIN: Final = re.compile(r"[0-9a-z]+")
_SLUG: Final = re.compile(r"/[A-Za-z0-9]+")
LONGEST_LABEL, LONGEST_LINK = 63, 4096
_BEFORE: Final = re.compile(r"[A-Za-z0-9@＠$#＃_./-]")
_AFTER_PATH, _AFTER_QUERY = ".,;:!?'\"*|[$@(~&", ".,;:!?'\"*|[$@(~+"
SHORT_COUNTRIES: Final = frozenset({"co", "tv"})


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text that weighs something else than its letters."""

    start: int
    end: int
    weight: int
    text: str
    is_link: bool


@dataclass(frozen=True, slots=True)
class Weight:
    """What X counts, and why it differs from what a person counts."""

    total: int
    reasons: tuple[str, ...]

    @property
    def left(self) -> int:
        """How much may still be written; negative: too long."""
        return X_LENGTH - self.total


def weigh(text: str) -> Weight:
    """The weighted length by X's rules; linear in the length of the text."""
    text = unicodedata.normalize("NFC", text)
    parts = list(links(text))
    total, reasons, heavy, at = 0, [], 0, 0
    for part in parts:
        more, many = _plain(text[at : part.start])
        total, heavy, at = total + more + part.weight, heavy + many, part.end
        if len(part.text) != LINK_WEIGHT:
            reasons.append(f"{part.text[:60]} is a link: {LINK_WEIGHT}")
    more, many = _plain(text[at:])
    total, heavy = total + more, heavy + many
    if heavy:
        reasons.append(
            f"{heavy} {'sign' if heavy == 1 else 'signs'} of emoji or of other scripts count double"
        )
    return Weight(total, tuple(dict.fromkeys(reasons)))


def _plain(text: str) -> tuple[int, int]:
    """The weight of a text without links, and how many signs in it count double."""
    if text.isascii() and "\u20e3" not in text:
        return len(text), 0
    rest, emoji = EMOJI.subn("", text)
    heavy = sum(1 for letter in rest if not _is_light(ord(letter)))
    return len(rest) + heavy + emoji * EMOJI_WEIGHT, heavy + emoji


def _is_light(point: int) -> bool:
    return any(first <= point <= last for first, last in LIGHT)


def links(text: str) -> Iterator[Part]:
    """The links that X would make of a text, with or without a protocol."""
    position = 0
    while (run := _RUN.search(text, position)) is not None:
        start, end = run.span()
        found = _with_protocol(text, start, end) or _bare(text, start, end)
        if found is None:
            position = end
            continue
        first, last = found
        yield Part(first, last, LINK_WEIGHT, text[first:last], True)
        position = last


def _with_protocol(text: str, start: int, end: int) -> tuple[int, int] | None:
    """A run that ends in http or https, followed by ://."""
    word = text[start:end].lower()
    name = "https" if word.endswith("https") else "http" if word.endswith("http") else ""
    if not name or not text.startswith("://", end):
        return None
    first = end - len(name)
    if first > 0 and _BEFORE.match(text[first - 1]) and text[first - 1] not in "/._-":
        return None
    host = _HOST.match(text, end + 3)
    if host is None:
        return None
    length = _domain_length(host[0])
    if not length:
        return None
    at = end + 3 + length
    if host[0][:length].lower() == "t.co" and (slug := _SLUG.match(text, at)) is not None:
        return first, slug.end()
    last = _tail(text, at)
    return (first, last) if last - first <= LONGEST_LINK else None


def _bare(text: str, start: int, end: int) -> tuple[int, int] | None:
    """A domain without a protocol: of Latin letters, with a known ending, not part of an address of mail or a name."""
    run = text[start:end]
    offset = len(run) - len(run.lstrip("._-"))
    if offset or "." not in run:
        return None
    if start > 0 and _BEFORE.match(text[start - 1]):
        return None
    length = _domain_length(run)
    if not length or "_" in run[:length]:
        return None
    last = start + length
    if last < len(text) and text[last] in "@+-":
        return None
    tail = _tail(text, last)
    labels = run[:length].lower().split(".")
    is_short = len(labels) == 2 and labels[-1] in COUNTRIES and labels[-1] not in SHORT_COUNTRIES  # noqa: PLR2004
    if is_short and not text.startswith("/", last):
        return None
    return (start, tail) if tail - start <= LONGEST_LINK else None


def _domain_length(host: str) -> int:
    """How much of a run is a domain: up to its last label that is a known ending; 0: none."""
    if len(host) > LONGEST_LINK:
        return 0
    labels, found, at = host.split("."), 0, 0
    for place, label in enumerate(labels):
        # The label before an ending is a name that can be bought: without an underscore.
        if place and (known := _ending(label)) and "_" not in labels[place - 1]:
            found = at + known
        if not _is_label(label):
            break
        at += len(label) + 1
    return found


def _ending(label: str) -> int:
    """How much of a label is a known ending: all of it, or what stands before a sign that no ending has.

    Endings in other scripts are known by what they are in the DNS: a name of letters only.
    """
    word = label.lower()
    if word.startswith("xn--"):
        return len(label)
    latin = _LATIN.match(word)
    if latin is None:
        count = next(
            (at for at, one in enumerate(word) if unicodedata.category(one)[0] not in "LM"), len(word)
        )
        return count if word[:count] in OTHER_SCRIPTS else 0
    known = latin[0] in GENERIC or latin[0] in COUNTRIES
    return latin.end() if known and not word.startswith("@", latin.end()) else 0


def _is_label(label: str) -> bool:
    """A part of a host's name: letters, digits and signs, dashes and underscores inside, not too long for the DNS."""
    if not label or label[0] in "-_" or label[-1] in "-_":
        return False
    if label.isascii():
        return len(label) <= LONGEST_LABEL and label.replace("-", "").replace("_", "").isalnum()
    if len(label) > LONGEST_LABEL or len(label.encode("punycode")) + len("xn--") > LONGEST_LABEL:
        return False
    return all(letter in "-_" or unicodedata.category(letter)[0] in "LMNS" for letter in label)


def _tail(text: str, at: int) -> int:
    """Where port, path and query of a link end."""
    port = re.compile(r":\d+").match(text, at)
    at = port.end() if port else at
    if text.startswith("/", at):
        path = _PATH.match(text, at)
        at = _trimmed(text, at, path.end() if path else at, _AFTER_PATH)
    if text.startswith("?", at):
        query = _QUERY.match(text, at + 1)
        end = _trimmed(text, at + 1, query.end() if query else at, _AFTER_QUERY)
        at = end if end > at + 1 else at
    return at


def _trimmed(text: str, start: int, end: int, trailing: str) -> int:
    """The end without punctuation that belongs to the sentence, and without a bracket that nobody opened."""
    opened = text.count("(", start, end) - text.count(")", start, end)
    while end > start + 1:
        last = text[end - 1]
        if last == ")" and opened < 0:
            opened += 1
        elif last not in trailing:
            break
        end -= 1
    return end


def fill(text: str, values: Mapping[str, Any]) -> str:
    """The text with its tokens filled in; what is not known is empty."""
    return render(text, values) if "{" in text else text


def token_problem(text: str, values: Mapping[str, Any]) -> str | None:
    """What is wrong with the tokens of a text; None: nothing. Tokens of a person are not known here, and refused."""
    if "{" not in text:
        return None
    try:
        render_strict(text, values)
    except TemplateProblem as problem:
        return str(problem)
    return None
