"""The fault plan: which call goes wrong, and how. A rule is used up by the calls that it strikes."""

import re
import threading
from dataclasses import dataclass, field
from typing import Any, Final

BEFORE: Final = frozenset({"cut_before", "status_before", "error"})  # nothing is done
AFTER: Final = frozenset(
    {
        "cut_after",
        "cut_middle",
        "status_after",
        "html",
        "empty",
        "wrong_type",
    }  # it is done, the answer is spoilt
)


@dataclass
class Rule:
    """Strikes calls that match, from the `nth` on, `times` times (0: always)."""

    action: str
    network: str = ""
    method: str = ""
    path: str = ""
    nth: int = 1
    times: int = 1
    status: int = 500
    body: Any = None
    seconds: float = 0.0
    seen: int = 0

    def strikes(self, network: str, method: str, path: str) -> bool:
        """Whether this call is struck; counts it."""
        if self.network not in ("", network) or self.method not in ("", method):
            return False
        if self.path and not re.search(self.path, path):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times == 0 or self.seen < self.nth + self.times)


@dataclass
class FaultPlan:
    """Rules in order; the first that strikes counts."""

    rules: list[Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def strike(self, network: str, method: str, path: str) -> Rule | None:
        """The rule that this call meets."""
        with self._lock:
            struck = [rule for rule in self.rules if rule.strikes(network, method, path)]
        return struck[0] if struck else None

    def replace(self, rules: list[dict[str, Any]]) -> None:
        """Another plan."""
        with self._lock:
            self.rules = [Rule(**rule) for rule in rules]
