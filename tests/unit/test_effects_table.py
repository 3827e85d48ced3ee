"""metrics/effects.csv: from verdicts and attempts to effects, what they vary by, and what would decide them."""

import json

import numpy as np
import pytest

from mialign.evaluation.metrics import accuracy, comparisons, effects
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import effect
from mialign.evaluation.statistics.power import few, items_needed, seeds_needed

POINTS = {"test": 1.0, "tie": 0.5, "baseline": 0.0}


def write(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def verdicts(folder, seed, names, axis="principle-aware", judging="multitask"):
    return write(
        folder / f"verdicts/{judging}/sami-vs-sft/seed{seed}.jsonl",
        [
            {"prompt_id": f"p{place}", "category": "math", "temperature": 0.0, "axis": axis, "verdict": name}
            | {"test_tokens": 20 + place, "baseline_tokens": 20}
            for place, name in enumerate(names)
        ],
    )


def attempts(folder, method, seed, right):
    return write(
        folder / f"attempts/maths/{method}/seed{seed}.jsonl",
        [
            {"question_id": f"q{place}", "temperature": 1.0, "attempt": attempt, "finish": "eos", "steps": True}
            | {"answers": {"strict": "1"}, "correct": {"strict": bool(one)}}
            for place, question in enumerate(right)
            for attempt, one in enumerate(question)
        ],
    )


def by_metric(rows, **wanted):
    return {row["metric"]: row for row in rows if all(row.get(key) == value for key, value in wanted.items())}


def test_a_further_judge_counts_on_an_axis_where_the_main_one_has_no_verdict(tmp_path):
    main = verdicts(tmp_path, 1, ["test", "tie", "baseline", "test"])
    free = verdicts(tmp_path, 1, ["test", "baseline", "baseline", "tie"], "principle-free", "multitask.local")
    found = by_metric(effects.rows([main, free], Bootstrap(), attempts={}), axis="principle-free")["win_rate"]
    assert (found["experiment"], found["judge"], found["value"], found["n"]) == ("multitask", "local", 37.5, 4)
    aware = verdicts(tmp_path, 1, ["baseline"] * 4, judging="multitask.other")
    rows = list(effects.rows([main, free, aware], Bootstrap(), attempts={}))
    assert by_metric(rows, axis="principle-aware")["win_rate"]["value"] == 62.5
    assert {row["judge"] for row in rows} == {"judge", "local"}


def test_methods_that_have_answered_no_question_in_common_have_no_gain(tmp_path):
    paths = [attempts(tmp_path, "base", 1, [[1], [0]]), attempts(tmp_path, "sft", 2, [[1], [1]])]
    assert list(effects.rows(paths, Bootstrap(), attempts={"maths": [1]})) == []


def test_win_rates_over_the_items_that_every_seed_has(tmp_path):
    one = ["test", "test", "tie", "baseline", "test", "invalid"]
    two = ["test", "tie", "tie", "baseline", "test", "test"]
    paths = [verdicts(tmp_path, seed, names) for seed, names in ((1, one), (2, two))]
    found = by_metric(effects.rows(paths, Bootstrap(), attempts={}))
    values = np.array([[POINTS[name] for name in pair] for pair in list(zip(one, two, strict=True))[:5]])
    expected = effect(values, 0.5, (0, 1), Bootstrap())
    assert found["win_rate"]["value"] == pytest.approx(65)
    assert found["win_rate"]["low"] == pytest.approx(100 * expected.estimate.low)
    assert (found["win_rate"]["n"], found["items"]["value"], found["seeds"]["value"]) == (10, 5, 2)
    assert found["sd_items"]["value"] == pytest.approx(100 * expected.spread.items)
    assert "win_rate_equal_length" not in found  # too few for a regression


@pytest.mark.parametrize("seeds", [1, 3])
def test_one_number_has_one_interval_in_all_tables(tmp_path, seeds):
    """The report reads effects.csv, and the text comparisons.csv and accuracy.csv."""
    random = np.random.default_rng(5)
    names = np.array([*POINTS])[random.integers(0, 3, (seeds, 40))].tolist()
    judged = [verdicts(tmp_path, seed, of_seed) for seed, of_seed in enumerate(names, start=1)]
    solved = [
        attempts(tmp_path, method, seed, random.random((40, 1)) < share)
        for method, share in (("base", 0.3), ("sami", 0.6))
        for seed in range(1, seeds + 1)
    ]
    attempted, bootstrap = {"maths": [1]}, Bootstrap(500)
    report = list(effects.rows([*judged, *solved], bootstrap, attempts=attempted))
    text = {row["metric"]: row for row in comparisons.rows(judged, bootstrap) if row["category"] == "all"}
    text |= {row["metric"]: row for row in accuracy.rows(solved, bootstrap, attempts=attempted)}
    for metric, told in (("win_rate", "win_rate"), ("difference", "difference_base")):
        shown, other = by_metric(report)[metric], text[told]
        assert shown["low"] < shown["value"] < shown["high"]
        assert [shown[key] for key in ESTIMATE] == [other[key] for key in ESTIMATE]


def test_needed_questions_count_what_few_seeds_leave_open(tmp_path):
    seeds = {1: ["test"] * 14 + ["baseline"] * 6, 2: ["test"] * 13 + ["baseline"] * 7, 3: ["test"] * 12 + ["tie"] * 8}
    paths = [verdicts(tmp_path, seed, names) for seed, names in seeds.items()]
    found = by_metric(effects.rows(paths, Bootstrap(), attempts={}))
    sd = {kind: found[f"sd_{kind}"]["value"] / 100 for kind in ("items", "seeds", "rest")}
    difference = found["win_rate"]["value"] / 100 - 0.5
    needed = items_needed(
        difference, np.hypot(sd["items"], sd["rest"] / 3**0.5), 0.8, fixed=sd["seeds"] ** 2 / 3 * few(3) ** 2
    )
    assert sd["seeds"] > 0
    assert found["needed_80"]["value"] == (needed if np.isfinite(needed) else None)
    assert found["seeds_80"]["value"] == seeds_needed(difference, sd["seeds"], 0.8)
    assert found["seeds_95"]["value"] == seeds_needed(difference, sd["seeds"], 0.95) > found["seeds_80"]["value"]


def test_no_difference_needs_nothing_and_is_said_so(tmp_path):
    paths = [verdicts(tmp_path, seed, ["tie"] * 5) for seed in (1, 2)]
    found = by_metric(effects.rows(paths, Bootstrap(), attempts={}))
    assert found["p"]["value"] == 1
    assert not {"needed_80", "sequential", "seeds_80", "seeds_95"} & found.keys()


def test_gains_are_of_the_later_method_over_the_earlier_in_any_of_k_attempts(tmp_path):
    base = [[False, False], [False, True], [False, False], [True, False]]
    sami = [[True, False], [True, True], [False, False], [False, False]]
    paths = [attempts(tmp_path, "base", 1, base), attempts(tmp_path, "sami", 1, sami)]
    rows = list(effects.rows(paths, Bootstrap(), attempts={"maths": [1, 2, 32]}))
    assert {(row["method"], row["baseline"]) for row in rows} == {("sami", "base")}
    assert by_metric(rows, attempts=1)["difference"]["value"] == pytest.approx(25)  # +1, +1, 0, -1
    assert by_metric(rows, attempts=2)["difference"]["value"] == pytest.approx(0)  # +1, 0, 0, -1
    assert by_metric(rows, attempts=1)["sd_seeds"]["value"] is None  # one seed
    assert not by_metric(rows, attempts=32)  # so many attempts were not made


def test_a_run_without_either_experiment_has_no_rows_of_it():
    assert list(effects.rows([], Bootstrap(), attempts={})) == []
