"""Chance that can be repeated: the same seed gives the same world on every machine and Python.

Everything is built on `random.Random.random()`, the one method whose sequence Python promises to keep.
"""

import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

HEX_DIGITS = "0123456789abcdef"
# The standard deviation of the sum of four uniform numbers is 1 / sqrt(3).
BELL_THROWS = 4
BELL_SCALE = math.sqrt(3)


class Rng:
    """One stream of chance; `fork` gives independent ones, so that one part's throws never shift another's."""

    __slots__ = ("_random", "_seed")

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - a world, no secrets

    def fork(self, label: str) -> "Rng":
        """A stream of its own, fixed by this one's seed and the label alone."""
        return Rng(f"{self._seed}/{label}")

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self._random.random() < probability

    def uniform(self, low: float, high: float) -> float:
        """A number from `low` up to `high`."""
        return low + self._random.random() * (high - low)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def bell(self, mean: float, spread: float) -> float:
        """Near enough to normal, and never further than 3.5 spreads away."""
        total = sum(self._random.random() for _ in range(BELL_THROWS))
        return mean + (total - BELL_THROWS / 2) * BELL_SCALE * spread

    def exponential(self, mean: float) -> float:
        """A waiting time."""
        return -math.log(1.0 - self._random.random()) * mean

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self._random.random() * len(choices))]

    def weighted(self, choices: Sequence[tuple[T, float]]) -> T:
        """One of the choices, each with its weight; the weights need not add up to one."""
        left = self._random.random() * sum(weight for _, weight in choices)
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        return choices[-1][0]

    def sample(self, choices: Sequence[T], count: int) -> list[T]:
        """So many different ones, in random order; all of them when there are fewer."""
        left = list(choices)
        for position in range(min(count, len(left))):
            other = self.between(position, len(left) - 1)
            left[position], left[other] = left[other], left[position]
        return left[:count]

    def digits(self, count: int) -> str:
        """So many decimal digits."""
        return "".join(str(self.between(0, 9)) for _ in range(count))

    def hex(self, count: int) -> str:
        """So many hexadecimal digits."""
        return "".join(self.pick(HEX_DIGITS) for _ in range(count))

    def uuid(self) -> str:
        """A random UUID (version 4) as text."""
        raw = self.hex(30)
        return f"{raw[:8]}-{raw[8:12]}-4{raw[12:15]}-a{raw[15:18]}-{raw[18:30]}"
