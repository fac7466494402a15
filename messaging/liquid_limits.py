"""What a text may cost. The library bounds loops and output; here filters and ranges are bounded as well.

A chain of `replace` multiplies a text at each link, `join` takes a range of a billion, a number grows by `times`: a
text of one line would take all memory, or a worker for minutes. Each filter is asked what it is given and what it
made; a text as a whole has a moment by which it must be done.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final

from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import ResourceLimitError

LONGEST_TEXT: Final = 200_000
MOST_TURNS: Final = 2_000
MOST_BITS: Final = 1_000  # of a number; 300 digits
SECONDS: Final = 5.0
# A width of hundreds is no date (`%999999999d`).
WIDE: Final = re.compile(r"%[-_0^#+]*\d{3}")
LONGEST_FORMAT: Final = 200

# When the time is up: by the clock, which is cheap to ask, and by the processor, so that a busy machine ends no text.
_ends: ContextVar[tuple[float, float]] = ContextVar("liquid_ends", default=(float("inf"), float("inf")))


@contextmanager
def bounded_time() -> Iterator[None]:
    """A text that is made in here takes at most SECONDS of a processor."""
    token = _ends.set((time.monotonic() + SECONDS, time.thread_time() + SECONDS))
    try:
        yield
    finally:
        _ends.reset(token)


def check_time() -> None:
    """Raise ResourceLimitError once the time is up."""
    clock, processor = _ends.get()
    if time.monotonic() > clock and time.thread_time() > processor:
        raise ResourceLimitError("it takes too long", token=None)


def _too_large(what: str) -> ResourceLimitError:
    return ResourceLimitError(f"{what} becomes too large", token=None)


def _replaced(value: Any, old: Any = "", new: Any = "", *_: Any) -> int:
    text = str(value)
    return len(text) + text.count(str(old)) * len(str(new))


def _joined(value: Any, between: Any = " ", *_: Any) -> int:
    return len(value) * len(str(between)) if isinstance(value, Sized) else 0


def _dated(_value: Any, wanted: Any = "", *_: Any) -> int:
    wanted = str(wanted)
    return LONGEST_TEXT + 1 if len(wanted) > LONGEST_FORMAT or WIDE.search(wanted) else 0


# How long the result of a filter that multiplies will be, at least; asked before it is made.
GROWTH: Final[Mapping[str, Callable[..., int]]] = {"replace": _replaced, "join": _joined, "date": _dated}


def _check(name: str, value: Any) -> None:
    if isinstance(value, (str, list, tuple)) and len(value) > LONGEST_TEXT:
        raise _too_large(f"what “{name}” makes")
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise _too_large("the number")


def bounded(name: str, made_by: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, stopped before it makes something huge. Raises ResourceLimitError."""
    growth = GROWTH.get(name)

    @wraps(made_by)  # with its marks, by which the library knows what else it takes
    def stopped(value: Any, *arguments: Any, **named: Any) -> Any:
        check_time()
        if growth is not None and growth(value, *arguments) > LONGEST_TEXT:
            raise _too_large(f"what “{name}” makes")
        made = made_by(value, *arguments, **named)
        _check(name, made)
        return made

    return stopped


_whole_range: Final = RangeLiteral._make_range


def _short_range(self: RangeLiteral, start: Any, stop: Any) -> range:
    """A range with no more numbers than a loop has turns."""
    made: range = _whole_range(self, start, stop)
    if made.stop - made.start > MOST_TURNS:
        raise _too_large("the range")
    return made


# The library's parser makes ranges itself, and no environment is asked.
RangeLiteral._make_range = _short_range  # type: ignore[method-assign]
