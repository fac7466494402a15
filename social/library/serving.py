"""Where media lie, and the signed addresses under which networks fetch them for a while."""

import hmac
import os
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from social.library.storage import BucketFailed, FileMissing, storage
from social.models import Media
from social.networks.calling import CallFailed
from social.networks.content import File
from social.networks.errors import verdict

# As long as a network may take to fetch: Instagram's containers live a day.
LIFE: Final = timedelta(hours=26)


def public_url() -> str:
    """The address of the platform as others reach it."""
    given = str(settings.CRM_PUBLIC_URL).rstrip("/")
    return given or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"


def bytes_of(media: Media) -> bytes:
    """The file of a row; raises FileMissing, and BucketFailed where the storage is away."""
    return storage().read(media.storage_key)


def signed_path(media_id: UUID, *, life: timedelta = LIFE) -> str:
    """A path that opens one file until it expires; nobody can guess another."""
    until = int((timezone.now() + life).timestamp())
    return f"/media/{media_id}?{urlencode({'e': until, 's': signature(media_id, until)})}"


def signature(media_id: UUID, until: int) -> str:
    """What only the platform can write."""
    message = f"social media:{media_id}:{until}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, sha256).hexdigest()[:40]


def is_valid(media_id: UUID, until: str, given: str) -> bool:
    """Whether an address was signed by us and is not over."""
    if not until.isdecimal() or len(until) > 12 or int(until) < timezone.now().timestamp():  # noqa: PLR2004 - digits
        return False
    return hmac.compare_digest(given.encode(), signature(media_id, int(until)).encode())


def file_of(media: Media) -> File:
    """A file as the clients of networks take it."""
    return File(
        url=storage().address(media.storage_key, LIFE) or public_url() + signed_path(media.pk),
        key=media.storage_key,
        load=partial(_load, media),
        content_type=media.content_type,
        size=media.size,
        alt_text=media.alt_text,
        duration_ms=media.duration_ms,
    )


def _load(media: Media) -> bytes:
    """The bytes for a network that does not fetch; raises CallFailed before anything is sent."""
    try:
        return bytes_of(media)
    except FileMissing as missing:
        raise CallFailed(verdict("MEDIA_INVALID", "FILE_MISSING"), is_sent=False) from missing
    except BucketFailed as away:
        raise CallFailed(verdict("MEDIA_NOT_FETCHED", "STORAGE_AWAY"), is_sent=False) from away
