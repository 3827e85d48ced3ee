"""What a stage has written is kept: stopped anywhere it goes on to the same bytes, and never with another's text."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import tiny
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.generation import local
from mialign.generation.engine import Request
from mialign.generation.writer import into_shards
from mialign.models import checkpoints
from scripts import generate as stage

WORDS = ["boat", "house", "harbour", "keeper", "bees", "noon", "days", "The"]
SETTINGS = {"temperature": 1.0, "top_p": 0.9, "max_tokens": 12, "stop": ["oo"], "seed": 3}
ENGINE = {"kind": "transformers", "precision": "float32"}


class Stopped(Exception):
    pass


@pytest.fixture
def folder(tmp_path):
    tiny.tiny_model().save_pretrained(tmp_path / "model")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "model")
    prompts = [{"id": f"p{n}", "prompts": [word, f"{word} and"]} for n, word in enumerate(WORDS)]
    write_jsonl(tmp_path / "prompts.jsonl", prompts)
    return tmp_path


@pytest.fixture
def worked(monkeypatch):
    """The prompts of every shard that the model worked on; `worked.stop` is how many it does before it is stopped."""

    class Worked(list):
        stop = None

    done, whole = Worked(), local.generate

    def watched(model, tokenizer, requests, *args):
        if done.stop is not None and len(done) == done.stop:
            raise Stopped
        done.append([request.prompt for request in requests])
        return whole(model, tokenizer, requests, *args)

    monkeypatch.setattr(local, "generate", watched)
    return done


def run(run_stage, folder, out="out.jsonl", shard=4, engine=ENGINE, **changes):
    run_stage(
        stage,
        model=folder / "model",
        engine=json.dumps(engine),
        prompts=folder / "prompts.jsonl",
        settings=json.dumps(SETTINGS | changes),
        shard=shard,
        scratch=folder / "scratch/generate.jsonl",
        out=folder / out,
    )
    return (folder / out).read_bytes()


def test_the_tokenizer_of_another_model_is_refused_before_a_model_is_loaded(run_stage, folder, worked):
    tiny.tiny_model(vocabulary=200).save_pretrained(folder / "model")
    with pytest.raises(InputError, match="its tokenizer has 300 tokens and its weights 200; it is"):
        run(run_stage, folder)
    assert worked == []


def interrupted(run_stage, folder, worked, after):
    worked.clear()
    worked.stop = after
    with pytest.raises(Stopped):
        run(run_stage, folder)
    worked.stop = None
    worked.clear()


def test_a_stage_that_was_stopped_goes_on_to_the_same_bytes(run_stage, folder, worked):
    whole = run(run_stage, folder, "whole.jsonl")
    shards = list(worked)
    assert len(shards) == 4
    interrupted(run_stage, folder, worked, after=2)
    assert not (folder / "out.jsonl").exists()
    assert run(run_stage, folder) == whole
    assert worked == shards[2:]
    assert not (folder / "scratch/generate.jsonl").exists()


def test_a_line_that_was_cut_short_is_written_again(run_stage, folder, worked):
    whole = run(run_stage, folder, "whole.jsonl")
    interrupted(run_stage, folder, worked, after=3)
    kept = folder / "scratch/generate.jsonl"
    kept.write_bytes(kept.read_bytes()[:-20])
    assert run(run_stage, folder) == whole
    assert len(worked) == 2


def another_model(folder):
    tiny.tiny_model(seed=1).save_pretrained(folder / "model")
    return {}


def other_prompts(folder):
    write_jsonl(folder / "prompts.jsonl", [{**one, "prompts": one["prompts"][::-1]} for one in prompts_of(folder)])
    return {}


def prompts_of(folder):
    return read_jsonl(folder / "prompts.jsonl")


@pytest.mark.parametrize(
    "change",
    [
        another_model,
        other_prompts,
        lambda folder: {"temperature": 0.5},
        lambda folder: {"max_tokens": 11},
        lambda folder: {"stop": []},
        lambda folder: {"seed": 4},
        lambda folder: {"engine": {"kind": "transformers", "precision": "bf16"}},
    ],
)
def test_nothing_is_taken_that_was_made_otherwise(run_stage, folder, worked, change):
    interrupted(run_stage, folder, worked, after=3)
    changed = change(folder)
    found = run(run_stage, folder, **changed)
    assert len(worked) == 4
    worked.clear()
    assert found == run(run_stage, folder, "fresh.jsonl", **changed)
    assert len(worked) == 4


def test_a_record_says_which_prompt_is_answered_and_by_which_model(run_stage, folder):
    run(run_stage, folder)
    records = read_jsonl(folder / "out.jsonl")
    asked = [(one["id"], number) for one in prompts_of(folder) for number in range(2)]
    assert [(record["prompt_id"], record["prompt"]) for record in records] == asked
    assert {record["writer"] for record in records} == {checkpoints.digest(folder / "model")}
    assert set(records[0]) == {"prompt_id", "prompt", "text", "finish", "tokens", "seed", "writer"}


def test_every_seed_of_a_method_that_writes_has_texts_of_its_own(run_stage, folder):
    def texts(**more):
        run_stage(
            stage,
            model=folder / "model",
            engine=json.dumps(ENGINE),
            prompts=folder / "prompts.jsonl",
            settings=json.dumps(SETTINGS),
            scratch=folder / "scratch/generate.jsonl",
            out=folder / "out.jsonl",
            **more,
        )
        return [record["text"] for record in read_jsonl(folder / "out.jsonl")]

    model, first, second = texts(), texts(seed=1), texts(seed=2)
    assert model != first != second != model
    assert texts(seed=1) == first
    assert texts() == model


def test_other_settings_of_speed_change_no_text(run_stage, folder, worked):
    whole = run(run_stage, folder, "whole.jsonl", shard=99)
    assert len(worked) == 1
    assert run(run_stage, folder, shard=1) == whole


def test_shards_are_neighbours_and_count_completions():
    requests = [Request(str(n), tuple(range(samples))) for n, samples in enumerate((1, 2, 5, 1, 1, 1))]
    assert [[request.prompt for request in shard] for shard in into_shards(requests, 3)] == [
        ["0", "1"],
        ["2"],
        ["3", "4", "5"],
    ]
    assert into_shards([], 3) == []


def test_a_job_that_was_killed_goes_on_from_what_it_kept(run_stage, folder, root):
    tokens = {"max_tokens": 40}
    write_jsonl(folder / "prompts.jsonl", [{"id": f"p{n}", "prompts": [WORDS[n % 8]] * 4} for n in range(60)])
    command = [sys.executable, str(root / "workflow/run.py"), "generate", "--model", str(folder / "model")]
    command += ["--engine", json.dumps(ENGINE), "--prompts", str(folder / "prompts.jsonl"), "--shard", "8"]
    command += ["--settings", json.dumps(SETTINGS | tokens), "--scratch", str(folder / "kept.jsonl"), "--out"]
    job = subprocess.Popen([*command, str(folder / "out.jsonl")], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not (folder / "kept.jsonl").exists() or (folder / "kept.jsonl").read_bytes().count(b"\n") < 3:
        assert time.monotonic() < until
        assert job.poll() is None
        time.sleep(0.02)
    os.kill(job.pid, signal.SIGKILL)
    job.wait()
    assert not (folder / "out.jsonl").exists()
    first = (folder / "kept.jsonl").read_bytes().split(b"\n")[0]
    resumed = subprocess.Popen([*command, str(folder / "out.jsonl")], stderr=subprocess.PIPE, text=True)
    assert "error" not in resumed.communicate(timeout=120)[1]
    kept = json.loads(first)["completions"]
    written = read_jsonl(folder / "out.jsonl")
    assert [one["text"] for one in written[:8]] == [one["text"] for many in kept for one in many]
    assert (folder / "out.jsonl").read_bytes() == run(run_stage, folder, "whole.jsonl", shard=8, **tokens)
