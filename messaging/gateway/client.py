"""An HTTP client that knows what it does not know.

A call ends in one of four ways: an answer; `Outage`: certainly nothing was done (no connection, 429, a key that is
not taken, circuit open);
`Refused`: the service says that the call is wrong; `Unclear`: it may or may not have been done. Only reads, and what
certainly was not done, are tried again.
"""

import logging
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final

import orjson
import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as RequestConnectionError
from requests.exceptions import ConnectTimeout, RequestException
from urllib3.exceptions import MaxRetryError, NewConnectionError

from messaging.sandbox_address import service_url
from tenants.sandboxes import is_sandbox

logger = logging.getLogger(__name__)
CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 20.0
MOST_AT_ONCE: Final = 500
READ_ATTEMPTS: Final = 3
TOO_MANY_REQUESTS: Final = 429
# Nothing is wrong with the call, but with our key: an operator puts that right, and nothing may be lost until then.
LOCKED_OUT: Final = (401, 403)
DEFAULT_WAIT_SECONDS: Final = 5.0
LONGEST_WAIT_SECONDS: Final = 300.0
# So many failures in a row open the circuit for so long; then one call tries.
OPENS_AFTER: Final = 5
OPEN_SECONDS: Final = 10.0
OK, BAD_REQUEST, SERVER_ERROR = 200, 400, 500

Fields = dict[str, Any]


class Outage(Exception):
    """Nothing was done; try again after so many seconds."""

    def __init__(self, why: str, *, wait_seconds: float = DEFAULT_WAIT_SECONDS) -> None:
        super().__init__(why)
        self.wait_seconds = min(wait_seconds, LONGEST_WAIT_SECONDS)


class Refused(Exception):
    """The service does not do it, and will not the next time: its status, code and words."""

    def __init__(self, status: int, code: str, message: str, fields: Fields | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message, self.fields = status, code, message, fields or {}


class Unclear(Exception):
    """It may have been done: ask by the idempotency keys."""


class Circuit:
    """Open after failures in a row, so that a service that is down is not waited for at each call."""

    def __init__(self) -> None:
        self._failures, self._until, self._lock = 0, 0.0, threading.Lock()

    def check(self) -> None:
        """Raise Outage while it is open."""
        rest = self._until - time.monotonic()
        if rest > 0:
            raise Outage("The Messaging service does not answer at present.", wait_seconds=rest)

    def note(self, *, succeeded: bool) -> None:
        """How a call went."""
        with self._lock:
            self._failures = 0 if succeeded else self._failures + 1
            if self._failures >= OPENS_AFTER:
                self._until = time.monotonic() + OPEN_SECONDS
                self._failures = OPENS_AFTER - 1  # the next failure opens it again


class Gateway:
    """Calls to one Messaging service, over connections that are kept; threads may share it."""

    def __init__(self, url: str, key: str = "", *, read_seconds: float = READ_SECONDS) -> None:
        self.url, self.circuit, self._timeouts = url, Circuit(), (CONNECT_SECONDS, read_seconds)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount(url, HTTPAdapter(pool_connections=1, pool_maxsize=8, max_retries=0))
        self._session.headers["content-type"] = "application/json"
        if key:
            self._session.headers["authorization"] = f"Bearer {key}"

    def send(self, tenant: str, messages: Sequence[Fields]) -> dict[str, Fields]:
        """Hand over up to 500 messages: key → verdict, of those keys that the answer is clear about.

        Never repeated. Raises Outage, Refused, Unclear.
        """
        answer = self._call("POST", "messages/batch", {"tenantId": tenant, "messages": messages})
        return by_key(answer, "results", {message["idempotencyKey"] for message in messages})

    def look_up(self, tenant: str, keys: Collection[str]) -> dict[str, Fields]:
        """Key → message, of those keys that were ever accepted. Raises Outage, Refused, Unclear."""
        answer = self._read("POST", "messages/lookup", {"tenantId": tenant, "idempotencyKeys": list(keys)})
        return by_key(answer, "messages", set(keys))

    def templates(self, tenant: str) -> list[Fields]:
        """The service's templates of a tenant: id, channel, name, subject, body, variables."""
        found: list[Fields] = self._read("GET", "templates", query={"tenantId": tenant})["templates"]
        return found

    def contacts(self, tenant: str, contact_ids: Collection[str]) -> list[Fields]:
        """Contacts with their consents, of up to 500 ids."""
        body = {"tenantId": tenant, "contactIds": list(contact_ids)}
        found: list[Fields] = self._read("POST", "contacts/lookup", body)["contacts"]
        return found

    def put_list(self, tenant: str, list_id: str, name: str) -> Fields:
        """Make or rename a list; returns it with sequence, count and checksum."""
        return self._read("PUT", f"lists/{list_id}", {"tenantId": tenant, "name": name})

    def get_list(self, tenant: str, list_id: str) -> Fields | None:
        """The list; None where there is none."""
        try:
            return self._read("GET", f"lists/{list_id}", query={"tenantId": tenant})
        except Refused as refused:
            if refused.status == 404:  # noqa: PLR2004 - HTTP
                return None
            raise

    def delete_list(self, tenant: str, list_id: str) -> None:
        """Forget a list; idempotent."""
        self._read("DELETE", f"lists/{list_id}", query={"tenantId": tenant})

    def push_delta(
        self, tenant: str, list_id: str, *, sequence: int, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Fields:
        """The next change of a list; may be repeated, since the number says which it is. Refused 409: not the next."""
        body = {"tenantId": tenant, "sequence": sequence, "add": list(add), "remove": list(remove)}
        return self._read("POST", f"lists/{list_id}/deltas", body)

    def members(self, tenant: str, list_id: str, after: str = "") -> Fields:
        """A page of a list's contact ids, with `next` to go on after."""
        return self._read("GET", f"lists/{list_id}/members", query={"tenantId": tenant, "after": after})

    def _read(self, method: str, path: str, body: Fields | None = None, **more: Any) -> Fields:
        """A call that may be repeated."""
        for attempt in range(1, READ_ATTEMPTS + 1):
            try:
                return self._call(method, path, body, **more)
            except Unclear:
                if attempt == READ_ATTEMPTS:
                    raise
                time.sleep(0.2 * attempt)
        raise AssertionError("the loop returns or raises")

    def _call(
        self, method: str, path: str, body: Fields | None = None, *, query: Mapping[str, str] | None = None
    ) -> Fields:
        self.circuit.check()
        data = None if body is None else orjson.dumps(body)
        try:
            response = self._session.request(
                method,
                f"{self.url}/v1/{path}",
                data=data,
                params=query,
                timeout=self._timeouts,
                allow_redirects=False,
            )
        except RequestException as error:
            self.circuit.note(succeeded=False)
            if _was_never_sent(error):
                raise Outage("The Messaging service cannot be reached.") from error
            raise Unclear(f"The connection broke off: {type(error).__name__}.") from error
        self.circuit.note(succeeded=response.status_code < SERVER_ERROR)
        return _fields(response)


def _was_never_sent(error: RequestException) -> bool:
    """Whether the service cannot have seen the call."""
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, RequestConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _fields(response: requests.Response) -> Fields:
    status = response.status_code
    if status == TOO_MANY_REQUESTS:
        raise Outage("The Messaging service asks for patience.", wait_seconds=_wait(response))
    if status in LOCKED_OUT:
        raise Outage(f"The Messaging service does not take our key ({status}): see CRM_MESSAGING_KEY.")
    if status >= SERVER_ERROR:
        raise Unclear(f"The Messaging service answered {status}.")
    try:
        fields: Any = orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        if status < BAD_REQUEST:
            raise Unclear("The answer of the Messaging service is no JSON.") from error
        fields = None
    if status >= BAD_REQUEST:
        told = fields.get("error") if isinstance(fields, dict) else None
        problem: Fields = told if isinstance(told, dict) else {}
        code, message = str(problem.get("code") or status), str(problem.get("message") or "Refused.")
        raise Refused(status, code, message, problem)
    if not isinstance(fields, dict):
        raise Unclear("The answer of the Messaging service is no object.")
    return fields


def by_key(answer: Fields, name: str, asked: Collection[str]) -> dict[str, Fields]:
    """Key → row, of the rows that an answer holds under `name`; raises Unclear where there are none.

    Rows are told by their key and not by their order. A key that is told twice with different words is as good as not
    told; of keys that were never asked the log has a remark.
    """
    rows = answer.get(name)
    if not isinstance(rows, list):
        raise Unclear("The answer does not fit the question.")
    found: dict[str, Fields] = {}
    odd = 0
    contradicted = set()
    for row in rows:
        key = row.get("idempotencyKey") if isinstance(row, dict) else None
        if not isinstance(key, str) or key not in asked:
            odd += 1
        elif found.setdefault(key, row) != row:
            contradicted.add(key)
    if odd or contradicted:
        logger.warning(
            "an answer of the Messaging service names keys that were not asked, or one twice",
            extra={"unasked": odd, "contradicted": len(contradicted)},
        )
    return {key: row for key, row in found.items() if key not in contradicted}


def _wait(response: requests.Response) -> float:
    """What `Retry-After` says, in seconds or as a date."""
    said = response.headers.get("retry-after", "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return DEFAULT_WAIT_SECONDS


@cache
def _gateway(url: str, key: str) -> Gateway:
    return Gateway(url, key)


def gateway() -> Gateway:
    """This process's gateway to the service of the open scope's club: that of the settings, or the stand-in.

    The stand-in of a sandbox is not told the key of the real one.
    """
    return _gateway(service_url(), "" if is_sandbox() else settings.CRM_MESSAGING_KEY)
