"""What the file door leaves behind: the file of rejected lines, and the summary."""

from pathlib import Path
from typing import IO, Final

import orjson

from events.transports.files import Reject, Summary
from tenants.commands import counted

REJECTS_SUFFIX: Final = ".rejects.ndjson"
STDIN_NAME: Final = "stdin"


class RejectFile:
    """Rejected lines with their reasons, as lines of JSON; made when there is something to write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[bytes] | None = None

    def write(self, reject: Reject) -> None:
        """Add a line; the first one replaces the file of an earlier run."""
        if self._file is None:
            self._file = self.path.open("wb")
        self._file.write(orjson.dumps(reject._asdict(), option=orjson.OPT_APPEND_NEWLINE))
        self.count += 1

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def rejects_path(source: str) -> Path:
    """Where the rejected lines of a source go unless told otherwise: next to it, for stdin in this folder."""
    return Path(STDIN_NAME + REJECTS_SUFFIX) if source == "-" else Path(source + REJECTS_SUFFIX)


def summary_text(summary: Summary, *, seconds: float, dry_run: bool) -> str:
    """One sentence on what became of the lines."""
    rejected = sum(summary.rejected.values())
    codes = ", ".join(f"{code} {count:,}" for code, count in sorted(summary.rejected.items()))
    accepted = "would be accepted" if dry_run else "accepted"
    return (
        f"{counted(summary.lines, 'line')} in {seconds:.1f} s ({summary.lines / max(seconds, 0.001):,.0f} lines/s):"
        f" {summary.accepted:,} {accepted}, {counted(summary.duplicates, 'duplicate')}, {rejected:,} rejected"
        + (f" ({codes})" if codes else "")
    )
