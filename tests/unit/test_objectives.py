"""Losses against values worked out by hand, and against a slow computation that shares no code with them."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mialign import objectives

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
    assert (rows.item(), columns.item()) == (0.5, 1.0)


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


def test_kl_by_hand():
    policy = torch.log(torch.tensor([[[0.5, 0.5], [0.9, 0.1]], [[0.5, 0.5], [0.5, 0.5]]]))
    start = torch.log(torch.tensor([[[0.25, 0.75], [0.1, 0.9]], [[0.25, 0.75], [0.5, 0.5]]]))
    one = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    kept = torch.tensor([[True, False], [True, True]])
    assert objectives.kl(policy, start, kept).tolist() == pytest.approx([one, one / 2], abs=1e-6)
    assert objectives.kl(policy, policy, kept).tolist() == pytest.approx([0.0, 0.0], abs=1e-7)


def test_what_each_objective_reads():
    assert objectives.wanted("sft", 2).tolist() == [[True, False], [False, True]]
    assert objectives.wanted("dpo", 2).all()
    assert objectives.wanted("sami", 3).sum() == 9
