"""Splink: the model made of our comparisons, its training and its weights."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING, Any, Final

from profiles.matching.duplicates.comparisons import (
    COMPARISONS,
    CONTACT,
    NAME,
    Comparison,
    Level,
    condition_for,
)
from profiles.matching.duplicates.parameters import LEAST, Odds, Parameters, key_of

if TYPE_CHECKING:
    from splink.internals.comparison_level_creator import ComparisonLevelCreator

SEED: Final = 7
# The u probabilities are counted on so many random pairs.
RANDOM_PAIRS: Final = 2e6
# People who agree on one thing teach what the others look like between records of one person.
# On copies of the columns, because what a rule names is left out of the lesson, and the name must stay in it.
TRAINING_BLOCKS: Final = ("l.b_email = r.b_email", "l.b_phone = r.b_phone")
# What tells one person from a family; the others are learnt of those whom these hold for one.
ANCHORS: Final = (NAME, CONTACT)
# An outcome of fewer bits tells little and may change sides; another keeps this share of its weight or is not believed.
TELLING_BITS: Final = 2.0
LEAST_SHARE: Final = 0.5
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

    `start`: where the search for m begins, and what stays of outcomes that the data never shows. Its numbers of the
    anchors stay: without them the two groups that are told apart are families and strangers.
    """
    from splink.internals.exceptions import EMTrainingException  # noqa: PLC0415 - see `new_linker`

    linker = new_linker(people, start, count)
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
    return learnt(linker, count, start)


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
    linker = new_linker(people, parameters, count, with_rarity=bool(rarities))
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


def new_linker(people: Any, parameters: Parameters, count: int, *, with_rarity: bool = False) -> Any:
    """Splink with our model over a registered table of `count` people."""
    from splink import Linker, SettingsCreator  # noqa: PLC0415 - 0.2 s, and only a search for duplicates needs it

    dialect = people.db_api.sql_dialect.sql_dialect_str
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            comparison_settings(one, parameters, count, dialect, with_rarity=with_rarity)
            for one in COMPARISONS
        ],
        probability_two_random_records_match=parameters.prior(count),
        retain_matching_columns=True,  # with them come the outcomes (gamma), which the reasons need
        retain_intermediate_calculation_columns=True,
    )
    return Linker(people, settings, log_level=None, validate_settings=False)


def comparison_settings(
    comparison: Comparison, parameters: Parameters, count: int, dialect: str, *, with_rarity: bool = False
) -> Any:
    """A comparison in Splink's words."""
    from splink.comparison_level_library import CustomLevel  # noqa: PLC0415 - as above
    from splink.comparison_library import CustomComparison  # noqa: PLC0415 - as above

    levels: list[ComparisonLevelCreator | dict[str, Any]] = [
        CustomLevel(condition_for(dialect, comparison.unknown), "not known").configure(is_null_level=True)
    ]
    for level in comparison.outcomes:
        m, u = parameters.odds_of(comparison, level, count)
        creator = CustomLevel(condition_for(dialect, level.condition), level.words)
        creator.configure(m_probability=m, u_probability=u, fix_m_probability=comparison in ANCHORS)
        if with_rarity and level.frequency_of:
            creator.configure(tf_adjustment_column=level.frequency_of, disable_tf_exact_match_detection=True)
        levels.append(creator)
    return CustomComparison(comparison_levels=levels, output_column_name=comparison.code)


def learnt(linker: Any, count: int, start: Parameters) -> Parameters:
    """The trained numbers of a linker; of what was not seen or not plausible, those it started with."""
    document = linker.misc.save_model_to_json()
    odds: dict[str, Odds] = {}
    for comparison, trained in zip(COMPARISONS, document["comparisons"], strict=True):
        levels = [level for level in trained["comparison_levels"] if not level.get("is_null_level")]
        known = {level.code: start.odds[key_of(comparison, level)] for level in comparison.outcomes}
        learnt = {
            level.code: _odds(level, numbers, known[level.code], count)
            for level, numbers in zip(comparison.outcomes, levels, strict=True)
        }
        believed = all(_means_the_same(learnt[code], known[code]) for code in known)
        for code, (m, u) in learnt.items():
            odds[f"{comparison.code}.{code}"] = (m if believed else known[code][0], u)
    prior = document["probability_two_random_records_match"]
    return Parameters(prior * max(count - 1, 1) / 2, odds)


def _odds(level: Level, numbers: Mapping[str, Any], known: Odds, count: int) -> Odds:
    seen = numbers.get("u_probability")
    if not seen:
        return numbers.get("m_probability") or known[0], known[1]
    return numbers.get("m_probability") or known[0], seen * max(count - 1, 1) if level.thins_out else seen


def _means_the_same(learnt: Odds, known: Odds) -> bool:
    """Whether what spoke for or against one person still does, with half the weight at least.

    Where few are one person, expectation maximisation finds another group to tell from the rest.
    """
    expected, found = log2(known[0] / known[1]), log2(max(learnt[0], LEAST) / max(learnt[1], LEAST))
    return abs(expected) < TELLING_BITS or found / expected >= LEAST_SHARE
