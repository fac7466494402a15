"""What an experiment says: who is probably best, whether that is certain yet, and the lift against a hold-out. Pure.

Three questions, three tools. *Who should get the rest?* The probability of being best, from Beta posteriors for rates
and normal ones for amounts (flat priors). *May one believe it while it is still running?* An always-valid p-value and
interval (normal mixture; Johari, Pekelis, Walsh: "Always Valid Inference", 2017; Waudby-Smith et al.: "Time-uniform
central limit theory", 2021): looking every hour keeps the promised error, which a usual p-value does not. *What did it
bring?* The difference against a hold-out (Newcombe's hybrid score interval for rates, Welch's for amounts).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Protocol

ALPHA: Final = 0.05
Z: Final = NormalDist().inv_cdf(1 - ALPHA / 2)
GRID: Final = 400  # points of an integral; even, for Simpson's rule
WIDE: Final = 9.0  # so many standard deviations of a posterior are integrated over
MANY: Final = 2000  # successes and failures from which a Beta distribution is as good as normal


class Posterior(Protocol):
    """What is believed about an arm's true value."""

    @property
    def mean(self) -> float:
        """The expected value."""
        ...

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        ...

    def density(self, x: float) -> float:
        """At a point."""
        ...

    def below(self, x: float) -> float:
        """The probability of a value below."""
        ...


class Arm(Protocol):
    """One variant's outcome so far."""

    @property
    def trials(self) -> int:
        """How many people."""
        ...

    @property
    def mean(self) -> float:
        """The outcome per person as observed."""
        ...

    @property
    def variance(self) -> float:
        """Of one person's outcome; never zero."""
        ...

    def posterior(self) -> Posterior:
        """What to believe of the true outcome per person."""
        ...


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many did it."""

    successes: int
    trials: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.trials:
            raise ValueError(f"{self.successes} of {self.trials} is no rate")

    @property
    def mean(self) -> float:
        """The share; 0 of nobody is 0."""
        return self.successes / self.trials if self.trials else 0.0

    @property
    def variance(self) -> float:
        """Of a yes or no, with one yes and one no added so that it is never zero."""
        share = (self.successes + 1) / (self.trials + 2)
        return share * (1 - share)

    def posterior(self) -> Posterior:
        """Beta(successes + 1, failures + 1); for large counts the normal distribution of the same moments."""
        beta = Beta(self.successes + 1, self.trials - self.successes + 1)
        if min(self.successes, self.trials - self.successes) < MANY:
            return beta
        return Normal(beta.mean, beta.deviation)


@dataclass(frozen=True, slots=True)
class Amount:
    """What so many people brought together, and the sum of the squares of what each brought."""

    trials: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """Per person."""
        return self.total / self.trials if self.trials else 0.0

    @property
    def variance(self) -> float:
        """Of one person's amount."""
        if self.trials < 2:  # noqa: PLR2004 - of one value there is no variance
            return max(self.squares, 1.0)
        spread = (self.squares - self.total**2 / self.trials) / (self.trials - 1)
        return max(spread, 1e-9)

    def posterior(self) -> Posterior:
        """The mean is about normal; hardly anything is known of an arm without people."""
        return Normal(self.mean, math.sqrt(self.variance / max(self.trials, 1)) or 1e-9)


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal distribution."""

    mean: float
    deviation: float

    def density(self, x: float) -> float:
        """At a point."""
        return NormalDist(self.mean, self.deviation).pdf(x)

    def below(self, x: float) -> float:
        """The probability of a value below."""
        return NormalDist(self.mean, self.deviation).cdf(x)


@dataclass(frozen=True, slots=True)
class Beta:
    """A Beta distribution."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        """The expected value."""
        return self.a / (self.a + self.b)

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        total = self.a + self.b
        return math.sqrt(self.a * self.b / (total**2 * (total + 1)))

    def density(self, x: float) -> float:
        """At a point; 0 outside 0 … 1."""
        if not 0 < x < 1:
            return 0.0
        return math.exp(
            (self.a - 1) * math.log(x) + (self.b - 1) * math.log1p(-x) - _log_beta(self.a, self.b)
        )

    def below(self, x: float) -> float:
        """The probability of a value below: the regularised incomplete beta function."""
        if x <= 0:
            return 0.0
        if x >= 1:
            return 1.0
        front = math.exp(self.a * math.log(x) + self.b * math.log1p(-x) - _log_beta(self.a, self.b))
        if x < (self.a + 1) / (self.a + self.b + 2):
            return front * _continued_fraction(self.a, self.b, x) / self.a
        return 1 - front * _continued_fraction(self.b, self.a, 1 - x) / self.b


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Lentz's method for the incomplete beta function (Numerical Recipes, section 6.4)."""
    tiny = 1e-300
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    result = d
    for m in range(1, 2000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + step * d or tiny)
            c = 1 + step / c or tiny
            result *= d * c
        if abs(d * c - 1) < 1e-12:  # noqa: PLR2004 - relative precision
            break
    return result


def probability_best(arms: Sequence[Arm]) -> list[float]:
    """For each arm the probability that its true value is the highest; they add up to 1. No arm: no numbers.

    Of an arm that nobody got nothing is known, so it is not taken for better than one that is known to be poor.
    """
    tried = [arm for arm in arms if arm.trials]
    beliefs = [arm.posterior() for arm in tried]
    found = iter([_chance(each, [other for other in beliefs if other is not each]) for each in beliefs])
    chances = [next(found) if arm.trials else 0.0 for arm in arms]
    total = sum(chances)
    return [chance / total for chance in chances] if total else [1 / len(arms)] * len(arms)


def _chance(belief: Posterior, others: Sequence[Posterior]) -> float:
    """∫ density × P(every other is below), by Simpson's rule over where the density is."""
    low, high = belief.mean - WIDE * belief.deviation, belief.mean + WIDE * belief.deviation
    if isinstance(belief, Beta):
        low, high = max(low, 1e-12), min(high, 1 - 1e-12)
    step = (high - low) / GRID
    mass = area = 0.0
    for index in range(GRID + 1):
        x = low + index * step
        weight = 1 if index in (0, GRID) else 4 if index % 2 else 2
        density = weight * belief.density(x)
        mass += density
        area += density * math.prod(other.below(x) for other in others)
    return area / mass if mass else 0.0


@dataclass(frozen=True, slots=True)
class Sequential:
    """A difference that may be looked at as often as one likes."""

    difference: float
    low: float
    high: float
    p: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves zero out: at most 1 in 20 experiments without a difference ever says so."""
        return self.low > 0 or self.high < 0


def compare(first: Arm, second: Arm, *, planned: int, alpha: float = ALPHA) -> Sequential:
    """The first arm minus the second, valid at every look.

    `planned`: people per arm at which the interval is to be narrowest; fixed before the start, or the promise fails.
    """
    if not first.trials or not second.trials:
        return Sequential(0.0, -math.inf, math.inf, 1.0)
    variance = first.variance / first.trials + second.variance / second.trials
    difference = first.mean - second.mean
    trials = 2 / (1 / first.trials + 1 / second.trials)
    scale = trials * _mixture(planned, alpha)
    root = math.sqrt(scale + 1)
    half = math.sqrt(variance * (scale + 1) / scale * 2 * math.log(root / alpha))
    exponent = difference**2 * scale / (2 * variance * (scale + 1))
    p = min(1.0, root * math.exp(-min(exponent, 700)))
    return Sequential(difference, difference - half, difference + half, p)


def _mixture(planned: int, alpha: float) -> float:
    """ρ² that makes the interval narrowest at the planned number (Waudby-Smith et al., appendix)."""
    length = -2 * math.log(alpha)
    return (length + math.log(length) + 1) / max(planned, 1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an experiment says now: the place of the leader, everybody's chance, and whether it is certain."""

    leader: int
    chances: tuple[float, ...]
    is_certain: bool
    p: float


def judge(arms: Sequence[Arm], *, planned: int) -> Verdict:
    """The verdict over two or more arms; the earlier arm wins a tie.

    Certain: the leader beats each other arm at every look (Bonferroni over the others).
    """
    if not arms:
        raise ValueError("an experiment needs an arm")
    chances = probability_best(arms)
    leader = max(range(len(arms)), key=lambda place: (round(chances[place], 9), -place))
    others = [arm for place, arm in enumerate(arms) if place != leader]
    if not others:
        return Verdict(leader, tuple(chances), is_certain=False, p=1.0)
    alpha = ALPHA / len(others)
    found = [compare(arms[leader], other, planned=planned, alpha=alpha) for other in others]
    worst = min(1.0, max(each.p for each in found) * len(others))
    return Verdict(leader, tuple(chances), is_certain=all(each.low > 0 for each in found), p=worst)


@dataclass(frozen=True, slots=True)
class Lift:
    """What the treated did more than those who were held out, per person, with a 95 % interval.

    `relative` is the same as a part of the held-out's own value; None where they did nothing.
    """

    difference: float
    low: float
    high: float
    relative: float | None
    treated: int
    held_out: int

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def lift(treated: Arm, held_out: Arm) -> Lift | None:
    """The difference against the hold-out, judged once, at the end of the window; None without two groups."""
    if not treated.trials or not held_out.trials:
        return None
    difference = treated.mean - held_out.mean
    if isinstance(treated, Rate) and isinstance(held_out, Rate):
        low, high = _newcombe(treated, held_out)
    else:
        half = Z * math.sqrt(treated.variance / treated.trials + held_out.variance / held_out.trials)
        low, high = difference - half, difference + half
    relative = difference / held_out.mean if held_out.mean else None
    return Lift(difference, low, high, relative, treated.trials, held_out.trials)


def wilson(rate: Rate) -> tuple[float, float]:
    """The 95 % score interval of a rate; everything for nobody."""
    if not rate.trials:
        return 0.0, 1.0
    n, share = rate.trials, rate.mean
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _newcombe(first: Rate, second: Rate) -> tuple[float, float]:
    """Newcombe 1998, method 10: the score intervals of both, put together."""
    low_1, high_1 = wilson(first)
    low_2, high_2 = wilson(second)
    difference = first.mean - second.mean
    low = difference - math.hypot(first.mean - low_1, high_2 - second.mean)
    high = difference + math.hypot(high_1 - first.mean, second.mean - low_2)
    return low, high


def people_needed(base: float, change: float, *, power: float = 0.8) -> int:
    """How many people each of two arms needs to see a rate go from `base` to `base + change`."""
    if not 0 < base < 1 or not 0 < base + change < 1 or not change:
        raise ValueError("both rates must lie between 0 and 1, and differ")
    spread = base * (1 - base) + (base + change) * (1 - base - change)
    return math.ceil((Z + NormalDist().inv_cdf(power)) ** 2 * spread / change**2)
