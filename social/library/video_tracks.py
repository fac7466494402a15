"""Looking into a video in a process of its own, with limits: no file can end, fill or hold the one that serves.

Run as a program: the path and the most seconds of a processor as arguments, one JSON document on standard output. The
reader believes what tables of a file say of their own length. Imports nothing of the product, so that it starts in a
moment.
"""

import resource
import sys
from typing import Any, Final

import orjson
from pymediainfo import MediaInfo

MOST_MEMORY: Final = 1024 * 1024 * 1024
MOST_SECONDS: Final = 10
FIELDS: Final = (
    "format", "format_profile", "duration", "overall_bit_rate", "width", "height", "frame_rate", "bit_rate",
    "chroma_subsampling", "scan_type",
)  # fmt: skip


def read(path: str) -> dict[str, Any]:
    """The first track of each kind, by its kind."""
    found: dict[str, Any] = {}
    for track in MediaInfo.parse(path).tracks:
        found.setdefault(track.track_type, {name: getattr(track, name) for name in FIELDS})
    return {kind: found[kind] for kind in ("General", "Video", "Audio") if kind in found}


def main() -> None:
    """Look under the limits, write what was found."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    path, seconds = sys.argv[1], int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(orjson.dumps(read(path)))


if __name__ == "__main__":
    main()
