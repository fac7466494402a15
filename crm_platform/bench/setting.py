"""What every benchmark is given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from crm_platform.bench.figures import BenchError
from crm_platform.bench.progress import Reporter
from crm_platform.bench.sizes import Sizes

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Setting:
    """How much to do, where to put files, whom to tell. The database of the environment is empty but migrated.

    `parts`: which parts of the benchmark are asked for; none: all of them.
    """

    sizes: Sizes
    folder: Path
    reporter: Reporter
    parts: frozenset[str] = frozenset()

    def check_parts(self, known: Mapping[str, object]) -> None:
        """Raise BenchError when a part is asked for that the benchmark does not have."""
        if unknown := self.parts - known.keys():
            names = ", ".join(known) or "none"
            raise BenchError(f"There is no part {', '.join(sorted(unknown))}. Parts: {names}.")

    def chosen(self, parts: Mapping[str, Part]) -> Iterator[Part]:
        """The parts asked for, in the order of the benchmark, with a line as each begins."""
        for name, part in parts.items():
            if not self.parts or name in self.parts:
                self.reporter.note(f"part {name}")
                yield part
