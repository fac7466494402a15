"""Where media lie: a folder of this machine, or a bucket of a service that speaks S3, by setting."""

import os
import tempfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import IO, Final, Protocol

from django.conf import settings

from social.library.s3 import Bucket, BucketFailed

__all__ = ["BucketFailed", "FileMissing", "storage"]
FOLDER, S3 = "FOLDER", "S3"


class FileMissing(Exception):
    """The library knows a file that its storage does not have."""


class Storage(Protocol):
    """Bytes by key. `write` is whole or not at all; `read` raises FileMissing; `delete` of nothing is no error."""

    def write(self, key: str, content: bytes, content_type: str) -> None:
        """Keep it, over what was there."""

    def read(self, key: str) -> bytes:
        """The whole of it."""

    def stream(self, key: str) -> IO[bytes]:
        """The same, to be read piece by piece; raises what `read` raises."""

    def delete(self, key: str) -> None:
        """Take it away."""

    def address(self, key: str, life: timedelta) -> str | None:
        """A signed address that opens it until `life` is over; None: the platform itself has to serve it."""


class Folder:
    """A folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, key: str, content: bytes, content_type: str) -> None:
        """Beside it first, then in its place: nobody sees half a file."""
        path = self.path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(temporary).replace(path)

    def read(self, key: str) -> bytes:
        """The whole of it; raises FileMissing."""
        try:
            return (self.path / key).read_bytes()
        except FileNotFoundError as error:
            raise FileMissing(key) from error

    def stream(self, key: str) -> IO[bytes]:
        """The open file; raises FileMissing."""
        try:
            return (self.path / key).open("rb")
        except FileNotFoundError as error:
            raise FileMissing(key) from error

    def delete(self, key: str) -> None:
        """Take it away."""
        (self.path / key).unlink(missing_ok=True)

    def address(self, key: str, life: timedelta) -> str | None:
        """None: a folder has no address."""
        return None


class InBucket:
    """A bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def write(self, key: str, content: bytes, content_type: str) -> None:
        """S3 shows an object when all of it is there. Raises BucketFailed."""
        self.bucket.put(key, content, content_type)

    def read(self, key: str) -> bytes:
        """The whole of it; raises FileMissing and BucketFailed."""
        content = self.bucket.get(key)
        if content is None:
            raise FileMissing(key)
        return content

    def stream(self, key: str) -> IO[bytes]:
        """Networks fetch from the bucket itself, so this is for staff's own pages: small enough for the memory."""
        return BytesIO(self.read(key))

    def delete(self, key: str) -> None:
        """Take it away. Raises BucketFailed."""
        self.bucket.delete(key)

    def address(self, key: str, life: timedelta) -> str | None:
        """Signed by us, checked by the bucket: the networks' fetches never reach the platform."""
        return self.bucket.signed_url(key, life=life)


def media_folder() -> Path:
    """Where media lie on this machine."""
    return Path(settings.CRM_MEDIA_DIR or Path(settings.CRM_KEY_DIR).parent / "media")


def _folder() -> Storage:
    return Folder(media_folder())


def _in_bucket() -> Storage:
    bucket = Bucket(
        url=settings.CRM_S3_URL,
        public_url=settings.CRM_S3_PUBLIC_URL or settings.CRM_S3_URL,
        name=settings.CRM_S3_BUCKET,
        region=settings.CRM_S3_REGION,
        access_key=settings.CRM_S3_ACCESS_KEY,
        secret_key=settings.CRM_S3_SECRET_KEY,
    )
    return InBucket(bucket)


_MAKERS: Final[dict[str, Callable[[], Storage]]] = {FOLDER: _folder, S3: _in_bucket}


def storage() -> Storage:
    """The storage that the settings name."""
    return _MAKERS[settings.CRM_MEDIA_STORAGE]()
