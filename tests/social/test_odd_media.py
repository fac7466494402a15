"""Sixty odd files: each is made fit, or refused with a reason that staff understand; nothing crashes."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import GPS, IFD, Base
from pytest_django import Settings

from social.library.keeping import add_media
from social.library.pictures import RATIOS, make_fit
from social.library.serving import bytes_of
from social.models import Media
from tenants.errors import InvalidError
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.social.films import film

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def library(fairview: Club, settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Fairview's own folder."""
    settings.CRM_MEDIA_DIR = str(tmp_path)
    with tenant_scope(fairview.tenant):
        yield


def written(image: Image.Image, kind: str, **how: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def plain(mode: str = "RGB", width: int = 320, height: int = 240) -> Image.Image:
    return Image.new(mode, (width, height))


def tagged() -> bytes:
    """A picture of a phone: lying on its side, with place, maker and a thumbnail's words."""
    exif = Image.Exif()
    exif[Base.Orientation], exif[Base.Make], exif[Base.ImageDescription] = 6, "Canary Phone", "Canary words"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (51.0, 30.0, 0.0)
    return written(plain(), "JPEG", exif=exif, comment=b"Canary comment", dpi=(300, 300))


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def without_width(tiff: bytes) -> bytes:
    """The last page has another tag in place of its width."""
    width = struct.pack("<HH", 256, 4)
    head, _, tail = tiff.rpartition(width)
    return head + struct.pack("<HH", 255, 4) + tail


JPEG = written(plain(), "JPEG")
FRAMES = [Image.new("RGB", (80, 80), color) for color in ("red", "blue")]
TWO_PAGES = written(FRAMES[0], "TIFF", save_all=True, append_images=FRAMES[1:])
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GOOD: dict[str, bytes] = {
    "jpeg": JPEG,
    "jpeg, progressive": written(plain(), "JPEG", progressive=True),
    "jpeg, grey": written(plain("L"), "JPEG"),
    "jpeg, CMYK": written(plain("CMYK"), "JPEG"),
    "jpeg, worst quality": written(plain(), "JPEG", quality=1),
    "jpeg with a profile": written(plain(), "JPEG", icc_profile=SRGB),
    "jpeg with a broken profile": written(plain(), "JPEG", icc_profile=b"no profile"),
    "jpeg of a phone": tagged(),
    "jpeg with bytes after its end": JPEG + b"<?php echo 1; ?>" * 10,
    "png": written(plain(), "PNG"),
    "png, transparent": written(plain("RGBA"), "PNG"),
    "png, palette": written(plain("P"), "PNG"),
    "png, palette with a transparent colour": written(plain("P"), "PNG", transparency=0),
    "png, black and white": written(plain("1"), "PNG"),
    "png, grey with transparency": written(plain("LA"), "PNG"),
    "png, sixteen bits": written(plain("I;16"), "PNG"),
    "tiff, fractions": written(plain("F"), "TIFF"),
    "tiff, thirty-two bits": written(plain("I"), "TIFF"),
    "png with one transparent colour": written(plain(), "PNG", transparency=(1, 2, 3)),
    "webp": written(plain(), "WEBP"),
    "webp, lossless": written(plain("RGBA"), "WEBP", lossless=True),
    "bmp": written(plain(), "BMP"),
    "tiff": written(plain(), "TIFF"),
    "tiff, packed": written(plain(), "TIFF", compression="tiff_lzw"),
    "tiff, CMYK": written(plain("CMYK"), "TIFF"),
    "gif that stands still": written(plain("P"), "GIF"),
    "long and narrow": written(plain("RGB", 60, 3000), "PNG"),
    "wide and flat": written(plain("RGB", 3000, 60), "PNG"),
    "as large as a camera makes it": written(plain("RGB", 6000, 4000), "JPEG"),
}
MP4 = box(b"ftyp", b"isom\0\0\0\0isom")
BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "one byte": (b"\xff", "no picture"),
    "zeros": (b"\0" * 5000, "no picture"),
    "a text": (b"Dear members," * 40, "no picture"),
    "a page": (b"<!doctype html><html></html>", "no picture"),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "no picture"),
    "a program": (b"MZ" + b"\0" * 400, "no picture"),
    "an archive": (b"PK\x03\x04" + b"\0" * 400, "no picture"),
    "a document": (b"%PDF-1.7\n" + b"\0" * 400, "no picture"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "no format|no picture"),
    "half a jpeg": (JPEG[: len(JPEG) // 3], "no picture"),
    "half a png": (written(Image.effect_noise((300, 300), 90), "PNG")[:900], "no picture"),
    "a jpeg's head alone": (JPEG[:30], "no picture"),
    "a png with a broken sum": (written(plain(), "PNG").replace(b"IDAT", b"IDAX"), "no picture"),
    "a gif's head alone": (b"GIF89a\x40\x01\xf0\0\x80\0\0", "no picture"),
    "a gif that moves": (written(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]), "moves"),
    "a webp that moves": (written(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]), "moves"),
    "a png that moves": (written(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]), "moves"),
    "a tiff of two pages": (TWO_PAGES, "moves"),
    "an icon": (written(plain("RGBA", 64, 64), "ICO"), "no format|no picture"),
    "a ppm": (written(plain(), "PPM"), "no format"),
    "a tga": (written(plain(), "TGA"), "no format|no picture"),
    "a pcx": (written(plain(), "PCX"), "no format"),
    "too small": (written(plain("RGB", 30, 30), "PNG"), "only 30"),
    "a thread": (written(plain("RGB", 2000, 3), "PNG"), "only 2000"),
    "a bomb of 81 million pixels": (written(plain("1", 9000, 9000), "PNG"), "far too many"),
    "a bomb that claims 4 thousand million": (png(65_000, 65_000), "far too many"),
    "a bomb that claims the most": (png(2**31 - 1, 2**31 - 1), "far too many|no picture"),
    "a jpeg that claims 65,535 square": (
        b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01",
        "far too many|no picture",
    ),
    "heic": (box(b"ftyp", b"heic\0\0\0\0mif1heic") + b"\0" * 60, "HEIC"),
    "heic of many pictures": (box(b"ftyp", b"msf1\0\0\0\0msf1hevc") + b"\0" * 60, "HEIC"),
    "avif, cut off": (box(b"ftyp", b"avif\0\0\0\0avifmif1") + b"\0" * 60, "HEIC|no picture"),
    "a video without a track": (MP4 + box(b"moov", box(b"mvhd", b"\0" * 100)), "no MP4|broken"),
    "a video's head alone": (MP4, "no MP4|broken"),
    "a video of noise": (MP4 + box(b"mdat", b"\xa5" * 4000), "no MP4|broken"),
    "a video whose box claims more than there is": (
        MP4 + struct.pack(">I4s", 2**31, b"moov"),
        "no MP4|broken",
    ),
    "a box of nothing, again and again": (
        box(b"ftyp", b"isom") + struct.pack(">I4s", 8, b"free") * 20_000,
        ".",
    ),
    "a film whose last box lacks half its length": (film(seconds=4) + b"\0\0\0\1free", "cut off"),
    "a tiff whose second page has no width": (without_width(TWO_PAGES), "no picture"),
    "sound only": (b"ID3\x03" + b"\0" * 500, "no picture"),
    "a matroska video": (b"\x1a\x45\xdf\xa3" + b"\0" * 400, "no picture"),
}


def test_there_are_sixty_of_them() -> None:
    assert len(GOOD) + len(BAD) >= 60


@pytest.mark.parametrize("name", list(GOOD))
def test_a_picture_becomes_a_jpeg_of_screens_without_any_metadata(name: str) -> None:
    # The extension lies; what the content is counts.
    row = add_media(BytesIO(GOOD[name]), name="holiday.mp4")

    content = bytes_of(row)
    with Image.open(BytesIO(content)) as fit:
        fit.load()
        assert (fit.format, fit.mode, fit.size) == ("JPEG", "RGB", (row.width, row.height))
        assert max(fit.size) <= 2560
        assert not fit.getexif()
        assert "icc_profile" not in fit.info
    assert b"Canary" not in content
    assert len(content) <= 4 * 1024 * 1024


@pytest.mark.parametrize("name", list(BAD))
def test_what_is_of_no_use_says_why_and_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    content, words = BAD[name]

    with pytest.raises(InvalidError, match=f"(?s)holiday.jpg: .*({words})"):
        add_media(BytesIO(content), name="holiday.jpg")

    assert not Media.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_phones_picture_stands_upright() -> None:
    row = add_media(BytesIO(GOOD["jpeg of a phone"]), name="phone.jpg")

    assert (row.width, row.height) == (240, 320)


@pytest.mark.parametrize("ratio", list(RATIOS))
def test_even_a_thread_is_cut_to_every_shape_or_refused(ratio: str) -> None:
    row = add_media(BytesIO(GOOD["wide and flat"]), name="wide.png", ratio=ratio, fills=True)

    assert abs(row.width / row.height - RATIOS[ratio]) < 0.05


@pytest.mark.parametrize(
    ("image", "kind", "how", "wanted"),
    [
        (Image.new("I;16", (80, 80), 32_896), "PNG", {}, 128),
        (Image.new("I;16", (80, 80), 514), "TIFF", {}, 2),
        (Image.new("I", (80, 80), 32_896), "TIFF", {}, 128),
        (Image.new("F", (80, 80), 0.5), "TIFF", {}, 127),
        (Image.new("F", (80, 80), 200.0), "TIFF", {}, 200),
        (Image.new("L", (80, 80), 10), "PNG", {"transparency": 10}, 255),
        (Image.new("RGB", (80, 80), (9, 9, 9)), "PNG", {"transparency": (9, 9, 9)}, 255),
    ],
)
def test_light_stays_as_bright_as_it_was_and_nothing_becomes_white(
    image: Image.Image, kind: str, how: dict[str, Any], wanted: int
) -> None:
    content = make_fit(written(image, kind, **how)).content

    with Image.open(BytesIO(content)) as fit:
        seen = set(fit.convert("L").tobytes())

    assert seen <= set(range(wanted - 2, wanted + 3))
