"""Texts for one person: Liquid over the profile's camelCase fields, with `club`, `event` and `run`.

Strict for a preview: a token that nobody knows is an error with its place. Lenient in sending: what is not known is
empty, or what the filter `default` says. Templates are sandboxed by the library and limited here in loops and length.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, TextIO

from liquid import Environment, RenderContext, StrictUndefined
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError, LiquidSyntaxError, UndefinedError
from liquid.stringify import to_liquid_string

from messaging.liquid_limits import LONGEST_TEXT, MOST_TURNS, bounded, bounded_time, check_time
from messaging.readers import Reader, Written
from profiles.customer_table import NAMES
from tenants.amounts import in_units

COMPILED: Final = 2_000
# Keys of the machine room say nothing to a reader.
HIDDEN: Final = frozenset({"tenantId", "authUserId", "externalIds", "mergedInto", "messagingContactId"})
FIELDS: Final = tuple(name for name in (*NAMES, "lastBookingDate") if name not in HIDDEN)
# What `composing.club_values` gives.
CLUB_FIELDS: Final = frozenset({"name", "slug", "timeZone", "currency"})
# What a text may begin a name with (`values_for`), and what stands below it where that is known.
ROOTS: Final = frozenset({*FIELDS, "profile", "club", "event", "run"})
INNER: Final[Mapping[str, frozenset[str]]] = {"profile": frozenset(FIELDS), "club": CLUB_FIELDS}


class TemplateProblem(ValueError):
    """A text that cannot be made: what is wrong, in which part, at which line and column (from 1)."""

    def __init__(self, message: str, *, part: str = "", line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.part, self.line, self.column = message, part, line, column

    def __str__(self) -> str:
        where = f"{self.part}, " if self.part else ""
        return f"{where}line {self.line}, column {self.column}: {self.message}"


class _OutputNode(OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        check_time()
        value = self.expression.evaluate(context)
        return buffer.write(
            to_liquid_string(value.text if isinstance(value, Written) else value, context.autoescape)
        )


class _Output(Output):
    node_class = _OutputNode


class _Limited(Environment):
    loop_iteration_limit = MOST_TURNS
    output_stream_limit = LONGEST_TEXT
    local_namespace_limit = 20_000
    context_depth_limit = 10
    block_nesting_limit = 20

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_Output)
        self.filters.update({name: bounded(name, each) for name, each in self.filters.items()})


_STRICT: Final = _Limited(undefined=StrictUndefined)
_LENIENT: Final = _Limited()
# Where a value stands in HTML it must not become markup.
_STRICT_HTML: Final = _Limited(undefined=StrictUndefined, autoescape=True)
_LENIENT_HTML: Final = _Limited(autoescape=True)


@lru_cache(maxsize=COMPILED)
def _compiled(text: str, is_strict: bool, is_html: bool) -> Any:
    if is_html:
        return (_STRICT_HTML if is_strict else _LENIENT_HTML).from_string(text)
    return (_STRICT if is_strict else _LENIENT).from_string(text)


def _problem(error: LiquidError, text: str, part: str) -> TemplateProblem:
    start = getattr(getattr(error, "token", None), "start_index", -1)
    return _problem_at(start if start >= 0 else len(text), _words(error), text, part)


def _problem_at(start: int, words: str, text: str, part: str) -> TemplateProblem:
    before = text[:start]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return TemplateProblem(words, part=part, line=line, column=column)


def _words(error: LiquidError) -> str:
    said = str(error.args[0]) if error.args else type(error).__name__
    if isinstance(error, UndefinedError):
        return _unknown(said.split(" is undefined")[0].strip("'"))
    if isinstance(error, LiquidSyntaxError):
        if "found end of file" in said:
            return "What is begun with “{{” or “{%” is not closed."
        return f"This cannot be read: {said}."
    return f"{said}."


def _unknown(name: str) -> str:
    near = get_close_matches(name, FIELDS, n=1)
    return f"“{name}” is not known here." + (f" Is “{near[0]}” meant?" if near else "")


def check_names(text: str, *, part: str = "") -> None:
    """Raise TemplateProblem also for the first name that nobody will ever have a value for: it would go out empty.

    What `event` and `run` hold is only known when it happens.
    """
    check_text(text, part=part)
    if _is_plain(text):
        return
    # What another text would be taken in from is refused where it is read.
    analysis = _compiled(text, True, part == "html").analyze(include_partials=False)
    named = (each for places in analysis.globals.values() for each in places)
    for each in sorted(named, key=lambda each: each.span.index):
        root, *inner = map(str, each.segments)
        known = INNER.get(root)
        if root not in ROOTS or (known is not None and inner and inner[0] not in known):
            raise _problem_at(each.span.index, _unknown(".".join([root, *inner[:1]])), text, part)


def check_text(text: str, *, part: str = "") -> None:
    """Raise TemplateProblem where the Liquid cannot be read; values are not looked at."""
    if len(text) > LONGEST_TEXT:
        raise TemplateProblem(f"It is longer than {LONGEST_TEXT:,} characters.", part=part)
    if _is_plain(text):
        return
    try:
        _compiled(text, False, part == "html")
    except LiquidError as error:
        raise _problem(error, text, part) from error
    except RecursionError as error:
        raise TemplateProblem("It is nested too deeply.", part=part) from error


def render_strict(text: str, values: Mapping[str, Any], *, part: str = "", is_html: bool = False) -> str:
    """For a preview; raises TemplateProblem with the place of what is unknown or wrong."""
    if _is_plain(text):
        return text
    return _made(text, values, part, is_strict=True, is_html=is_html)


def render(text: str, values: Mapping[str, Any], *, part: str = "", is_html: bool = False) -> str:
    """For sending: what is unknown is empty. Raises TemplateProblem where limits are passed or a filter fails."""
    if _is_plain(text):
        return text
    return _made(text, values, part, is_strict=False, is_html=is_html)


def _made(text: str, values: Mapping[str, Any], part: str, *, is_strict: bool, is_html: bool) -> str:
    try:
        with bounded_time():
            made: str = _compiled(text, is_strict, is_html).render(**values)
    except LiquidError as error:
        raise _problem(error, text, part) from error
    except RecursionError as error:
        raise TemplateProblem("It is nested too deeply.", part=part) from error
    except Exception as error:
        # The library's filters let errors of Python through (a date of the year 31690708, a round infinity); whatever
        # it is, it is about this one text and person.
        raise TemplateProblem(f"A value does not fit: {error}.", part=part) from error
    return made


def _is_plain(text: str) -> bool:
    return "{{" not in text and "{%" not in text


@dataclass(frozen=True, slots=True)
class Rendered:
    """The parts of one message for one person."""

    subject: str
    body: str
    html: str


def profile_values(fields: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """The tokens of one profile (its API fields) as programs write them: days and moments in ISO 8601, whole units.

    `currency`: the club's; without one two decimals are meant.
    """
    values = {
        name: value if (told := _TOLD.get(type(value))) is None else told(value)
        for name, value in fields.items()
        if name not in HIDDEN
    }
    cents = fields.get("lifetimeValue")
    values["lifetimeValue"] = None if cents is None else float(in_units(cents, currency))
    booked = fields.get("lastBookingAt")
    values["lastBookingDate"] = booked.date().isoformat() if isinstance(booked, datetime) else None
    return values


def named_in(*texts: str) -> frozenset[str]:
    """Which names of values occur in the texts at all."""
    return frozenset(name for name in (*FIELDS, "event", "run") if any(name in text for text in texts))


def values_for(
    fields: Mapping[str, Any],
    *,
    club: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    reader: Reader | None = None,
    named: Container[str] | None = None,
) -> dict[str, Any]:
    """Everything that a text may name: fields of the profile, `profile`, `club`, and what `extra` holds.

    `reader`: for a text that people read; None for one that programs read. `named`: the only names that the text holds
    (`named_in`), where many are written to.
    """
    profile, more = profile_values(fields, club.get("currency", "")), dict(extra or {})
    if reader is not None:
        profile = reader.profile(profile, fields.get("lifetimeValue"), named)
        more = reader.told(more) if named is None or "event" in named or "run" in named else more
    return {"event": {}, "run": {}, **profile, "profile": profile, "club": dict(club), **more}


def _to_the_minute(value: datetime) -> str:
    return value.isoformat(timespec="minutes")


# By the exact type, since each person has some fifty values.
_TOLD: Final[dict[type, Any]] = {datetime: _to_the_minute, date: date.isoformat}
