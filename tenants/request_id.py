"""The id that ties an answer, its log lines and a caller's complaint together."""

import logging
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-Id"
SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")

_request_id: ContextVar[str] = ContextVar("crm_request_id", default="")


def request_id_from(given: str | None) -> str:
    """The caller's own id when it is short and plain, else a new one."""
    if given and SANE_ID.fullmatch(given):
        return given
    # Tells requests apart and guards nothing. To ask the kernel for it took a seventh of a short request's time.
    return f"{random.getrandbits(128):032x}"


def current_request_id() -> str:
    """The id of the request that is being answered; empty outside one."""
    return _request_id.get()


class RequestIdFilter(logging.Filter):
    """Gives each log record a `request_id`, for the formatter of the settings."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id; never drops a record."""
        record.request_id = _request_id.get() or "-"
        return True


@contextmanager
def open_request_id(request_id: str) -> Iterator[None]:
    """Make the id current inside the block."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)
