"""Tidy tables from small files whose values are worked out by hand."""

import csv
import json
import sys
from pathlib import Path

import pytest

import run
from mialign.core.errors import InputError
from mialign.evaluation.metrics import KINDS
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import effect
from mialign.evaluation.statistics.rates import wilson

FAST = Bootstrap(resamples=500)
EXTRACTORS = ("strict", "flexible", "authors")


def table(kind: str, paths: list[str], **settings) -> list[dict]:
    return list(KINDS[kind].rows(paths, FAST, **settings))


def only(rows: list[dict], **wanted) -> dict:
    found = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    assert len(found) == 1, f"{len(found)} rows for {wanted}"
    return found[0]


def verdict(prompt: int, category: str, verdict: str, tokens=(10, 10), axis="principle-aware", temperature=0.0) -> dict:
    test, baseline = tokens
    sizes = {"test_tokens": test, "baseline_tokens": baseline}
    keys = {"prompt_id": f"p{prompt}", "category": category, "temperature": temperature, "axis": axis}
    return keys | {"verdict": verdict, "judge": "checkers"} | sizes


def score(prompt: int, category: str, adherence: float, correct: bool | None, ended=True, tokens=30, temperature=0.0):
    keys = {"prompt_id": f"p{prompt}", "category": category, "temperature": temperature}
    return keys | {"adherence": adherence, "correct": correct, "ended": ended, "tokens": tokens}


def attempt(question: int, number: int, answer: str | None, gold: str, steps: bool, temperature=1.0) -> dict:
    keys = {"prompt_id": f"b{question}", "question_id": f"q{question}", "temperature": temperature, "attempt": number}
    marks = {"answers": dict.fromkeys(EXTRACTORS, answer), "correct": dict.fromkeys(EXTRACTORS, answer == gold)}
    finish = "length" if answer is None else "eos"
    return keys | marks | {"steps": steps, "text": "", "finish": finish, "tokens": 5, "seed": 1}


# ------------------------------------------------------------------ comparisons


@pytest.fixture
def two_seeds(results):
    """Seed 1: win, tie | loss, invalid. Seed 2: win, win | tie, loss. Categories writing | stem."""
    return [
        results(
            "verdicts/multitask/sami-vs-sft/seed1.jsonl",
            [
                verdict(1, "writing", "test", (12, 10)),
                verdict(2, "writing", "tie", (10, 10)),
                verdict(3, "stem", "baseline", (9, 10)),
                verdict(4, "stem", "invalid", (20, 10)),
            ],
        ),
        results(
            "verdicts/multitask/sami-vs-sft/seed2.jsonl",
            [
                verdict(1, "writing", "test", (12, 10)),
                verdict(2, "writing", "test", (11, 10)),
                verdict(3, "stem", "tie", (9, 10)),
                verdict(4, "stem", "baseline", (11, 10)),
            ],
        ),
    ]


@pytest.mark.parametrize(
    ("category", "metric", "value", "n"),
    [
        ("all", "win_rate", 100 * (3 + 2 / 2) / 7, 7),  # the invalid one is no tie and is not counted
        ("all", "wins", 3, 7),
        ("all", "ties", 2, 7),
        ("all", "losses", 2, 7),
        ("all", "invalid", 1, 8),
        ("writing", "win_rate", 87.5, 4),
        ("writing", "invalid", 0, 4),
        ("stem", "win_rate", 100 * 0.5 / 3, 3),
        ("stem", "losses", 2, 3),
        ("stem", "invalid", 1, 4),
        ("all", "win_rate_seed1", 50, 3),
        ("all", "win_rate_seed2", 62.5, 4),
        ("all", "win_rate_longer", 75, 4),  # win, win, win, loss; the invalid one is longer too
        ("all", "win_rate_shorter", 25, 2),  # loss, tie; the tie of equal length is in neither
        ("all", "win_rate_length_controlled", (75 + 25) / 2, 6),
    ],
)
def test_comparisons_by_hand(two_seeds, category, metric, value, n):
    row = only(table("comparisons", two_seeds), category=category, metric=metric)
    assert (row["value"], row["n"]) == (pytest.approx(value), n)
    keys = ("experiment", "method", "baseline", "axis", "temperature")
    assert [row[key] for key in keys] == ["multitask", "sami", "sft", "principle-aware", 0.0]
    if metric in ("wins", "ties", "losses", "invalid"):
        assert row["low"] is row["high"] is None
    else:
        assert 0 <= row["low"] <= value <= row["high"] <= 100


@pytest.mark.parametrize(
    ("category", "value", "n"), [("all", 100 * 5 / 7, 7), ("writing", 100, 4), ("stem", 100 / 3, 3)]
)
def test_ties_are_won_where_that_is_asked_for(two_seeds, category, value, n):
    rows = table("comparisons", two_seeds, ties_won=["multitask"])
    row = only(rows, category=category, metric="win_rate_ties_won")
    assert (row["value"], row["n"]) == (pytest.approx(value), n)
    assert 0 <= row["low"] <= value <= row["high"] <= 100
    without = table("comparisons", two_seeds, ties_won=["another"])
    assert without == table("comparisons", two_seeds) == [r for r in rows if r["metric"] != "win_rate_ties_won"]


def test_the_interval_is_that_of_the_items_with_all_verdicts_about_the_mean_of_all(two_seeds):
    import numpy as np

    whole = np.array([[1, 1], [0.5, 1], [0, 0.5]])  # and [invalid, 0]
    row = only(table("comparisons", two_seeds), category="all", metric="win_rate")
    found = effect(whole, 0.5, None, FAST).estimate
    low, high = (100 * (end - whole.mean() + 4 / 7) for end in (found.low, found.high))
    assert (row["low"], row["high"]) == pytest.approx((max(low, 0), min(high, 100)))


def test_categories_in_the_order_of_the_paper_and_unknown_ones_last(results):
    records = [verdict(i, c, "tie") for i, c in enumerate(["stem", "cooking", "writing", "math"])]
    path = results("verdicts/multitask/a-vs-b/seed1.jsonl", records)
    rows = [row["category"] for row in table("comparisons", [path]) if row["metric"] == "win_rate"]
    assert rows == ["all", "writing", "math", "stem", "cooking"]


def test_a_category_with_only_invalid_verdicts_has_no_rate(results):
    path = results("verdicts/multitask/a-vs-b/seed1.jsonl", [verdict(1, "math", "invalid"), verdict(2, "stem", "test")])
    rows = table("comparisons", [path])
    empty = only(rows, category="math", metric="win_rate")
    assert [empty[key] for key in ("value", "low", "high", "n")] == [None, None, None, 0]
    assert only(rows, category="math", metric="invalid")["value"] == 1
    assert only(rows, category="all", metric="win_rate")["n"] == 1


def test_a_comparison_turned_round_gives_the_rest_of_its_rates(results):
    turned = {"test": "baseline", "baseline": "test", "tie": "tie"}
    given = [
        ("test", (9, 5)),
        ("tie", (5, 5)),
        ("baseline", (4, 8)),
        ("tie", (7, 7)),
        ("test", (3, 4)),
        ("tie", (8, 2)),
    ]
    there = [verdict(i, "math", one, tokens) for i, (one, tokens) in enumerate(given)]
    back = [verdict(i, "math", turned[one], tokens[::-1]) for i, (one, tokens) in enumerate(given)]
    rows = table("comparisons", [results("verdicts/multitask/a-vs-b/seed1.jsonl", there)])
    turned_rows = table("comparisons", [results("verdicts/multitask/b-vs-a/seed1.jsonl", back)])
    for metric in ("win_rate", "win_rate_length_controlled"):
        rates = [only(found, category="all", metric=metric)["value"] for found in (rows, turned_rows)]
        assert sum(rates) == pytest.approx(100)


def test_an_empty_length_stratum_leaves_the_control_undefined(results):
    path = results("verdicts/multitask/a-vs-b/seed1.jsonl", [verdict(i, "math", "test", (9, 8)) for i in range(3)])
    rows = table("comparisons", [path])
    assert only(rows, metric="win_rate_shorter")["n"] == 0
    assert only(rows, metric="win_rate_length_controlled")["value"] is None


def lengths_decide(longer: list[str], shorter: list[str]) -> list[dict]:
    """Verdicts where the test's answer is the longer one, then those where it is the shorter."""
    sized = [(one, (9, 3)) for one in longer] + [(one, (3, 9)) for one in shorter]
    return [verdict(number, "math", one, tokens) for number, (one, tokens) in enumerate(sized)]


def test_one_longer_answer_leaves_the_length_controlled_rate_open(results):
    """One win leaves [20.7, 100] open; the 30 shorter answers are won and lost by half."""
    records = lengths_decide(["test"], ["test", "baseline"] * 15)
    rows = table("comparisons", [results("verdicts/multitask/a-vs-b/seed1.jsonl", records)])
    longer, shorter, controlled = (
        only(rows, metric=f"win_rate_{which}") for which in ("longer", "shorter", "length_controlled")
    )
    assert (longer["low"], longer["high"]) == pytest.approx((20.65, 100), abs=0.01)
    assert controlled["value"] == 75
    for end in ("low", "high"):
        assert controlled[end] == pytest.approx((longer[end] + shorter[end]) / 2)


def test_where_length_decides_the_rate_is_no_certainty(results):
    """20 wins leave [83.887, 100] open, 20 losses [0, 16.113]."""
    records = lengths_decide(["test"] * 20, ["baseline"] * 20)
    rows = table("comparisons", [results("verdicts/multitask/a-vs-b/seed1.jsonl", records)])
    row = only(rows, metric="win_rate_length_controlled")
    assert (row["low"], row["value"], row["high"]) == pytest.approx((83.887 / 2, 50, 116.113 / 2), abs=1e-3)


def test_axes_and_temperatures_are_kept_apart(results):
    records = [
        verdict(1, "math", "test"),
        verdict(1, "math", "tie", axis="principle-free"),
        verdict(1, "math", "baseline", temperature=1.0),
    ]
    rows = table("comparisons", [results("verdicts/multitask/a-vs-b/seed1.jsonl", records)])
    rates = {
        (r["axis"], r["temperature"]): r["value"] for r in rows if (r["category"], r["metric"]) == ("all", "win_rate")
    }
    assert rates == {("principle-aware", 0.0): 100, ("principle-aware", 1.0): 0, ("principle-free", 0.0): 50}


def test_paired_differences_from_scores(results):
    paths = [
        results(
            "verdicts/multitask/sami-vs-sft/seed1.jsonl",
            [verdict(1, "math", "test"), verdict(2, "stem", "tie"), verdict(1, "math", "tie", axis="principle-free")],
        ),
        results("scores/multitask/sami/seed1.jsonl", [score(1, "math", 1.0, True), score(2, "stem", 0.5, True)]),
        # another order, and a prompt that the other lacks
        results(
            "scores/multitask/sft/seed1.jsonl",
            [score(3, "stem", 1.0, None), score(2, "stem", 0.5, None), score(1, "math", 0.5, False)],
        ),
    ]
    rows = table("comparisons", paths)
    values = {(r["metric"], r["category"]): (r["value"], r["n"]) for r in rows if r["metric"].endswith("difference")}
    assert values == {
        ("adherence_difference", "all"): (25, 2),
        ("adherence_difference", "math"): (50, 1),
        ("adherence_difference", "stem"): (0, 1),
        ("correct_difference", "all"): (100, 1),
        ("correct_difference", "math"): (100, 1),
        ("correct_difference", "stem"): (None, 0),
    }
    assert not [r for r in table("comparisons", paths[:2]) if r["metric"].endswith("difference")]


@pytest.mark.parametrize(
    ("path", "record", "message"),
    [
        ("verdicts/multitask/a-vs-b/seed1.jsonl", {"verdict": "won"}, "line 2: verdict 'won' is not one of"),
        ("verdicts/multitask/a-vs-b/seed1.jsonl", {"axis": "style"}, "line 2: axis 'style'"),
        ("verdicts/multitask/a-vs-b/seed1.jsonl", {"prompt_id": "p1"}, "'p1' occurs twice"),
        ("verdicts/multitask/ab/seed1.jsonl", {}, "TEST-vs-BASELINE"),
        ("verdicts/multitask/a-vs-b/one.jsonl", {}, "expected a path that ends in verdicts or scores"),
        ("attempts/multitask/a-vs-b/seed1.jsonl", {}, "expected a path that ends in verdicts or scores"),
    ],
)
def test_bad_comparison_inputs(results, path, record, message):
    with pytest.raises(InputError, match=message):
        table("comparisons", [results(path, [verdict(1, "math", "tie"), verdict(2, "math", "tie") | record])])


@pytest.mark.parametrize("kind", ["agreement", "comparisons", "effects", "positions", "strengths"])
def test_whatever_reads_verdicts_names_the_line_of_an_unknown_one(results, kind):
    path = results(
        "verdicts/multitask/sami-vs-base/seed1.jsonl", [verdict(1, "math", "tie"), verdict(2, "math", "won")]
    )
    with pytest.raises(InputError, match=r"sami-vs-base/seed1\.jsonl, line 2: verdict 'won' is not one of test, tie"):
        table(kind, [path], **({"attempts": {}} if kind == "effects" else {}))


# ------------------------------------------------------------------ accuracy by source


def test_accuracy_by_source_by_hand(results):
    """Two attempts at four questions of two sources: in one attempt 1 of 3 and 0 of 1, in two 2 of 3 and 1 of 1."""
    answers = {"gsm/1": ("3", "4"), "gsm/2": ("4", "3"), "gsm/3": ("4", "4"), "svamp/1": ("4", "3")}
    records = [
        attempt(0, number, answer, "3", steps=False) | {"question_id": question, "source": question.partition("/")[0]}
        for question, given in answers.items()
        for number, answer in enumerate(given)
    ]
    rows = table("accuracy", [results("attempts/maths/base/seed1.jsonl", records)], attempts={"maths": [1, 2]})
    found = {
        (row["attempts"], row["metric"]): (row["value"], row["n"])
        for row in rows
        if row["metric"].startswith("accuracy_of_") and row["extractor"] == "strict"
    }
    assert found == {
        (1, "accuracy_of_gsm"): (pytest.approx(100 / 3), 3), (1, "accuracy_of_svamp"): (0, 1),
        (2, "accuracy_of_gsm"): (pytest.approx(200 / 3), 3), (2, "accuracy_of_svamp"): (100, 1),
    }  # fmt: skip
    row = only(rows, attempts=1, metric="accuracy_of_gsm", extractor="strict")
    assert (row["low"], row["high"]) == pytest.approx([100 * bound for bound in wilson(1, 3)])


def test_one_source_has_no_rows_of_its_own(results):
    records = [attempt(i, 0, "3", "3", steps=False) | {"source": "gsm"} for i in range(2)]
    rows = table("accuracy", [results("attempts/maths/base/seed1.jsonl", records)], attempts={"maths": [1]})
    assert not [row for row in rows if row["metric"].startswith("accuracy_of_")]


# ------------------------------------------------------------------ agreement


MAIN = ["test", "test", "tie", "baseline", "invalid", "test"]
FURTHER = ["test", "tie", "tie", "baseline", "test", "invalid"]


@pytest.fixture
def two_judges(results):
    """On four of six verdicts both are valid, and three of these are the same."""
    return [
        results(f"verdicts/multitask{by}/a-vs-b/seed1.jsonl", [verdict(i, "math", one) for i, one in enumerate(given)])
        for by, given in (("", MAIN), (".gpt", FURTHER))
    ]


@pytest.mark.parametrize(
    ("metric", "value", "n"),
    [
        ("agreement", 75, 4),
        # shares of test, tie, baseline: 2/4, 1/4, 1/4 and 1/4, 2/4, 1/4; by chance 2/16 + 2/16 + 1/16 agree
        ("kappa", (3 / 4 - 5 / 16) / (1 - 5 / 16), 4),
        ("invalid", 2, 6),
    ],
)
def test_agreement_by_hand(two_judges, metric, value, n):
    row = only(table("agreement", two_judges), metric=metric)
    assert (row["value"], row["n"]) == (pytest.approx(value), n)
    keys = ("experiment", "judge", "other", "axis", "temperature")
    assert [row[key] for key in keys] == ["multitask", "judge", "gpt", "principle-aware", 0.0]


def test_agreement_is_of_every_two_judges_and_of_what_both_have_judged(results, two_judges):
    third = [verdict(i, "math", "tie") for i in range(3)] + [verdict(0, "math", "test", axis="principle-free")]
    paths = [*two_judges, results("verdicts/multitask.local/a-vs-b/seed1.jsonl", third)]
    rows = [row for row in table("agreement", paths) if row["metric"] == "agreement"]
    assert [(row["judge"], row["other"], row["value"], row["n"]) for row in rows] == [
        ("judge", "gpt", 75, 4),
        ("judge", "local", pytest.approx(100 / 3), 3),
        ("gpt", "local", pytest.approx(200 / 3), 3),
    ]
    assert table("agreement", two_judges[:1]) == []


def test_how_often_a_judge_names_the_longer_response_by_hand(results, two_judges):
    """Of two seeds: names the longer one four times of five; ties, equal lengths and what is invalid do not count."""
    given = [
        [("test", (9, 5)), ("baseline", (9, 5)), ("baseline", (4, 8)), ("tie", (9, 5))],
        [("test", (9, 5)), ("test", (7, 7)), ("baseline", (4, 8)), ("invalid", (9, 5))],
    ]
    paths = [
        results(
            f"verdicts/multitask.local/a-vs-b/seed{seed}.jsonl",
            [verdict(i, "math", one, tokens, axis="principle-free") for i, (one, tokens) in enumerate(of_seed)],
        )
        for seed, of_seed in enumerate(given, start=1)
    ]
    rows = [row for row in table("agreement", [*two_judges, *paths]) if row["metric"] == "longer"]
    assert [(row["judge"], row["other"], row["axis"], row["n"]) for row in rows] == [
        ("judge", "", "principle-aware", 0),  # all its responses are as long
        ("gpt", "", "principle-aware", 0),
        ("local", "", "principle-free", 5),
    ]
    assert [row["value"] for row in rows] == [None, None, pytest.approx(80)]
    assert 0 <= rows[2]["low"] < 80 < rows[2]["high"] <= 100


def test_the_interval_of_the_share_of_longer_responses_is_the_bootstrap_over_prompts_and_seeds(results, two_judges):
    import numpy as np

    given = [("test", (9, 5)), ("baseline", (9, 5)), ("baseline", (4, 8)), ("tie", (9, 5))]
    records = [verdict(i, "math", one, tokens) for i, (one, tokens) in enumerate(given)]
    paths = [results(f"verdicts/multitask.local/{pair}/seed1.jsonl", records) for pair in ("a-vs-b", "a-vs-c")]
    row = only(table("agreement", [*two_judges, *paths]), judge="local", metric="longer")
    found = FAST.ratio(np.array([[2], [0], [2], [0]]), np.array([[2], [2], [2], [0]]), (0, 1)).scaled(100)
    assert (row["value"], row["n"]) == (pytest.approx(200 / 3), 6)
    assert (row["low"], row["high"]) == (found.low, found.high)


# ------------------------------------------------------------------ a further judge in comparisons


def test_a_further_judge_counts_where_the_main_one_has_no_verdict(results):
    """On the axis on which the main judge has none; on the other its own count."""
    main = [verdict(1, "math", "test"), verdict(2, "stem", "tie")]
    further = [
        verdict(1, "math", "baseline"),
        verdict(1, "math", "test", (9, 5), axis="principle-free"),
        verdict(2, "stem", "tie", axis="principle-free"),
    ]
    paths = [
        results("verdicts/multitask/sami-vs-sft/seed1.jsonl", main),
        results("verdicts/multitask/dpo-vs-sft/seed1.jsonl", main),
        *(
            results(
                f"scores/multitask/{method}/seed1.jsonl",
                [score(i, c, 0.5, None) for i, c in ((1, "math"), (2, "stem"))],
            )
            for method in ("sami", "dpo", "sft")
        ),
        results("verdicts/multitask.local/sami-vs-sft/seed1.jsonl", further),
        results("verdicts/multitask.other/sami-vs-sft/seed1.jsonl", [further[1] | {"verdict": "baseline"}]),
    ]
    rows = table("comparisons", paths)
    assert [
        (row["method"], row["axis"], row["judge"], row["value"], row["n"])
        for row in rows
        if (row["category"], row["metric"]) == ("all", "win_rate")
    ] == [
        ("sami", "principle-aware", "judge", 75, 2),
        ("dpo", "principle-aware", "judge", 75, 2),
        ("sami", "principle-free", "local", 75, 2),
    ]
    assert {row["experiment"] for row in rows} == {"multitask"}
    assert {row["judge"] for row in rows if row["metric"] == "adherence_difference"} == {"judge"}
    assert not [row for row in rows if row["metric"] == "correct_difference"]  # of scores, which know nothing here


def test_a_further_judge_counts_nowhere_where_the_main_one_has_verdicts(results):
    one = [verdict(1, "math", "test"), verdict(1, "math", "test", axis="principle-free")]
    other = [record | {"verdict": "baseline"} for record in one]
    main = results("verdicts/multitask/a-vs-b/seed1.jsonl", one)
    further = results("verdicts/multitask.local/a-vs-b/seed1.jsonl", other)
    assert table("comparisons", [main, further]) == table("comparisons", [main])
    assert {row["judge"] for row in table("comparisons", [main])} == {"judge"}


# ------------------------------------------------------------------ positions


def read(prompt: int, first: list[str], winners: list, temperature=0.0, axis="principle-aware") -> dict:
    said = {"first": first, "winners": winners, "answers": [""] * len(winners)}
    return verdict(prompt, "math", "tie", axis=axis, temperature=temperature) | said


BOTH = ["test", "baseline"]  # the response that stands first, in the two orders


@pytest.fixture
def a_reader(results):
    """Six pairs read in both orders: one changes to the first, one to the second, one from a choice to a tie, and one
    has an answer that nobody can use.
    """
    winners = [
        ["test", "test"], ["test", "baseline"], ["baseline", "test"],
        ["baseline", "tie"], ["test", None], ["tie", "tie"],
    ]  # fmt: skip
    return results("verdicts/multitask.gpt/a-vs-b/seed1.jsonl", [read(i, BOTH, one) for i, one in enumerate(winners)])


def test_positions_by_hand(a_reader):
    rows = table("positions", [a_reader])
    assert [[row[key] for key in ("experiment", "judge", "axis", "temperature", "metric")] for row in rows] == [
        ["multitask", "gpt", "principle-aware", 0.0, metric] for metric in ("changed", "first")
    ]
    changes, first = rows
    # three of the five with two usable answers
    assert (changes["value"], changes["n"]) == (pytest.approx(60), 5)
    assert (changes["low"], changes["high"]) == pytest.approx([100 * end for end in wilson(3, 5)])
    # of the answers that choose 1 of 2, 2 of 2, 0 of 2, 0 of 1 and 1 of 1 fall on the first
    assert (first["value"], first["n"]) == (pytest.approx(50), 8)
    assert first["low"] < 50 < first["high"]


def test_positions_of_several_seeds_and_comparisons_draw_whole_prompts(results):
    """Copies of one judged prompt are no more evidence than one: the interval is that of the prompts."""
    winners = [["test", "baseline"], ["test", "test"], ["test", "test"], ["baseline", "test"], ["tie", "tie"]] * 8
    records = [read(i, BOTH, one) for i, one in enumerate(winners)]
    places = [(pair, seed) for pair in ("a-vs-b", "c-vs-b") for seed in (1, 2)]
    paths = [results(f"verdicts/multitask/{pair}/seed{seed}.jsonl", records) for pair, seed in places]
    (once, _), (often, first) = table("positions", paths[:1]), table("positions", paths)
    assert (often["value"], often["n"], once["n"]) == (once["value"], 160, 40)
    assert [often["low"], often["high"]] == pytest.approx([once["low"], once["high"]], abs=3)
    assert (first["value"], first["n"], first["judge"]) == (50, 256, "judge")


def test_a_judge_asked_once_has_a_share_of_the_first_and_no_changes(results):
    records = [read(1, ["test"], ["test"]), read(2, ["baseline"], ["test"]), read(3, ["baseline"], [None])]
    changes, first = table("positions", [results("verdicts/multitask/a-vs-b/seed1.jsonl", records)])
    assert (changes["value"], changes["low"], changes["n"]) == (None, None, 0)
    assert (first["value"], first["n"]) == (50, 2)


def test_axes_and_temperatures_are_apart_and_judges_that_read_nothing_have_no_rows(results):
    records = [read(1, BOTH, ["test", "test"]), read(1, BOTH, BOTH, axis="principle-free", temperature=1.0)]
    paths = [
        results("verdicts/multitask/a-vs-b/seed1.jsonl", records),
        results("verdicts/multitask.checkers/a-vs-b/seed1.jsonl", [verdict(1, "math", "test")]),
    ]
    found = [(row["axis"], row["temperature"], row["metric"], row["value"]) for row in table("positions", paths)]
    assert found == [
        ("principle-aware", 0.0, "changed", 0),
        ("principle-aware", 0.0, "first", 50),
        ("principle-free", 1.0, "changed", 100),
        ("principle-free", 1.0, "first", 100),
    ]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            {"winners": None},
            r"multitask/a-vs-b/seed1.jsonl: 'p1' has no 'winners'; an earlier version wrote it. Delete",
        ),
        ({"winners": ["test"]}, r"'p1': first \['test', 'baseline'\] and winners \['test'\] do not fit"),
        ({"winners": ["test", "A"]}, r"winners \['test', 'A'\] do not fit"),
        ({"first": ["A", "B"]}, r"first \['A', 'B'\] and"),
        ({"first": None}, "first None and"),
    ],
)
def test_bad_positions(results, record, message):
    path = results("verdicts/multitask/a-vs-b/seed1.jsonl", [read(1, BOTH, BOTH) | record])
    with pytest.raises(InputError, match=message):
        table("positions", [path])


# ------------------------------------------------------------------ qualities


def test_qualities_by_hand(results):
    paths = [
        results(
            "scores/multitask/base/seed1.jsonl",
            [score(1, "math", 1.0, True, tokens=10), score(2, "humanities", 0.5, None, ended=False, tokens=20)],
        ),
        results(
            "scores/multitask/base/seed2.jsonl",
            [score(1, "math", 0.5, False, tokens=30), score(2, "humanities", 0.0, None, tokens=45)],
        ),
    ]
    rows = table("qualities", paths)
    values = {(r["category"], r["metric"]): (r["value"], r["n"]) for r in rows}
    assert values == {
        ("all", "adherence"): (50, 4),
        ("all", "correct"): (50, 2),  # null is neither correct nor wrong
        ("all", "ended"): (75, 4),
        ("all", "tokens"): (26.25, 4),
        ("math", "adherence"): (75, 2),
        ("math", "correct"): (50, 2),
        ("math", "ended"): (100, 2),
        ("math", "tokens"): (20, 2),
        ("humanities", "adherence"): (25, 2),
        ("humanities", "correct"): (None, 0),
        ("humanities", "ended"): (50, 2),
        ("humanities", "tokens"): (32.5, 2),
    }
    assert {(r["experiment"], r["method"], r["temperature"]) for r in rows} == {("multitask", "base", 0.0)}


def test_one_seed_of_true_proportions_has_wilsons_interval(results):
    records = [score(i, "math", 1.0, i < 8) for i in range(10)]
    rows = table("qualities", [results("scores/multitask/base/seed1.jsonl", records)])
    row = only(rows, category="all", metric="correct")
    assert (row["low"], row["high"]) == pytest.approx([100 * x for x in wilson(8, 10)])


# ------------------------------------------------------------------ accuracy


@pytest.fixture
def attempts(results):
    """base: seed 1. sft: seeds 1 and 2. Two questions (gold 7 and 9), four sampled attempts and one greedy."""
    seven = [("7", True), ("5", False), ("5", False), ("7", True)]
    nine = [(None, False), ("4", True), ("9", False), ("9", True)]

    def sampled(question, answers, gold):
        return [attempt(question, n, answer, gold, steps) for n, (answer, steps) in enumerate(answers)]

    def greedy(first, second):
        return [attempt(1, 0, first, "7", True, 0.0), attempt(2, 0, second, "9", False, 0.0)]

    wrong = [("1", False)] * 4
    return [
        results("attempts/maths/base/seed1.jsonl", greedy("7", "1") + sampled(1, wrong, "7") + sampled(2, nine, "9")),
        results("attempts/maths/sft/seed1.jsonl", greedy("7", "9") + sampled(1, seven, "7") + sampled(2, nine, "9")),
        results("attempts/maths/sft/seed2.jsonl", greedy("7", "1") + sampled(1, wrong, "7") + sampled(2, wrong, "9")),
    ]


@pytest.mark.parametrize(
    ("temperature", "k", "metric", "value", "n"),
    [
        (0.0, 1, "accuracy", 75, 4),
        (0.0, 1, "difference_base", 50, 2),  # seed 1 only, which both have
        (1.0, 1, "accuracy", 25, 4),
        (1.0, 2, "accuracy", 25, 4),
        (1.0, 4, "accuracy", 50, 4),
        (1.0, 4, "difference_base", 50, 2),
        (1.0, 1, "pass_at_k", 25, 4),  # 2 of 4, 2 of 4, 0, 0
        (1.0, 2, "pass_at_k", 100 * (5 / 6 + 5 / 6) / 4, 4),  # 1 - C(2,2) / C(4,2) = 5/6
        (1.0, 4, "maj_at_k", 50, 4),  # 7 5 5 7: a draw to the earliest; none 4 9 9: correct
        (1.0, 2, "maj_at_k", 25, 4),  # 7 5: correct; none 4: wrong
        (0.0, 1, "steps_share", 50, 4),
        (0.0, 1, "accuracy_given_steps", 100, 2),
        (0.0, 1, "accuracy_given_concise", 50, 2),
        (1.0, 4, "steps_share", 25, 16),
        (1.0, 4, "accuracy_given_steps", 75, 4),  # 7, 7, 9 of 7, 7, 4, 9
        (1.0, 4, "accuracy_given_concise", 100 / 12, 12),
        (0.0, 1, "share_ended", 100, 4),
        (1.0, 4, "share_ended", 100 * 15 / 16, 16),  # the answer that was cut has no number
    ],
)
def test_accuracy_by_hand(attempts, temperature, k, metric, value, n):
    rows = table("accuracy", attempts, attempts={"maths": [1, 2, 4]})
    row = only(rows, method="sft", temperature=temperature, attempts=k, metric=metric, extractor="strict")
    assert (row["value"], row["n"]) == (pytest.approx(value), n)
    assert row["low"] <= value <= row["high"]


def test_differences_go_to_every_other_method_but_not_from_the_base(attempts, results):
    records = [json.loads(line) for line in Path(attempts[1]).read_text().splitlines()]
    paths = [*attempts, results("attempts/maths/sami/seed1.jsonl", records)]
    rows = table("accuracy", paths, attempts={"maths": [1]})
    named = {(r["method"], r["metric"]) for r in rows if r["metric"].startswith("difference")}
    assert named == {(m, f"difference_{o}") for m in ("sft", "sami") for o in ("base", "sft", "sami") if m != o}
    row = only(rows, method="sami", metric="difference_sft", temperature=0.0, extractor="authors")
    assert (row["value"], row["n"]) == (0, 2)


def test_shares_by_format_are_compared_pairwise(attempts):
    """Of seed 1, which both have: 4 of 8 sampled answers of sft go in steps, 3 of them correct; of base 2, and 1."""
    rows = table("accuracy", attempts, attempts={"maths": [4]})
    where = {"method": "sft", "extractor": "strict", "temperature": 1.0}
    found = {
        metric: only(rows, metric=f"{metric}_difference_base", **where)
        for metric in ("steps_share", "accuracy_given_steps", "accuracy_given_concise", "share_ended")
    }
    assert {metric: (row["value"], row["n"]) for metric, row in found.items()} == {
        "steps_share": (pytest.approx(25), 8),
        "accuracy_given_steps": (pytest.approx(25), 4),
        "accuracy_given_concise": (pytest.approx(25 - 100 / 6), 4),
        "share_ended": (pytest.approx(0), 8),  # each cut one
    }
    assert all(row["low"] - 1e-4 <= row["value"] <= row["high"] + 1e-4 for row in found.values())


def test_extractors_are_counted_apart(results):
    record = attempt(1, 0, "7", "7", True, 0.0)
    record["correct"]["strict"], record["answers"]["strict"] = False, None
    rows = table("accuracy", [results("attempts/maths/base/seed1.jsonl", [record])], attempts={"maths": [1]})
    assert {r["extractor"]: r["value"] for r in rows if r["metric"] == "accuracy"} == {
        "strict": 0,
        "flexible": 100,
        "authors": 100,
    }


def test_letters_are_counted_by_their_own_extractors(results):
    record = attempt(1, 0, None, "B", False, 0.0)
    record |= {"answers": {"strict": "B", "flexible": "B", "mipo": None}}
    record |= {"correct": {"strict": True, "flexible": True, "mipo": False}}
    rows = table("accuracy", [results("attempts/choices/base/seed1.jsonl", [record])], attempts={"choices": [1]})
    found = {r["extractor"]: r["value"] for r in rows if r["metric"] == "accuracy"}
    assert found == {"strict": 100, "flexible": 100, "mipo": 0}


def test_every_experiment_has_its_own_numbers_of_attempts(results):
    paths = [
        results(f"attempts/{experiment}/base/seed1.jsonl", [attempt(1, n, "7", "7", True) for n in range(number)])
        for experiment, number in (("maths", 4), ("sums", 3))
    ]
    rows = table("accuracy", paths, attempts={"maths": [1, 4], "sums": [2, 3]})
    found = {(row["experiment"], row["attempts"]) for row in rows if row["metric"] == "accuracy"}
    assert found == {("maths", 1), ("maths", 4), ("sums", 2), ("sums", 3)}
    with pytest.raises(InputError, match="attempts of sums: 4 are asked for, the attempt files hold 3"):
        table("accuracy", paths, attempts={"maths": [1, 4], "sums": [4]})


def test_too_few_attempts_are_refused(attempts):
    with pytest.raises(InputError, match="32 are asked for, the attempt files hold 4"):
        table("accuracy", attempts, attempts={"maths": [1, 32]})


@pytest.mark.parametrize(("number", "message"), [(0, "there twice"), (2, "missing")])
def test_lost_and_doubled_attempts_are_refused(results, number, message):
    records = [attempt(1, 0, "7", "7", True), attempt(1, number, "7", "7", True)]
    path = results("attempts/maths/base/seed1.jsonl", records)
    with pytest.raises(InputError, match=f"seed1.jsonl: attempt [01] of question 'q1' at temperature 1.0 is {message}"):
        table("accuracy", [path], attempts={"maths": [1]})


# ------------------------------------------------------------------ training, and the command


@pytest.fixture
def curve(tmp_path):
    def write(path: str, text: str) -> str:
        whole = tmp_path / "results" / "mini" / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_text(text)
        return str(whole)

    return write


def test_training_joins_curves_and_collapse(curve):
    paths = [
        curve("training/maths/sft/seed2.csv", "step,metric,value\n1,loss,0.123456789\n2,loss,\n"),
        curve("training/collapse/kl.csv", "step,metric,value\n8,loss,2e-05\n"),
    ]
    rows = table("training", paths)
    columns = ("experiment", "method", "seed", "step", "metric", "value")
    assert [tuple(row[c] for c in columns) for row in rows] == [
        ("maths", "sft", 2, 1, "loss", "0.123457"),
        ("maths", "sft", 2, 2, "loss", ""),
        ("collapse", "kl", None, 8, "loss", "2e-05"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("step,metric\n1,loss\n", "'value' is missing"),
        ("step,metric,value\n1,loss,low\n", "line 2: the column 'value' holds 'low'"),
    ],
)
def test_bad_curves_are_refused(curve, text, message):
    with pytest.raises(InputError, match=message):
        table("training", [curve("training/maths/sft/seed1.csv", text)])


def command(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["run.py", "metrics", *arguments])
    return run.main()


def test_command_writes_the_same_bytes_again(two_seeds, tmp_path, monkeypatch):
    written = []
    for name in ("a.csv", "b.csv"):
        assert command(monkeypatch, "--kind", "comparisons", "--inputs", *two_seeds, "--out", str(tmp_path / name)) == 0
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    lines = list(csv.reader(written[0].decode().splitlines()))
    assert ",".join(lines[0]) == "experiment,method,baseline,axis,temperature,category,metric,value,low,high,n,judge"
    assert lines[1][:8] == ["multitask", "sami", "sft", "principle-aware", "0.0", "all", "win_rate", "57.1429"]
    assert lines[2][6:] == ["wins", "3", "", "", "7", "judge"]
    assert all(len(line) == 12 for line in lines)


@pytest.mark.parametrize("settings", ['{"attempts": [1]}', '{"bootstrap": {"samples": 10}}'])
def test_command_refuses_unknown_settings(two_seeds, tmp_path, monkeypatch, capsys, settings):
    out = tmp_path / "out.csv"
    arguments = ("--kind", "comparisons", "--inputs", *two_seeds, "--settings", settings, "--out", str(out))
    assert command(monkeypatch, *arguments) == 2
    assert "is not a setting of comparisons" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(("kind", "key"), [("accuracy", "attempts"), ("preferences", "rewards")])
def test_command_says_which_setting_is_missing(tmp_path, monkeypatch, capsys, kind, key):
    assert command(monkeypatch, "--kind", kind, "--inputs", "--out", str(tmp_path / "out.csv")) == 2
    assert f"--settings: the key '{key}' is missing" in capsys.readouterr().err
