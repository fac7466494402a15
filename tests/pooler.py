"""What a pooler looks like from the program: it shakes hands in place of the server, with a number of its own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any, Final
from unittest.mock import patch

from django.db import connection

# BackendKeyData of the protocol: this, four bytes of the process number, four of a secret.
KEY_DATA: Final = b"K\x00\x00\x00\x0c"
CHUNK: Final = 65_536


class Pooler:
    """A proxy before the server of the tests that tells each client a process number that no session has."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._numbers = count(2_000_000_000)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        Thread(target=self._welcome, daemon=True).start()

    def close(self) -> None:
        """Let nobody else in; who is in stays until it leaves."""
        self._door.close()

    def _welcome(self) -> None:
        with suppress(OSError):  # the door was closed
            while True:
                client, _ = self._door.accept()
                server = self._reach()
                Thread(target=_hand_on, args=(client, server), daemon=True).start()
                Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _reach(self) -> socket.socket:
        host, port = self._server
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(Path(host) / f".s.PGSQL.{port}"))
        return server

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        """Change the number in the handshake, and hand on the rest as it is."""
        shaken = b""
        while (found := shaken.find(KEY_DATA)) < 0 or len(shaken) < found + len(KEY_DATA) + 4:
            chunk = server.recv(CHUNK)
            if not chunk:  # the server refuses whoever it is
                break
            shaken += chunk
        else:
            place = found + len(KEY_DATA)
            shaken = shaken[:place] + next(self._numbers).to_bytes(4) + shaken[place + 4 :]
        client.sendall(shaken)
        _hand_on(server, client)


def _hand_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # one of both has left
        while chunk := source.recv(CHUNK):
            sink.sendall(chunk)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


def is_pooled() -> bool:
    """Whether the program has noticed a pooler."""
    wrapper: Any = connection
    wrapper.ensure_connection()
    return bool(wrapper.is_pooled)


@contextmanager
def pooled() -> Iterator[None]:
    """In this block the database is reached through a pooler; for tests that commit."""
    address: dict[str, Any] = connection.settings_dict
    pooler = Pooler(address["HOST"], int(address["PORT"] or 5432))
    plain = {"sslmode": "disable", "gssencmode": "disable"}
    there = {"HOST": "127.0.0.1", "PORT": str(pooler.port), "OPTIONS": {**address["OPTIONS"], **plain}}
    connection.close()
    try:
        with patch.dict(address, there):
            yield
            connection.close()
    finally:
        connection.close()
        pooler.close()
