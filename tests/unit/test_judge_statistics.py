"""How judges behave: kappa against a published example and statsmodels, and what the order of two responses does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign.evaluation.statistics.judges import changed, chose_first, kappa

LABELS = ("test", "tie", "baseline")
OTHER = {"test": "baseline", "baseline": "test", "tie": "tie", None: None}
BOTH = ("test", "baseline")
WINNER = st.sampled_from([*LABELS, None])


# ---------------------------------------------------------------- kappa
def of_table(table: list[list[int]]) -> list[tuple[str, str]]:
    """The pairs of verdicts that a table of counts stands for."""
    cells = [(one, other, table[i][j]) for i, one in enumerate(LABELS) for j, other in enumerate(LABELS)]
    return [(one, other) for one, other, count in cells for _ in range(count)]


def test_kappa_of_a_published_example():
    """Fleiss, Statistical Methods for Rates and Proportions (2nd edition 1981), table 13.1: 100 patients, two raters,
    p_o = 0.89, p_e = 0.66, kappa 0.68.
    """
    found = kappa(of_table([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))
    assert found == pytest.approx((0.89 - 0.66) / (1 - 0.66))
    assert round(found, 2) == 0.68


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([("tie", "tie")] * 3, None),
        ([("test", "test"), ("tie", "tie")], 1),
        ([("test", "baseline"), ("baseline", "test")], -1),
        ([("test", "test"), ("test", "tie")], 0),
    ],
)
def test_kappa_at_its_bounds(pairs, expected):
    assert kappa(pairs) == (expected if expected is None else pytest.approx(expected))


@given(st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), min_size=3, max_size=3))
def test_kappa_is_that_of_statsmodels_whichever_judge_is_first(table):
    from statsmodels.stats.inter_rater import cohens_kappa

    pairs, counts = of_table(table), np.array(table, float)
    if counts.max() == counts.sum() and np.trace(counts) == counts.sum():  # nothing, or one verdict always
        assert kappa(pairs) is None
        return
    assert kappa(pairs) == pytest.approx(cohens_kappa(counts, return_results=False), abs=1e-12)
    assert kappa([pair[::-1] for pair in pairs]) == pytest.approx(kappa(pairs), abs=1e-12)


# ---------------------------------------------------------------- the order of two responses
@pytest.mark.parametrize(
    ("first", "winners", "flips", "chosen"),
    [
        (BOTH, ["test", "test"], False, (1, 2)),
        (BOTH, ["test", "baseline"], True, (2, 2)),  # whichever stands first
        (BOTH, ["baseline", "test"], True, (0, 2)),  # whichever stands second
        (BOTH, ["tie", "tie"], False, (0, 0)),
        (BOTH, ["tie", "baseline"], True, (1, 1)),
        (BOTH, [None, "baseline"], None, (1, 1)),
        (BOTH, [None, None], None, (0, 0)),
        (["baseline"], ["baseline"], None, (1, 1)),
        (["test", "test"], ["test", "baseline"], None, (1, 2)),  # twice in one order tells nothing of the other
    ],
)
def test_what_the_order_does_by_hand(first, winners, flips, chosen):
    assert changed(first, winners) is flips
    assert chose_first(first, winners) == chosen


@given(WINNER, WINNER)
def test_the_names_of_the_two_sides_and_the_order_of_asking_change_nothing(one, other):
    turned = [OTHER[one], OTHER[other]]
    assert changed(BOTH, [one, other]) is changed(BOTH[::-1], [other, one]) is changed(BOTH[::-1], turned)
    assert chose_first(BOTH, [one, other]) == chose_first(BOTH[::-1], [other, one]) == chose_first(BOTH[::-1], turned)


@given(WINNER)
def test_a_judge_that_the_order_does_not_move_chooses_the_first_half_of_the_time(winner):
    above, below = chose_first(BOTH, [winner, winner])
    assert 2 * above == below
    assert changed(BOTH, [winner, winner]) is (None if winner is None else False)


def test_every_question_asked_has_one_answer():
    with pytest.raises(ValueError, match="zip"):
        chose_first(BOTH, ["test"])
