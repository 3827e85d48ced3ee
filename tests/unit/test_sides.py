"""Principles that a program checks on any text, through the stages score, judge and metrics."""

import json

import pytest

from mialign.core.files import read_jsonl, write_jsonl
from mialign.data import principles
from mialign.evaluation.judge.checker_judge import Checkers
from mialign.evaluation.judge.verdicts import make_cases, verdict_records
from mialign.evaluation.metrics import KINDS
from mialign.evaluation.rewards import make
from mialign.evaluation.scores import score_records, writer_records
from mialign.evaluation.statistics.bootstrap import Bootstrap
from scripts import prompts as prompts_stage
from scripts import score as score_stage

BOOTSTRAP = Bootstrap(resamples=200)
BULLETS = "- Rivers carve valleys.\n- Glaciers widen them."
BOLD = "Rivers carve **valleys**, and glaciers widen them."
BOTH = "- **Rivers** carve valleys.\n- Glaciers widen them."
NEITHER = "Valleys, *mostly*"


def prompt(name: str, category: str = "stem", sides: list | None = None) -> dict:
    asked = sides or [["bold", "positive"], ["bullets", "positive"]]
    return {
        "id": name, "question_id": name, "category": category, "question": "What shapes a valley?", "reference": None,
        "constitutions": [{"principles": asked, "text": ""}],
    }  # fmt: skip


def response(name: str, text: str, finish: str = "eos") -> dict:
    return {"prompt_id": name, "temperature": 0.0, "text": text, "finish": finish, "tokens": 9}


# ---------------------------------------------------------------- scores
def test_a_score_says_which_sides_hold_and_has_no_content_where_none_is_known():
    (record,) = score_records([response("a", BULLETS)], [prompt("a")])
    assert record == {
        "prompt_id": "a", "category": "stem", "temperature": 0.0, "adherence": 0.5, "correct": None, "ended": True,
        "tokens": 9, "sides": [["bold", "positive", "antithesis"], ["bullets", "positive", "positive"]],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sides", "adherence"),
    [
        (BOTH, ("positive", "positive"), 1.0),
        (BOLD, ("positive", "positive"), 0.5),
        (BOLD, ("positive", "antithesis"), 1.0),
        (BULLETS, ("antithesis", "antithesis"), 0.5),
        (NEITHER, ("positive", "antithesis"), 0.0),
    ],
)
def test_adherence_is_the_share_of_the_sides_that_are_asked_for(text, sides, adherence):
    asked = prompt("a", sides=[list(one) for one in zip(("bold", "bullets"), sides, strict=True)])
    assert score_records([response("a", text)], [asked])[0]["adherence"] == adherence


def test_a_response_that_was_cut_is_told_by_what_was_written():
    (record,) = score_records([response("a", BOTH, "length")], [prompt("a")])
    assert (record["adherence"], record["ended"]) == (1.0, False)


def test_a_response_that_was_cut_follows_no_principle_of_our_world():
    asked = [["friendly", "positive"], ["bold", "positive"]]
    cut = response("a", "My friend, rivers carve **valleys**.", "length")
    (record,) = score_records([cut], [prompt("a", sides=asked)])
    assert record["adherence"] == 0.5


def test_principles_of_our_world_may_stand_beside_them():
    asked = [["friendly", "positive"], ["bold", "positive"]]
    (record,) = score_records([response("a", "My friend, rivers carve **valleys**.")], [prompt("a", sides=asked)])
    assert (record["adherence"], record["sides"]) == (1.0, [["bold", "positive", "positive"]])


def test_a_reward_takes_them_too():
    reward = make({"kind": "checker", "principle": "bullets", "side": "antithesis"})
    assert reward.scores([prompt("a")] * 3, [BULLETS, BOLD, ""]) == [0.0, 1.0, 0.0]


# ---------------------------------------------------------------- judge
def test_the_checkers_judge_by_them_alone_where_no_content_is_known():
    scored = [score_records([response("a", text)], [prompt("a")]) for text in (BOTH, BULLETS)]
    verdicts = verdict_records(make_cases(*scored, [prompt("a")]), Checkers())
    assert [(one["axis"], one["verdict"]) for one in verdicts] == [("principle-aware", "test")]


# ---------------------------------------------------------------- metrics
@pytest.fixture
def scored(results):
    """Four answers of a method: one on the positive side of both, one half, one cut, one on no side; and of another."""
    asked = [prompt("a"), prompt("b"), prompt("c", "writing"), prompt("d", "writing")]
    answers = [
        response("a", BOTH), response("b", BULLETS), response("c", BOTH, "length"), response("d", NEITHER),
    ]  # fmt: skip
    return [
        results("scores/e/sami/seed1.jsonl", score_records(answers, asked)),
        results("scores/e/base/seed1.jsonl", score_records([response(one["id"], BOLD) for one in asked], asked)),
    ]


def test_the_sides_by_hand(scored):
    rows = list(KINDS["sides"].rows(scored, BOOTSTRAP))
    assert list(rows[0]) == list(KINDS["sides"].COLUMNS)
    found = {
        (row["principle"], row["metric"]): (row["value"], row["n"])
        for row in rows
        if (row["method"], row["category"]) == ("sami", "all")
    }
    assert found == {
        ("bold", "followed"): (50, 4), ("bold", "positive"): (50, 4),
        ("bold", "antithesis"): (25, 4), ("bold", "both"): (0, 4), ("bold", "neither"): (25, 4),
        ("bullets", "followed"): (75, 4), ("bullets", "positive"): (75, 4),
        ("bullets", "antithesis"): (0, 4), ("bullets", "both"): (0, 4), ("bullets", "neither"): (25, 4),
    }  # fmt: skip
    assert {row["category"] for row in rows} == {"all", "writing", "stem"}
    assert {row["value"] for row in rows if (row["method"], row["metric"]) == ("base", "followed")} == {0, 100}
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)


def test_each_principle_is_counted_where_it_was_asked_for_alone(results):
    asked = [prompt("a"), prompt("b", "coding", [["code", "antithesis"], ["bullets", "antithesis"]])]
    records = score_records([response("a", BULLETS), response("b", BOLD)], asked)
    rows = list(KINDS["sides"].rows([results("scores/e/base/seed1.jsonl", records)], BOOTSTRAP))
    followed = {(r["principle"], r["category"]): (r["value"], r["n"]) for r in rows if r["metric"] == "followed"}
    assert followed == {
        ("bold", "all"): (0, 1), ("bold", "stem"): (0, 1), ("code", "all"): (100, 1), ("code", "coding"): (100, 1),
        ("bullets", "all"): (100, 2), ("bullets", "coding"): (100, 1), ("bullets", "stem"): (100, 1),
    }  # fmt: skip


def written(name: str, number: int, text: str) -> dict:
    return {"prompt_id": name, "prompt": number, "text": text, "finish": "eos", "tokens": 9, "seed": 1}


def two_sided(name: str) -> dict:
    """A prompt of training: one constitution asks for both positive sides, the other for both opposite ones."""
    sides = ("positive", "antithesis")
    constitutions = [{"principles": [["bold", side], ["bullets", side]], "text": ""} for side in sides]
    return {**prompt(name), "constitutions": constitutions, "prompts": ["q", "q"]}


def test_what_a_writer_wrote_is_scored_by_the_constitution_that_it_was_written_under():
    texts = [written("a", 0, BOTH), written("a", 1, BOTH), written("b", 0, BOLD), written("b", 1, BOLD)]
    records = writer_records(texts, [two_sided("a"), two_sided("b")], 0.7)
    assert [(one["prompt_id"], one["adherence"], one["temperature"]) for one in records] == [
        ("a/0", 1.0, 0.7), ("a/1", 0.0, 0.7), ("b/0", 0.5, 0.7), ("b/1", 0.5, 0.7),
    ]  # fmt: skip


def test_what_a_writer_was_made_to_begin_with_belongs_to_what_it_wrote():
    """The writer goes on after "- **One**", which the policy is not shown."""
    texts = [written("a", 0, "two"), written("a", 1, BOTH)]
    for openings, adherence in ((["- **One**\n- ", ""], [1.0, 0.0]), (["", ""], [0.0, 0.0])):
        records = writer_records(texts, [{**two_sided("a"), "forced_openings": openings}], 0.7)
        assert [one["adherence"] for one in records] == adherence


def test_the_sides_of_a_writer_by_hand(results, run_stage, tmp_path):
    """Bold holds in all four texts, and is asked for in two; bullets in two, of which one asks for them."""
    write_jsonl(tmp_path / "prompts.jsonl", [two_sided("a"), two_sided("b")])
    texts = [written("a", 0, BOTH), written("a", 1, BOTH), written("b", 0, BOLD), written("b", 1, BOLD)]
    write_jsonl(tmp_path / "generations.jsonl", texts)
    path = results("writer_scores/e/writer.own_pairs/seed0.jsonl", [])
    run_stage(
        score_stage,
        responses=tmp_path / "generations.jsonl",
        prompts=tmp_path / "prompts.jsonl",
        out=path,
        **{"written-at": 0.7},
    )
    found = {
        (row["method"], row["temperature"], row["principle"]): (row["value"], row["n"])
        for row in KINDS["sides"].rows([path], BOOTSTRAP)
        if (row["category"], row["metric"]) == ("all", "followed")
    }
    assert found == {
        ("writer.own_pairs", 0.7, "bold"): (50, 4),
        ("writer.own_pairs", 0.7, "bullets"): (50, 4),
    }


def test_qualities_are_of_what_is_known(scored):
    rows = list(KINDS["qualities"].rows(scored, BOOTSTRAP))
    at = {(row["method"], row["metric"]): (row["value"], row["n"]) for row in rows if row["category"] == "all"}
    assert at["sami", "adherence"] == (62.5, 4)
    assert at["base", "adherence"] == (50, 4)
    assert at["sami", "correct"] == (None, 0)
    assert at["sami", "ended"] == (75, 4)


def test_principles_of_our_world_have_no_such_rows(results):
    asked = prompt("a", sides=[["friendly", "positive"], ["polite", "positive"]])
    path = results("scores/e/base/seed1.jsonl", score_records([response("a", BOLD)], [asked]))
    assert list(KINDS["sides"].rows([path], BOOTSTRAP)) == []


# ---------------------------------------------------------------- from questions to scores
def test_the_stages_from_questions_to_scores(run_stage, root, tmp_path):
    file = root / "config/principles_checkable.yaml"
    categories = principles.load(file).categories
    write_jsonl(
        tmp_path / "questions.jsonl",
        [{"id": name, "category": name, "question": "Tell me about it.", "reference": None} for name in categories],
    )
    run_stage(
        prompts_stage,
        questions=[tmp_path / "questions.jsonl"],
        principles=file,
        split="benchmark",
        settings=json.dumps({"experiment": "e", "template": "{constitution}\n{question}", "seed": 1}),
        out=tmp_path / "prompts.jsonl",
    )
    asked = read_jsonl(tmp_path / "prompts.jsonl")
    write_jsonl(tmp_path / "responses.jsonl", [response(one["id"], BOTH) for one in asked])
    run_stage(
        score_stage,
        responses=tmp_path / "responses.jsonl",
        prompts=tmp_path / "prompts.jsonl",
        out=tmp_path / "scores.jsonl",
    )
    found = {one["category"]: one for one in read_jsonl(tmp_path / "scores.jsonl")}
    assert {name: {principle for principle, _, _ in one["sides"]} for name, one in found.items()} == {
        name: set(chosen) for name, chosen in categories.items()
    }
    for name, chosen in categories.items():
        assert found[name]["adherence"] == len({"bold", "bullets"} & set(chosen)) / 2
