"""Pictures are made fit; what cannot be used says why."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from social.library.pictures import PictureRefused, make_fit


def written(image: Image.Image, kind: str, **how: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def test_a_picture_is_turned_upright_and_loses_place_and_camera() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "CanaryCamera"
    exif.get_ifd(0x8825)[1] = "S"
    content = written(Image.new("RGB", (200, 100), "red"), "JPEG", exif=exif)

    fit = make_fit(content)

    assert (fit.width, fit.height) == (100, 200)
    assert dict(opened(fit.content).getexif()) == {}
    assert b"CanaryCamera" not in fit.content


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "RGBA", "LA", "1", "I;16"])
def test_whatever_the_colours_are_they_become_those_of_screens(mode: str) -> None:
    image = Image.new(mode, (120, 120))
    kind = "TIFF" if mode in ("CMYK", "I;16") else "PNG"

    assert opened(make_fit(written(image, kind)).content).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    fit = make_fit(written(Image.new("RGBA", (100, 100), (0, 0, 0, 0)), "PNG"))

    assert opened(fit.content).getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize(("ratio", "size"), [("1:1", (100, 100)), ("4:5", (80, 100)), ("1.91:1", (191, 100))])
def test_a_picture_is_cut_around_its_middle(ratio: str, size: tuple[int, int]) -> None:
    fit = make_fit(written(Image.new("RGB", (300, 100)), "PNG"), ratio=ratio)

    assert (fit.width, fit.height) == size


def test_a_picture_may_be_filled_instead_of_cut() -> None:
    fit = make_fit(written(Image.new("RGB", (300, 100), "black"), "PNG"), ratio="1:1", fills=True)

    assert (fit.width, fit.height) == (300, 300)
    assert opened(fit.content).getpixel((150, 10)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"GIF89a nothing", "no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "no picture"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC"),
        (b"MZ" + b"\0" * 200, "no picture"),
        (written(Image.new("RGB", (20, 20)), "PNG"), "only 20"),
        (written(Image.new("1", (9000, 9000)), "PNG"), "far too many"),
        (written(Image.new("RGB", (200, 200)), "PNG")[:90], "no picture"),
    ],
)
def test_what_cannot_be_used_says_why(content: bytes, words: str) -> None:
    with pytest.raises(PictureRefused, match=words):
        make_fit(content)


def test_a_moving_picture_is_refused() -> None:
    frames = [Image.new("RGB", (100, 100), color) for color in ("red", "blue")]

    with pytest.raises(PictureRefused, match="moves"):
        make_fit(written(frames[0], "GIF", save_all=True, append_images=frames[1:]))
