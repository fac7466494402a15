"""The form of a club's scoring rules: what was typed becomes rules, rules become fields. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from profiles.scoring.changes import LABELS
from profiles.scoring.rules import CHURN_LEVELS, DEFAULT_RULES, ENGAGEMENT_LEVELS, MOST_BANDS, Rules
from tenants.amounts import NoAmount, as_typed, smallest_units
from tenants.numbers import whole_number

MONEY: Final = "monetary_cents"
SPARE_BANDS: Final = 2
# What staff read for a part of a score.
PARTS: Final[Mapping[str, str]] = {
    "recency": "How lately they were active",
    "frequency": "How often they are active",
    "monetary": "What they have paid",
    "breadth": "Through how many channels",
    "depth": "How much they open and click",
    "decline": "Playing and doing less than before",
    "payments": "Payments that failed",
    "opens": "No longer opening e-mails",
    "downgrade": "A lower membership",
    "complaints": "Complaints",
}
HINTS: Final[Mapping[str, str]] = {
    "engagement_weights": "Percent; they must add up to 100.",
    "churn_weights": "Percent; they must add up to 100.",
    "recency_days": "At most so many days since the last activity, and the points of it. Beyond the last line: 0.",
    "frequency": "At least so many activities, and the points. Fewer than in the last line: 0.",
    "monetary_cents": "At least so much paid in all, and the points. Less than in the last line: 0.",
    "breadth": "At least so many channels, and the points. Fewer than in the last line: 0.",
    "engagement_levels": "The least score of each level; below the last: Inactive.",
    "churn_levels": "The least score of each level; below the last: Minimal.",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One input."""

    name: str
    label: str
    value: str
    default: str


@dataclass(frozen=True, slots=True)
class Group:
    """Inputs that are checked together; bands are pairs of a limit and points."""

    name: str
    label: str
    hint: str
    cells: list[Cell]
    bands: list[tuple[Cell, Cell]]
    defaults: str
    problem: str


def rules_given(posted: Mapping[str, str], currency: str) -> dict[str, Any]:
    """What the form says, as `change_rules` takes it; what is no number stays text, which is refused there."""
    given: dict[str, Any] = {}
    for name, value in DEFAULT_RULES.as_json().items():
        if isinstance(value, dict):
            given[name] = {part: _number(posted.get(f"{name}-{part}", "")) for part in value}
        elif name.endswith("_levels"):
            given[name] = [_number(posted.get(f"{name}-{place}", "")) for place in range(len(value))]
        else:
            given[name] = _bands(posted, name, currency)
    return given


def unread_amounts(posted: Mapping[str, str], currency: str) -> dict[str, str]:
    """The word on money that is none, or has more decimals than the club's money; the rules would ask for cents."""
    for limit, points in _pairs(posted, MONEY):
        try:
            if limit or points:
                smallest_units(limit, currency)
        except NoAmount as error:
            return {MONEY: str(error)}
    return {}


def groups_of(
    rules: Rules, problems: Mapping[str, str], posted: Mapping[str, str], currency: str
) -> list[Group]:
    """The form: filled with what was posted, else with the rules; amounts in the club's currency."""
    return [
        _group(name, value, problems.get(name, ""), posted, currency)
        for name, value in rules.as_json().items()
    ]


def _group(name: str, value: Any, problem: str, posted: Mapping[str, str], currency: str) -> Group:
    default: Any = DEFAULT_RULES.as_json()[name]
    cells: list[Cell] = []
    bands: list[tuple[Cell, Cell]] = []
    if isinstance(value, dict):
        cells = [
            _cell(f"{name}-{part}", PARTS[part], weight, f"{default[part]}", posted)
            for part, weight in value.items()
        ]
        told = ", ".join(str(one) for one in default.values())
    elif name.endswith("_levels"):
        names = ENGAGEMENT_LEVELS if name.startswith("engagement") else CHURN_LEVELS
        cells = [
            _cell(f"{name}-{place}", names[place], least, f"{default[place]}", posted)
            for place, least in enumerate(value)
        ]
        told = ", ".join(map(str, default))
    else:
        bands = _band_cells(name, value, posted, currency)
        told = ", ".join(f"{_shown(name, limit, currency)}: {points}" for limit, points in default)
    return Group(name, LABELS[name], HINTS[name], cells, bands, told, problem)


def _band_cells(name: str, value: Any, posted: Mapping[str, str], currency: str) -> list[tuple[Cell, Cell]]:
    pairs = [(_shown(name, limit, currency), str(points)) for limit, points in value]
    if f"{name}-limit-0" in posted:
        pairs = [pair for pair in _pairs(posted, name) if any(pair)]
    pairs = [*pairs, *[("", "")] * SPARE_BANDS][:MOST_BANDS]
    return [
        (
            Cell(f"{name}-limit-{place}", f"{LABELS[name]}, line {place + 1}: limit", limit, ""),
            Cell(f"{name}-points-{place}", f"{LABELS[name]}, line {place + 1}: points", points, ""),
        )
        for place, (limit, points) in enumerate(pairs)
    ]


def _cell(name: str, label: str, value: Any, default: str, posted: Mapping[str, str]) -> Cell:
    return Cell(name, label, posted.get(name, str(value)), default)


def _pairs(posted: Mapping[str, str], name: str) -> list[tuple[str, str]]:
    return [
        (posted.get(f"{name}-limit-{place}", "").strip(), posted.get(f"{name}-points-{place}", "").strip())
        for place in range(MOST_BANDS)
    ]


def _bands(posted: Mapping[str, str], name: str, currency: str) -> list[list[Any]]:
    """Lines with nothing in them are left out."""
    return [
        [_amount(limit, currency) if name == MONEY else _number(limit), _number(points)]
        for limit, points in _pairs(posted, name)
        if limit or points
    ]


def _number(text: str) -> int | str:
    text = text.strip()
    number = whole_number(text, 10**15)
    return text if number is None else number


def _amount(text: str, currency: str) -> int | str:
    """An amount as it is typed, as in 1000 or 1 000.50; what is none stays text."""
    try:
        return smallest_units(text, currency)
    except NoAmount:
        return text


def _shown(name: str, limit: int, currency: str) -> str:
    if name != MONEY:
        return str(limit)
    amount = as_typed(limit, currency)
    whole, _, part = amount.partition(".")
    return amount if part.strip("0") else whole
