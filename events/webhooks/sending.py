"""One signed request, and what came back: bounded in time and size, to public addresses only, no redirects."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError

from events.models import LONGEST_ANSWER
from events.webhooks.addresses import split_url
from events.webhooks.errors import AddressRefused
from events.webhooks.guarding import CONNECT_SECONDS, Deadline, limited_to
from events.webhooks.retrying import asked_wait
from events.webhooks.signing import signature

TOTAL_SECONDS: Final = 15.0
AGENT: Final = "crm-webhooks/1.0"
GONE: Final = 410
# Statuses with which `Retry-After` is heeded.
BUSY: Final = frozenset({429, 503})
LONGEST_ERROR: Final = 300
NOTHING_LEAVES: Final = "Noted only: nothing leaves a sandbox."


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send, and the secrets that sign; of sandboxes it is only noted what would have been sent."""

    url: str
    secrets: Sequence[str]
    is_of_sandbox: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request. `error` is for people, empty after a success."""

    at: datetime
    duration_ms: int
    status_code: int | None = None
    text: str = ""
    error: str = ""
    asked_wait: timedelta | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the receiver has it: any status from 200 to 299."""
        return self.error == ""


def send(
    target: Target, *, event_id: str, body: bytes, over: requests.Session, longest: int = LONGEST_ANSWER
) -> Answer:
    """Send one event now; never raises for what the network or the receiver does.

    `longest`: so many bytes of the answer are read.
    """
    at = datetime.now(UTC)
    if target.is_of_sandbox:
        return Answer(at=at, duration_ms=0, text=NOTHING_LEAVES)
    timestamp = int(at.timestamp())
    headers = {
        "content-type": "application/json",
        "accept-encoding": "identity",
        "user-agent": AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(target.secrets, event_id=event_id, timestamp=timestamp, body=body),
    }
    started = time.monotonic()

    def answer(**fields: Any) -> Answer:
        return Answer(at=at, duration_ms=round((time.monotonic() - started) * 1000), **fields)

    with limited_to(TOTAL_SECONDS) as deadline:
        try:
            with _posted(over, target.url, body, headers) as response:
                return _read(response, deadline, answer, longest)
        except AddressRefused as refused:
            return answer(error=refused.message)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            waited = time.monotonic() - started
            return answer(error=_words(error, waited, has_passed=deadline.has_passed))


def _posted(over: requests.Session, url: str, body: bytes, headers: dict[str, str]) -> requests.Response:
    # Its form once more: what may be called can have become stricter since the endpoint was saved.
    split_url(url)
    # The deadline ends the whole, so that a quick connection leaves its time to the answer.
    limits = (CONNECT_SECONDS, TOTAL_SECONDS)
    return over.post(url, data=body, headers=headers, timeout=limits, allow_redirects=False, stream=True)


def _read(
    response: requests.Response, deadline: Deadline, answer: Callable[..., Answer], longest: int
) -> Answer:
    if deadline.has_passed:
        raise requests.ReadTimeout  # what looks like an answer was cut in the middle of its headers
    wait = asked_wait(response.headers.get("retry-after"), datetime.now(UTC))
    return answer(
        status_code=response.status_code,
        text=_beginning(response, longest),
        error=_refusal(response.status_code),
        asked_wait=wait if response.status_code in BUSY else None,
    )


def _beginning(response: requests.Response, longest: int) -> str:
    """The beginning of the answer, as text that the database can hold; the rest is never read."""
    try:
        raw: bytes = response.raw.read(longest, decode_content=False) or b""
    except (HTTPError, OSError):
        raw = b""  # the status was there, and it counts
    return raw.decode("utf-8", errors="replace").replace("\x00", "")[:longest]


def _refusal(status: int) -> str:
    """Why a status is no success, empty where it is one."""
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP
        return ""
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP
        return f"Answered with a redirect ({status}), which is not followed: enter the final address."
    if status == GONE:
        return "Answered 410 Gone: the receiver wants no more events."
    return f"Answered with status {status}."


def _words(error: Exception, waited: float, *, has_passed: bool) -> str:
    """What went wrong, for people, after so many seconds."""
    if has_passed or isinstance(error, requests.ReadTimeout):
        return f"No complete answer within {waited:.0f} seconds."
    if isinstance(error, requests.ConnectTimeout):
        return f"No connection within {waited:.0f} seconds."
    if isinstance(error, requests.exceptions.SSLError):
        return f"The certificate cannot be trusted: {error}"[:LONGEST_ERROR]
    if "refused" in str(error).lower():
        return "The connection was refused: nobody listens there."
    if isinstance(error, requests.ConnectionError):
        return "The connection broke off before there was an answer."
    return f"The request could not be made: {type(error).__name__}."
