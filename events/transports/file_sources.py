"""Where the file door reads from: files or standard input, plain or gzip."""

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Final

from events.transports.files import ByteStream

STDIN: Final = "-"
GZIP_MAGIC: Final = b"\x1f\x8b"
BUFFER_BYTES: Final = 1024 * 1024


class FileSource:
    """One source; how far it has been read is counted in bytes of the file, compressed as they may be."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = None if name == STDIN else Path(name).stat().st_size
        self._raw: FileIO | None = None
        self._read = 0

    @property
    def position(self) -> int:
        """Bytes read so far; of standard input nothing is known."""
        if self._raw is not None and not self._raw.closed:
            self._read = self._raw.tell()
        return self._read

    @contextmanager
    def opened(self) -> Iterator[ByteStream]:
        """The stream of its lines; what it is tells its first bytes, not its name."""
        if self.name == STDIN:
            yield _plain(BufferedReader(FileIO(sys.stdin.fileno(), closefd=False), BUFFER_BYTES))
            return
        with FileIO(self.name) as self._raw, BufferedReader(self._raw, BUFFER_BYTES) as buffered:
            yield _plain(buffered)
            self._read = self._raw.tell()


def _plain(stream: "BufferedReader[FileIO]") -> ByteStream:
    return gzip.open(stream) if stream.peek(2).startswith(GZIP_MAGIC) else stream
