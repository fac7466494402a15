"""Videos: looked at for what networks refuse; nothing is changed."""

import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from social.library import video_tracks

MOST_BYTES: Final = 512 * 1024 * 1024
BOX: Final = struct.Struct(">I4s")
LONG: Final = struct.Struct(">Q")
MOST_BOXES: Final = 10_000


class VideoRefused(ValueError):
    """The file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Video:
    """What a probe found."""

    width: int
    height: int
    duration_ms: int
    size: int
    container: str
    codec: str
    audio_codec: str
    frame_rate: float
    bit_rate: int
    chroma: str
    scan: str
    is_moov_first: bool
    has_edit_list: bool

    def details(self) -> dict[str, Any]:
        """As the library keeps it."""
        names = ("container", "codec", "audio_codec", "frame_rate", "bit_rate", "chroma", "scan")
        return {name: getattr(self, name) for name in (*names, "is_moov_first", "has_edit_list")}


def probe(path: Path) -> Video:
    """Look at a file; raises VideoRefused where it is no video that any network takes."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise VideoRefused(f"The video is larger than {MOST_BYTES // 1024 // 1024} MB.")
    tracks = _tracks(path)
    general, video, audio = (tracks.get(kind) for kind in ("General", "Video", "Audio"))
    if general is None or video is None or general["format"] not in ("MPEG-4", "QuickTime"):
        raise VideoRefused("The file is no MP4 or MOV video, whatever its name says, or it is broken.")
    duration = video["duration"] or general["duration"]
    if not video["width"] or not video["height"] or not duration:
        raise VideoRefused("The video is broken: its size or length cannot be read.")
    order, has_edit_list, is_whole = boxes(path)
    if not is_whole:
        raise VideoRefused(
            "The video is cut off: the file ends before its content does. Export or copy it again."
        )
    return Video(
        width=int(video["width"]),
        height=int(video["height"]),
        duration_ms=int(float(duration)),
        size=size,
        # The older kind of box by the same name has a profile of its own.
        container="QuickTime" if general["format_profile"] == "QuickTime" else str(general["format"]),
        codec=str(video["format"] or ""),
        audio_codec=str((audio or {}).get("format") or ""),
        frame_rate=float(video["frame_rate"] or 0),
        bit_rate=int(video["bit_rate"] or general["overall_bit_rate"] or 0),
        chroma=str(video["chroma_subsampling"] or ""),
        scan=str(video["scan_type"] or ""),
        is_moov_first=_comes_first(order, b"moov", b"mdat"),
        has_edit_list=has_edit_list,
    )


def _tracks(path: Path) -> dict[str, Any]:
    """What `video_tracks` finds; whatever a file does to that process is words here."""
    seconds = video_tracks.MOST_SECONDS
    command = [sys.executable, "-I", video_tracks.__file__, str(path), str(seconds)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=6 * seconds, check=False, env={})
        found: dict[str, Any] = orjson.loads(done.stdout) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, orjson.JSONDecodeError):
        found = {}
    if not found:
        raise VideoRefused("The video is broken: nobody can look into it. Export it again.")
    return found


def boxes(path: Path) -> tuple[list[bytes], bool, bool]:
    """The order of an MP4's outer boxes, whether an edit list stands in it, and whether every box is there whole."""
    order: list[bytes] = []
    has_edit_list = False
    with path.open("rb") as file:
        position, size = 0, path.stat().st_size
        while position + BOX.size <= size and len(order) < MOST_BOXES:
            file.seek(position)
            length, name = BOX.unpack(file.read(BOX.size))
            if length == 1:
                long = file.read(LONG.size)
                if len(long) < LONG.size:
                    return order, has_edit_list, False
                (length,) = LONG.unpack(long)
            order.append(name)
            if name == b"moov":
                has_edit_list = b"elst" in file.read(min(length or size, 8 * 1024 * 1024))
            if length < BOX.size:
                # 0: to the end of the file.
                return order, has_edit_list, length == 0
            position += length
    return order, has_edit_list, position <= size


def _comes_first(order: list[bytes], first: bytes, then: bytes) -> bool:
    return first in order and (then not in order or order.index(first) < order.index(then))
