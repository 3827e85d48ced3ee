"""The bound of mutual information and the drift from the start, by hand and by a slow computation; and the settings."""

import json
import math

import numpy as np
import pytest
from changes import change, refused
from hypothesis import given
from hypothesis import strategies as st

from mialign.config import loading
from mialign.core.errors import InputError
from mialign.evaluation.metrics import information
from mialign.evaluation.metrics.information import accuracies, bounds
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import mean_with_interval
from mialign.paper.macros import foreseen
from mialign.paper.macros import information as macros

FAST = Bootstrap(resamples=500)
E = math.exp
# log p(response j | prompt i) of two responses of one and two tokens; per token [[-1, -3], [-2, -2]].
SUMS, TOKENS = [[-1.0, -6.0], [-2.0, -4.0]], [1, 2]
BY_HAND = {
    ("mean", "rows"): math.log(2) - (math.log(1 + E(-2)) + math.log(2)) / 2,
    ("mean", "columns"): math.log(2) - math.log(1 + E(-1)),
    ("sum", "rows"): math.log(2) - (math.log(1 + E(-5)) + math.log(1 + E(2))) / 2,
    ("sum", "columns"): math.log(2) - (math.log(1 + E(-1)) + math.log(1 + E(-2))) / 2,
}
for critic in ("mean", "sum"):
    BY_HAND[critic, "both"] = (BY_HAND[critic, "rows"] + BY_HAND[critic, "columns"]) / 2


def record(number: int, sums=SUMS, tokens=TOKENS, base=(-1.5, -4.6)) -> dict:
    about = {"id": f"p{number}", "question_id": f"q{number}", "category": "math"}
    return about | {"tokens": tokens, "sums": sums, "base_sums": base}


@pytest.fixture
def results(tmp_path):
    """Writes records of information and gives the path."""

    def write(method: str, seed: int, records: list[dict]) -> str:
        path = tmp_path / "information" / "multitask" / method / f"seed{seed}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(one) + "\n" for one in records))
        return str(path)

    return write


def table(*paths: str) -> list[dict]:
    return list(information.rows(list(paths), FAST))


def only(rows: list[dict], **wanted) -> dict:
    (found,) = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return found


# ---------------------------------------------------------------- one grid
@pytest.mark.parametrize("key", BY_HAND)
def test_bounds_by_hand(key):
    assert bounds(np.array(SUMS), np.array(TOKENS))[key] == pytest.approx(BY_HAND[key], abs=1e-12)


def test_accuracies_by_hand():
    """Of equal entries the first counts: (1, 0) and (1, 1) per token."""
    assert accuracies(np.array(SUMS), np.array(TOKENS)) == {
        ("mean", "rows"): 0.5, ("mean", "columns"): 1.0, ("sum", "rows"): 0.5, ("sum", "columns"): 1.0,
    }  # fmt: skip


@st.composite
def grids(draw):
    size = draw(st.integers(2, 4))
    value = st.floats(-300, 0)
    sums = draw(st.lists(st.lists(value, min_size=size, max_size=size), min_size=size, max_size=size))
    return np.array(sums), np.array(draw(st.lists(st.integers(1, 60), min_size=size, max_size=size)))


def slow(scores: list[list[float]], over: str) -> float:
    """log N plus the mean log of the share of the matched entry, written out."""
    size, logs = len(scores), []
    for k in range(size):
        others = [scores[k][j] if over == "rows" else scores[j][k] for j in range(size)]
        logs.append(-math.log(sum(math.exp(min(other - scores[k][k], 700)) for other in others)))
    return math.log(size) + sum(logs) / size


@given(grids())
def test_bounds_equal_a_slow_computation_and_stay_below_the_cap(grid):
    sums, tokens = grid
    found = bounds(sums, tokens)
    scores = {"mean": (sums / tokens).tolist(), "sum": sums.tolist()}
    for critic, over in (("mean", "rows"), ("mean", "columns"), ("sum", "rows"), ("sum", "columns")):
        assert found[critic, over] == pytest.approx(slow(scores[critic], over), abs=1e-9)
    assert all(value <= math.log(len(tokens)) for value in found.values())


@given(st.integers(2, 5), st.floats(-500, 0))
def test_a_uniform_grid_tells_nothing_and_one_that_is_certain_all(size, value):
    tokens = np.full(size, 7)
    assert list(bounds(np.full((size, size), value), tokens).values()) == pytest.approx([0] * 6, abs=1e-12)
    certain = np.where(np.eye(size, dtype=bool), 0.0, -1e6)
    assert list(bounds(certain, tokens).values()) == pytest.approx([math.log(size)] * 6, abs=1e-12)


def test_the_bound_is_log_n_less_the_loss_of_sami():
    import torch

    from mialign.training.objectives import cross_entropy

    torch.manual_seed(1)
    sums, tokens = -50 * torch.rand(1, 3, 3, dtype=torch.float64), torch.tensor([3.0, 8.0, 5.0], dtype=torch.float64)
    found = bounds(sums[0].numpy(), tokens.numpy())
    for over in ("rows", "columns"):
        assert found["mean", over] == pytest.approx(math.log(3) - cross_entropy(sums / tokens, over).item(), abs=1e-12)


# ---------------------------------------------------------------- tables
@pytest.fixture
def run(results):
    """base and two methods on two questions; the second question of mi is as sure as can be."""
    sure = record(2, [[-1.0, -1e6], [-1e6, -1.0]], [2, 5], (-1.2, -1.1))
    flat = record(2, [[-2.0, -2.0], [-2.0, -2.0]], [2, 2], (-2.0, -2.0))
    return table(
        results("base", 1, [record(1, base=(-1.0, -4.0)), flat]),
        results("mi", 1, [record(1), sure]),
        results("other", 1, [record(1), flat]),
    )


def test_the_table_by_hand(run):
    row = only(run, method="mi", critic="mean", over="columns", metric="bound")
    assert row["value"] == pytest.approx((BY_HAND["mean", "columns"] + math.log(2)) / 2)
    assert row["low"] <= row["value"] <= row["high"] <= math.log(2) + 1e-9
    assert (row["experiment"], row["n"]) == ("multitask", 2)
    assert only(run, method="mi", critic="sum", over="rows", metric="accuracy")["value"] == 75
    assert only(run, method="base", critic="mean", over="rows", metric="accuracy")["value"] == 50
    cap = only(run, method="base", metric="cap")
    assert (cap["value"], cap["low"], cap["n"]) == (math.log(2), None, 2)
    assert (cap["critic"], cap["over"]) == ("", "")


def test_drift_is_of_all_tokens_together(run):
    drift = only(run, method="mi", metric="drift")
    assert drift["value"] == pytest.approx((0.5 + 0.6 + 0.2 + 0.1) / (3 + 7))
    assert drift["n"] == 10
    assert [only(run, method="base", metric="drift")[key] for key in ("value", "low", "high")] == [0, 0, 0]


def test_matched_is_the_log_probability_per_token_of_the_responses_under_their_own_prompts(run):
    """(-1 / 1 - 4 / 2) / 2 of the first question; of the second (-1 / 2 - 1 / 5) / 2 by mi and -2 / 2 by the others."""
    first, sure, flat = -1.5, -0.35, -1.0
    row = only(run, method="mi", metric="matched")
    assert (row["value"], row["critic"], row["over"], row["n"]) == (pytest.approx((first + sure) / 2), "mean", "", 2)
    assert row["low"] <= row["value"] <= row["high"]
    assert only(run, method="base", metric="matched")["value"] == pytest.approx((first + flat) / 2)
    for other in ("base", "other"):
        gain = only(run, method="mi", metric=f"matched_difference_{other}")
        assert (gain["value"], gain["n"]) == (pytest.approx((0 + sure - flat) / 2), 2)
    assert not [row for row in run if row["method"] == "base" and "difference" in row["metric"]]


def test_every_number_of_it_is_foreseen(results, miniature):
    config = loading.load(change(miniature, f"{MT}.information", BENCHMARK))
    methods = ("base", *config["experiments"]["multitask"]["methods"])
    rows = table(*(results(method, 1, [record(1), record(2)]) for method in methods))
    made = {number.name for number in macros.of_information(rows, "information.csv")}
    known = {number.name for number in foreseen.numbers(config, ["math"])}
    assert made == {name for name in known if name.startswith("information")}
    assert "informationMatchedMultitaskSft" in made


def test_differences_are_paired_by_question_and_go_from_every_method_to_every_other(run):
    gain = (math.log(2) - 0) / 2  # the first question is the same for all
    for other in ("base", "other"):
        row = only(run, method="mi", critic="sum", over="both", metric=f"difference_{other}")
        assert (row["value"], row["over"], row["n"]) == (pytest.approx(gain), "both", 2)
    assert only(run, method="other", critic="mean", over="both", metric="difference_mi")["value"] == pytest.approx(
        -gain
    )
    assert only(run, method="other", critic="mean", over="both", metric="difference_base")["value"] == pytest.approx(0)
    assert not [row for row in run if row["method"] == "base" and "difference" in row["metric"]]


def test_questions_that_one_policy_lacks_are_in_no_difference_with_it(results):
    rows = table(results("base", 1, [record(1)]), results("mi", 1, [record(1), record(2), record(3)]))
    assert only(rows, method="mi", critic="mean", over="both", metric="bound")["n"] == 3
    assert only(rows, method="mi", critic="mean", over="both", metric="difference_base")["n"] == 1


def test_items_and_seeds_are_both_drawn(results):
    paths = [results("mi", seed, [record(1), record(2, [[-1.0, -9.0], [-9.0, -seed]], [1, 1])]) for seed in (1, 2)]
    row = only(table(*paths), critic="sum", over="rows", metric="bound")
    values = np.array([[bounds(np.array(SUMS), np.array(TOKENS))["sum", "rows"]] * 2,
                       [math.log(2) - (math.log(1 + E(-8)) + math.log(1 + E(s - 9))) / 2 for s in (1, 2)]])  # fmt: skip
    assert (row["value"], row["n"]) == (pytest.approx(values.mean()), 4)
    assert (row["low"], row["high"]) == pytest.approx(mean_with_interval(values, FAST)[1:3])


BROKEN = [
    [record(1, [[-1.0, -6.0]])],
    [record(1, tokens=[1])],
    [record(1, tokens=[1, 0])],
    [record(1, tokens=3)],
    [record(1, base=[-1.0])],
    [record(1, [[-1.0, None], [-2.0, -4.0]])],
    [record(1, [[-1.0, "x"], [-2.0, -4.0]])],
    [record(1, [[-1.0, float("inf")], [-2.0, -4.0]])],
    [record(1, [[-1.0]], [1], [-1.0])],
]


@pytest.mark.parametrize("records", BROKEN, ids=[str(one[0]["sums"])[:30] for one in BROKEN])
def test_tables_that_are_not_whole_are_refused(results, records):
    with pytest.raises(InputError, match=r"seed1\.jsonl, record 1: with N constitutions.* it is made again"):
        table(results("mi", 1, records))


def test_what_cannot_be_put_together_is_refused(results):
    three = record(2, np.zeros((3, 3)).tolist(), [1, 1, 1], [0, 0, 0])
    with pytest.raises(InputError, match=r"record 2: 3 constitutions, and 2 in the records before it"):
        table(results("mi", 1, [record(1), three]))
    with pytest.raises(InputError, match=r"seed2\.jsonl: it holds no question"):
        table(results("mi", 2, []))
    with pytest.raises(InputError, match="'p1' occurs twice"):
        table(results("mi", 3, [record(1), record(1)]))
    with pytest.raises(InputError, match="the field 'base_sums' is missing"):
        table(results("mi", 4, [{key: value for key, value in record(1).items() if key != "base_sums"}]))


# ---------------------------------------------------------------- settings
MT, MA = "experiments.multitask", "experiments.maths"
SAMPLING = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 96, "seed": 1}
BENCHMARK = {"questions": "multitask_benchmark", "sampling": SAMPLING}


def test_information_has_its_defaults_and_may_ask_the_questions_of_the_benchmark(miniature):
    found = loading.load(change(miniature, f"{MT}.information", BENCHMARK))["experiments"]["multitask"]["information"]
    assert found == {
        "questions": ["multitask_benchmark"], "builder": "constitutions", "constitutions": 2,
        "sampling": {**SAMPLING, "stop": []},
    }  # fmt: skip


def test_other_questions_serve_too(miniature):
    miniature["sources"]["more"] = {"synthetic": "multitask", "split": "benchmark", "size": 40, "seed": 99}
    loading.load(change(miniature, f"{MT}.information", {**BENCHMARK, "questions": ["more"]}))


BAD = [
    ({"questions": "multitask_train"}, "questions: multitask_train has questions of train; keep the two apart"),
    ({"questions": "multitask_validation"}, "questions: multitask_validation has questions of validation; keep the"),
    ({"questions": "multitask_bench"}, "questions: there is no source 'multitask_bench'; did you mean 'multitask_be"),
    ({"questions": []}, "questions: at least 1 needed"),
    ({"questions": None}, "questions: the key is missing"),
    ({"constitutions": 1}, "constitutions: 1 is too small; the least is 2"),
    ({"constitutions": 5}, "constitutions: 5 cannot all differ: the category 'coding' has plan and markdown, which al"),
    ({"sampling": {**SAMPLING, "temperature": 0.0}}, "sampling.temperature: 0 gives the likeliest responses alone"),
    ({"sampling": {**SAMPLING, "max_tokens": 2048}}, "sampling.max_tokens: 2048 leave no room for a prompt in the"),
    ({"sampling": {**SAMPLING, "seed": None}}, "sampling.seed: the key is missing"),
    ({"builder": "other_question"}, "builder: unknown key; there are questions, constitutions, sampling"),
]


@pytest.mark.parametrize(("more", "message"), BAD, ids=[str(more)[:40] for more, _ in BAD])
def test_bad_settings_are_named(miniature, more, message):
    refused(change(miniature, f"{MT}.information", {**BENCHMARK, **more}), f"{MT}.information.{message}")


def test_questions_that_the_base_models_learn_are_refused(miniature):
    miniature["sources"]["learnt"] = {"synthetic": "multitask", "split": "corpus", "size": 40, "seed": 99}
    refused(
        change(miniature, f"{MT}.information", {**BENCHMARK, "questions": "learnt"}),
        f"sources.learnt.split: the base models are trained on the split 'corpus', so {MT}.information.questions",
    )


def test_the_openings_need_their_principle_in_questions_of_information_too(miniature):
    refused(
        change(miniature, f"{MA}.information", BENCHMARK),
        f"{MA}.information.questions: the openings depend on the principle 'steps'",
    )


def test_a_question_of_information_of_a_file_is_in_no_set(miniature, tmp_path):
    for name, texts in (("mine", ["Who?", "Why?"]), ("theirs", ["How?", "Why?"])):
        lines = [json.dumps({"q": text, "c": "writing"}) for text in texts]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
        miniature["sources"][name] = {"file": f"{name}.jsonl", "fields": {"question": "q", "category": "c"}}
    miniature["data"] = str(tmp_path)
    miniature["experiments"]["multitask"]["questions"]["benchmark"] = ["multitask_benchmark", "theirs"]
    loading.load(change(miniature, f"{MT}.information", {**BENCHMARK, "questions": "mine"}))
    miniature["experiments"]["multitask"]["questions"]["benchmark"] = "multitask_benchmark"
    miniature["experiments"]["multitask"]["data"]["strong_pairs"]["questions"] = ["multitask_train", "theirs"]
    refused(miniature, f"{MT}: the question of", "(information)", "(train)", "keep them apart")
