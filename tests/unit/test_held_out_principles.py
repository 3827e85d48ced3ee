"""Principles held out from training: in no training or validation prompt, in the benchmark's, and measured apart."""

import json

import pytest
from changes import change, refused

from mialign import synthetic
from mialign.config import loading
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data import held_out_principles, principles
from mialign.evaluation.held_out_adherence import FIELDS, measured, with_both
from mialign.evaluation.metrics import KINDS
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.paper.macros import foreseen
from mialign.paper.tables import win_rates
from scripts import prompts as stage

MT = "experiments.multitask"
FILE = "config/principles.yaml"


@pytest.fixture
def known(root):
    return principles.load(root / FILE)


# ---------------------------------------------------------------- constitutions
def test_categories_lack_what_is_held_out_and_keep_the_rest(known):
    left = held_out_principles.without(known, ["tex", "persona"], known.categories)
    assert {category: [one.id for one in left.for_category(category)] for category in known.categories} == {
        "writing": ["friendly", "polite"], "roleplay": ["polite"], "reasoning": ["steps", "friendly"],
        "math": ["steps"], "coding": ["plan", "markdown"], "extraction": ["complete", "relevant"],
        "stem": ["steps", "friendly"], "humanities": ["friendly", "polite"],
    }  # fmt: skip
    assert left.principles == known.principles


def test_a_category_that_is_asked_for_must_keep_one(known):
    held_out_principles.without(known, ["steps", "tex"], ["writing", "coding"])
    with pytest.raises(InputError, match=r"'math' \(steps and tex\) are held out, so its questions would have"):
        held_out_principles.without(known, ["steps", "tex"], ["writing", "math"])


@pytest.mark.parametrize(
    ("split", "more", "asked"),
    [
        ("train", {"builder": "constitutions", "constitutions": 2, "held_out": ["tex"]}, {"steps"}),
        ("validation", {"held_out": ["tex"]}, {"steps"}),
        ("validation", {"held_out": ["tex"], "users": {"number": 3, "seed": 1}}, {"steps"}),
        ("benchmark", {}, {"steps", "tex"}),
    ],
)
def test_the_prompts_of_a_split(run_stage, root, tmp_path, split, more, asked):
    questions = [
        {"id": f"q{number}", "category": "math", "question": f"What is {number} + 1?", "reference": None}
        for number in range(12)
    ]
    write_jsonl(tmp_path / "questions.jsonl", questions)
    settings = {"experiment": "e", "template": "{constitution}\n{question}", "seed": 1, **more}
    run_stage(
        stage,
        questions=[tmp_path / "questions.jsonl"],
        principles=root / FILE,
        split=split,
        settings=json.dumps(settings),
        out=tmp_path / "out",
    )
    for record in read_jsonl(tmp_path / "out"):
        for constitution in record["constitutions"]:
            assert {name for name, _ in constitution["principles"]} == asked
            assert constitution["text"].count("\n") == len(asked) - 1


# ---------------------------------------------------------------- scores
def prompt(name: str, sides: list) -> dict:
    return {
        "id": name, "question_id": name, "category": "humanities", "question": "Who was Ada?", "reference": None,
        "constitutions": [{"principles": sides, "text": ""}],
    }  # fmt: skip


def test_adherence_is_that_to_either_part_of_the_constitution(monkeypatch):
    """A text follows the principles whose names it holds."""
    monkeypatch.setattr(synthetic, "follows", lambda name, side, text, question: name in text)
    both = prompt("a", [["polite", "positive"], ["friendly", "positive"], ["steps", "positive"]])
    one = prompt("b", [["friendly", "positive"]])
    responses = [
        {"prompt_id": "a", "text": "polite friendly", "finish": "eos"},
        {"prompt_id": "a", "text": "polite friendly", "finish": "length"},
        {"prompt_id": "b", "text": "polite", "finish": "eos"},
    ]
    scores = list(with_both([{"adherence": 1}] * 3, responses, [both, one], ["friendly", "tex"]))
    assert [tuple(score[field] for field in FIELDS) for score in scores] == [(0.5, 1.0), (0.0, 0.0), (None, 0.0)]
    assert all(score["adherence"] == 1 for score in scores)
    assert (measured(scores), measured([{"adherence": 1}])) == (FIELDS, ())


def test_a_principle_that_no_checker_knows_leaves_its_part_open():
    record = prompt("a", [["polite", "positive"], ["brave", "positive"]])
    (score,) = with_both([{}], [{"prompt_id": "a", "text": "", "finish": "eos"}], [record], ["brave"])
    assert score == {"adherence_trained": 0.0, "adherence_held_out": None}


# ---------------------------------------------------------------- metrics
def scores(trained: list[float | None], held_out: list[float | None]) -> list[dict]:
    return [
        {
            "prompt_id": f"p{number}", "category": "stem", "temperature": 0.0, "adherence": 0.5, "correct": True,
            "ended": True, "tokens": 9, "adherence_trained": one, "adherence_held_out": other,
        }
        for number, (one, other) in enumerate(zip(trained, held_out, strict=True))
    ]  # fmt: skip


def test_qualities_and_differences_by_hand(results):
    base = results("scores/unseen/base/seed1.jsonl", scores([0.0, 1.0, None], [0.0, 0.0, 1.0]))
    sami = results("scores/unseen/sami/seed1.jsonl", scores([1.0, 1.0, None], [1.0, 0.0, 1.0]))
    verdicts = [
        {
            "prompt_id": f"p{number}", "category": "stem", "temperature": 0.0, "axis": axis, "verdict": "tie",
            "test_tokens": 9, "baseline_tokens": 9,
        }
        for number in range(3) for axis in ("principle-aware", "principle-free")
    ]  # fmt: skip
    judged = results("verdicts/unseen/sami-vs-base/seed1.jsonl", verdicts)
    fast = Bootstrap(resamples=200)
    qualities = list(KINDS["qualities"].rows([base, sami], fast))
    of_all = {(row["method"], row["metric"]): (row["value"], row["n"]) for row in qualities if row["category"] == "all"}
    assert of_all["base", "adherence_trained"] == (50.0, 2)
    assert of_all["base", "adherence_held_out"] == (pytest.approx(100 / 3), 3)
    assert of_all["sami", "adherence_trained"] == (100.0, 2)
    compared = [row for row in KINDS["comparisons"].rows([judged, base, sami], fast) if row["category"] == "all"]
    gains = {(row["axis"], row["metric"]): row["value"] for row in compared if "difference" in row["metric"]}
    assert gains == {
        ("principle-aware", "adherence_difference"): 0.0,
        ("principle-aware", "adherence_trained_difference"): 50.0,
        ("principle-aware", "adherence_held_out_difference"): pytest.approx(100 / 3),
        ("principle-free", "correct_difference"): 0.0,
    }


def test_the_table_has_both_where_they_were_measured(tmp_path):
    header = "experiment,method,temperature,category,metric,value,low,high,n\n"
    rows = [f"unseen,base,0.0,all,{metric},5{n},40,60,9\n" for n, metric in enumerate(("adherence", *FIELDS, "tokens"))]
    (tmp_path / "qualities.csv").write_text(header + "".join(rows))
    text, _ = win_rates.qualities([tmp_path / "qualities.csv"], {"experiments": {"unseen": {}}})
    assert r"method & adherence, \% & trained, \% & held out, \% & tokens \\" in text
    assert "base & 50.0 [40.0, 60.0] & 51.0 [40.0, 60.0] & 52.0 [40.0, 60.0] & 53.0" in text


# ---------------------------------------------------------------- the config
@pytest.fixture
def held_out(read_config) -> dict:
    settings = read_config()
    settings["experiments"]["multitask"]["held_out"] = ["tex", "persona"]
    return settings


def test_numbers_are_known_before_and_only_where_something_is_held_out(held_out, read_config):
    found, before = (
        {number.name for number in foreseen.numbers(loading.load(settings), ("math",))}
        for settings in (held_out, read_config())
    )
    more = {name for name in found - before if not name.startswith("config")}
    assert {"adherenceHeldOutMultitaskSamiRate", "adherenceHeldOutDifferenceMultitaskSamiSftSign"} <= more
    assert all("HeldOut" in name or "Trained" in name for name in more)


BAD = [
    (f"{MT}.held_out", ["text"], f"{MT}.held_out[0]: there is no principle 'text'; did you mean 'tex'?"),
    (f"{MT}.held_out", [], f"{MT}.held_out: at least 1 needed, this has 0"),
    (f"{MT}.held_out", ["tex", "tex"], f"{MT}.held_out: 'tex' stands there twice"),
    (
        f"{MT}.held_out",
        ["tex", "steps"],
        f"{MT}.data.strong_pairs.questions: all principles of the category 'math' (steps and tex) are held out",
    ),
    (f"{MT}.data.strong_pairs.constitutions", 3, "3 cannot all differ: the category 'math' has steps, which allow 2"),
    (f"{MT}.data.strong_pairs.flip", [1, 2], "2 principles cannot be flipped: the category 'math' has steps"),
    ("experiments.maths.held_out", ["tex"], "experiments.maths.held_out: adherence is measured on answers that are"),
    (f"{MT}.prompts", "authors", f"{MT}.held_out: the prompts of this experiment are the authors'"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD)
def test_what_cannot_be_held_out_is_refused(held_out, path, value, message):
    refused(change(held_out, path, value), message)


def test_some_must_be_left(held_out, known):
    held_out["experiments"]["multitask"]["held_out"] = list(known.principles)
    refused(held_out, f"{MT}.held_out: all principles of config/principles.yaml are held out; leave some to train on")


def test_questions_of_the_benchmark_may_be_about_nothing_else(held_out, tmp_path):
    """Of validation they may not."""
    multitask = held_out["experiments"]["multitask"]
    multitask["held_out"] = ["tex", "steps"]
    rows = [{"question": f"Who is number {number}?"} for number in range(480)]
    for name in ("letters", "more"):
        write_jsonl(tmp_path / f"{name}.jsonl", [{"question": f"{row['question']} {name}"} for row in rows])
        entry = {"file": f"{name}.jsonl", "fields": {"question": "question"}, "category": "writing"}
        held_out["sources"][name] = entry
    held_out["data"] = str(tmp_path)
    multitask["data"]["strong_pairs"]["questions"] = "letters"
    refused(held_out, f"{MT}.questions.validation: all principles of the category 'math' (steps and tex) are held out")
    multitask["questions"]["validation"] = "more"
    loading.load(held_out)
