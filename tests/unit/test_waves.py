"""A set that draws until it is full: what it asks, when it stops, and that nothing is written twice."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data.draws import drawn_questions
from mialign.data.pairs import select_pairs
from mialign.data.waves import next_wave, until_enough
from mialign.generation import local
from scripts import generate as stage

WANTED = {"builder": "constitutions", "filters": {"ended": True}, "seed": 1, "draws": {"pairs": 2, "at_most": 99}}


def prompt(number: int) -> dict:
    return {
        "id": f"e/train/q{number % 3}/{number}.1",
        "question_id": f"q{number % 3}",
        "category": "math",
        "question": f"Question {number % 3}?",
        "constitutions": [{"principles": [], "text": "1. A"}, {"principles": [], "text": "1. B"}],
        "prompts": ["a", "b"],
    }


def answering(passes: list[bool], asked: list[int]):
    """The answers to prompts of which some pass; `asked` becomes the sizes of the waves."""

    def answer(prompts: list[dict]) -> list[dict]:
        asked.append(len(prompts))
        finishes = ["eos" if passes[int(p["id"].split("/")[-1].split(".")[0])] else "length" for p in prompts]
        return [
            {"prompt_id": p["id"], "prompt": place, "text": f"text {place}", "finish": finish}
            for p, finish in zip(prompts, finishes, strict=True)
            for place in range(2)
        ]

    return answer


# ---------------------------------------------------------------- what is drawn
def test_questions_are_drawn_with_replacement_and_each_for_several_pairs():
    questions = [{"id": name} for name in "abc"]
    many = drawn_questions(questions, {"pairs": 2, "at_most": 300}, seed=5)
    assert [one["draw"] for one in many[:4]] == ["1.1", "1.2", "2.1", "2.2"]
    assert all(first["id"] == second["id"] for first, second in zip(many[::2], many[1::2], strict=True))
    counts = [sum(one["id"] == name for one in many) / 2 for name in "abc"]
    assert sum(counts) == 300
    assert all(70 < count < 130 for count in counts)  # of 300 draws a third each, within four standard deviations
    assert drawn_questions(questions, {"pairs": 2, "at_most": 400}, seed=5)[:600] == many
    assert drawn_questions(questions, {"pairs": 2, "at_most": 300}, seed=6) != many


# ---------------------------------------------------------------- when it stops
@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_the_first_pairs_that_stay_fill_the_set_however_waves_are_cut(passes, size):
    prompts, asked = [prompt(number) for number in range(len(passes))], []
    generations, pairs = until_enough(prompts, answering(passes, asked), {**WANTED, "size": size})
    good = [number for number, one in enumerate(passes) if one]
    assert pairs == min(size, len(good))
    needed = good[size - 1] + 1 if len(good) >= size else len(passes)  # one by one until there are enough
    assert [one["prompt_id"] for one in generations[::2]] == [one["id"] for one in prompts[:needed]]
    assert sum(asked) <= len(passes)
    assert asked[0] == min(size, len(passes))
    if good:
        selection = select_pairs(prompts, generations, {**WANTED, "size": size})
        assert [one["id"] for one in selection.pairs] == [prompts[number]["id"] for number in good[:size]]
        assert selection.table[0] == {"filter": "generated", "dropped": 0, "kept": needed}


@pytest.mark.parametrize(
    ("size", "kept", "asked", "expected"),
    [
        (100, 0, 0, 100),  # the first wave is needed whatever stays
        (100, 64, 100, 75),  # 36 and 12 more, at 65 / 101: 74.58...
        (100, 0, 100, 100),  # nothing stayed: as many as before, not all that there may be
        (100, 99, 200, 7),  # one and two more, at 100 / 201: 6.03
    ],
)
def test_a_wave_asks_for_what_is_missing_by_the_share_that_stayed(size, kept, asked, expected):
    assert next_wave(size, kept, asked) == expected


@pytest.mark.parametrize("every", [2, 10])
def test_hardly_more_is_written_than_is_needed(every):
    passes = [number % every == 0 for number in range(60_000)]
    asked = []
    until_enough([prompt(number) for number in range(60_000)], answering(passes, asked), {**WANTED, "size": 1000})
    assert len(asked) <= 6
    assert sum(asked) < 1.1 * 1000 * every


def test_too_few_pairs_are_refused_by_the_share_that_may_be_missing():
    prompts = [prompt(number) for number in range(10)]
    generations, _ = until_enough(prompts, answering([True] * 7 + [False] * 3, []), {**WANTED, "size": 8})
    wanted = {**WANTED, "size": 8}
    assert len(select_pairs(prompts, generations, {**wanted, "shortfall": 0.125}).pairs) == 7
    with pytest.raises(
        InputError,
        match=r"^1 of 8 pairs are missing, more than a shortfall of 0.1 allows: the filters dropped ended 3 of 10 "
        r"drawn pairs; raise draws.at_most or shortfall; the texts there are serve again, and only more draws are "
        r"written$",
    ):
        select_pairs(prompts, generations, {**wanted, "shortfall": 0.1})


def test_without_any_pair_what_was_drawn_is_named_as_drawn():
    prompts = [prompt(number) for number in range(10)]
    generations, _ = until_enough(prompts, answering([False] * 10, []), {**WANTED, "size": 8})
    with pytest.raises(InputError, match=r"^no pair is left: of 10 drawn pairs the filters dropped ended 10"):
        select_pairs(prompts, generations, {**WANTED, "size": 8})


# ---------------------------------------------------------------- the stage
@pytest.fixture
def folder(tmp_path):
    tiny.tiny_model().save_pretrained(tmp_path / "model")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "model")
    words = ["boat", "house", "harbour", "keeper", "bees", "noon", "days", "The"]
    write_jsonl(
        tmp_path / "prompts.jsonl",
        [{"id": f"p{n}", "prompts": [words[n % 8], f"{words[n % 8]} and"]} for n in range(24)],
    )
    return tmp_path


def run(run_stage, folder, out="out.jsonl", **changes) -> bytes:
    asked = {"temperature": 1.0, "top_p": 0.9, "max_tokens": 12, "stop": ["oo"], "seed": 3}
    asked |= {"filters": {"forbidden": ["e"]}, "size": 6}
    run_stage(
        stage,
        model=folder / "model",
        engine=json.dumps({"kind": "transformers", "precision": "float32"}),
        prompts=folder / "prompts.jsonl",
        settings=json.dumps(asked | changes),
        shard=4,
        scratch=folder / "scratch/generate.jsonl",
        out=folder / out,
    )
    return (folder / out).read_bytes()


@pytest.fixture
def worked(monkeypatch):
    """The shards that the model worked on; `worked.most` is how many it does before it is stopped."""

    class Worked(list):
        most = None

    done, whole = Worked(), local.generate

    def watched(model, tokenizer, requests, *args):
        if len(done) == done.most:
            raise KeyboardInterrupt
        done.append(requests)
        return whole(model, tokenizer, requests, *args)

    monkeypatch.setattr(local, "generate", watched)
    return done


def test_a_stage_that_was_stopped_in_any_wave_goes_on_to_the_same_bytes(run_stage, folder, worked):
    whole = run(run_stage, folder, "whole.jsonl")
    shards = list(worked)
    assert len(whole.splitlines()) < 48  # not all that may be asked
    assert not (folder / "scratch/generate.jsonl").exists()
    for most in (1, len(shards) - 1):  # in the first wave of three shards, and in the last one
        worked.clear()
        worked.most = most
        with pytest.raises(KeyboardInterrupt):
            run(run_stage, folder)
        worked.clear()
        worked.most = None
        assert run(run_stage, folder) == whole
        assert worked == shards[most:]


def test_of_a_set_that_was_not_filled_no_text_is_written_twice(run_stage, folder, worked):
    prompts = read_jsonl(folder / "prompts.jsonl")
    write_jsonl(folder / "prompts.jsonl", prompts[:12])
    run(run_stage, folder, "few.jsonl", size=12)
    shards = list(worked)
    write_jsonl(folder / "prompts.jsonl", prompts)
    worked.clear()
    run(run_stage, folder, size=12)
    assert worked
    assert not any(shard in shards for shard in worked)
    assert read_jsonl(folder / "out.jsonl")[:24] == read_jsonl(folder / "few.jsonl")
