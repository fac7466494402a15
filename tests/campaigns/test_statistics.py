"""Experiments: the probability of being best, looking at any time, the lift against a hold-out."""

import math
import random
from itertools import pairwise

import pytest

from campaigns.statistics import (
    Amount,
    Beta,
    Rate,
    compare,
    judge,
    lift,
    people_needed,
    probability_best,
    wilson,
)
from tests.examples import examples


def test_equal_arms_have_equal_chances() -> None:
    assert probability_best([Rate(10, 100), Rate(10, 100)]) == pytest.approx([0.5, 0.5], abs=1e-6)
    assert probability_best([Rate(0, 0)] * 4) == pytest.approx([0.25] * 4, abs=1e-6)


def test_the_chance_is_that_of_many_draws() -> None:
    arms = [Rate(30, 400), Rate(45, 400), Rate(41, 380)]
    rng = random.Random(7)
    won = [0, 0, 0]
    for _ in range(60_000):
        drawn = [rng.betavariate(arm.successes + 1, arm.trials - arm.successes + 1) for arm in arms]
        won[drawn.index(max(drawn))] += 1

    assert probability_best(arms) == pytest.approx([count / 60_000 for count in won], abs=0.01)


def test_large_counts_and_rare_successes_are_no_trouble() -> None:
    assert probability_best([Rate(50_000, 500_000), Rate(51_000, 500_000)])[1] > 0.999
    assert probability_best([Rate(0, 100_000), Rate(12, 100_000)])[1] > 0.999
    assert sum(probability_best([Rate(1, 10), Rate(10_000, 100_000)])) == pytest.approx(1)


def test_the_incomplete_beta_function_is_right_where_it_is_known() -> None:
    assert Beta(1, 1).below(0.3) == pytest.approx(0.3)
    assert Beta(2, 1).below(0.5) == pytest.approx(0.25)
    assert Beta(2, 3).below(0.5) == pytest.approx(0.6875)
    assert (Beta(2, 3).below(-1), Beta(2, 3).below(2)) == (0.0, 1.0)


def test_amounts_are_compared_by_their_means() -> None:
    poor = Amount(trials=1000, total=50_000, squares=20_000_000)
    rich = Amount(trials=1000, total=90_000, squares=40_000_000)

    assert probability_best([poor, rich])[1] > 0.99
    assert judge([poor, rich], planned=1000).leader == 1


def test_the_chance_of_being_best_is_as_often_right_as_it_says() -> None:
    """Of the arms that are said to be best with 70 %, some 70 % are: two and three arms, few people and many."""
    rng = random.Random(17)
    said: dict[int, list[bool]] = {}
    for world in range(examples(1_600)):
        truth = [rng.random() for _ in range(2 + world % 2)]
        people = rng.choice([10, 30, 100, 400])
        arms = [Rate(sum(rng.random() < true for _ in range(people)), people) for true in truth]
        for place, chance in enumerate(probability_best(arms)):
            said.setdefault(min(int(chance * 5), 4), []).append(truth[place] == max(truth))

    for fifth, right in said.items():
        share = sum(right) / len(right)
        spread = 3.5 * math.sqrt(0.25 / len(right))
        assert fifth / 5 - spread <= share <= (fifth + 1) / 5 + spread, (fifth, share, len(right))


def test_a_winner_chosen_by_the_chance_costs_less_than_tossing_a_coin() -> None:
    """Over many worlds in which one arm is a little better: the right one is chosen more often, the more people."""
    rng = random.Random(18)
    right = {}
    worlds = examples(400)
    for people in (50, 400, 3_200):
        chosen = 0
        for _ in range(worlds):
            better = rng.randrange(2)
            rates = [0.10 + 0.03 * (place == better) for place in range(2)]
            arms = [Rate(_of(rng, people, rate), people) for rate in rates]
            chosen += judge(arms, planned=people).leader == better
        right[people] = chosen / worlds

    assert 0.5 < right[50] < right[400] < right[3_200]
    assert right[3_200] > 0.97


def _of(rng: random.Random, people: int, rate: float) -> int:
    return sum(rng.random() < rate for _ in range(people))


def test_somebody_who_looks_after_every_batch_is_rarely_fooled() -> None:
    rng = random.Random(3)
    fooled = naive = 0
    for _ in range(300):
        successes, trials, always, classic = [0, 0], 0, False, False
        for _ in range(40):
            trials += 50
            for arm in (0, 1):
                successes[arm] += sum(rng.random() < 0.2 for _ in range(50))
            first, second = Rate(successes[0], trials), Rate(successes[1], trials)
            found = compare(first, second, planned=2000)
            always = always or found.is_certain
            error = math.sqrt((first.variance + second.variance) / trials)
            classic = classic or abs(found.difference) > 1.96 * error
        fooled += always
        naive += classic

    assert fooled <= 300 * 0.05
    assert naive > 300 * 0.2  # what looking at a usual test all the time does


def test_a_true_difference_is_found_and_named() -> None:
    verdict = judge([Rate(200, 2000), Rate(290, 2000), Rate(205, 2000)], planned=2000)

    assert (verdict.leader, verdict.is_certain) == (1, True)
    assert verdict.chances[1] > 0.99
    assert verdict.p < 0.05


def test_a_tie_goes_to_the_earlier_variant_and_is_not_certain() -> None:
    verdict = judge([Rate(5, 50), Rate(5, 50)], planned=100)

    assert (verdict.leader, verdict.is_certain, verdict.p) == (0, False, 1.0)


def test_nothing_is_certain_about_nobody() -> None:
    found = compare(Rate(0, 0), Rate(3, 10), planned=10)

    assert (found.low, found.high, found.p) == (-math.inf, math.inf, 1.0)
    assert not judge([Rate(1, 2)], planned=1).is_certain
    with pytest.raises(ValueError, match="needs an arm"):
        judge([], planned=1)


def test_the_p_value_is_where_the_interval_touches_zero() -> None:
    edge = [compare(Rate(100 + more, 1000), Rate(100, 1000), planned=1000) for more in range(80)]

    assert all((each.p < 0.05) == each.is_certain for each in edge)
    assert all(before.p >= after.p for before, after in pairwise(edge))


def test_the_lift_has_the_interval_of_newcombe() -> None:
    # Newcombe 1998, table II, case (a): 56/70 against 48/80.
    found = lift(Rate(56, 70), Rate(48, 80))

    assert found is not None
    assert (found.difference, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert found.relative == pytest.approx(1 / 3)
    assert found.is_certain


def test_without_a_hold_out_there_is_no_lift() -> None:
    assert lift(Rate(5, 10), Rate(0, 0)) is None
    silent = lift(Rate(5, 100), Rate(0, 50))
    assert silent is not None
    assert silent.relative is None


def test_the_lift_of_money_is_per_person() -> None:
    found = lift(Amount(2000, 400_000, 400_000_000), Amount(200, 20_000, 12_000_000))

    assert found is not None
    assert found.difference == pytest.approx(100)
    assert found.low < 100 < found.high


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = random.Random(5)
    covered = 0
    for _ in range(400):
        treated = Rate(sum(rng.random() < 0.12 for _ in range(300)), 300)
        held_out = Rate(sum(rng.random() < 0.08 for _ in range(100)), 100)
        found = lift(treated, held_out)
        assert found is not None
        covered += found.low <= 0.04 <= found.high

    assert covered >= 400 * 0.92


def test_a_rate_is_between_none_and_all() -> None:
    assert wilson(Rate(0, 0)) == (0.0, 1.0)
    assert wilson(Rate(0, 10))[0] == pytest.approx(0)
    with pytest.raises(ValueError, match="3 of 2 is no rate"):
        Rate(3, 2)


def test_smaller_changes_need_more_people() -> None:
    assert people_needed(0.2, 0.05) == 1091
    assert people_needed(0.2, 0.01) > 20_000
    with pytest.raises(ValueError, match="differ"):
        people_needed(0.2, 0)
