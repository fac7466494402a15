"""Odd films through the upload door: taken rightly or refused in words, never an error, in bounded time and memory."""

import os
import struct
from collections.abc import Callable
from io import BytesIO
from typing import Final

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile

from social.library import video_tracks
from social.library.keeping import add_media
from social.models import Media
from tenants.errors import InvalidError
from tests.back_office import desk
from tests.social.films import MATRIX, film
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
MOST: Final = 0xFFFFFFFF
TURNED: Final = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def patched(name: bytes, at: int, form: str, *values: int) -> bytes:
    """A film in one of whose boxes other numbers stand, `at` bytes behind its name."""
    whole = film()
    place = whole.index(name) + 4 + at
    return whole[:place] + struct.pack(form, *values) + whole[place + struct.calcsize(form) :]


def nested(name: bytes, depth: int) -> bytes:
    found = b""
    for _ in range(depth):
        found = box(name, found)
    return film()[:24] + found


# What stands in the library afterwards ("" where it is refused).
FILMS: dict[str, tuple[Callable[[], bytes], str]] = {
    "its index at its end": (lambda: film(is_moov_first=False), "video/mp4"),
    "turned on its side": (lambda: film().replace(MATRIX, TURNED), "video/mp4"),
    "saved by QuickTime": (lambda: film(brand=b"qt  "), "video/quicktime"),
    "one picture long": (lambda: film(seconds=0.01), "video/mp4"),
    "hours long": (lambda: film(seconds=7_200, frames_a_second=1, width=64, height=64, has_sound=False), "video/mp4"),
    "a page of the web in a free box": (lambda: film() + box(b"free", b"<script>alert(1)</script>"), "video/mp4"),
    "many empty boxes": (lambda: film() + box(b"free") * 5_000, "video/mp4"),
    "nothing but its head": (lambda: film()[:24], ""),
    "a head and zeros": (lambda: film()[:24] + bytes(3_000_000), ""),
    "a box to the end of the world": (lambda: film() + struct.pack(">I4sQ", 1, b"free", 2**63), ""),
    "a box of seven bytes": (lambda: film() + struct.pack(">I4s", 7, b"free"), ""),
    "half a long box": (lambda: film() + struct.pack(">I4s", 1, b"free"), ""),
    "boxes in boxes": (lambda: nested(b"moov", 3_000), ""),
    "a packed index of gigabytes": (
        lambda: film()[:24] + box(b"moov", box(b"cmov", box(b"cmvd", struct.pack(">I", 2**31)))),
        "",
    ),
    "WebM": (lambda: bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f3810842828477") + b"ebm" + bytes(500), ""),
    "Matroska": (lambda: bytes.fromhex("1a45dfa3a34286810142f7810142f281") + b"matroska" + bytes(500), ""),
    "AVI": (lambda: b"RIFF" + struct.pack("<I", 500) + b"AVI LIST" + bytes(500), ""),
    "a film behind the head of a JPEG": (lambda: b"\xff\xd8\xff\xe0" + film(), ""),
    "nothing at all": (lambda: b"", ""),
    "seven bytes": (lambda: film()[:7], ""),
    "noise with the name of a film in it": (lambda: struct.pack(">I", 24) + b"ftyp" + os.urandom(4_000), ""),
}  # fmt: skip
# Numbers that lie: whether a film is what it says is for the networks; here it must not do harm.
LIES: dict[str, Callable[[], bytes]] = {
    "a brand nobody knows": lambda: film(brand=b"golf"),
    "pictures that call themselves sound": lambda: film().replace(b"vide", b"soun"),
    "pictures that call themselves text": lambda: film().replace(b"vide", b"text"),
    "no length": lambda: patched(b"mvhd", 16, ">I", 0),
    "a length of years": lambda: patched(b"mvhd", 16, ">I", MOST),
    "no seconds": lambda: patched(b"mdhd", 12, ">I", 0),
    "a track of years": lambda: patched(b"mdhd", 16, ">I", MOST),
    "a size of no pixels": lambda: patched(b"avc1", 24, ">HH", 0, 0),
    "a size of all pixels": lambda: patched(b"avc1", 24, ">HH", 65_535, 65_535),
    "four billion pictures": lambda: patched(b"stsz", 8, ">I", MOST),
    "four billion times": lambda: patched(b"stts", 4, ">I", MOST),
    "four billion places": lambda: patched(b"stco", 4, ">I", MOST),
    "pictures beyond the end": lambda: patched(b"stco", 8, ">I", MOST - 15),
}


def sent(stage: Stage, content: bytes, name: str = "round.mp4") -> list[str]:
    """What staff read after adding a file in the library."""
    file = SimpleUploadedFile(name, content, "video/mp4")
    answer = desk(stage.club.marketing_manager).post("/admin/social/media/", {"files": file})
    assert answer.status_code == 302
    return [str(one) for one in get_messages(answer.wsgi_request)]


@pytest.mark.parametrize("name", FILMS)
def test_an_odd_film_is_taken_for_what_it_is_or_refused_in_words(stage: Stage, name: str) -> None:
    make, kind = FILMS[name]

    (said,) = sent(stage, make())

    rows = list(Media.objects.values_list("content_type", flat=True))
    assert rows == ([kind] if kind else [])
    assert said == "1 added, made fit for every network." if kind else said.startswith("round.mp4: ")
    assert said.endswith(".")


@pytest.mark.parametrize("name", LIES)
def test_a_film_that_lies_about_its_numbers_does_no_harm(
    stage: Stage, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_tracks, "MOST_SECONDS", 3)
    (said,) = sent(stage, LIES[name]())

    assert (said == "1 added, made fit for every network.") == Media.objects.exists()
    assert Media.objects.exists() or said.startswith("round.mp4: ")


def test_a_film_that_holds_its_reader_is_given_up_in_words(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_tracks, "MOST_SECONDS", 0)

    with pytest.raises(InvalidError, match="nobody can look into it"):
        add_media(BytesIO(film()), name="round.mp4")
