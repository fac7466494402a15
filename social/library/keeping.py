"""Adding to the library, describing, taking away."""

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Final
from uuid import UUID, uuid4

from django.db import transaction

from social.errors import MediaNotFound
from social.library.pictures import MOST_BYTES as MOST_PICTURE_BYTES
from social.library.pictures import RATIOS, PictureRefused, make_fit
from social.library.serving import bytes_of
from social.library.storage import BucketFailed, FileMissing, storage
from social.library.videos import MOST_BYTES, VideoRefused, probe
from social.models import Media, MediaKind
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.errors import ConflictError, InvalidError
from tenants.scope import current_tenant_id

LONGEST_ALT: Final = 1000
ENDINGS: Final = {"image/jpeg": ".jpg", "video/mp4": ".mp4", "video/quicktime": ".mov"}
MP4: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


def add_media(
    file: IO[bytes], *, name: str, alt_text: str = "", ratio: str = "", fills: bool = False
) -> Media:
    """Add a picture or video to the library of the open scope; the same content is there once.

    What it is says the content, never the name. Raises InvalidError with the reason.
    """
    if ratio and ratio not in RATIOS:
        raise InvalidError(f"Choose one of {', '.join(RATIOS)}.", field="ratio")
    head = file.read(16)
    file.seek(0)
    try:
        if head[4:8] in MP4 and not _is_picture_box(head):
            return _add_video(file, name, alt_text)
        content = file.read(MOST_PICTURE_BYTES + 1)
        return add_picture(content, name=name, alt_text=alt_text, ratio=ratio, fills=fills)
    except (PictureRefused, VideoRefused) as refused:
        raise InvalidError(f"{name[:80]}: {refused}", field="file", code="MEDIA_UNFIT") from refused


def add_picture(
    content: bytes, *, name: str, alt_text: str = "", ratio: str = "", fills: bool = False
) -> Media:
    """Add a picture, and nothing else, to the library of the open scope; raises PictureRefused with the reason."""
    picture = make_fit(content, ratio=ratio, fills=fills)
    row = _row(name, alt_text, picture.content)
    row.kind, row.content_type = MediaKind.IMAGE, "image/jpeg"
    row.width, row.height, row.size = picture.width, picture.height, len(picture.content)
    return _keep(row, picture.content)


def crop_media(
    media_id: UUID, *, ratio: str, fills: bool = False, centre: tuple[float, float] = (0.5, 0.5)
) -> Media:
    """A new picture cut out of one of the library, around a point; the old one stays. Raises InvalidError."""
    source = get_media(media_id)
    if ratio not in RATIOS or source.kind != MediaKind.IMAGE:
        raise InvalidError(f"Choose a picture and one of {', '.join(RATIOS)}.", field="ratio")
    across, down = (min(1.0, max(0.0, part)) for part in centre)
    try:
        picture = make_fit(bytes_of(source), ratio=ratio, fills=fills, centre=(across, down))
    except (PictureRefused, FileMissing, OSError) as refused:
        raise InvalidError(
            f"{source.name[:80]} cannot be cut: {refused}", field="ratio", code="MEDIA_UNFIT"
        ) from refused
    row = _row(f"{source.name[:180]} · {ratio}", source.alt_text, picture.content)
    row.kind, row.content_type = MediaKind.IMAGE, "image/jpeg"
    row.width, row.height, row.size = picture.width, picture.height, len(picture.content)
    return _keep(row, picture.content)


def _is_picture_box(head: bytes) -> bool:
    """HEIC and AVIF live in the boxes of MP4."""
    return head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"heim")


def _add_video(file: IO[bytes], name: str, alt_text: str) -> Media:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise VideoRefused(f"The video is larger than {MOST_BYTES // 1024 // 1024} MB.")
    with tempfile.NamedTemporaryFile(suffix=".mp4") as copy:
        copy.write(content)
        copy.flush()
        found = probe(Path(copy.name))
    row = _row(name, alt_text, content)
    row.kind = MediaKind.VIDEO
    row.content_type = "video/quicktime" if found.container == "QuickTime" else "video/mp4"
    row.width, row.height, row.size = found.width, found.height, found.size
    row.duration_ms, row.details = found.duration_ms, found.details()
    return _keep(row, content)


def _row(name: str, alt_text: str, content: bytes) -> Media:
    if len(alt_text) > LONGEST_ALT:
        raise InvalidError(f"At most {LONGEST_ALT} characters.", field="altText")
    return Media(
        id=uuid4(),
        tenant_id=current_tenant_id(),
        name=name[:200] or "Picture",
        alt_text=alt_text.strip(),
        sha256=hashlib.sha256(content).hexdigest(),
        created_by_name=current_actor().name[:250],
    )


def _keep(row: Media, content: bytes) -> Media:
    """Write file and row; a file without a row is harmless, a row without a file is not."""
    known: Media | None = Media.objects.filter(sha256=row.sha256).first()
    if known is not None:
        if row.alt_text and row.alt_text != known.alt_text:
            return describe_media(known.pk, alt_text=row.alt_text)
        return known
    row.storage_key = f"{row.tenant_id}/{row.pk}{ENDINGS[row.content_type]}"
    storage().write(row.storage_key, content, row.content_type)
    with transaction.atomic():
        row.save()
        log_action("social.media_added", subject_kind="media", subject_id=row.pk)
    return row


def get_media(media_id: UUID) -> Media:
    """A file of the open scope; raises MediaNotFound."""
    row: Media | None = Media.objects.filter(pk=media_id).first()
    if row is None:
        raise MediaNotFound
    return row


def describe_media(media_id: UUID, *, alt_text: str) -> Media:
    """Change the alternative text."""
    row = get_media(media_id)
    row.alt_text = alt_text.strip()[:LONGEST_ALT]
    row.save(update_fields=["alt_text"])
    return row


def delete_media(media_id: UUID) -> None:
    """Take a file away that no post uses; raises ConflictError where one does."""
    row = get_media(media_id)
    if row.uses.exists():
        raise ConflictError("A post uses this file; it stays as long as the post does.", code="MEDIA_IN_USE")
    with transaction.atomic():
        row.delete()
        log_action("social.media_deleted", subject_kind="media", subject_id=media_id)
    # Outside the transaction: a file that is left over is harmless.
    with suppress(BucketFailed):
        storage().delete(row.storage_key)
