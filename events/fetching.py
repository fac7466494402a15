"""One file from an address that a club or its services name: what it is has yet to be found out by whoever wants it."""

from typing import Final
from urllib.parse import urldefrag, urljoin

import requests
from urllib3.exceptions import HTTPError

from events.webhooks.addresses import split_url
from events.webhooks.errors import AddressRefused, NameNotFound, PrivateAddress
from events.webhooks.guarding import CONNECT_SECONDS, Deadline, limited_to, session

TOTAL_SECONDS: Final = 15.0
MOST_REDIRECTS: Final = 3
PIECE: Final = 64 * 1024
AGENT: Final = "crm-fetch/1.0"
OK: Final = 200
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# Refusals that may be over soon; others are for good.
PASSING: Final = frozenset({408, 425, 429})


class NotFetched(Exception):
    """Why there is no file, in words for staff. `is_passing`: it may be there later."""

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.message, self.is_passing = message, is_passing


def fetch(url: str, *, longest: int, accept: str, seconds: float = TOTAL_SECONDS) -> bytes:
    """The file at a URL, of at most `longest` bytes, within so many seconds; raises NotFetched.

    Each step of the way is held to the rules of webhooks: a public address, HTTPS, no user name, no odd port.
    """
    with session() as over, limited_to(seconds) as deadline:
        try:
            return _followed(over, url, deadline, longest, accept)
        except PrivateAddress as refused:
            raise NotFetched("Its address leads into a private network.") from refused
        except AddressRefused as refused:
            raise NotFetched(refused.message, is_passing=isinstance(refused, NameNotFound)) from refused
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise NotFetched(_words(error, deadline), is_passing=True) from error


def _followed(over: requests.Session, url: str, deadline: Deadline, longest: int, accept: str) -> bytes:
    headers = {"accept": accept, "accept-encoding": "identity", "user-agent": AGENT}
    for _ in range(MOST_REDIRECTS + 1):
        url = urldefrag(url.strip()).url
        split_url(url)
        limits = (CONNECT_SECONDS, TOTAL_SECONDS)
        with over.get(url, headers=headers, timeout=limits, allow_redirects=False, stream=True) as answer:
            if deadline.has_passed:
                raise requests.ReadTimeout
            if answer.status_code in REDIRECTS and answer.headers.get("location"):
                url = urljoin(url, answer.headers["location"])
                continue
            _check_status(answer.status_code)
            return _content(answer, deadline, longest)
    raise NotFetched(f"Its address sends on more than {MOST_REDIRECTS} times.")


def _check_status(status: int) -> None:
    if status != OK:
        is_passing = status in PASSING or status >= 500  # noqa: PLR2004 - HTTP
        raise NotFetched(f"Its address answered with status {status}.", is_passing=is_passing)


def _content(answer: requests.Response, deadline: Deadline, longest: int) -> bytes:
    told = answer.headers.get("content-length", "")
    found = bytearray()
    if not (told.isascii() and told.isdecimal() and int(told[:20]) > longest):
        while len(found) <= longest and (piece := answer.raw.read(PIECE, decode_content=False)):
            found += piece
        if deadline.has_passed:
            raise requests.ReadTimeout  # without a length a cut looks like the end
        if len(found) <= longest:
            return bytes(found)
    raise NotFetched(f"It is larger than {longest // 1024 // 1024} MB.")


def _words(error: Exception, deadline: Deadline) -> str:
    if deadline.has_passed or isinstance(error, requests.Timeout):
        return "Its address did not answer in time."
    if isinstance(error, requests.exceptions.SSLError):
        return "The certificate of its address cannot be trusted."
    return "Its address cannot be reached."
