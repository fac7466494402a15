"""The fault plan: which call goes wrong, and how. A rule is used up by the calls that it strikes."""

import re
import threading
from dataclasses import dataclass, field
from typing import Any, Final

# Nothing is done.
BEFORE: Final = frozenset({"cut_before", "status_before", "error", "redirect"})
# It is done, and the answer is spoilt.
AFTER: Final = frozenset(
    {"cut_after", "cut_middle", "status_after", "html", "empty", "wrong_type", "texts", "shapes"}
)


@dataclass
class Rule:
    """Strikes calls that match, from the `nth` on, `times` times (0: always).

    `lever`, `lever_after`: what is pulled before or after the act, as `[path, body]` of the control: so that a token
    ends, a person acts or a clock jumps in the very middle of somebody's steps.
    """

    action: str
    network: str = ""
    method: str = ""
    path: str = ""
    nth: int = 1
    times: int = 1
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    lever: list[Any] = field(default_factory=list)
    lever_after: list[Any] = field(default_factory=list)
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


def texts_of(value: Any) -> Any:
    """The same answer with every number and truth written as text, as some gateways do."""
    if isinstance(value, dict):
        return {name: texts_of(one) for name, one in value.items()}
    if isinstance(value, list):
        return [texts_of(one) for one in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def odd_shapes_of(value: Any) -> Any:
    """The same keys with values of other types."""
    if isinstance(value, dict):
        return {name: _ODD[type(one).__name__] for name, one in value.items() if type(one).__name__ in _ODD}
    return [value]


_ODD: Final[dict[str, Any]] = {
    "str": {"value": None}, "int": [1], "float": [0.5], "bool": "perhaps", "list": "none", "dict": [], "NoneType": 0,
}  # fmt: skip
