"""Requests to addresses that clubs name: bounded in time, to public addresses only, however a name changes its mind."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Timer
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from events.webhooks.addresses import addresses_of
from events.webhooks.errors import AddressRefused

CONNECT_SECONDS: Final = 5.0
# Of a name that leads to many, so that a batch stays within its lease.
MOST_ADDRESSES: Final = 2


class Deadline:
    """Cuts the connection when the time is up, however slowly the other side drips."""

    def __init__(self, seconds: float) -> None:
        self.has_passed = False
        self._socket: socket.socket | None = None
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
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


_deadline: ContextVar[Deadline] = ContextVar("crm_webhook_deadline")


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


@contextmanager
def limited_to(seconds: float) -> Iterator[Deadline]:
    """Requests of `session` inside it are cut when the time is up."""
    with Deadline(seconds) as deadline:
        token = _deadline.set(deadline)
        try:
            yield deadline
        finally:
            _deadline.reset(token)
