r"""What texts say that programs wrote in codes: Ann%20Nel, M&uuml;ller, Jos\u00e9, M=C3=BCller, A<b>n</b>n. Pure.

A reading keeps, for each of its signs, where it stands in the text, so that what is found in it can be taken out there.
"""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Final, NamedTuple

# Links hold links, and mails pages: each round undoes one code.
MOST_ROUNDS: Final = 4
_HEX: Final = "[0-9A-Fa-f]"
# In texts within texts a backslash stands twice.
BACKSLASH_X: Final = r"\\+x"


def _bytes_behind(sign: str) -> str:
    """One character of UTF-8, each byte behind the sign; or a byte of an older code."""
    more = f"{sign}[89ABab]{_HEX}"
    return (
        f"{sign}[0-7]{_HEX}|{sign}[CDcd]{_HEX}{more}|{sign}[Ee]{_HEX}{more}{more}"
        f"|{sign}[Ff][0-7]{_HEX}{more}{more}{more}|{sign}[89A-Fa-f]{_HEX}"
    )


_SURROGATES: Final = rf"\\+u[Dd][89ABab]{_HEX}{{2}}\\+u[Dd][C-Fc-f]{_HEX}{{2}}"
CODES: Final = re.compile(
    "|".join(
        (
            f"(?P<bytes>{_bytes_behind('%')}|{_bytes_behind(BACKSLASH_X)})",
            rf"(?P<unit>{_SURROGATES}|(?:\\+|%)u{_HEX}{{4}}|\\+u\{{{_HEX}{{1,6}}\}})",
            r"(?P<octal>\\+[0-3][0-7]{2}(?:\\+2[0-7]{2}){0,3})",
            r"(?P<mark>&#?\w{1,31};?)",
            r"(?P<mail>=\?[\w.-]+\?[QqBb]\?[^?\s]*\?=(?:\s+=\?[\w.-]+\?[QqBb]\?[^?\s]*\?=)*)",
        )
    )
)
LINES: Final = re.compile(r"(?P<line>\\+[nrt])")
# Programs write it in capitals; `first=adam` is none.
QUOTED_PRINTABLE: Final = re.compile(f"(?P<bytes>(?==[0-9A-F]{{2}})(?:{_bytes_behind('=')}))")
BROKEN_LINES: Final = re.compile(r"(?P<nothing>=(?:\r?\n|(?:\\+r)?\\+n))")
WITHIN_WORDS: Final = re.compile(r"(?<=\w)(?P<nothing>(?:<[^<>]{0,200}>)+)(?=\w)")
# What a text has that has any of them; nearly none has, and is done with.
CODED: Final = re.compile(
    rf"%u?{_HEX}{{2}}|\\+(?:[xu]{_HEX}{{2}}|u\{{|[0-3][0-7]{{2}}|[nrt])|&(?:#\w|\w{{2,31}};"
    r"|\w(?:uml|acute|grave|circ|tilde|cedil|ring|slash)|\w{2}lig|nbsp|amp|shy)|=\?\w|=[0-9A-F]{2}|=\r?\n|\w<"
)


class Reading(NamedTuple):
    """A text decoded; each of its signs stands in the original from `starts` to `ends`."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def place(self, first: int, last: int) -> tuple[int, int]:
        """Where in the original the signs from `first` to before `last` stand."""
        return self.starts[first], self.ends[last - 1]


def is_coded(text: str) -> bool:
    """Whether the text may have a code in it."""
    has_sign = "%" in text or "&" in text or "=" in text or "<" in text or "\\" in text
    return has_sign and CODED.search(text) is not None


def readings(text: str) -> Iterator[Reading]:
    """Yield what else the text says, once its codes are undone; nothing of a text without them."""
    if not is_coded(text):
        return
    whole = Reading(text, range(len(text)), range(1, len(text) + 1))
    told = {text}
    plain = _without_codes(whole)
    for reading in (
        plain,
        _undone(plain, WITHIN_WORDS),
        _without_codes(_undone(whole, LINES)),
        _without_codes(_undone(_undone(whole, BROKEN_LINES), QUOTED_PRINTABLE)),
    ):
        if reading.text and reading.text not in told:
            told.add(reading.text)
            yield reading


def decoded_texts(text: str) -> list[str]:
    """What `readings` says, in texts alone."""
    return [reading.text for reading in readings(text)]


def _without_codes(reading: Reading) -> Reading:
    for _ in range(MOST_ROUNDS):
        before, reading = reading, _undone(reading, CODES)
        if reading.text == before.text:
            break
    return reading


def _undone(reading: Reading, codes: re.Pattern[str]) -> Reading:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0

    def keep(to: int) -> None:
        pieces.append(reading.text[done:to])
        starts.extend(reading.starts[done:to])
        ends.extend(reading.ends[done:to])

    for code in codes.finditer(reading.text):
        said = _DECODERS[code.lastgroup or ""](code[0])
        if said == code[0]:
            continue
        keep(code.start())
        done = code.end()
        first, last = reading.place(code.start(), code.end())
        pieces.append(said)
        starts.extend([first] * len(said))
        ends.extend([last] * len(said))
    if not done:
        return reading
    keep(len(reading.text))
    return Reading("".join(pieces), starts, ends)


def _of_bytes(code: str) -> str:
    return _in_words(bytes.fromhex("".join(re.findall(f"[%=x]({_HEX}{{2}})", code))))


def _of_octals(code: str) -> str:
    return _in_words(bytes(int(one, 8) for one in code.split("\\") if one))


def _in_words(signs: bytes) -> str:
    try:
        return signs.decode()
    except UnicodeDecodeError:
        return signs.decode("cp1252", "replace")


def _of_units(code: str) -> str:
    units = [int(one, 16) for one in re.findall(rf"u\{{?({_HEX}+)", code)]
    if len(units) == 1:
        return chr(units[0]) if units[0] < 0x110000 and not 0xD800 <= units[0] < 0xE000 else " "  # noqa: PLR2004
    return b"".join(unit.to_bytes(2, "big") for unit in units).decode("utf-16-be", "replace")


def _of_mail(code: str) -> str:
    try:
        return str(make_header(decode_header(code)))
    except (ValueError, LookupError, HeaderParseError):
        return code


_DECODERS: Final[dict[str, Callable[[str], str]]] = {
    "bytes": _of_bytes,
    "unit": _of_units,
    "octal": _of_octals,
    "mark": html.unescape,
    "mail": _of_mail,
    "line": lambda _: " ",
    "nothing": lambda _: "",
}
