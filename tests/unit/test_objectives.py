"""Losses against values worked out by hand, and against a slow computation that shares no code with them."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mialign.training import objectives

# Log-probabilities whose exponentials are simple numbers: rows (1/2, 1/4) and (1/8, 1/2).
SIMPLE = torch.log(torch.tensor([[[1 / 2, 1 / 4], [1 / 8, 1 / 2]]], dtype=torch.float64))


def grids(low=-30.0, high=0.0):
    number = st.floats(low, high, allow_nan=False)
    return st.integers(1, 4).flatmap(
        lambda n: st.lists(
            st.lists(st.lists(number, min_size=n, max_size=n), min_size=n, max_size=n), min_size=1, max_size=3
        )
    )


def log_sum(values):
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values))


def slow_sami(question):
    n = len(question)
    rows = sum(log_sum(question[i]) - question[i][i] for i in range(n))
    columns = sum(log_sum([question[i][j] for i in range(n)]) - question[j][j] for j in range(n))
    return (rows + columns) / (2 * n)


def test_sami_by_hand():
    # Rows: 1/2 of 3/4, 1/2 of 5/8. Columns: 1/2 of 5/8, 1/2 of 3/4.
    expected = (math.log(3 / 2) + math.log(5 / 4) + math.log(5 / 4) + math.log(3 / 2)) / 4
    assert objectives.sami(SIMPLE).item() == pytest.approx(expected, abs=1e-12)


@given(grids())
def test_sami_is_the_slow_sum(values):
    computed = objectives.sami(torch.tensor(values, dtype=torch.float64))
    assert computed.tolist() == pytest.approx([slow_sami(question) for question in values], abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_sami_of_a_uniform_grid_is_log_n(n):
    assert objectives.sami(torch.full((1, n, n), -1.7)).item() == pytest.approx(math.log(n), abs=1e-6)


def test_sami_of_a_separated_grid_has_no_gradient():
    separated = (-50.0 * (1 - torch.eye(3)))[None].requires_grad_()
    objectives.sami(separated).sum().backward()
    assert separated.grad.abs().max() < 1e-9


def test_sami_tells_rows_from_columns():
    """Adding to a column moves the row softmax alone, so a transposed grid is another loss only through its parts."""
    moved = SIMPLE + torch.tensor([[0.0, 3.0]], dtype=torch.float64)
    assert objectives.sami(moved).item() == pytest.approx(slow_sami(moved[0].tolist()), abs=1e-12)
    rows, columns = objectives.accuracy(moved)
    assert (rows.tolist(), columns.tolist()) == ([0.5], [1.0])


def test_sft_by_hand():
    sums = torch.tensor([[[-3.0, -100.0], [-100.0, -5.0]]])
    assert objectives.sft(sums, torch.tensor([[2, 6]])).item() == pytest.approx(1.0)


def test_dpo_by_hand():
    sums = torch.tensor([[[-3.0, -7.0], [-9.0, -4.0]]])
    reference = torch.tensor([[[-4.0, -6.0], [-8.0, -6.0]]])
    # Margins 1, -1 / -1, 2: the differences are 2 under the first prompt and 3 under the second.
    expected = (math.log(1 + math.exp(-0.2)) + math.log(1 + math.exp(-0.3))) / 2
    assert objectives.dpo(sums, reference, 0.1).item() == pytest.approx(expected, abs=1e-6)


@given(grids())
def test_dpo_of_the_reference_itself_is_log_two(values):
    sums = torch.tensor(values, dtype=torch.float64)
    if sums.shape[1] > 1:
        assert objectives.dpo(sums, sums, 0.3).tolist() == pytest.approx([math.log(2)] * len(values))


def test_smoothed_dpo_takes_some_preferences_to_be_wrong():
    sums, reference = torch.tensor([[[-3.0, -7.0], [-9.0, -4.0]]]), torch.zeros(1, 2, 2)
    right, wrong = [math.log(1 + math.exp(-0.1 * sign * d)) for sign in (1, -1) for d in (4,)]
    right_2, wrong_2 = [math.log(1 + math.exp(-0.1 * sign * 5)) for sign in (1, -1)]
    expected = (0.8 * right + 0.2 * wrong + 0.8 * right_2 + 0.2 * wrong_2) / 2
    assert objectives.dpo(sums, reference, 0.1, 0.2).item() == pytest.approx(expected, abs=1e-6)


def test_ipo_by_hand():
    sums = torch.tensor([[[-3.0, -7.0], [-9.0, -4.0]]])
    # Differences 4 and 5, aimed at 1 / (2 * 0.1) = 5.
    assert objectives.ipo(sums, torch.zeros(1, 2, 2), 0.1).item() == pytest.approx((1 + 0) / 2)


def test_infonce_by_hand_and_sami_as_its_two_sides():
    # The matched entry is 1/2 of 3/4 and 1/2 of 5/8 in the rows, 1/2 of 5/8 and 1/2 of 3/4 in the columns.
    rows = objectives.infonce(SIMPLE + torch.tensor([[1.0], [2.0]]), "rows")
    assert rows.item() == pytest.approx((math.log(3 / 2) + math.log(5 / 4)) / 2)
    uneven = torch.log(torch.tensor([[[1 / 2, 1 / 4], [1 / 2, 1 / 2]]], dtype=torch.float64))
    assert objectives.infonce(uneven, "columns").item() == pytest.approx((math.log(2) + math.log(3 / 2)) / 2)
    assert objectives.infonce(uneven, "rows").item() == pytest.approx((math.log(3 / 2) + math.log(2)) / 2)


@given(grids())
def test_the_bound_on_mutual_information_cannot_exceed_log_n(values):
    for side in ("rows", "columns"):
        assert (objectives.infonce(torch.tensor(values, dtype=torch.float64), side) >= -1e-12).all()


def test_mipo_by_hand():
    sums = torch.tensor([[[-3.0, -7.0, -4.0]], [[-2.0, -2.0, -2.0]]])
    reference = torch.tensor([[[-4.0, -6.0, -4.0]], [[-2.0, -2.0, -2.0]]])
    # Margins 1, -1, 0: the chosen one is ahead by 2 and by 1.
    expected = (math.log(1 + math.exp(-0.2)) + math.log(1 + math.exp(-0.1))) / 2
    assert objectives.mipo(sums, reference, 0.1).tolist() == pytest.approx([expected, math.log(2)], abs=1e-6)


def test_mi_epo_by_hand_and_what_its_anchor_does_not_learn():
    chosen, rejected = torch.tensor([[2.0, 1.0]]), torch.tensor([[0.0, 2.0]])
    weights = torch.tensor([[0.75, 0.25]])
    own, other = torch.tensor([[1.0, 3.0]], requires_grad=True), torch.tensor([[0.0, 1.0]], requires_grad=True)
    choice = 0.75 * math.log(1 + math.exp(-0.1 * 2)) + 0.25 * math.log(1 + math.exp(0.1 * 1))
    weight = (math.log(1 + math.exp(-0.5 * 1)) + math.log(1 + math.exp(-0.5 * 2))) / 2
    loss = objectives.mi_epo(chosen, rejected, weights, own, other, 0.1, 0.5)
    assert loss.item() == pytest.approx(choice + weight, abs=1e-6)
    loss.sum().backward()
    assert own.grad is None
    # d/dx -log sigmoid(b (a - x)) = b sigmoid(-b (a - x)), half of it.
    slopes = [0.25 / (1 + math.exp(0.5)), 0.25 / (1 + math.exp(1.0))]
    assert other.grad[0].tolist() == pytest.approx(slopes, abs=1e-6)
    off = objectives.mi_epo(chosen, rejected, weights, own, other, 0.1, 0.0)
    assert off.item() == pytest.approx(choice + math.log(2), abs=1e-6)


def test_kl_is_per_token_over_the_matched_responses():
    sums = torch.tensor([[[6.0, 0.0], [0.0, 1.0]]])
    assert objectives.kl(sums, torch.tensor([[3, 4]])).item() == pytest.approx((2 + 1 / 4) / 2)


@given(grids())
def test_losses_do_not_depend_on_the_order_of_questions(values):
    scores = torch.tensor(values, dtype=torch.float64)
    turned = objectives.sami(scores.flip(0)).flip(0)
    assert turned.tolist() == objectives.sami(scores).tolist()


@given(grids())
def test_renaming_constitutions_and_responses_together_changes_nothing(values):
    scores = torch.tensor(values, dtype=torch.float64)
    order = torch.arange(scores.shape[1]).roll(1)
    torch.testing.assert_close(objectives.sami(scores[:, order][:, :, order]), objectives.sami(scores))


def test_what_each_objective_reads():
    assert objectives.wanted("sft", 2).tolist() == [[True, False], [False, True]]
    assert objectives.wanted("dpo", 2).all()
    assert objectives.wanted("sami", 3).sum() == 9
