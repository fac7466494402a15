"""One HTTP call: with time-outs, never repeated by the transport, and honest about what is not known afterwards."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from threading import local
from time import time
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import NewConnectionError, ProxyError, SSLError

from social.networks.errors import Effect, Verdict, verdict

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 20.0
UPLOAD_SECONDS: Final = 120.0
FIRST_ERROR: Final = 400
LONGEST_WAIT: Final = 86_400.0
_kept = local()

Judge = Callable[[int, Mapping[str, Any], float | None], Verdict]


class CallFailed(Exception):
    """The call did not succeed. `is_sent` False: nothing can have happened at the network."""

    def __init__(self, said: Verdict, *, is_sent: bool = True) -> None:
        super().__init__(f"{said.meaning.name} {said.code}")
        self.verdict = said
        self.is_sent = is_sent

    @property
    def is_unclear(self) -> bool:
        """Whether it may have happened all the same."""
        return self.is_sent and self.verdict.meaning.effect is Effect.UNKNOWN


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: its JSON object and its headers."""

    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def call(
    method: str,
    url: str,
    *,
    judge: Judge,
    token: str = "",
    is_commit: bool = False,
    headers: Mapping[str, str] | None = None,
    read_seconds: float | None = None,
    **how: Any,
) -> Answer:
    """Make the call; raises CallFailed. The token stands in the header and nowhere else.

    A call that commits gets a connection of its own: one that was kept may be dead already, and that would leave the
    question whether the call arrived. No redirect is followed, which would carry the token elsewhere.
    """
    all_headers = {"Accept": "application/json", **(headers or {})}
    if token:
        all_headers.setdefault("Authorization", f"Bearer {token}")
    session = _new_session() if is_commit else _session()
    try:
        answer = session.request(
            method,
            url,
            headers=all_headers,
            timeout=(CONNECT_SECONDS, read_seconds or READ_SECONDS),
            allow_redirects=False,
            proxies=_proxies(urlsplit(url)[:2]),
            **how,
        )
    except (requests.RequestException, OSError) as error:
        raise _not_answered(error) from error
    finally:
        if is_commit:
            session.close()
    return _read(answer, judge)


def _session() -> requests.Session:
    session: requests.Session | None = getattr(_kept, "session", None)
    if session is None:
        session = _kept.session = _new_session()
    return session


def _new_session() -> requests.Session:
    """By itself `requests` reads the whole environment at each call, and takes a password file before our token."""
    session = requests.Session()
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    return session


@lru_cache(maxsize=64)
def _proxies(host: tuple[str, str]) -> dict[str, str]:
    """The installation's proxies on the way to a host."""
    scheme, place = host
    return dict(get_environ_proxies(f"{scheme}://{place}/"))


def _not_answered(error: Exception) -> CallFailed:
    """No answer: whether the request can have reached the network depends on how far it came."""
    reason: Any = error.args[0] if error.args else None
    cause = getattr(reason, "reason", reason)
    never_left = isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError)
    never_left = never_left or isinstance(cause, NewConnectionError | SSLError | ProxyError)
    if never_left:
        return CallFailed(verdict("NO_CONNECTION", "NO_CONNECTION"), is_sent=False)
    return CallFailed(verdict("SERVICE_DOWN", "NO_ANSWER"))


def _read(answer: requests.Response, judge: Judge) -> Answer:
    try:
        body = json.loads(answer.content)
    except ValueError:
        body = None
    if answer.status_code >= FIRST_ERROR:
        said = judge(answer.status_code, body if isinstance(body, dict) else {}, retry_after(answer.headers))
        raise CallFailed(said)
    if not isinstance(body, dict):
        raise CallFailed(verdict("SERVICE_DOWN", "NO_JSON", status=answer.status_code))
    if "error" in body and not isinstance(body.get("data"), list | dict):
        # Graph may put an error into a 200.
        raise CallFailed(judge(answer.status_code, body, retry_after(answer.headers)))
    return Answer(body, answer.headers)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by any of the headers that say so; where they disagree, the later."""
    waits = [
        _seconds(headers.get("Retry-After")),
        _reset(headers.get("x-rate-limit-reset")),
        _regain(headers),
    ]
    told = [wait for wait in waits if wait is not None and wait > 0]
    return min(max(told), LONGEST_WAIT) if told else None


def _seconds(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        pass
    try:
        moment: datetime = parsedate_to_datetime(value or "")
    except (TypeError, ValueError):
        return None
    return moment.timestamp() - time()


def _reset(value: str | None) -> float | None:
    try:
        return float(value) - time() if value else None
    except ValueError:
        return None


def _regain(headers: Mapping[str, str]) -> float | None:
    """Minutes until Meta lets calls through again."""
    try:
        cases = json.loads(headers.get("X-Business-Use-Case-Usage") or "{}")
        minutes = [float(one["estimated_time_to_regain_access"]) for rows in cases.values() for one in rows]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return max(minutes, default=0) * 60 or None


def usage_percent(headers: Mapping[str, str]) -> int | None:
    """How much of Meta's allowance is used; None where the headers are missing or broken."""
    found = []
    for name in ("X-App-Usage", "X-Business-Use-Case-Usage"):
        try:
            found += _percents(json.loads(headers.get(name) or "{}"))
        except (ValueError, TypeError, AttributeError):
            continue
    return max(found, default=None)


def _percents(value: Any) -> list[int]:
    rows = [value] if "call_count" in value else [one for rows in value.values() for one in rows]
    names = ("call_count", "total_time", "total_cputime")
    return [int(row[name]) for row in rows for name in names if isinstance(row.get(name), int | float)]
