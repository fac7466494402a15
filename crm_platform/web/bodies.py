"""Reading a body, with a deadline and a limit that depend on who sends it.

Nobody is known by what a request claims: before more than ANONYMOUS_BYTES are taken, the credentials are looked up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

# Room for any form of the sign-in pages.
ANONYMOUS_BYTES: Final = 64 * 1024
# The largest import; what a route takes is for the route to say.
KNOWN_BYTES: Final = 40 * 1024 * 1024
# The largest film with its form.
FILM_BYTES: Final = 520 * 1024 * 1024
ANONYMOUS_SECONDS: Final = 10.0
# Staff send films of 500 MB from a club house: some seven megabits a second.
KNOWN_SECONDS: Final = 600.0
IN_MEMORY_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """A body that is not taken."""

    status: int
    code: str
    message: str


TOO_SLOW: Final = Refusal(408, "BODY_TOO_SLOW", "The body of the request did not arrive in time.")
TOO_LARGE: Final = Refusal(413, "PAYLOAD_TOO_LARGE", "The body of the request is larger than is taken here.")
NOT_KNOWN: Final = Refusal(
    413, "PAYLOAD_TOO_LARGE", f"More than {ANONYMOUS_BYTES:,} bytes are taken only from who has signed in."
)


@dataclass(slots=True)
class Body:
    """What was read; `file` is at its start."""

    file: IO[bytes]
    size: int = 0


async def read_body(
    protocol: Any, announced: str | None, is_known: Callable[[], Awaitable[bool]], *, most: int = KNOWN_BYTES
) -> Body:
    """The whole body, of `most` bytes; raises Refusal. `is_known` looks up the sender's credentials, once at most."""
    length = int(announced) if announced and announced.isdecimal() else 0
    if length > most:
        raise TOO_LARGE
    body = Body(SpooledTemporaryFile(IN_MEMORY_BYTES))  # noqa: SIM115 - closed with the request
    try:
        async with asyncio.timeout(ANONYMOUS_SECONDS) as deadline:
            known = False
            if length > ANONYMOUS_BYTES:
                known = await _check_known(is_known, deadline)
            async for chunk in protocol:
                body.size += len(chunk)
                if body.size > most:
                    raise TOO_LARGE
                if body.size > ANONYMOUS_BYTES and not known:
                    known = await _check_known(is_known, deadline)
                body.file.write(chunk)
    except TimeoutError:
        body.file.close()
        raise TOO_SLOW from None
    except Refusal:
        body.file.close()
        raise
    body.file.seek(0)
    return body


async def _check_known(is_known: Callable[[], Awaitable[bool]], deadline: asyncio.Timeout) -> bool:
    if not await is_known():
        raise NOT_KNOWN
    deadline.reschedule(asyncio.get_running_loop().time() + KNOWN_SECONDS)
    return True
