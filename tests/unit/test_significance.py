"""Tests, effects, power and rates against published examples, other libraries, slow computations and simulation."""

from itertools import combinations
from math import inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import effect, mean_with_interval
from mialign.evaluation.statistics.length_control import length_controlled
from mialign.evaluation.statistics.power import (
    few,
    items_for_none,
    items_needed,
    least_difference,
    multiplier,
    of_items_and_seeds,
    power_of,
    seeds_for_none,
    seeds_needed,
    sequential_half_width,
    sequential_items,
)
from mialign.evaluation.statistics.rates import (
    clopper_pearson,
    compositions,
    is_possible,
    nearest_values,
    wilson,
    wilson_of_points,
)
from mialign.evaluation.statistics.significance import holm, sign_test


# ---------------------------------------------------------------- which rates n items can have
@given(st.integers(1, 40), st.data())
def test_compositions_are_those_that_counting_finds(n, data):
    points = data.draw(st.integers(0, 2 * n))
    counted = {(w, t, n - w - t) for w in range(n + 1) for t in range(n + 1 - w) if 2 * w + t == points}
    found = compositions(100 * points / (2 * n), n)
    assert set(found) == counted
    assert found == sorted(found, key=lambda one: one[1])  # the fewest ties first


def test_two_overall_rates_of_the_original_are_none_of_80_items():
    assert compositions(56.5, 80) == compositions(58.15, 80) == []
    assert (43, 6, 31) in compositions(57.5, 80)
    assert not is_possible(56.5, 0.05, 80, ties=True)
    assert not is_possible(58.15, 0.005, 80, ties=True)
    assert is_possible(58.1, 0.05, 80, ties=True)  # 58.125 in fewer digits
    assert nearest_values(56.5, 80, ties=True) == (56.25, 56.875)
    assert nearest_values(56.25, 80, ties=True) == (56.25, 56.25)


def test_without_ties_and_below_zero():
    assert is_possible(-12.5, 0, 8, ties=False)
    assert not is_possible(-12.5, 0, 7, ties=False)
    assert not is_possible(6.25, 0, 8, ties=False)
    assert is_possible(6.25, 0, 8, ties=True)


# ---------------------------------------------------------------- intervals and tests
def test_clopper_pearson_of_newcombes_example():
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I: 81 of 263, exact: 0.2527 to 0.3676
    assert clopper_pearson(81, 263) == pytest.approx((0.2527, 0.3676), abs=5e-5)


def test_wilson_of_newcombes_example_and_of_half_points():
    assert wilson_of_points(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_of_points(81, 263) == pytest.approx(wilson(81, 263), abs=1e-12)
    low, high = wilson_of_points(44.5, 80)
    assert wilson(44, 80)[0] < low < wilson(45, 80)[0]
    assert wilson(44, 80)[1] < high < wilson(45, 80)[1]


@pytest.mark.parametrize(("wins", "losses"), [(43, 31), (0, 5), (9, 1), (6, 6)])
def test_the_sign_test_is_mcnemars_exact_test(wins, losses):
    from statsmodels.stats.contingency_tables import mcnemar

    assert sign_test(wins, losses) == pytest.approx(mcnemar([[7, wins], [losses, 3]], exact=True).pvalue, abs=1e-12)


def test_the_sign_test_by_hand():
    assert sign_test(9, 1) == pytest.approx(2 * (1 + 10) / 2**10)
    assert sign_test(0, 0) == 1


def test_holm_by_hand_in_the_order_that_was_given():
    # By hand: sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1 and never falling
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
@settings(max_examples=15)
def test_holm_is_bonferroni_in_every_family_that_holds_a_claim(p):
    """Closed testing (Marcus, Peritz and Gabriel 1976, Biometrika 63, 655-660), by going through all subsets.

    A claim stands if Bonferroni's test rejects every set of hypotheses that its own is in.
    """
    subsets = [set(one) for size in range(1, len(p) + 1) for one in combinations(range(len(p)), size)]
    closed = [
        min(1.0, max(len(subset) * min(p[other] for other in subset) for subset in subsets if place in subset))
        for place in range(len(p))
    ]
    assert holm(p) == pytest.approx(closed, abs=1e-12)


# ---------------------------------------------------------------- effects
def test_effects_have_the_mean_squares_of_another_library():
    import pandas
    from statsmodels.api import stats
    from statsmodels.formula.api import ols

    random = np.random.default_rng(1)
    values = random.normal(size=(12, 1)) + 0.5 * random.normal(size=(1, 4)) + random.normal(size=(12, 4))
    items, seeds = np.indices(values.shape)
    frame = pandas.DataFrame({"value": values.ravel(), "item": items.ravel(), "seed": seeds.ravel()})
    table = stats.anova_lm(ols("value ~ C(item) + C(seed)", frame).fit())
    squares = table["sum_sq"] / table["df"]
    found = effect(values, 0.0, (-9, 9), Bootstrap()).spread
    assert found.rest**2 == pytest.approx(squares["Residual"])
    assert found.items**2 == pytest.approx((squares["C(item)"] - squares["Residual"]) / 4)
    assert found.seeds**2 == pytest.approx(max(0, squares["C(seed)"] - squares["Residual"]) / 12)


@pytest.mark.parametrize("spread", [(1.0, 0.0, 0.5), (0.3, 0.4, 0.5), (0.0, 1.0, 1.0)])
def test_intervals_hold_as_often_as_they_say_with_three_seeds(spread):
    random, held, runs = np.random.default_rng(2), 0, 400
    for _ in range(runs):
        sizes = ((30, 1), (1, 3), (30, 3))
        values = sum(sd * random.normal(size=size) for sd, size in zip(spread, sizes, strict=True))
        found = effect(values, 0.0, (-99, 99), Bootstrap()).estimate
        held += found.low <= 0 <= found.high
    assert 0.92 <= held / runs <= 1


def test_seeds_that_differ_widen_the_interval_and_the_bootstrap_sees_less_of_it():
    items = np.tile([1.0, 0.0], 50)[:, None]
    values = np.clip(items + np.array([-0.2, 0.0, 0.2]), 0, 1)
    found = effect(values, 0.5, (0, 1), Bootstrap()).estimate
    by_items = effect(values.mean(axis=1, keepdims=True), 0.5, (0, 1), Bootstrap()).estimate
    assert found.high - found.low > 1.5 * (by_items.high - by_items.low)
    assert found.n == 300


def test_a_missing_observation_hides_no_seed_that_differs():
    random, bootstrap = np.random.default_rng(3), Bootstrap()
    values = random.normal(size=(80, 1)) + np.array([-0.5, 0.0, 0.5]) + random.normal(size=(80, 3))
    whole = mean_with_interval(values, bootstrap)
    assert whole == effect(values, 0.0, None, bootstrap).estimate
    values[0, 1] = np.nan
    found = mean_with_interval(values, bootstrap)
    assert (found.value, found.n) == (pytest.approx(np.nanmean(values)), 239)
    assert found.high - found.low == pytest.approx(whole.high - whole.low, rel=0.05)
    assert (found.low + found.high) / 2 == pytest.approx(found.value)
    values[0] = np.nan
    assert mean_with_interval(values, bootstrap) == effect(values[1:], 0.0, None, bootstrap).estimate
    bounded = mean_with_interval(values, bootstrap, (found.value - 0.1, 9.0))
    assert bounded.low == found.value - 0.1


def test_items_without_a_gap_that_show_nothing_do_not_speak_for_the_others():
    bootstrap, nan = Bootstrap(resamples=2000), np.nan
    alike = np.array([[1.0, 1.0]] * 30 + [[0.0, nan]] * 10)
    few = np.array([[0.0, 1.0], [1.0, 1.0]] + [[1.0, nan], [nan, 0.0]] * 3)
    for values in (alike, few):
        assert mean_with_interval(values, bootstrap, (0, 1)) == bootstrap.mean(values, (0, 1))


def test_one_seed_has_a_bca_interval_and_a_sign_test():
    values = np.array([1.0] * 14 + [0.5] * 6 + [0.0] * 4)[:, None]
    found = effect(values, 0.5, (0, 1), Bootstrap())
    mean, sd = values.mean(), values.std(ddof=1)
    assert found.estimate.value == pytest.approx(mean)
    assert found.estimate.low == pytest.approx(mean - 1.96 * sd / sqrt(24), abs=0.05)
    assert found.estimate.high == pytest.approx(mean + 1.96 * sd / sqrt(24), abs=0.05)
    assert mean - found.estimate.low > found.estimate.high - mean  # skewed as the values are
    assert found.p == sign_test(14, 4)
    assert (found.spread.items, found.spread.seeds, found.spread.rest) == (pytest.approx(sd), None, None)


def test_the_interval_of_one_seed_is_that_of_efrons_formulas():
    # Efron 1987, equations 2.3 and 6.6: the bias by the share of means below, the acceleration by leaving out one each
    from scipy.stats import norm

    values = np.random.default_rng(5).lognormal(0, 1.2, size=40)
    means = values[np.random.default_rng(6).integers(40, size=(20_000, 40))].mean(axis=1)
    bias = norm.ppf((means < values.mean()).mean())
    gaps = (values - values.mean()) / 39
    acceleration = (gaps**3).sum() / (6 * (gaps**2).sum() ** 1.5)
    ends = [bias + z for z in (-1.959964, 1.959964)]
    expected = np.quantile(means, [norm.cdf(bias + end / (1 - acceleration * end)) for end in ends])
    found = effect(values[:, None], 0.0, (0, 99), Bootstrap()).estimate
    assert (found.low, found.high) == pytest.approx(expected, abs=0.03)
    percentiles = np.quantile(means, (0.025, 0.975))
    assert np.abs(percentiles - expected).min() > 0.05  # so that the percentile interval would not pass


def test_items_that_are_all_alike_are_not_taken_for_certain():
    found = effect(np.ones((10, 3)), 0.5, (0, 1), Bootstrap())
    assert found.estimate.low == pytest.approx(wilson(10, 10)[0])
    assert found.p == sign_test(10, 0)
    assert effect(np.full((10, 1), 0.5), 0.5, (0, 1), Bootstrap()).p == 1


# ---------------------------------------------------------------- length control
def test_lengths_that_decide_nothing_change_nothing_and_others_are_taken_out():
    random = np.random.default_rng(3)
    longer = random.normal(scale=30, size=(400, 1)).round()
    scaled = np.tanh(longer / longer.std())
    even = (random.random((400, 1)) < 0.6).astype(float)
    found = length_controlled(even, longer, Bootstrap())
    assert found.value == pytest.approx(even.mean(), abs=0.02)
    assert found.low < 0.6 < found.high
    by_length = (random.random((400, 1)) < 1 / (1 + np.exp(-0.3 - 2 * scaled))).astype(float)
    by_length_of_longer = by_length[scaled[:, 0] > -0.3], longer[scaled[:, 0] > -0.3]
    assert by_length_of_longer[0].mean() > 0.65
    corrected = length_controlled(*by_length_of_longer, Bootstrap())
    assert corrected.low < 1 / (1 + np.exp(-0.3)) < corrected.high


def test_the_interval_at_equal_length_is_that_of_robust_errors():
    from statsmodels.api import GLM, families

    random = np.random.default_rng(4)
    longer = random.normal(size=(300, 1))
    points = (random.random((300, 1)) < 1 / (1 + np.exp(-0.4 - longer))).astype(float)
    inputs = np.column_stack([np.ones(300), np.tanh(longer / longer.std())[:, 0]])
    fitted = GLM(points[:, 0], inputs, family=families.Binomial()).fit(cov_type="HC0")
    rate = 1 / (1 + np.exp(-fitted.params[0]))
    half = 1.96 * rate * (1 - rate) * fitted.bse[0]
    found = length_controlled(points, longer, Bootstrap())
    assert found.value == pytest.approx(rate, abs=1e-6)
    assert (found.low, found.high) == pytest.approx((rate - half, rate + half), abs=0.006)


def test_the_rate_at_equal_length_is_that_of_plain_newton_steps():
    random = np.random.default_rng(11)
    longer = random.normal(scale=25, size=(60, 3)).round()
    points = random.choice([0.0, 0.5, 1.0], p=[0.3, 0.2, 0.5], size=(60, 3))
    points = np.where(longer > 20, 1.0, points)  # length helps
    y, tanh = points.ravel(), np.tanh(longer / longer.std()).ravel()
    b0 = b1 = 0.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-b0 - b1 * tanh))
        weight, left = chance * (1 - chance), y - chance
        a, b, c = weight.sum(), (weight * tanh).sum(), (weight * tanh**2).sum()
        g0, g1 = left.sum(), (left * tanh).sum()
        b0, b1 = b0 + (c * g0 - b * g1) / (a * c - b * b), b1 + (a * g1 - b * g0) / (a * c - b * b)
    assert b1 > 0.2
    assert length_controlled(points, longer, Bootstrap()).value == pytest.approx(1 / (1 + np.exp(-b0)), abs=1e-7)


def test_no_length_control_without_lengths_or_wins():
    points = np.array([1.0, 0.0] * 20)[:, None]
    assert length_controlled(points, np.zeros((40, 1)), Bootstrap()) is None
    assert length_controlled(np.ones((40, 1)), np.arange(40.0)[:, None], Bootstrap()) is None
    assert length_controlled(points, np.array([5.0, -5.0] * 20)[:, None], Bootstrap()) is None  # lengths decide all


# ---------------------------------------------------------------- power
def test_items_needed_are_those_of_the_textbook_and_of_another_library():
    from statsmodels.stats.power import NormalIndPower

    # Lachin 1981, Controlled Clinical Trials 2, 93-113: z 1.96 and 1.282 at a level of 5 % and a power of 90 %
    assert multiplier(0.9) == pytest.approx(1.96 + 1.282, abs=1e-3)
    for difference, sd, power in ((0.075, 0.5, 0.8), (0.01, 0.2, 0.95)):
        other = NormalIndPower(ddof=0).solve_power(difference / sd, power=power, alpha=0.05, ratio=0)
        assert items_needed(difference, sd, power) == pytest.approx(other, abs=1.01)
        n = items_needed(difference, sd, power)
        assert power_of(difference, sd, n) >= power > power_of(difference, sd, n - 2)
        assert least_difference(n, sd, power) == pytest.approx(difference, rel=0.01)


def test_a_variance_that_items_do_not_reduce():
    alone = items_needed(0.1, 0.5, 0.8)
    assert items_needed(0.1, 0.5, 0.8, fixed=0.01**2) > alone
    assert items_needed(0.1, 0.5, 0.8, fixed=0.1**2) == inf
    assert items_needed(0.1, 0.5, 0.8, fixed=0.5 * (0.1 / multiplier(0.8)) ** 2) == pytest.approx(2 * alone, abs=1)


def test_no_effect_is_shown_as_often_as_it_says():
    n, random = items_for_none(0.05, 0.5, 0.8), np.random.default_rng(5)
    means = random.normal(scale=0.5 / sqrt(n), size=20_000)
    assert np.mean(np.abs(means) + 1.959964 * 0.5 / sqrt(n) < 0.05) == pytest.approx(0.8, abs=0.01)


def test_no_effect_is_shown_as_often_as_it_says_where_few_seeds_differ():
    n = items_for_none(0.05, 0.5, 0.8, fixed=0.01**2)
    assert n > items_for_none(0.05, 0.5, 0.8)
    assert 0.5**2 / n + 0.01**2 == pytest.approx(0.5**2 / items_for_none(0.05, 0.5, 0.8), rel=0.01)
    assert items_for_none(0.05, 0.5, 0.8, fixed=0.02**2) == inf


def test_seeds_that_show_no_effect_by_simulation():
    from scipy.stats import t

    random, held = np.random.default_rng(7), {}
    seeds = seeds_for_none(1.0, 0.8, 0.8)
    for number in (seeds - 1, seeds):
        values = random.normal(scale=0.8, size=(20_000, number))
        half = t.ppf(0.975, number - 1) * values.std(axis=1, ddof=1) / sqrt(number)
        held[number] = np.mean(np.abs(values.mean(axis=1)) + half < 1)
    assert held[seeds - 1] < 0.8 <= held[seeds] + 0.01


def test_what_seeds_make_of_standard_deviations_by_hand():
    sd, fixed = of_items_and_seeds(3.0, 2.0, 4.0 * sqrt(3), 3)
    assert sd == pytest.approx(5)  # 3 and 4
    assert fixed == pytest.approx((2 * 4.302653 / 1.959964) ** 2 / 3)
    assert of_items_and_seeds(3.0, None, None, 1) == (3, 0)


def test_seeds_needed_are_those_of_students_test():
    from statsmodels.stats.power import TTestPower

    for difference, sd in ((1.0, 0.5), (1.0, 2.0)):
        seeds = seeds_needed(difference, sd, 0.8)
        exact = TTestPower()
        assert exact.power(difference / sd, seeds, 0.05) >= 0.8 > exact.power(difference / sd, seeds - 1, 0.05)
    assert seeds_needed(0.0, 1.0, 0.8) == inf
    assert seeds_needed(1.0, 0.0, 0.8) == 2


def test_few_seeds_make_intervals_wide():
    assert few(3) == pytest.approx(4.302653 / 1.959964, abs=1e-6)
    assert few(1) == 1


def test_a_confidence_sequence_seldom_leaves_out_the_truth_at_any_time():
    random, n = np.random.default_rng(6), np.arange(1, 2001)
    widths = np.array([sequential_half_width(items, 1.0, 200) for items in n])
    means = np.cumsum(random.normal(size=(2000, 2000)), axis=1) / n
    assert (np.abs(means) > widths).any(axis=1).mean() <= 0.05
    assert np.all(np.diff(widths) < 0)


def test_a_confidence_sequence_is_narrowest_for_its_size_about_where_it_was_tuned():
    widths = {tuned: sequential_half_width(500, 1.0, tuned) for tuned in (50, 500, 5000)}
    assert widths[500] < min(widths[50], widths[5000])
    r2 = (-2 * log(0.05) + log(-2 * log(0.05) + 1)) / 500
    by_hand = sqrt(2 * (500 * r2 + 1) / (500**2 * r2) * log(sqrt(500 * r2 + 1) / 0.05))
    assert widths[500] == pytest.approx(by_hand)


@given(st.floats(0.02, 0.5), st.floats(0.05, 0.5))
def test_one_by_one_ends_at_the_first_item_that_is_enough(difference, sd):
    items = sequential_items(difference, sd, 80)
    assert sequential_half_width(items, sd, 80) <= difference
    assert items == 1 or sequential_half_width(items - 1, sd, 80) > difference


def test_one_by_one_never_ends_where_seeds_alone_are_too_much():
    assert sequential_items(0.1, 0.5, 80, fixed=0.06**2) == inf
    assert sequential_items(0.1, 0.5, 80, fixed=0.01**2) > sequential_items(0.1, 0.5, 80)
    assert sequential_items(1e-7, 0.5, 80) == inf
