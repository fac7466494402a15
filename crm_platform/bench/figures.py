"""What a benchmark answers: figures, as JSON and as a table."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table


class BenchError(RuntimeError):
    """A benchmark could not be measured, or what it measured did not do what it should; the message says why."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; None: there is no such thing.

    `ratio` is value / baseline. `target` is in the unit of `value`: where the bar is a share of the baseline, that
    share of the baseline that was measured.
    """

    benchmark: str
    measure: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    target: float | None = None
    met: bool | None = None


def rate(
    benchmark: str,
    measure: str,
    value: float,
    unit: str,
    *,
    baseline: float | None = None,
    least: float | None = None,
    least_share: float | None = None,
) -> Figure:
    """A figure of which more is better: at least `least`, or at least `least_share` of the baseline."""
    target = least
    if least_share is not None and baseline is not None:
        target = least_share * baseline
    return Figure(
        benchmark=benchmark,
        measure=measure,
        value=_rounded(value),
        unit=unit,
        baseline=None if baseline is None else _rounded(baseline),
        ratio=None if not baseline else round(value / baseline, 3),
        target=None if target is None else _rounded(target),
        met=None if target is None else value >= target,
    )


def duration(
    benchmark: str,
    measure: str,
    value_ms: float,
    *,
    baseline_ms: float | None = None,
    most_ms: float | None = None,
) -> Figure:
    """A figure in milliseconds of which less is better."""
    return Figure(
        benchmark=benchmark,
        measure=measure,
        value=_rounded(value_ms),
        unit="ms",
        baseline=None if baseline_ms is None else _rounded(baseline_ms),
        ratio=None if not baseline_ms else round(value_ms / baseline_ms, 3),
        target=most_ms,
        met=None if most_ms is None else value_ms <= most_ms,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the least value that `share` of all do not exceed. Raises BenchError on none."""
    if not values:
        raise BenchError("Nothing was measured.")
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """Plain values for a JSON list."""
    return [asdict(figure) for figure in figures]


def as_line(figure: Figure) -> str:
    """For people who wait for more of them."""
    told = [f"{figure.measure}: {_shown(figure.value)} {figure.unit}"]
    told += [f"baseline {_shown(figure.baseline)}"] if figure.baseline is not None else []
    told += [f"target {_shown(figure.target)}"] if figure.target is not None else []
    return ", ".join(told) + {True: ": met", False: ": not met", None: ""}[figure.met]


def as_table(figures: Sequence[Figure]) -> Table:
    """For people."""
    table = Table(box=SIMPLE_HEAD)
    for title in ("benchmark", "measure"):
        table.add_column(title, no_wrap=True)
    for title in ("value", "unit", "baseline", "ratio", "target", "met"):
        table.add_column(title, justify="left" if title == "unit" else "right", no_wrap=True)
    for one in figures:
        met = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[one.met]
        numbers = [_shown(value) for value in (one.baseline, one.ratio, one.target)]
        table.add_row(one.benchmark, one.measure, _shown(one.value), one.unit, *numbers, met)
    return table


def _rounded(value: float) -> float:
    """Four digits are more than a benchmark can tell."""
    if value == 0:
        return 0.0
    return float(round(value, max(0, 3 - math.floor(math.log10(abs(value))))))


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.10g}"
