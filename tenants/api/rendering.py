"""DRF's way in and out for JSON bodies."""

import sys
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any, Final, cast

from django.conf import settings
from django.http import HttpRequest
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from tenants.api.errors import ApiError, PayloadTooLargeError
from tenants.api.json_text import from_json, to_json

MEDIA_TYPE = "application/json"
CHUNK_BYTES = 65_536
GZIP_NAMES: Final = ("gzip", "x-gzip")
# As zlib writes "gzip with the largest window".
GZIP_FORMAT: Final = 16 + zlib.MAX_WBITS


class OrjsonRenderer(BaseRenderer):
    """Answers as JSON."""

    media_type = MEDIA_TYPE
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Write the answer's data; no data is an empty body."""
        return b"" if data is None else to_json(data)


class OrjsonParser(BaseParser):
    """Bodies as JSON, at most `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes of it."""

    media_type = MEDIA_TYPE

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Parse the body; raises ParseError, and PayloadTooLargeError for one that is too large."""
        request = (parser_context or {}).get("request")
        max_bytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or sys.maxsize
        if request is not None:
            check_length(request.META, max_bytes)
        return from_json(read_body(stream, max_bytes))


def check_length(meta: Mapping[str, Any], max_bytes: int) -> None:
    """Refuse a body by its announced length, before reading any of it; raises PayloadTooLargeError."""
    announced = str(meta.get("CONTENT_LENGTH") or "0")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise _too_large(max_bytes)


def prepare_body(request: HttpRequest, max_bytes: int | None = None) -> None:
    """Make a body readable whose size is not its length: one that comes in chunks, one that was packed by gzip.

    At most `max_bytes` (None: `DATA_UPLOAD_MAX_MEMORY_SIZE`) before and after unpacking. Raises PayloadTooLargeError,
    and ApiError for what cannot be unpacked.
    """
    max_bytes = max_bytes or settings.DATA_UPLOAD_MAX_MEMORY_SIZE or sys.maxsize
    _take_unsized_body(request, max_bytes)
    coding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if coding in ("", "identity"):
        return
    if coding not in GZIP_NAMES:
        message = f"Bodies are taken as they are or packed by gzip, not by {coding[:40]}."
        raise ApiError(
            message, code="UNSUPPORTED_ENCODING", status=415, headers={"Accept-Encoding": "gzip, identity"}
        )
    check_length(request.META, max_bytes)
    body = unpacked(read_body(cast(IO[bytes], request), max_bytes), max_bytes)
    del request.META["HTTP_CONTENT_ENCODING"]
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)
    request._read_started = False  # type: ignore[attr-defined]  # not in the stubs


def unpacked(packed: bytes, max_bytes: int) -> bytes:
    """What gzip packed, members one after the other included; never more than `max_bytes` are held in memory."""
    body = bytearray()
    try:
        while packed:
            reader = zlib.decompressobj(GZIP_FORMAT)
            body += reader.decompress(packed, max_bytes + 1 - len(body))
            if len(body) > max_bytes:
                raise _too_large(max_bytes)
            if not reader.eof:
                raise zlib.error("cut off")
            packed = reader.unused_data
    except zlib.error as error:
        message = "The body says that it was packed by gzip, but cannot be unpacked."
        raise ApiError(message, code="INVALID_ENCODING") from error
    return bytes(body)


def _take_unsized_body(request: HttpRequest, max_bytes: int) -> None:
    """Read a body without a length, which Django would take for an empty one.

    Only where the server says that it ends such bodies properly.
    """
    meta = request.META
    if meta.get("CONTENT_LENGTH") or not meta.get("wsgi.input_terminated"):
        return
    body = bytearray()
    while chunk := meta["wsgi.input"].read(CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    meta["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)


def read_body(stream: IO[Any], max_bytes: int) -> bytes:
    """The whole stream; raises PayloadTooLargeError before more than `max_bytes` are held in memory."""
    body = bytes(stream.read(max_bytes + 1))
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    return body


def _too_large(max_bytes: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(f"The body is larger than the {max_bytes:,} bytes that are taken here.")
