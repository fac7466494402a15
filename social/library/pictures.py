"""Pictures made fit: turned upright, without EXIF or place, in sRGB, as JPEG, of a sensible size. Pure."""

import logging
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageCms, ImageOps

logger = logging.getLogger(__name__)
MOST_BYTES: Final = 30 * 1024 * 1024
MOST_PIXELS: Final = 60_000_000
LONGEST_SIDE: Final = 2560
SMALLEST_SIDE: Final = 50
QUALITY: Final = 88
SENT_BYTES: Final = 4 * 1024 * 1024
FORMATS: Final = frozenset({"JPEG", "MPO", "PNG", "WEBP", "BMP", "TIFF", "GIF"})
HEIC: Final = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"avif")
# Names of ratios, width to height, as editors choose them.
RATIOS: Final = {"1:1": 1.0, "4:5": 0.8, "1.91:1": 1.91, "16:9": 16 / 9, "9:16": 9 / 16}


class PictureRefused(ValueError):
    """The file cannot be used; the message says why, in words for staff."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that every network takes as far as colour, size and format go."""

    content: bytes
    width: int
    height: int


def make_fit(
    content: bytes, *, ratio: str = "", fills: bool = False, centre: tuple[float, float] = (0.5, 0.5)
) -> Picture:
    """Make a picture of the bytes; raises PictureRefused.

    `ratio`: one of RATIOS to cut to, around `centre` (shares of width and height); with `fills` nothing is cut, the
    rest is filled with white.
    """
    if len(content) > MOST_BYTES:
        raise PictureRefused(f"The picture is larger than {MOST_BYTES // 1024 // 1024} MB.")
    try:
        with Image.open(BytesIO(content)) as image:
            _check(image)
            upright = ImageOps.exif_transpose(image)
            return _written(_shaped(_in_srgb(upright), ratio, fills=fills, centre=centre))
    except PictureRefused:
        raise
    except Image.DecompressionBombError as error:
        raise PictureRefused("The picture has far too many pixels.") from error
    except Exception as error:
        # The decoder meets foreign bytes, and raises whatever they make it stumble over.
        logger.info("a picture could not be read: %r", error)
        raise PictureRefused(_what_it_is(content)) from error


def _check(image: Image.Image) -> None:
    if image.format not in FORMATS:
        raise PictureRefused(
            f"{image.format or 'This'} is no format that networks take. Save it as JPEG or PNG."
        )
    if image.width * image.height > MOST_PIXELS:
        raise PictureRefused(f"The picture has {image.width} × {image.height} pixels, which is far too many.")
    if min(image.width, image.height) < SMALLEST_SIDE:
        raise PictureRefused(f"The picture has only {image.width} × {image.height} pixels.")
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        raise PictureRefused("The picture moves. Use a video, or a picture that stands still.")


def _what_it_is(content: bytes) -> str:
    if content[4:8] == b"ftyp" and content[8:12] in HEIC:
        return "This is a HEIC picture of an iPhone. Save it as JPEG (Share → Options → Most Compatible)."
    if not content:
        return "The file is empty."
    return "The file is no picture, whatever its name says, or it is broken."


def _in_srgb(image: Image.Image) -> Image.Image:
    """The colours that screens show, whatever profile the file brings; what is transparent becomes white."""
    profile = image.info.get("icc_profile")
    image = _in_eight_bits(image)
    if image.mode in ("P", "LA", "PA", "RGBA") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            made = None
        if made is not None:
            return made
    return image.convert("RGB")


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Greys of 16 or 32 bits, or in fractions, as greys of eight: by themselves they would come out white or black."""
    if image.mode not in ("I", "F") and not image.mode.startswith("I;"):
        return image
    brightest = float(image.getextrema()[1])  # type: ignore[arg-type]
    if image.mode == "F":
        white = next((most for most in (1.0, 255.0) if brightest <= most), brightest)
    else:
        white = max(65_535.0, brightest)
    deep = image if image.mode == "F" else image.convert("I")
    return deep.point(lambda value: value * (255 / white) + 0).convert("L")


def _shaped(image: Image.Image, ratio: str, *, fills: bool, centre: tuple[float, float]) -> Image.Image:
    if ratio:
        wanted = RATIOS[ratio]
        width, height = image.size
        if fills:
            size = (
                (round(height * wanted), height)
                if width / height < wanted
                else (width, round(width / wanted))
            )
            image = ImageOps.pad(image, size, color="white")
        else:
            size = (
                (round(height * wanted), height)
                if width / height > wanted
                else (width, round(width / wanted))
            )
            image = ImageOps.fit(image, (max(1, size[0]), max(1, size[1])), centering=centre)
    if max(image.size) > LONGEST_SIDE:
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return image


def _written(image: Image.Image) -> Picture:
    """A JPEG without any metadata, small enough for every network."""
    for quality in (QUALITY, 75, 60, 40):
        buffer = BytesIO()
        # A new image carries neither EXIF nor profile.
        clean = Image.new("RGB", image.size)
        clean.paste(image)
        clean.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= SENT_BYTES:
            break
    return Picture(buffer.getvalue(), image.width, image.height)
