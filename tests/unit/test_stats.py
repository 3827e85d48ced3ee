"""Intervals and accuracy in k attempts against closed formulas, enumeration and values worked out by hand."""

from itertools import combinations
from math import sqrt

import numpy as np
import pytest

from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.pass_at_k import any_of, maj_at_k, pass_at_k
from mialign.evaluation.statistics.rates import wilson

Z = 1.959963984540054


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (1, 10), (37, 80), (80, 80), (571, 1000)])
def test_wilson_is_the_closed_formula(successes, n):
    p = successes / n
    centre, half = p + Z**2 / (2 * n), Z * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    low, high = wilson(successes, n)
    assert low == pytest.approx((centre - half) / (1 + Z**2 / n), abs=1e-9)
    assert high == pytest.approx((centre + half) / (1 + Z**2 / n), abs=1e-9)


def test_wilson_by_hand():
    # 8 of 10: centre (0.8 + 0.19207) / 1.38415 = 0.71674, half 1.95996 sqrt(0.016 + 0.0096036) / 1.38415 = 0.22658
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


@pytest.mark.parametrize("n", [1, 2, 5, 7])
def test_pass_at_k_is_the_share_of_subsets_with_a_correct_attempt(n):
    for correct in range(n + 1):
        attempts = [1] * correct + [0] * (n - correct)
        for k in range(1, n + 1):
            subsets = list(combinations(attempts, k))
            assert pass_at_k(n, correct, k) == pytest.approx(sum(any(s) for s in subsets) / len(subsets), abs=1e-12)


def test_pass_at_k_of_many_questions_at_once():
    counts = np.array([[0, 1], [16, 32]])
    assert pass_at_k(32, counts, 1) == pytest.approx(counts / 32)
    assert pass_at_k(32, counts, 32).tolist() == [[0, 1], [1, 1]]


@pytest.mark.parametrize("k", [0, 33])
def test_pass_at_k_needs_k_attempts(k):
    with pytest.raises(ValueError, match="32"):
        pass_at_k(32, 3, k)


def test_any_of_looks_at_the_first_k():
    correct = np.array([[[False, False, True]], [[True, False, False]]])
    assert any_of(correct, 2).tolist() == [[False], [True]]
    assert any_of(correct, 3).tolist() == [[True], [True]]


@pytest.mark.parametrize(
    ("answers", "correct", "k", "expected"),
    [
        (["7", "5", "5"], [False, True, True], 3, True),
        (["7", "5", "5"], [False, True, True], 2, False),  # a draw goes to the earliest, 7
        (["5", "7", "7"], [True, False, False], 3, False),
        ([None, None, "5"], [False, False, True], 3, True),  # None is no vote
        ([None, None, "5"], [False, False, True], 2, False),
        (["5", "7", "7", "5"], [True, False, False, True], 4, True),
    ],
)
def test_maj_at_k(answers, correct, k, expected):
    assert maj_at_k(answers, correct, k) is expected


def test_one_seed_is_the_ordinary_bootstrap():
    values = np.random.default_rng(1).normal(0.3, 1.0, (400, 1))
    estimate = Bootstrap().mean(values)
    error = values.std() / sqrt(400)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.n == 400
    assert estimate.low == pytest.approx(values.mean() - Z * error, abs=0.1 * error)
    assert estimate.high == pytest.approx(values.mean() + Z * error, abs=0.1 * error)


def test_seeds_that_agree_add_nothing():
    """Three copies of a deterministic model are not three times the evidence: items are kept whole."""
    once = np.random.default_rng(2).integers(0, 2, (300, 1)).astype(float)
    thrice = Bootstrap().mean(np.hstack([once] * 3))
    single = Bootstrap().mean(once)
    assert thrice.n == 900
    assert (thrice.low, thrice.high) == pytest.approx((single.low, single.high), abs=1e-9)


def test_seeds_that_differ_widen_the_interval():
    """All that varies is the seed: 0, 0.5 or 1 for every item. The bootstrap sees exactly the 27 draws of seeds."""
    values = np.tile([0.0, 0.5, 1.0], (50, 1))
    estimate = Bootstrap().mean(values)
    assert (estimate.low, estimate.value, estimate.high) == pytest.approx((0, 0.5, 1))  # each end has 1 draw in 27


def test_replicates_by_hand():
    """Two items, two seeds, every weighting enumerated: replicates are what the weights give, at the right rates."""
    numerator, denominator = np.array([[1.0, 0.0], [3.0, 2.0]]), np.array([[1.0, 1.0], [2.0, 1.0]])
    draws = [(0, 2), (1, 1), (1, 1), (2, 0)]
    expected = sorted(
        float(np.array(w) @ numerator @ np.array(v) / (np.array(w) @ denominator @ np.array(v)))
        for w in draws
        for v in draws
    )
    replicates = Bootstrap(resamples=40_000, seed=5).replicates(numerator, denominator)
    assert set(np.round(replicates, 9)) == set(np.round(expected, 9))
    for value in set(expected):
        assert np.isclose(replicates, value).mean() == pytest.approx(np.isclose(expected, value).mean(), abs=0.01)


def test_sums_of_several_quantities_draw_what_replicates_draw():
    rng = np.random.default_rng(2)
    numerator, denominator = rng.random((7, 3)), rng.integers(1, 3, (7, 3)).astype(float)
    bootstrap = Bootstrap(resamples=200, seed=4)
    above, below = bootstrap.sums(np.stack([numerator, denominator], axis=2)).T
    assert above / below == pytest.approx(bootstrap.replicates(numerator, denominator))


def test_missing_observations_are_left_out():
    values = np.array([[1.0, np.nan], [0.0, 1.0], [np.nan, np.nan]])
    estimate = Bootstrap(resamples=2000).mean(values)
    assert (estimate.value, estimate.n) == (pytest.approx(2 / 3), 3)
    assert 0 <= estimate.low < estimate.high <= 1


def test_one_item_without_bounds_has_no_interval():
    estimate = Bootstrap(resamples=100).mean(np.array([[0.2, 0.4]]))
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (pytest.approx(0.3), None, None, 2)


def test_nothing_observed():
    assert Bootstrap().mean(np.full((4, 2), np.nan)) == (None, None, None, 0)
    assert Bootstrap().mean(np.empty((0, 0))) == (None, None, None, 0)


def test_wilson_for_one_seed_of_successes_and_failures():
    values = np.array([[1.0]] * 8 + [[0.0]] * 2)
    assert Bootstrap().mean(values, (0, 1), proportion=True)[1:3] == pytest.approx(wilson(8, 10))
    assert Bootstrap().mean(values, (0, 1))[1:3] != pytest.approx(wilson(8, 10))


@pytest.mark.parametrize(("value", "bounds"), [(1.0, (0, 1)), (0.0, (0, 1)), (0.5, (0, 1)), (0.0, (-1, 1))])
def test_agreement_of_all_items_is_no_certainty(value, bounds):
    """20 items agree in all of 3 seeds: the unseen share may be what Wilson gives 0 of 20 (not of 60), 0.1611."""
    estimate = Bootstrap().mean(np.full((20, 3), value), bounds)
    assert estimate.low == pytest.approx(value - 0.16113 * (value - bounds[0]), abs=1e-4)
    assert estimate.high == pytest.approx(value + 0.16113 * (bounds[1] - value), abs=1e-4)
    assert estimate.value == value


def test_interval_covers_the_truth():
    """Items, seeds and noise all vary; the truth is 0. 6 seeds, 200 experiments: nominally 190 covered."""
    random = np.random.default_rng(3)
    bootstrap = Bootstrap(resamples=1000)
    covered = 0
    for _ in range(200):
        items, seeds = random.normal(0, 1, (60, 1)), random.normal(0, 0.1, (1, 6))
        estimate = bootstrap.mean(items + seeds + random.normal(0, 0.5, (60, 6)))
        covered += estimate.low <= 0 <= estimate.high
    assert 180 <= covered <= 198


def test_same_seed_same_interval():
    values = np.random.default_rng(4).random((50, 3))
    assert Bootstrap(seed=1).mean(values) == Bootstrap(seed=1).mean(values)
    assert Bootstrap(seed=1).mean(values) != Bootstrap(seed=2).mean(values)


def test_scaled_keeps_n_and_gaps():
    estimate = Bootstrap().mean(np.array([[0.25], [0.75]]), (0, 1)).scaled(100)
    assert (estimate.value, estimate.n) == (50, 2)
    assert Bootstrap().mean(np.full((1, 1), np.nan)).scaled(100) == (None, None, None, 0)


def test_a_difference_of_ratios_draws_both_alike():
    """What moves both ratios moves their difference not at all, though they count unlike numbers of observations."""
    items, ones = np.array([[1.0], [0.0], [1.0], [0.0]]), np.ones((4, 1))
    one, other = (items, ones), (3 * items, 3 * ones)
    same = Bootstrap(2000, 1).difference(one, other, (0, 1))
    assert same == (0.0, 0.0, 0.0, 4)
    opposite = Bootstrap(2000, 1).difference(one, (3 - 3 * items, 3 * ones), (0, 1))
    assert (opposite.low, opposite.high) == (-1, 1)


def test_a_difference_of_the_same_observations_is_the_mean_of_differences():
    random = np.random.default_rng(3)
    one, other, ones = random.integers(0, 2, (50, 2)), random.integers(0, 2, (50, 2)), np.ones((50, 2))
    expected = Bootstrap(2000, 1).mean((one - other).astype(float), (-1, 1))
    assert Bootstrap(2000, 1).difference((one, ones), (other, ones), (0, 1)) == pytest.approx(expected)


def test_a_ratio_that_does_not_vary_is_not_taken_for_certain():
    varied, constant = (
        (np.array([[1.0], [0.0], [1.0], [1.0]]), np.ones((4, 1))),
        (np.zeros((4, 1)), np.full((4, 1), 2.0)),
    )
    bootstrap = Bootstrap(2000, 1)
    found, alone = bootstrap.difference(varied, constant, (0, 1)), bootstrap.ratio(*varied, (0, 1))
    assert found.value == 0.75
    assert found.low == pytest.approx(alone.low - wilson(0, 4)[1])
    assert found.high == pytest.approx(alone.high)
    assert bootstrap.difference(varied, (np.zeros((4, 1)), np.zeros((4, 1))), (0, 1)) == (None, None, None, 0)


def test_one_item_with_several_seeds_is_one_item():
    """Its seeds say nothing of other items: what Wilson leaves open after one, 0.7935, is open here too."""
    found = Bootstrap(2000, 1).mean(np.array([[1.0, 1.0, 0.5]]), (0, 1))
    assert found.value == pytest.approx(5 / 6)
    assert found.low == pytest.approx(5 / 6 * (1 - 0.79346), abs=1e-4)
    assert found.high == 1


def test_items_that_are_alike_with_seeds_that_differ_get_the_wider_of_both_intervals():
    few, many = (Bootstrap(2000, 1).mean(np.tile([0.4, 0.6], (items, 1)), (0, 1)) for items in (4, 400))
    assert few[1:3] == pytest.approx((0.5 - 0.5 * wilson(0, 4)[1], 0.5 + 0.5 * wilson(0, 4)[1]))
    assert many[1:3] == pytest.approx((0.4, 0.6))  # two seeds are drawn alike in half of the resamples


def test_items_whose_seeds_cancel_are_not_alike():
    """Gains of +1 and -1 in the two seeds of 5 of 40 items: their means are equal, but resamples of them are not."""
    gains = np.zeros((40, 2))
    gains[:5] = [1, -1]
    bootstrap = Bootstrap(2000, 1)
    assert bootstrap.mean(gains, (-1, 1)) == bootstrap.mean(gains)


def stratum(values, rows: slice, of: int):
    """Sums of values that only these rows of so many have."""
    numerator, denominator = np.zeros((of, 1)), np.zeros((of, 1))
    numerator[rows, 0], denominator[rows, 0] = values, 1
    return numerator, denominator


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1], [0, 1] * 15),  # a single item
        ([1] * 25, [0, 1] * 15),  # many that are alike
        ([1] * 25, [0] * 25),
        ([0.5] * 25, [0.5] * 25),
        ([1, 0, 1], [0, 0.5, 1] * 30),  # few that vary
    ],
)
def test_a_middle_is_no_more_certain_than_its_halves(one, other):
    sums = stratum(one, slice(len(one)), len(one + other)), stratum(other, slice(len(one), None), len(one + other))
    bootstrap = Bootstrap(2000, 1)
    for first, second in (sums, sums[::-1]):
        found, alone = bootstrap.middle(first, second, (0, 1)), [bootstrap.ratio(*half, (0, 1)) for half in sums]
        assert found.value == pytest.approx((np.mean(one) + np.mean(other)) / 2)
        assert found.n == len(one + other)
        assert found.low == pytest.approx((alone[0].low + alone[1].low) / 2)
        assert found.high == pytest.approx((alone[0].high + alone[1].high) / 2)


def test_a_middle_of_many_items_that_vary_draws_both_halves_alike():
    random = np.random.default_rng(6)
    one, other = random.integers(0, 2, 60), random.integers(0, 2, 40)
    sums = stratum(one, slice(60), 100), stratum(other, slice(60, None), 100)
    bootstrap = Bootstrap(2000, 1)
    found, drawn = bootstrap.middle(*sums, (0, 1)), np.mean([bootstrap.replicates(*half) for half in sums], axis=0)
    assert found == (pytest.approx((one.mean() + other.mean()) / 2), *bootstrap.interval(drawn), 100)
    widths = [alone.high - alone.low for alone in (bootstrap.ratio(*half, (0, 1)) for half in sums)]
    assert max(widths) / 2 < found.high - found.low < sum(widths) / 2


def test_a_middle_needs_both_halves():
    empty = np.zeros((2, 1)), np.zeros((2, 1))
    assert Bootstrap(100).middle((np.ones((2, 1)), np.ones((2, 1))), empty, (0, 1)) == (None, None, None, 2)
