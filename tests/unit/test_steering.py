"""How well answers follow their vectors: by hand, against numpy's correlation, and its error by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign.evaluation.checkpoint_scores import scores_of
from mialign.evaluation.learning_rates import standard_error
from mialign.evaluation.steering import Steering
from mialign.generation.engine import Completion

GRID = [(tenths / 10, 1 - tenths / 10) for tenths in range(11)]


class Fixed:
    """A reward that gives these scores."""

    def __init__(self, given):
        self.given = list(given)

    def scores(self, questions, texts):
        return self.given


def asked(vectors) -> list[dict]:
    about = {"category": "writing", "question": "Name the boat.", "reference": None}
    return [{"id": f"q{n}", "question_id": f"q{n}", **about, "preferences": [one]} for n, one in enumerate(vectors)]


def steering(vectors, *rewards) -> float:
    """The score of a checkpoint: the mean over its answers."""
    answers = [Completion("a", "eos", 1, 1)] * len(vectors)
    found = Steering([Fixed(one) for one in rewards])(asked(vectors), answers)
    return sum(one["steering"] for one in found) / len(found)


def test_by_hand():
    """z(w) is (1, -1, 1, -1) for the first weight and its opposite for the second."""
    vectors = [(1.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.0, 1.0)]
    found = Steering([Fixed([1, 0, 1, 1]), Fixed([-3, -1, -3, -1])])(asked(vectors), [Completion("a", "eos", 1, 1)] * 4)
    first = 0.1875**0.5  # the standard deviation of 1, 0, 1, 1
    own = [0.25 / first, 0.75 / first, 0.25 / first, -0.25 / first]
    assert [one["steering"] for one in found] == pytest.approx([(one + 1) / 2 for one in own])
    assert [(one["reward_1"], one["reward_2"]) for one in found] == [(1, -3), (0, -1), (1, -3), (1, -1)]
    assert next(iter(found[0])) == "steering"  # checkpoints are chosen by the first
    assert steering(vectors, [1, 0, 1, 1], [-3, -1, -3, -1]) == pytest.approx((0.25 / first + 1) / 2)


def test_it_is_the_mean_of_the_correlations():
    rng = np.random.default_rng(5)
    vectors = rng.dirichlet([1.0] * 3, size=40)
    rewards = rng.normal(size=(3, 40)) + vectors.T * [[2.0], [0.5], [-1.0]]
    expected = np.mean([np.corrcoef(vectors[:, k], rewards[k])[0, 1] for k in range(3)])
    assert steering(vectors.tolist(), *rewards) == pytest.approx(expected)


@given(st.lists(st.tuples(st.sampled_from(GRID), st.integers(-9, 9)), min_size=2, max_size=20), st.integers(1, 50))
def test_it_is_bounded_and_has_no_unit(answers, unit):
    vectors, rewards = zip(*answers, strict=True)
    found = steering(vectors, rewards, [0] * len(rewards))
    assert -0.5 - 1e-9 <= found <= 0.5 + 1e-9  # half of it is a reward that never varies
    assert steering(vectors, [unit * one + 7 for one in rewards], [0] * len(rewards)) == pytest.approx(found, abs=1e-9)
    assert steering(vectors, [-one for one in rewards], [0] * len(rewards)) == pytest.approx(-found, abs=1e-9)


def test_who_follows_the_vector_wins_over_who_gets_more_of_all_rewards():
    follows = steering(GRID, [first for first, _ in GRID], [second for _, second in GRID])
    assert follows == pytest.approx(1)
    assert steering(GRID, [10.0] * 11, [10.0] * 11) == 0  # the most of both, whatever is asked
    assert steering([GRID[3]] * 4, [1, 2, 3, 4], [4, 3, 2, 1]) == 0  # vectors that are all alike steer nothing


def test_answers_that_ignore_the_vector_score_nothing_and_the_error_is_at_most_the_one_that_is_given():
    """The mean and the deviation over many validations of 192 answers."""
    rng = np.random.default_rng(6)
    vectors = np.array(GRID)[rng.integers(11, size=(400, 192))]
    for slope in (0.0, 1.5):
        noise = rng.normal(size=(400, 192))
        rewards = [slope * vectors[..., 0] + noise, -slope * vectors[..., 0] - noise]  # the two errors are one
        found = [steering(*one) for one in zip(vectors, *rewards, strict=True)]
        correlation = slope * 0.1**0.5 / (slope**2 * 0.1 + 1) ** 0.5  # the grid has the variance 0.1
        error = standard_error("steering", correlation, 192)
        assert np.mean(found) == pytest.approx(correlation, abs=0.01)
        assert 0.9 * error < np.std(found) < 1.05 * error


def test_a_validation_asks_for_it_by_name():
    scores = scores_of({"score": "steering", "rewards": [{"kind": "length", "per": 1}]})
    answers = [Completion(text, "eos", 1, 1) for text in ("one two three", "one")]
    assert scores(asked([(1.0,), (0.0,)]), answers) == [
        {"steering": 1.0, "reward_1": 3.0},
        {"steering": 1.0, "reward_1": 1.0},
    ]
