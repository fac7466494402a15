"""The fault plan: which calls go wrong, and how."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Rows = list[dict[str, Any]]
# Answers that do not fit the question: some are left out, in another order, told twice, under a key never asked.
GARBLED: Final[Mapping[str, Callable[[Rows], Rows]]] = {
    "partial": lambda rows: rows[: len(rows) // 2],
    "shuffled": lambda rows: rows[::-1],
    "twice": lambda rows: [*rows, *rows[:1]],
    "foreign": lambda rows: [*rows[:-1], rows[-1] | {"idempotencyKey": "never:asked"}] if rows else rows,
}
# slow: begins late. late: does it, then answers late. status: refuses with it. cut_before: breaks off, nothing done.
# cut_after: does it, then breaks off.
KINDS: Final = ("slow", "late", "status", "cut_before", "cut_after", *GARBLED)


@dataclass
class Fault:
    """Strikes calls whose path begins with `path` and whose body names `about`, after `skip` calls, `times` times.

    `times` 0: always.
    """

    kind: str
    path: str = "/v1/messages"
    times: int = 1
    skip: int = 0
    status: int = 500
    seconds: float = 0.0
    retry_after: int | None = None
    about: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"A fault is one of {', '.join(KINDS)}.")


@dataclass
class FaultPlan:
    """Faults in order; the first that fits a call strikes it and is used up by so much."""

    faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def strike(self, path: str, body: bytes = b"") -> Fault | None:
        """The fault of this call, if any."""
        with self._lock:
            for fault in list(self.faults):
                if not path.startswith(fault.path) or fault.about.encode() not in body:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.times == 1:
                    self.faults.remove(fault)
                elif fault.times > 1:
                    fault.times -= 1
                return fault
        return None

    def replace(self, plan: list[dict[str, Any]]) -> None:
        """Another plan; raises TypeError or ValueError for what is none."""
        faults = [Fault(**fault) for fault in plan]
        with self._lock:
            self.faults[:] = faults
