"""Answers that come with the questions: those of our world, and as the responses of a policy."""

import pytest

import tiny
from mialign import synthetic
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data import sources
from mialign.models.encoding import encode_response
from scripts import stored_responses as stage

ENTRY = {"synthetic": "multitask", "split": "benchmark", "size": 64, "seed": 14}


def test_our_world_stores_right_answers_on_either_side_of_principles():
    plain, stored = (sources.questions("mine", entry, "data") for entry in (ENTRY, {**ENTRY, "stored": True}))
    assert [{key: one[key] for key in one if key != "stored"} for one in stored] == plain
    assert all("stored" not in one for one in plain)
    assert all(synthetic.correct(one, one["stored"]) for one in stored)
    assert stored == sources.questions("mine", {**ENTRY, "stored": True}, "data")
    friendly = [
        synthetic.follows("friendly", side, one["stored"], one)
        for one in stored
        if "friendly" in synthetic.followable_principles(one["category"])
        for side in ("positive", "antithesis")
    ]
    assert 5 < sum(friendly[0::2]) < len(friendly[0::2]) - 5
    assert sum(friendly) == len(friendly) // 2  # of each answer one of the two sides


@pytest.fixture
def files(tmp_path):
    for one in (tiny.tiny_model(), tiny.tiny_tokenizer()):
        one.save_pretrained(tmp_path / "model")
    write_jsonl(tmp_path / "q.jsonl", [{"id": f"q{n}", "stored": text} for n, text in enumerate(("Noon.", "12 boats"))])
    prompts = [{"id": f"users/benchmark/q{n}", "question_id": f"q{n}", "category": "math"} for n in (1, 0)]
    write_jsonl(tmp_path / "prompts.jsonl", prompts)
    return {
        "tokenizer": tmp_path / "model",
        "questions": tmp_path / "q.jsonl",
        "prompts": tmp_path / "prompts.jsonl",
        "temperatures": [0.0, 1.0],
        "out": tmp_path / "out.jsonl",
    }


def test_they_stand_beside_greedy_and_sampled_answers(run_stage, files):
    run_stage(stage, **files)
    found = read_jsonl(files["out"])
    assert [(one["temperature"], one["prompt_id"], one["text"]) for one in found] == [
        (temperature, f"users/benchmark/{question}", text)
        for temperature in (0.0, 1.0)
        for question, text in (("q1", "12 boats"), ("q0", "Noon."))
    ]
    assert {(one["finish"], one["category"]) for one in found} == {("eos", "math")}
    tokens = [len(encode_response(tiny.tiny_tokenizer(), text)) + 1 for text in ("12 boats", "Noon.")]
    assert [one["tokens"] for one in found] == tokens * 2


def test_a_prompt_of_another_question_is_refused(run_stage, files):
    write_jsonl(files["prompts"], [{"id": "users/benchmark/q7", "question_id": "q7", "category": "math"}])
    with pytest.raises(InputError, match="users/benchmark/q7 is of none of the questions"):
        run_stage(stage, **files)
