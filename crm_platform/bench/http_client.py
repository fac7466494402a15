"""A small HTTP/1.1 client for one event loop, with connections that are kept."""

import asyncio
from typing import Final

from crm_platform.bench.figures import BenchError
from crm_platform.bench.http_load import HEAD_END, OK, Site, length_of

SHOWN_BYTES: Final = 300

_Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class HttpClient:
    """As many connections as there are requests at once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._tail = site.tail
        self._idle: list[_Pair] = []

    async def get(self, path: str) -> bytes:
        """The body of a 200; raises BenchError for any other answer."""
        while self._idle:
            pair = self._idle.pop()
            try:
                return await self._ask(pair, path)
            except (asyncio.IncompleteReadError, ConnectionResetError):
                # The server closed it while it was idle.
                pair[1].close()
        return await self._ask(await asyncio.open_connection("127.0.0.1", self._site.port), path)

    async def _ask(self, pair: _Pair, path: str) -> bytes:
        reader, writer = pair
        writer.write(b"GET " + path.encode() + self._tail)
        head = await reader.readuntil(HEAD_END)
        body = await reader.readexactly(length_of(head) - len(head))
        if not head.startswith(OK):
            raise BenchError(
                f"GET {path} was answered with: {(head + body)[:SHOWN_BYTES].decode(errors='replace')}"
            )
        self._idle.append(pair)
        return body

    async def close(self) -> None:
        """Close all connections."""
        for _, writer in self._idle:
            writer.close()
            await writer.wait_closed()
        self._idle.clear()
