"""Bradley-Terry strengths: by hand for two methods, and against an independent slow optimiser for more."""

import json
from itertools import combinations
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from mialign.core.errors import InputError
from mialign.evaluation.metrics import strengths as metric
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.bradley_terry import strengths

FAST = Bootstrap(resamples=400, seed=3)


def slow(points: np.ndarray) -> np.ndarray:
    """The most likely strengths, one sum over pairs at a time."""

    def unlikely(free: np.ndarray) -> float:
        found = [0.0, *free]
        pairs = [(i, j) for i in range(len(found)) for j in range(len(found)) if i != j]
        return sum(points[i, j] * np.logaddexp(0, found[j] - found[i]) for i, j in pairs)

    return np.array([0.0, *minimize(unlikely, np.zeros(len(points) - 1), method="BFGS", options={"gtol": 1e-9}).x])


@given(st.integers(1, 200), st.integers(1, 200))
def test_of_two_methods_it_is_the_log_odds_of_the_win_rate(won, lost):
    assert strengths(np.array([[0.0, lost / 2], [won / 2, 0.0]])) == pytest.approx([0, log(won / lost)], abs=1e-9)


@given(st.lists(st.integers(1, 60), min_size=12, max_size=12), st.sampled_from([3, 4]))
@settings(max_examples=20)
def test_of_more_methods_it_is_what_a_slow_optimiser_finds(counts, size):
    points = np.zeros((size, size))
    for (i, j), won, lost in zip(combinations(range(size), 2), counts, counts[::-1], strict=False):
        points[i, j], points[j, i] = won / 2, lost / 2
    found = strengths(points)
    assert found == pytest.approx(slow(points), abs=1e-5)
    # Where it is most likely, every method has as many points as it is expected to have.
    expected = (points + points.T) / (1 + np.exp(found[None, :] - found[:, None]))
    assert expected.sum(1) == pytest.approx(points.sum(1), abs=1e-8)


def test_the_baseball_teams_of_agresti():
    """Agresti 2002, Categorical Data Analysis, section 10.6: wins in the Eastern Division of the American League, 1987.

    The estimates are those of the package BradleyTerry2 for R, without an advantage at home (Turner and Firth 2012,
    Journal of Statistical Software 48 (9)).
    """
    wins = np.array(
        [  # of Baltimore, Boston, Cleveland, Detroit, Milwaukee, New York, Toronto, over the same
            [0, 1, 7, 4, 2, 3, 1],
            [12, 0, 7, 2, 6, 7, 6],
            [6, 6, 0, 4, 4, 6, 5],
            [9, 11, 9, 0, 6, 5, 7],
            [11, 7, 9, 7, 0, 7, 9],
            [10, 6, 7, 8, 6, 0, 6],
            [12, 7, 8, 6, 4, 7, 0],
        ]
    )
    assert (wins + wins.T == 13 * (1 - np.eye(7))).all()
    published = [0, 1.1077, 0.6839, 1.4364, 1.5814, 1.2476, 1.2945]
    assert strengths(wins.astype(float)) == pytest.approx(published, abs=5e-5)


def test_strengths_are_those_of_a_regression_in_another_library():
    from statsmodels.api import GLM, families

    rng = np.random.default_rng(4)
    points = rng.integers(1, 30, (5, 5)) / 2.0
    pairs = np.array(list(combinations(range(5), 2)))
    sides = np.eye(5)[pairs[:, 0]] - np.eye(5)[pairs[:, 1]]
    won, lost = (np.array([points[pair] for pair in map(tuple, one)]) for one in (pairs, pairs[:, ::-1]))
    fitted = GLM(np.column_stack([won, lost]), sides[:, 1:], family=families.Binomial()).fit(tol=1e-12)
    assert strengths(points) == pytest.approx([0, *fitted.params], abs=1e-8)


def test_a_method_is_placed_through_others_that_it_was_compared_with():
    points = np.array([[0.0, 1, 0], [3, 0, 1], [0, 2, 0]])  # 1 against 0: three to one; 2 against 1: two to one
    assert strengths(points) == pytest.approx([0, log(3), log(3) + log(2)])


def test_data_that_are_the_same_both_ways_round_place_all_at_nought():
    points = np.array([[0.0, 5, 2], [5, 0, 7], [2, 7, 0]])
    assert strengths(points) == pytest.approx([0, 0, 0])


def test_a_method_that_always_wins_or_was_never_compared_has_no_finite_strength():
    points = np.zeros((5, 5))
    points[0, 1], points[1, 0] = 1, 2  # 1 is above 0
    points[2, 1] = 4  # 2 beats 1 and is never beaten
    points[1, 3] = 4  # 3 is always beaten; 4 has no comparison
    found = strengths(points)
    assert found[:2] == pytest.approx([0, log(2)])
    assert (found[2], found[3]) == (np.inf, -np.inf)
    assert np.isnan(found[4])


def test_many_at_once_are_as_each_alone():
    rng = np.random.default_rng(1)
    points = rng.integers(0, 4, (60, 3, 3)) / 2.0
    alone = np.array([strengths(one) for one in points])
    assert np.allclose(strengths(points), alone, atol=1e-9, equal_nan=True)
    assert np.isinf(alone).any()


# ---------------------------------------------------------------- the metric
@pytest.fixture
def verdicts(tmp_path, monkeypatch):
    """Verdict files by comparison: one seed, a verdict an item; their paths."""

    def write(**compared: list[str]) -> list[str]:
        paths = []
        for pair, given_verdicts in compared.items():
            path = tmp_path / f"verdicts/e/{pair.replace('_', '-vs-')}/seed1.jsonl"
            path.parent.mkdir(parents=True)
            keys = {"category": "math", "temperature": 0.0, "axis": "principle-aware"}
            keys |= {"test_tokens": 9, "baseline_tokens": 9}
            lines = [{"prompt_id": f"p{n}", "verdict": one, **keys} for n, one in enumerate(given_verdicts)]
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
            paths.append(str(path))
        return paths

    return write


def rows(paths: list[str]) -> dict[str, dict]:
    return {row["method"]: row for row in metric.rows(paths, FAST)}


def test_ties_are_half_a_win_and_invalid_verdicts_do_not_count(verdicts):
    found = rows(verdicts(sami_base=["test"] * 5 + ["tie"] * 2 + ["baseline"] * 2 + ["invalid"] * 3))
    assert list(found) == ["base", "sami"]
    assert (found["base"]["value"], found["base"]["low"], found["base"]["n"]) == (0.0, None, 9)
    sami = found["sami"]
    assert sami["value"] == pytest.approx(log(6 / 3))
    assert (sami["metric"], sami["axis"], sami["temperature"], sami["n"]) == ("strength", "principle-aware", 0.0, 9)
    assert sami["low"] < sami["value"]
    assert sami["high"] is None or sami["high"] > sami["value"]


def test_the_interval_is_that_of_the_win_rate_in_log_odds(verdicts):
    """For two methods the strength rises with the win rate, so their percentiles are the same resamples'."""
    given_verdicts = ["test"] * 30 + ["tie"] * 10 + ["baseline"] * 20
    found = rows(verdicts(sami_base=given_verdicts))["sami"]
    points = np.array([{"test": 1.0, "tie": 0.5, "baseline": 0.0}[one] for one in given_verdicts])[:, None]
    rates = FAST.replicates(points, np.ones_like(points))
    low, high = np.quantile(rates, [0.025, 0.975], method="inverted_cdf")
    assert (found["low"], found["high"]) == pytest.approx((log(low / (1 - low)), log(high / (1 - high))))


def test_methods_stand_on_one_scale_through_all_their_comparisons(verdicts):
    found = rows(
        verdicts(
            sft_base=["test"] * 6 + ["baseline"] * 2,
            sami_sft=["test"] * 6 + ["baseline"] * 3,
            sami_base=["test", "tie"],
        )
    )
    points = np.array([[0, 2, 0.5], [6, 0, 3], [1.5, 6, 0]])
    assert [found[name]["value"] for name in ("base", "sft", "sami")] == pytest.approx(slow(points), abs=1e-5)
    assert [found[name]["n"] for name in ("base", "sft", "sami")] == [10, 17, 11]


def test_who_always_wins_has_no_value_and_who_only_ties_no_interval(verdicts):
    found = rows(verdicts(sami_base=["test"] * 9, sft_base=["tie"] * 9))
    assert (found["sami"]["value"], found["sami"]["low"], found["sami"]["high"]) == (None, None, None)
    assert (found["sft"]["value"], found["sft"]["low"]) == (pytest.approx(0), None)


def test_methods_without_a_way_to_the_base_are_named(verdicts):
    with pytest.raises(InputError, match=r"verdicts/e: no comparison leads from base to sami, dpo, .* \[sami, base\]"):
        rows(verdicts(sft_base=["tie"], sami_dpo=["test"]))


# ---------------------------------------------------------------- from scores
@pytest.fixture
def scores(tmp_path):
    """Score files by method and seed: the adherence of its answer to each prompt; their paths."""

    def write(**methods: list[list[float | None]]) -> list[str]:
        paths = []
        for name, seeds in methods.items():
            for seed, adherences in enumerate(seeds, start=1):
                path = tmp_path / f"scores/e/{name}/seed{seed}.jsonl"
                path.parent.mkdir(parents=True, exist_ok=True)
                keys = {"temperature": 0.0, "category": "math", "tokens": 3, "correct": None}
                lines = [{"prompt_id": f"p{n}", "adherence": one, **keys} for n, one in enumerate(adherences)]
                path.write_text("".join(json.dumps(line) + "\n" for line in lines))
                paths.append(str(path))
        return paths

    return write


def test_checkers_compare_all_pairs(scores):
    """Two seeds of five prompts, of which some are not checked; nothing is compared on the other axis."""
    found = rows(
        scores(
            base=[[0.0, 0.5, 0.5, 1.0, None], [0.5, 0.0, 0.5, 1.0, 1.0]],
            sft=[[0.5, 0.5, 1.0, 0.5, 0.5], [1.0, 0.5, 0.5, 1.0, None]],
            sami=[[0.5, 0.0, 0.5, 0.5, 0.0], [0.5, 0.5, 0.5, 0.5, None]],
        )
    )
    # sft over base: 1 .5 1 0, 1 1 .5 .5; sami over base: 1 0 .5 0, .5 1 .5 0; sami over sft: .5 0 0 .5 0, 0 .5 .5 0
    points = np.array([[0, 2.5, 4.5], [5.5, 0, 7.0], [3.5, 2.0, 0]])
    assert [found[name]["value"] for name in ("base", "sft", "sami")] == pytest.approx(slow(points), abs=1e-5)
    assert [found[name]["n"] for name in ("base", "sft", "sami")] == [16, 17, 17]


def test_scores_and_the_verdicts_of_checkers_on_all_pairs_give_the_same(scores, verdicts):
    rng = np.random.default_rng(8)
    given_scores = {name: rng.choice([0.0, 0.5, 1.0], size=40).tolist() for name in ("base", "sft", "sami")}
    sides = {1: "test", 0: "tie", -1: "baseline"}
    pairs = (("sft", "base"), ("sami", "base"), ("sami", "sft"))
    compared = {
        f"{test}_{baseline}": [
            sides[int(np.sign(a - b))] for a, b in zip(given_scores[test], given_scores[baseline], strict=True)
        ]
        for test, baseline in pairs
    }
    assert rows(scores(**{name: [one] for name, one in given_scores.items()})) == rows(verdicts(**compared))


def test_methods_that_do_not_answer_the_same_prompts_are_named(scores):
    with pytest.raises(InputError, match=r"scores/e: sft against base, seed 1: the prompt 'p1' at temperature 0.0"):
        rows(scores(base=[[0.5, 1.0]], sft=[[0.5]]))
    with pytest.raises(InputError, match=r"sft against base, seed 2: the prompt 'p0' at temperature 0.0"):
        rows(scores(base=[[0.5]], sft=[[0.5], [1.0]]))
