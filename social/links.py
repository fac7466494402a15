"""The links that X makes of a text, with or without a protocol. Pure, and linear in the length of the text.

X reads from the left: a sign that may stand before a link, then perhaps a protocol, a domain with a known ending, port,
path and query. What it takes for a domain but then refuses (too long, no Latin letters) is passed over in one go.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from social.top_level_domains import COUNTRIES, GENERIC, OTHER_SCRIPTS

LINK_WEIGHT: Final = 23
LONGEST_LABEL, LONGEST_LINK, LONGEST_SLUG = 63, 4096, 40
_SPACES: Final = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_DIRECTIONS: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVALID: Final = "\ufffe\ufeff\uffff"
# Everything of which domains are made, in whatever script; runs are maximal, so each sign is looked at once.
_RUN: Final = re.compile(rf"[^!'#%&()*+,\\/:;<=>?@\[\]^{{|}}~${_SPACES}{_DIRECTIONS}{_INVALID}]+")
_LETTER_BEFORE: Final = re.compile(rf"[A-Za-z0-9@＠$#＃{_INVALID}]")
_MAY_STAND_BEFORE: Final = re.compile(rf"[^A-Za-z0-9@＠$#＃{_INVALID}]")
_NOT_BEFORE_A_BARE_ONE: Final = "-_./"
_LATIN: Final = re.compile(r"[0-9A-Za-z]+")
_PUNYCODE: Final = re.compile(r"[xX][nN]--[-0-9A-Za-z]+")
_NOT_AFTER_AN_ENDING: Final = re.compile(r"[0-9A-Za-z@+-]")
_ACCENTS: Final = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b"
    "\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_LATIN_LABELS: Final = re.compile(rf"(?:[-A-Za-z0-9{_ACCENTS}]+\.)+")
_PORT: Final = re.compile(r":[0-9]+")
_IN_PATH: Final = rf"A-Za-z0-9\u0400-\u04ff!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTS}"
# Brackets belong to a path where they are closed, one inside another at most.
_PATH: Final = re.compile(
    rf"/(?:[{_IN_PATH}]|\([{_IN_PATH}]+\)|\([{_IN_PATH}]*\([{_IN_PATH}]+\)[{_IN_PATH}]*\))*"
)
_ENDS_PATH: Final = re.compile(rf"[-+A-Za-z0-9\u0400-\u04ff=_#/){_ACCENTS}]")
_QUERY: Final = re.compile(r"\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*")
_ENDS_QUERY: Final = re.compile(r"[A-Za-z0-9\-_&=#/]")
_SHORT: Final = re.compile(r"https?://t\.co/([a-z0-9]+)", re.IGNORECASE)
# The endings in other scripts by their first letter, the longest first.
_OTHERS: Final = {
    first: sorted((one for one in OTHER_SCRIPTS if one[0] == first), key=len, reverse=True)
    for first in {one[0] for one in OTHER_SCRIPTS}
}


class Link(NamedTuple):
    """A link and where it stands."""

    start: int
    end: int
    text: str


class _Match(NamedTuple):
    """What X takes for a link at first sight: `domain` to `domain_end` is its host, `end` where it goes on reading."""

    start: int
    domain: int
    domain_end: int
    path: int
    end: int


def links(text: str) -> Iterator[Link]:
    """The links of a text in the form that X counts (NFC)."""
    at = 0 if "." in text else len(text)
    while (run := _RUN.search(text, at)) is not None:
        found = _bare(text, run, at) or _with_protocol(text, run, at)
        if found is None:
            at = run.end()
            continue
        at = found.end
        if not _is_valid(text, found):
            continue
        if found.start < found.domain:
            yield from _whole(text, found)
        elif not (found.start and text[found.start - 1] in _NOT_BEFORE_A_BARE_ONE):
            yield from _latin_domains(text, found)


def _bare(text: str, run: re.Match[str], at: int) -> _Match | None:
    """The domain that begins in a run of signs."""
    if text.find(".", *run.span()) < 0:
        return None
    beginnings = _beginnings(text, run, at)
    for start in (*beginnings, *(_past_signs(text, one, run.end()) for one in beginnings)):
        if end := _domain_end(text, start, run.end()):
            return _match(text, start, start, end)
    return None


def _past_signs(text: str, start: int, stop: int) -> int:
    """What follows the dashes and underscores at the beginning: no link, but X passes over it as over one."""
    while start < stop and text[start] in "-_":
        start += 1
    return start


def _beginnings(text: str, run: re.Match[str], at: int) -> tuple[int, ...]:
    """Where X begins to read a run: after the sign before it, or after the first sign in it that may stand before."""
    start, end = run.span()
    if start == 0:
        # At the very beginning of a text there is a sign before at first, then none.
        return (1, 0) if _MAY_STAND_BEFORE.match(text) else (0,)
    if start > at and _MAY_STAND_BEFORE.match(text, start - 1):
        return (start,)
    first = _MAY_STAND_BEFORE.search(text, start, end)
    return (first.end(),) if first else ()


def _with_protocol(text: str, run: re.Match[str], at: int) -> _Match | None:
    """A run that ends in http or https, followed by ://."""
    if not text.startswith("://", run.end()):
        return None
    word = text[max(run.start(), run.end() - 5) : run.end()].lower()
    name = "https" if word == "https" else "http" if word.endswith("http") else ""
    if not name:
        return None
    start = run.end() - len(name)
    if start and (start == at or _LETTER_BEFORE.match(text, start - 1)):
        return None
    domain = run.end() + 3
    host = _RUN.match(text, domain)
    end = _domain_end(text, domain, host.end()) if host else 0
    return _match(text, start, domain, end) if end else None


def _domain_end(text: str, start: int, stop: int) -> int:
    """Where a domain that begins at `start` ends: at its last label that is a known ending; 0: it is none."""
    dots: list[tuple[int, int]] = []
    at = start
    while at < stop:
        dot = text.find(".", at, stop)
        if dot <= at or text[at] in "-_" or text[dot - 1] in "-_":
            break
        dots.append((at, dot))
        at = dot + 1
    for at, dot in reversed(dots):
        # The label before an ending is a name that can be bought: without an underscore.
        if (end := _ending(text, dot + 1, len(text))) and text.find("_", at, dot) < 0:
            return end
    return 0


def _ending(text: str, start: int, stop: int) -> int:
    """Where a known ending that begins at `start` ends; 0: there is none."""
    if (latin := _LATIN.match(text, start, stop)) is not None:
        word = latin[0].lower()
        if (word in GENERIC or word in COUNTRIES) and _may_end(text, latin.end(), stop):
            return latin.end()
        if word == "xn" and (name := _PUNYCODE.match(text, start, stop)) is not None:
            return name.end()
    for other in _OTHERS.get(text[start : start + 1].lower(), ()):
        end = start + len(other)
        if end <= stop and text[start:end].lower() == other and _may_end(text, end, stop):
            return end
    return 0


def _may_end(text: str, end: int, stop: int) -> bool:
    return end >= stop or _NOT_AFTER_AN_ENDING.match(text, end) is None


def _match(text: str, start: int, domain: int, domain_end: int) -> _Match:
    """With port, path and query, each without the punctuation of the sentence around it."""
    port = _PORT.match(text, domain_end)
    path = end = port.end() if port else domain_end
    found = _PATH.match(text, path)
    if found is not None:
        end = _trimmed(text, path + 1, found.end(), _ENDS_PATH)
    query = _QUERY.match(text, end)
    if query is not None and (last := _trimmed(text, end + 1, query.end(), _ENDS_QUERY)) > end + 1:
        return _Match(start, domain, domain_end, path if found else 0, last)
    return _Match(start, domain, domain_end, path if found else 0, end)


def _trimmed(text: str, start: int, end: int, ends: re.Pattern[str]) -> int:
    while end > start and ends.match(text, end - 1) is None:
        end -= 1
    return end


def _is_valid(text: str, found: _Match) -> bool:
    """Whether the DNS could know it, and whether it is not too long."""
    protocol = found.domain - found.start or len("https://")
    if protocol + found.end - found.start > LONGEST_LINK:
        return False
    host = text[found.domain : found.domain_end]
    if host.startswith("xn--") and next(_latin_domains(text, found), None) is None:
        return False
    return all(len(label) <= LONGEST_LABEL and _in_dns(label) <= LONGEST_LABEL for label in host.split("."))


def _in_dns(label: str) -> int:
    """The length of a label as the DNS writes it."""
    parts = re.split("[\u3002\uff0e\uff61]", label)
    named = (part if part.isascii() else f"xn--{part.encode('punycode').decode()}" for part in parts)
    return len(".".join(named))


def _whole(text: str, found: _Match) -> Iterator[Link]:
    """A link with a protocol; X's own short ones end with their name and query."""
    end = found.end
    short = _SHORT.match(text, found.start, end)
    if short is not None:
        if len(short[1]) > LONGEST_SLUG:
            return
        query = _QUERY.match(text, short.end(), end)
        end = _trimmed(text, short.end(), query.end(), _ENDS_QUERY) if query else short.end()
    yield Link(found.start, end, text[found.start : end])


def _latin_domains(text: str, found: _Match) -> Iterator[Link]:
    """The pieces of a domain without a protocol that are of Latin letters; the last one takes the path."""
    pieces: list[tuple[int, int]] = []
    at = found.domain
    while (labels := _LATIN_LABELS.search(text, at, found.domain_end)) is not None:
        at, dot = labels.end(), labels.end() - 1
        while dot >= labels.start():
            if (end := _ending(text, dot + 1, found.domain_end)) and end <= found.domain_end:
                pieces.append((labels.start(), end))
                at = max(at, end)
                break
            dot = text.rfind(".", labels.start(), dot)
    if pieces and found.path:
        pieces[-1] = (pieces[-1][0], found.end)
    for start, end in pieces:
        yield Link(start, end, text[start:end])
