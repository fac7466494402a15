"""Counting outcomes where it is known who is who: how the numbers that come with the program are made."""

from collections import Counter
from collections.abc import Collection
from typing import Any, Final

from profiles.matching.duplicates.backends import Backend
from profiles.matching.duplicates.linking import SEED, learnt, new_linker, score
from profiles.matching.duplicates.parameters import Parameters, key_of

STRANGERS: Final = 2e7


def count_strangers(people: Any, count: int, start: Parameters) -> Parameters:
    """`start` with u counted on random pairs, all of whom count as strangers."""
    linker = new_linker(people, start, count)
    linker.training.estimate_u_using_random_sampling(max_pairs=STRANGERS, seed=SEED, min_count_per_level=None)
    return learnt(linker, count, start)


def count_outcomes(
    duck: Any, backend: Backend, people: Any, pairs: Collection[tuple[int, int]], start: Parameters
) -> Counter[str]:
    """How often each outcome ("comparison.level") is seen among pairs of numbers in `person`."""
    duck.execute("CREATE OR REPLACE TABLE known (match_key varchar, join_key_l bigint, join_key_r bigint)")
    if pairs:
        duck.executemany("INSERT INTO known VALUES ('0', ?, ?)", [sorted(pair) for pair in pairs])
    scored = score(
        people=people,
        blocked=backend.register("known", duck),
        rarities={},
        parameters=start,
        count=max(len(pairs), 2),
        least_probability=0.0,
    )
    return Counter(key_of(reason.comparison, reason.level) for pair in scored for reason in pair.reasons)
