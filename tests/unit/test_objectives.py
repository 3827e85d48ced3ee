"""Losses against values worked out by hand, and against a slow computation that shares no code with them."""

import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mialign.core.errors import InputError
from mialign.core.setting import check_own, defaults
from mialign.data.builders.constitutions import compare_all
from mialign.training import objectives
from mialign.training.grid import Grid
from mialign.training.objectives import OBJECTIVES
from mialign.training.terms import Scored, Terms

# Log-probabilities whose exponentials are simple numbers: rows (1/2, 1/4) and (1/8, 1/2).
SIMPLE = torch.log(torch.tensor([[[1 / 2, 1 / 4], [1 / 8, 1 / 2]]], dtype=torch.float64))


def scored(sums, terms=None, reference=None, counts=None):
    """What an objective sees of sums [B, N, M], by default with all terms of a square and one token a response."""
    questions, prompts, responses = sums.shape
    counts = torch.ones(questions, responses, dtype=torch.long) if counts is None else counts
    matched = torch.eye(prompts, responses, dtype=torch.bool).expand(questions, -1, -1)
    lists = [terms if terms is not None else compare_all(prompts)] * questions
    return Scored(Grid(sums, counts, matched), Terms.of(lists), reference)


def loss(objective, sums, terms=None, reference=None, counts=None, **settings):
    given = defaults(objectives.own_settings()[objective]) | settings
    return OBJECTIVES[objective].loss(scored(sums, terms, reference, counts), given)


def term(chosen, rejected=None, weight=1.0):
    return {"chosen": chosen, "rejected": rejected, "weight": weight}


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
    assert loss("sami", SIMPLE).item() == pytest.approx(expected, abs=1e-12)


@given(grids())
def test_sami_is_the_slow_sum(values):
    computed = loss("sami", torch.tensor(values, dtype=torch.float64))
    assert computed.tolist() == pytest.approx([slow_sami(question) for question in values], abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_sami_of_a_uniform_grid_is_log_n(n):
    assert loss("sami", torch.full((1, n, n), -1.7)).item() == pytest.approx(math.log(n), abs=1e-6)


def test_sami_of_a_separated_grid_has_no_gradient():
    separated = (-50.0 * (1 - torch.eye(3)))[None].requires_grad_()
    loss("sami", separated).sum().backward()
    assert separated.grad.abs().max() < 1e-9


def test_sami_tells_rows_from_columns():
    """Adding to a column moves the row softmax alone, so a transposed grid is another loss only through its parts."""
    moved = SIMPLE + torch.tensor([[0.0, 3.0]], dtype=torch.float64)
    assert loss("sami", moved).item() == pytest.approx(slow_sami(moved[0].tolist()), abs=1e-12)
    rows, columns = objectives.accuracy(moved)
    assert (rows.tolist(), columns.tolist()) == ([0.5], [1.0])


def test_sft_by_hand():
    sums = torch.tensor([[[-3.0, -100.0], [-100.0, -5.0]]])
    counts = torch.tensor([[2, 6]])
    assert loss("sft", sums, counts=counts).item() == pytest.approx(1.0)  # (3 + 5) nats in 2 + 6 tokens
    assert loss("sft", sums, [term([1, 1])], counts=counts).item() == pytest.approx(5 / 6)
    weighted = [term([0, 0], weight=3.0), term([1, 1])]
    assert loss("sft", sums, weighted, counts=counts).item() == pytest.approx((3 * 3 + 5) / (3 * 2 + 6))
    assert loss("sft", sums, counts=counts, reduction="sum").item() == pytest.approx((3 + 5) / 2)  # nats of a response
    assert loss("sft", sums, weighted, counts=counts, reduction="sum").item() == pytest.approx((3 * 3 + 5) / (3 + 1))


def test_sft_counts_an_entry_once_however_many_terms_choose_it():
    sums = -torch.tensor([[[3.0, 9.0, 9.0], [9.0, 4.0, 9.0], [9.0, 9.0, 5.0]]])
    assert len(compare_all(3)) == 6
    assert loss("sft", sums).item() == pytest.approx((3 + 4 + 5) / 3)


def test_dpo_by_hand():
    sums = torch.tensor([[[-3.0, -7.0], [-9.0, -4.0]]])
    reference = torch.tensor([[[-4.0, -6.0], [-8.0, -6.0]]])
    # Margins 1, -1 / -1, 2: the differences are 2 under the first prompt and 3 under the second.
    first, second = math.log(1 + math.exp(-0.2)), math.log(1 + math.exp(-0.3))
    assert loss("dpo", sums, reference=reference, beta=0.1).item() == pytest.approx((first + second) / 2, abs=1e-6)
    weighted = [term([0, 0], [0, 1], 3.0), term([1, 1], [1, 0], 1.0)]
    found = loss("dpo", sums, weighted, reference, beta=0.1).item()
    assert found == pytest.approx((3 * first + second) / 4, abs=1e-6)


def test_questions_with_fewer_terms_than_others_are_not_moved_by_the_filling():
    sums = torch.tensor([[[-3.0, -7.0], [-9.0, -4.0]]]).expand(2, -1, -1)
    terms = Terms.of([compare_all(2), [term([1, 1], [1, 0])]])
    both = Scored(Grid(sums, torch.ones(2, 2), torch.ones(2, 2, 2, dtype=torch.bool)), terms, torch.zeros(2, 2, 2))
    losses = OBJECTIVES["dpo"].loss(both, {"beta": 0.1})
    four, five = math.log(1 + math.exp(-0.4)), math.log(1 + math.exp(-0.5))
    assert losses.tolist() == pytest.approx([(four + five) / 2, five], abs=1e-6)


@given(grids())
def test_dpo_of_the_reference_itself_is_log_two(values):
    sums = torch.tensor(values, dtype=torch.float64)
    if sums.shape[1] > 1:
        assert loss("dpo", sums, reference=sums, beta=0.3).tolist() == pytest.approx([math.log(2)] * len(values))


def test_smoothed_dpo_takes_some_preferences_to_be_wrong():
    sums, reference = torch.tensor([[[-3.0, -7.0], [-9.0, -4.0]]]), torch.zeros(1, 2, 2)
    correct, wrong = [math.log(1 + math.exp(-0.1 * sign * d)) for sign in (1, -1) for d in (4,)]
    right_2, wrong_2 = [math.log(1 + math.exp(-0.1 * sign * 5)) for sign in (1, -1)]
    expected = (0.8 * correct + 0.2 * wrong + 0.8 * right_2 + 0.2 * wrong_2) / 2
    found = loss("dpo", sums, reference=reference, beta=0.1, label_smoothing=0.2)
    assert found.item() == pytest.approx(expected, abs=1e-6)


def test_ipo_by_hand():
    sums = torch.tensor([[[-3.0, -7.0], [-9.0, -4.0]]])
    # Differences 4 and 5, aimed at 1 / (2 * 0.1) = 5.
    assert loss("ipo", sums, reference=torch.zeros(1, 2, 2), beta=0.1).item() == pytest.approx((1 + 0) / 2)


def test_infonce_by_hand_and_sami_as_the_mean_of_both():
    # The matched entry is 1/2 of 3/4 and 1/2 of 5/8 in the rows, 1/2 of 5/8 and 1/2 of 3/4 in the columns.
    rows = loss("infonce", SIMPLE + torch.tensor([[1.0], [2.0]]), over="rows")
    assert rows.item() == pytest.approx((math.log(3 / 2) + math.log(5 / 4)) / 2)
    uneven = torch.log(torch.tensor([[[1 / 2, 1 / 4], [1 / 2, 1 / 2]]], dtype=torch.float64))
    assert loss("infonce", uneven, over="columns").item() == pytest.approx((math.log(2) + math.log(3 / 2)) / 2)
    assert loss("infonce", uneven, over="rows").item() == pytest.approx((math.log(3 / 2) + math.log(2)) / 2)


@given(grids())
def test_the_bound_on_mutual_information_cannot_exceed_log_n(values):
    for over in ("rows", "columns"):
        assert (loss("infonce", torch.tensor(values, dtype=torch.float64), over=over) >= -1e-12).all()


def test_mipo_by_hand():
    """One prompt, its own response and one from another question: not a square."""
    sums, reference = torch.tensor([[[-3.0, -7.0]], [[-2.0, -2.0]]]), torch.tensor([[[-4.0, -6.0]], [[-2.0, -2.0]]])
    # Margins 1 and -1: the chosen one is ahead by 2. The other question is as the reference has it.
    found = loss("mipo", sums, [term([0, 0], [0, 1])], reference, beta=0.1)
    assert found.tolist() == pytest.approx([math.log(1 + math.exp(-0.2)), math.log(2)], abs=1e-6)


def slow_pairwise(sums, reference, terms, betas):
    """Sum of weight x log(1 + exp(- beta (margin of the chosen - margin of the rejected))), entry by entry."""
    total = 0.0
    for one, beta in zip(terms, betas, strict=True):
        (i, j), (k, n) = one["chosen"], one["rejected"]
        ahead = beta * ((sums[i][j] - reference[i][j]) - (sums[k][n] - reference[k][n]))
        total += one["weight"] * (max(0.0, -ahead) + math.log1p(math.exp(-abs(ahead))))
    return total


@st.composite
def comparisons(draw):
    """Sums and reference of 2 prompts and 2 to 4 responses, and terms of rows and of columns with weights."""
    responses = draw(st.integers(2, 4))
    row = st.lists(st.floats(-30, 0), min_size=responses, max_size=responses)
    place = st.integers(0, responses - 1)
    weight = st.floats(0.125, 1.0)
    rows = draw(st.lists(st.tuples(place, place, weight).filter(lambda one: one[0] != one[1]), min_size=1, max_size=5))
    columns = draw(st.lists(st.tuples(place, weight), max_size=3))
    terms = [term([0, one], [0, other], share) for one, other, share in rows]
    terms += [term([0, one], [1, one], share) for one, share in columns]
    return draw(st.lists(row, min_size=2, max_size=2)), draw(st.lists(row, min_size=2, max_size=2)), terms


@given(comparisons(), st.sampled_from([0.02, 0.1, 1.0]), st.sampled_from([0.0, 0.02, 0.5]))
def test_mi_epo_dpo_and_mipo_are_the_slow_sums(given, row_beta, column_beta):
    sums, reference, terms = given
    tensors = [torch.tensor([one], dtype=torch.float64) for one in (sums, reference)]
    in_rows = [one["chosen"][0] == one["rejected"][0] for one in terms]
    betas = [row_beta if one else column_beta for one in in_rows]
    found = loss("mi_epo", tensors[0], terms, tensors[1], beta_c=row_beta, beta_w=column_beta)
    assert found.item() == pytest.approx(slow_pairwise(sums, reference, terms, betas), rel=1e-6, abs=1e-9)
    whole = sum(one["weight"] for one in terms)
    mean = slow_pairwise(sums, reference, terms, [row_beta] * len(terms)) / whole
    for objective in ("dpo", "mipo"):
        found = loss(objective, tensors[0], terms, tensors[1], beta=row_beta)
        assert found.item() == pytest.approx(mean, rel=1e-6, abs=1e-9)


def test_mi_epo_by_hand_and_what_its_anchor_does_not_learn():
    """Prompts 0 (own preference vector) and 1 (another); two responses, ordered one way by either reward."""
    margins = torch.tensor([[[2.0, 0.0], [1.5, -1.0]]], requires_grad=True)
    terms = [
        term([0, 0], [0, 1], 0.75),  # reward 1 prefers response 0
        term([0, 1], [0, 0], 0.25),  # reward 2 prefers response 1
        term([0, 0], [1, 0], 0.5),  # response 0 under its own vector and under the other
        term([0, 1], [1, 1], 0.5),
    ]
    of_rewards = 0.75 * math.log(1 + math.exp(-0.1 * 2)) + 0.25 * math.log(1 + math.exp(0.1 * 2))
    of_vectors = (math.log(1 + math.exp(-0.5 * 0.5)) + math.log(1 + math.exp(-0.5 * 1))) / 2
    settings = {"reference": torch.zeros(1, 2, 2), "beta_c": 0.1, "beta_w": 0.5}
    found = loss("mi_epo", margins, terms, **settings)
    assert found.item() == pytest.approx(of_rewards + of_vectors, abs=1e-6)
    found.sum().backward()
    # Row 0 learns of the rewards alone: its anchor in the columns has no gradient. d/dx -log sigmoid(b (a - x)) is
    # b sigmoid(-b (a - x)), half of it in row 1.
    slope = 0.1 * (0.75 / (1 + math.exp(0.2)) - 0.25 / (1 + math.exp(-0.2)))
    columns = [0.25 / (1 + math.exp(0.25)), 0.25 / (1 + math.exp(0.5))]
    assert margins.grad[0].flatten().tolist() == pytest.approx([-slope, slope, *columns], abs=1e-6)
    off = loss("mi_epo", margins, terms, **settings | {"beta_w": 0.0})
    assert off.item() == pytest.approx(of_rewards + math.log(2), abs=1e-6)


@given(st.lists(st.floats(-20, 20), min_size=8, max_size=8), st.sampled_from([0.1, 0.5, 0.8]))
def test_mi_epo_without_columns_is_mo_odpo_to_the_bit(values, weight):
    """Of beta_w = 0 the gradient is that of the row terms alone, bit for bit, and the loss that and log 2."""
    rows = [term([0, 0], [0, 1], weight), term([0, 1], [0, 0], 1 - weight)]
    columns = [term([0, 0], [1, 0], 0.5), term([0, 1], [1, 1], 0.5)]
    numbers = torch.tensor(values).view(2, 1, 2, 2)
    losses, gradients = [], []
    for terms in ([*rows, *columns], rows):
        sums = numbers[0].clone().requires_grad_()
        losses.append(loss("mi_epo", sums, terms, numbers[1], beta_w=0.0))
        losses[-1].sum().backward()
        gradients.append(sums.grad)
    assert torch.equal(*gradients)
    torch.testing.assert_close(losses[0], losses[1] + math.log(2))


def test_kl_is_per_token_over_the_matched_responses():
    sums, counts = torch.tensor([[[6.0, 0.0], [0.0, 1.0]]]), torch.tensor([[3, 4]])
    assert objectives.kl(sums, torch.eye(2, dtype=torch.bool)[None], counts).item() == pytest.approx((2 + 1 / 4) / 2)
    first = torch.tensor([[[True, False], [False, False]]])
    assert objectives.kl(sums, first, counts).item() == pytest.approx(2)


@given(grids())
def test_losses_do_not_depend_on_the_order_of_questions(values):
    scores = torch.tensor(values, dtype=torch.float64)
    turned = loss("sami", scores.flip(0)).flip(0)
    assert turned.tolist() == loss("sami", scores).tolist()


@given(grids())
def test_renaming_constitutions_and_responses_together_changes_nothing(values):
    scores = torch.tensor(values, dtype=torch.float64)
    order = torch.arange(scores.shape[1]).roll(1)
    torch.testing.assert_close(loss("sami", scores[:, order][:, :, order]), loss("sami", scores))


def test_what_each_objective_reads():
    square = Terms.of([compare_all(2)])
    assert square.entry_mask(2, 2, OBJECTIVES["sft"].reads).tolist() == [[[True, False], [False, True]]]
    assert square.entry_mask(2, 2, OBJECTIVES["dpo"].reads).all()
    assert Terms.of([compare_all(3)]).entry_mask(3, 3, OBJECTIVES["sami"].reads).sum() == 9
    some = Terms.of([[term([0, 1], [0, 2])], [term([1, 0], [0, 0]), term([1, 1], [1, 2])]])
    assert some.entry_mask(2, 3, "terms").tolist() == [
        [[False, True, True], [False, False, False]],
        [[True, False, False], [True, True, True]],
    ]
    assert some.entry_mask(2, 3, "chosen").sum((1, 2)).tolist() == [1, 2]


def test_every_objective_of_the_registry_is_finite_and_differentiable():
    for name, objective in OBJECTIVES.items():
        sums = torch.log(torch.tensor([[[0.5, 0.25], [0.125, 0.5]]])).requires_grad_()
        found = loss(name, sums, reference=torch.zeros(1, 2, 2) if objective.needs_reference else None)
        found.sum().backward()
        assert found.shape == (1,), name
        assert sums.grad.isfinite().all(), name
        assert sums.grad.abs().sum() > 0, name


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_names_its_equation_in_the_paper(root, name):
    label = f"eq:{name.replace('_', '-')}"
    assert re.search(rf"{label}\b(?!-)", OBJECTIVES[name].loss.__doc__)
    paper = (root / "paper/sections/objectives.tex").read_text(encoding="utf-8")
    assert re.search(rf"\\begin{{equation}}\s*\\label{{{label}}}", paper)


def test_settings_belong_to_objectives():
    check_own("objective", "dpo", {"beta": 0.2, "label_smoothing": 0.1, "batch": 4}, objectives.own_settings())
    with pytest.raises(InputError, match=r"^beta: it belongs to objective dpo or ipo or .*, not to sami; take it out$"):
        check_own("objective", "sami", {"beta": 0.2}, objectives.own_settings())
    with pytest.raises(
        InputError, match="mipo takes pairs of other_question or context, and these are of constitutions"
    ):
        objectives.check_builder("mipo", "constitutions")
    with pytest.raises(
        InputError, match="sami takes pairs of constitutions or context, and these are of other_question"
    ):
        objectives.check_builder("sami", "other_question")
    objectives.check_builder("dpo", "other_question")


def test_ties_count_as_wins_where_a_method_has_an_objective_whose_paper_counts_so():
    methods = {"first": {"objective": "dpo"}, "second": {"objective": "sami"}}
    assert not objectives.counts_ties_as_wins({"methods": methods})
    assert objectives.counts_ties_as_wins({"methods": {**methods, "third": {"objective": "mipo"}}})
