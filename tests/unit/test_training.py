"""Training small but real: the steps that are taken, resumption to the same bytes, adapters, the chosen checkpoint."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny
import torch

from mialign import checkpoints, objectives
from mialign.errors import InputError
from mialign.grid import grid
from mialign.training import loop
from mialign.training.method import read_items, train_method

SETTINGS = {
    "objective": "sami",
    "reduction": "mean",
    "learning_rate": 0.003,
    "steps": 4,
    "batch": 4,
    "optimizer": "adamw",
    "schedule": "constant",
    "clip": 1.0,
    "validate_every": 2,
    "seed": 5,
}
WORDS = ["boat", "house", "harbour", "keeper", "bees", "noon", "days", "The"]


class Scores:
    """Stands for the validation questions: gives out these scores, one at each call."""

    def __init__(self, *scores):
        self.scores = list(scores)

    def bind(self, tokenizer):
        return self

    def __call__(self, model):
        score = self.scores.pop(0)
        return {"score": score, "adherence": score, "ended": 1.0}


@pytest.fixture
def parent(tmp_path):
    folder = tmp_path / "parent"
    tiny.tiny_model().save_pretrained(folder)
    tiny.tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.jsonl"
    records = [
        {
            "id": f"p{n}",
            "prompts": [f"{WORDS[n]} and", f"{WORDS[n]} by"],
            "responses": [f"{WORDS[-n]} sank", f"{WORDS[n]} walks at noon"],
        }
        for n in range(8)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def train(folder, parent, pairs, scores=(0.1, 0.2, 0.3), micro_batch=4, **changes):
    out, curve = folder / "sami/seed5", folder / "curve.csv"
    train_method(parent, pairs, SETTINGS | changes, Scores(*scores), out, curve, folder / "scratch", micro_batch)
    return out, list(csv.DictReader(curve.open()))


def weights(folder):
    return {name: weight.clone() for name, weight in checkpoints.load_model(folder).state_dict().items()}


def losses(curve):
    return [float(row["value"]) for row in curve if row["metric"] == "loss"]


def test_the_logged_loss_is_the_objective_of_the_parent(tmp_path, parent, pairs):
    _, curve = train(tmp_path, parent, pairs, batch=8, steps=1, validate_every=1)
    model, tokenizer = checkpoints.load_model(parent), checkpoints.load_tokenizer(parent)
    computed = grid(model, read_items(pairs, tokenizer, 64), objectives.wanted("sami", 2))
    assert losses(curve)[0] == pytest.approx(objectives.sami(computed.means).mean().item(), abs=1e-4)
    logged = {row["metric"]: float(row["value"]) for row in curve if row["step"] == "1"}
    assert logged["matched_logprob"] == pytest.approx(computed.means.diagonal(dim1=1, dim2=2).mean().item(), abs=1e-4)
    assert logged["questions"] == 8
    assert logged["response_tokens"] == computed.counts.sum()


@pytest.mark.parametrize("changes", [{}, {"objective": "dpo", "beta": 0.5}, {"objective": "sft"}, {"kl": 0.5}])
def test_micro_batches_take_the_same_steps(tmp_path, parent, pairs, changes):
    whole, first = train(tmp_path / "whole", parent, pairs, **changes)
    parts, second = train(tmp_path / "parts", parent, pairs, micro_batch=1, **changes)
    assert losses(first) == pytest.approx(losses(second), abs=2e-4)
    for name, weight in weights(whole).items():
        torch.testing.assert_close(weight, weights(parts)[name], rtol=1e-3, atol=1e-3)


def test_the_losses_fall(tmp_path, parent, pairs):
    for changes in ({}, {"objective": "dpo", "beta": 0.5}, {"objective": "sft"}):
        _, curve = train(
            tmp_path / changes.get("objective", "sami"),
            parent,
            pairs,
            [0.1] * 9,
            steps=12,
            batch=8,
            validate_every=6,
            **changes,
        )
        assert losses(curve)[-1] < losses(curve)[0] - 0.02


def test_kl_holds_the_policy_back(tmp_path, parent, pairs):
    def moved(folder):
        return sum((weights(folder)[name] - weight).norm().item() for name, weight in weights(parent).items())

    free, _ = train(tmp_path / "free", parent, pairs, [0.1] * 4, steps=12, validate_every=6, kl=0.0)
    held, _ = train(tmp_path / "held", parent, pairs, [0.1] * 4, steps=12, validate_every=6, kl=50.0)
    items = read_items(pairs, checkpoints.load_tokenizer(parent), 64)
    matched = torch.eye(2, dtype=torch.bool)
    every = torch.ones(2 * len(items), dtype=torch.bool)
    start = grid(checkpoints.load_model(parent), items, matched)

    def distance(folder):
        end = grid(checkpoints.load_model(folder), items, matched)
        return objectives.kl(end.logits(every), start.logits(every), start.kept).mean().item()

    assert moved(free) > 0
    assert distance(held) < distance(free) / 2


def test_the_checkpoint_with_the_best_validation_score_is_kept(tmp_path, parent, pairs):
    first, curve = train(tmp_path / "first", parent, pairs, (0.9, 0.8, 0.3))
    short, _ = train(tmp_path / "short", parent, pairs, (0.0, 0.8), steps=2)
    assert [row["step"] for row in curve if row["metric"] == "selected"] == ["2"]
    for name, weight in weights(first).items():
        torch.testing.assert_close(weight, weights(short)[name], rtol=0, atol=0)
    assert not (tmp_path / "first/scratch").exists()


def test_an_adapter_is_trained_alone_and_its_child_goes_on_with_it(tmp_path, parent, pairs):
    adapter = {"rank": 2, "alpha": 4, "dropout": 0.0, "targets": ["q_proj", "v_proj"]}
    out, _ = train(tmp_path / "one", parent, pairs, adapter=adapter)
    assert (out / "adapter_model.safetensors").exists()
    assert not (out / "model.safetensors").exists()
    child, _ = train(tmp_path / "two", out, pairs, adapter=adapter)
    assert (child / "adapter_model.safetensors").exists()
    model = checkpoints.load_model(out)
    computed = grid(model, read_items(pairs, checkpoints.load_tokenizer(out), 64), objectives.wanted("sami", 2))
    assert computed.sums.isfinite().all()
    merged, _ = train(tmp_path / "three", out, pairs)
    assert (merged / "model.safetensors").exists()


KILLED = """
import sys
sys.path[:0] = [{tests!r}, {workflow!r}]
from mialign.machine import prepare
prepare(1)
from pathlib import Path
import test_training as t
t.train(Path({folder!r}), Path({parent!r}), Path({pairs!r}), scores=[0.1] * 200, steps=120, validate_every=3, batch=4)
"""


def test_a_killed_training_goes_on_to_the_same_bytes(tmp_path, parent, pairs, root):
    def run(folder, kill_after_states=None):
        text = KILLED.format(
            tests=str(root / "tests/unit"),
            workflow=str(root / "workflow"),
            folder=str(folder),
            parent=str(parent),
            pairs=str(pairs),
        )
        process = subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.PIPE, start_new_session=True)
        if kill_after_states is None:
            assert process.wait(120) == 0, process.stderr.read().decode()
            return
        until = time.monotonic() + 120
        while not (folder / f"scratch/checkpoint-{kill_after_states}").exists():
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < until
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    run(tmp_path / "whole")
    run(tmp_path / "killed", kill_after_states=60)
    assert not (tmp_path / "killed/sami").exists()
    assert loop.last_state(tmp_path / "killed/scratch") is not None
    run(tmp_path / "killed")
    for name in ("sami/seed5/model.safetensors", "curve.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_state_made_with_other_settings_is_thrown_away(tmp_path, parent, pairs):
    scratch = tmp_path / "scratch"
    loop.open_scratch(scratch, SETTINGS, parent, pairs)
    (scratch / "checkpoint-2").mkdir()
    (scratch / "checkpoint-2/trainer_state.json").write_text("{}")
    loop.open_scratch(scratch, SETTINGS, parent, pairs)
    assert loop.last_state(scratch) is not None
    loop.open_scratch(scratch, SETTINGS | {"learning_rate": 0.5}, parent, pairs)
    assert loop.last_state(scratch) is None
    (scratch / "checkpoint-2").mkdir()
    (scratch / "checkpoint-2/trainer_state.json").write_text("{}")
    pairs.write_text(pairs.read_text().replace("sank", "swam"))
    loop.open_scratch(scratch, SETTINGS | {"learning_rate": 0.5}, parent, pairs)
    assert loop.last_state(scratch) is None


def test_every_step_has_a_whole_batch_whatever_goes_through_at_once(tmp_path, parent, pairs):
    for micro_batch in (3, 2, 1):
        _, curve = train(tmp_path / str(micro_batch), parent, pairs, batch=3, steps=4, micro_batch=micro_batch)
        assert [row["value"] for row in curve if row["metric"] == "questions"] == ["3", "6", "9", "12"]


def test_a_state_that_was_cut_short_is_passed_over(tmp_path):
    for step, whole in ((2, True), (4, False)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if whole:
            (folder / "trainer_state.json").write_text("{}")
    assert loop.last_state(tmp_path) == str(tmp_path / "checkpoint-2")


def test_a_loss_that_is_no_number_stops_with_the_step(tmp_path, parent, pairs):
    with pytest.raises(InputError, match=r"sami/seed5: the loss is \w+ at step \d+; lower the learning rate"):
        train(tmp_path, parent, pairs, [0.1] * 40, learning_rate=1.0e30, clip=1.0e30, steps=20)


def test_too_few_pairs_for_a_batch_are_refused(tmp_path, parent, pairs):
    with pytest.raises(InputError, match="8 pairs do not fill one batch of 16"):
        train(tmp_path, parent, pairs, batch=16)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "config.json is missing"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json is missing"),
        (lambda folder: (folder / "model.safetensors").unlink(), "the weights are missing"),
        (lambda folder: os.truncate(folder / "model.safetensors", 1000), "cut short"),
        (lambda folder: os.truncate(folder / "model.safetensors", 4), "cut short"),
        (lambda folder: os.truncate(folder / "tokenizer.json", 100), r"tokenizer\.json: not JSON"),
        (lambda folder: os.truncate(folder / "config.json", 10), r"config\.json: not JSON"),
        (lambda folder: (folder / "model.safetensors.index.json").write_text("{"), r"index\.json: not JSON"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\x08" + bytes(7) + b"nonsense"), "damaged"),
    ],
)
def test_an_incomplete_model_folder_is_named(parent: Path, harm, message):
    checkpoints.check(parent)
    harm(parent)
    with pytest.raises(InputError, match=message):
        checkpoints.check(parent)
