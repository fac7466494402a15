"""Splink: the model made of our comparisons, its training and its weights."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from profiles.duplicates.comparisons import COMPARISONS, Comparison, Level
from profiles.duplicates.parameters import Parameters, key_of

if TYPE_CHECKING:
    from splink.internals.comparison_level_creator import ComparisonLevelCreator

SEED: Final = 7
# The u probabilities are counted on so many random pairs.
RANDOM_PAIRS: Final = 5e6
# People who agree on one thing teach what the others look like between records of one person.
TRAINING_BLOCKS: Final = (
    "l.first = r.first and l.last = r.last",
    "l.email = r.email",
    "l.phone = r.phone",
    "l.born = r.born",
)
MOST_TRAINING_PAIRS: Final = 1e6
SURE_RULES: Final = (
    "l.email = r.email and l.first = r.first and l.last = r.last",
    "l.phone = r.phone and l.first = r.first and l.last = r.last",
    "l.born = r.born and l.first = r.first and l.last = r.last",
)
RECALL_OF_SURE_RULES: Final = 0.4
CHUNK: Final = 10_000


@dataclass(frozen=True, slots=True)
class Reason:
    """What one comparison says of a pair: weight in bits, above zero for, below zero against."""

    comparison: Comparison
    level: Level
    weight: float


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two customers by their numbers in `person`; the reasons with the heaviest first."""

    one: int
    other: int
    weight: float
    probability: float
    reasons: tuple[Reason, ...]


def train(people: Any, count: int, start: Parameters) -> Parameters:
    """Learn without labels: u from random pairs, m by expectation maximisation. The same data, the same answer.

    `start`: where the search for m begins, and what stays of outcomes that the data never shows.
    """
    from splink.internals.exceptions import EMTrainingException  # noqa: PLC0415 - see `_linker`

    linker = _linker(people, start, count)
    linker.training.estimate_probability_two_random_records_match(
        list(SURE_RULES), recall=RECALL_OF_SURE_RULES
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
    for rule in TRAINING_BLOCKS:
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, estimate_without_term_frequencies=True, max_pairs=MOST_TRAINING_PAIRS
            )
        except EMTrainingException:
            continue  # nobody here agrees on this, so it teaches nothing
    return _learnt(linker, count, start)


def score(
    *,
    people: Any,
    blocked: Any,
    rarities: Mapping[str, Any],
    parameters: Parameters,
    count: int,
    least_probability: float,
) -> Iterator[ScoredPair]:
    """Compare the blocked pairs and give those of at least this probability."""
    linker = _linker(people, parameters, count, with_rarity=True)
    for column, table in rarities.items():
        linker.table_management.register_term_frequency_lookup(table, column)
    linker.table_management.register_blocked_pairs_for_predict(blocked)
    found = linker.inference.predict(threshold_match_probability=least_probability, warning_mode="never")
    for batch in found.as_pyarrow_table().to_batches(CHUNK):
        for row in batch.to_pylist():
            yield _pair(row)


def _pair(row: Mapping[str, Any]) -> ScoredPair:
    reasons = [_reason(comparison, row) for comparison in COMPARISONS if row[f"gamma_{comparison.code}"] >= 0]
    return ScoredPair(
        one=row["unique_id_l"],
        other=row["unique_id_r"],
        weight=row["match_weight"],
        probability=row["match_probability"],
        reasons=tuple(sorted(reasons, key=lambda reason: -abs(reason.weight))),
    )


def _reason(comparison: Comparison, row: Mapping[str, Any]) -> Reason:
    """Splink counts levels from the last one up."""
    level = comparison.outcomes[-1 - row[f"gamma_{comparison.code}"]]
    rarity = row.get(f"mw_tf_adj_{comparison.code}") or 0.0
    return Reason(comparison, level, row[f"mw_{comparison.code}"] + rarity)


def _linker(people: Any, parameters: Parameters, count: int, *, with_rarity: bool = False) -> Any:
    from splink import Linker, SettingsCreator  # noqa: PLC0415 - 0.2 s, and only a search for duplicates needs it

    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[comparison_settings(one, parameters, count, with_rarity) for one in COMPARISONS],
        probability_two_random_records_match=parameters.prior(count),
        retain_matching_columns=True,  # with them come the outcomes (gamma), which the reasons need
        retain_intermediate_calculation_columns=True,
    )
    return Linker(people, settings, log_level=None, validate_settings=False)


def comparison_settings(
    comparison: Comparison, parameters: Parameters, count: int, with_rarity: bool = False
) -> Any:
    """A comparison in Splink's words."""
    from splink.comparison_level_library import CustomLevel  # noqa: PLC0415 - as above
    from splink.comparison_library import CustomComparison  # noqa: PLC0415 - as above

    levels: list[ComparisonLevelCreator | dict[str, Any]] = [
        CustomLevel(comparison.unknown, "not known").configure(is_null_level=True)
    ]
    for level in comparison.outcomes:
        m, u = parameters.odds_of(comparison, level, count)
        creator = CustomLevel(level.condition, level.words, base_dialect_str="duckdb")
        creator.configure(m_probability=m, u_probability=u)
        if with_rarity and level.frequency_of:
            creator.configure(tf_adjustment_column=level.frequency_of, disable_tf_exact_match_detection=True)
        levels.append(creator)
    return CustomComparison(comparison_levels=levels, output_column_name=comparison.code)


def _learnt(linker: Any, count: int, start: Parameters) -> Parameters:
    """The trained numbers of a linker; of what was not seen, those it started with."""
    document = linker.misc.save_model_to_json()
    odds = {}
    for comparison, trained in zip(COMPARISONS, document["comparisons"], strict=True):
        levels = [level for level in trained["comparison_levels"] if not level.get("is_null_level")]
        for level, numbers in zip(comparison.outcomes, levels, strict=True):
            m, u = start.odds[key_of(comparison, level)]
            m, seen = numbers.get("m_probability") or m, numbers.get("u_probability")
            if seen:
                u = seen * max(count - 1, 1) if level.thins_out else seen
            odds[key_of(comparison, level)] = (m, u)
    prior = document["probability_two_random_records_match"]
    return Parameters(prior * max(count - 1, 1) / 2, odds)
