"""What every benchmark is given."""

from dataclasses import dataclass
from pathlib import Path

from crm_platform.bench.progress import Reporter
from crm_platform.bench.sizes import Sizes


@dataclass(frozen=True, slots=True)
class Setting:
    """How much to do, where to put files, whom to tell. The database of the environment is empty but migrated."""

    sizes: Sizes
    folder: Path
    reporter: Reporter
