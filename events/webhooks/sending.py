"""One signed request, and what came back: bounded in time and size, to public addresses only, no redirects."""

import os
import socket
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Timer
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util.connection import create_connection

from events.models import LONGEST_ANSWER
from events.webhooks.addresses import addresses_of, split_url
from events.webhooks.errors import AddressRefused
from events.webhooks.retrying import asked_wait
from events.webhooks.signing import signature

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 15.0
# Of a name that leads to many, so that a batch stays within its lease.
MOST_ADDRESSES: Final = 2
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


class _Deadline:
    """Cuts the connection when the time is up, however slowly the other side drips."""

    def __init__(self, seconds: float) -> None:
        self.has_passed = False
        self._socket: socket.socket | None = None
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def watch(self, descriptor: int) -> None:
        """Of a duplicate, because TLS takes the connection's own object over."""
        earlier, self._socket = self._socket, socket.socket(fileno=os.dup(descriptor))
        if earlier is not None:
            earlier.close()
        if self.has_passed:
            self._cut()

    def _cut(self) -> None:
        self.has_passed = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it was over already


_deadline: ContextVar[_Deadline] = ContextVar("crm_webhook_deadline")


class _Guarded(HTTPConnection):
    """Connects to an address that was checked a moment ago; Host header and TLS still go by the name."""

    def _new_conn(self) -> socket.socket:
        problem: Exception = AddressRefused(f"The name {self.host} leads nowhere.")
        for address in addresses_of(self.host, self.port or 0)[:MOST_ADDRESSES]:
            try:
                connected = create_connection(
                    (address, self.port or 0), self.timeout, socket_options=self.socket_options
                )
            except TimeoutError as error:
                problem = ConnectTimeoutError(self, str(error))
            except OSError as error:
                problem = NewConnectionError(self, str(error))
            else:
                _deadline.get().watch(connected.fileno())
                return connected
        raise problem

    def putrequest(self, *args: Any, **options: Any) -> None:
        """A connection that was kept open is watched again."""
        if self.sock is not None:
            _deadline.get().watch(self.sock.fileno())
        super().putrequest(*args, **options)


class _GuardedTls(_Guarded, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class _Adapter(HTTPAdapter):
    """Knows guarded connections only."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """As the library makes it, with our pools."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def session(connections: int = 1) -> requests.Session:
    """For requests to one endpoint; may be used by so many threads at once. Knows no proxies and keeps no cookies."""
    made = requests.Session()
    made.trust_env = False
    made.cookies.set_policy(_NoCookies())
    adapter = _Adapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined,misc]
    """What an endpoint sets at one event is none of the next one's business."""

    def set_ok(self, cookie: Any, request: Any) -> bool:
        """Never."""
        return False


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

    with _Deadline(TOTAL_SECONDS) as deadline:
        token = _deadline.set(deadline)
        try:
            return _post(over, target.url, body, headers, answer, longest)
        except AddressRefused as refused:
            return answer(error=refused.message)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            waited = time.monotonic() - started
            return answer(error=_words(error, waited, has_passed=deadline.has_passed))
        finally:
            _deadline.reset(token)


def _post(  # noqa: PLR0917 - one request
    over: requests.Session,
    url: str,
    body: bytes,
    headers: dict[str, str],
    answer: Callable[..., Answer],
    longest: int,
) -> Answer:
    # Its form once more: what may be called can have become stricter since the endpoint was saved.
    split_url(url)
    # The deadline ends the whole, so that a quick connection leaves its time to the answer.
    limits = (CONNECT_SECONDS, TOTAL_SECONDS)
    with over.post(
        url, data=body, headers=headers, timeout=limits, allow_redirects=False, stream=True
    ) as response:
        if _deadline.get().has_passed:
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
