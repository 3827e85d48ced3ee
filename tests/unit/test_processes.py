"""Two processes that train together take the steps of one."""

import argparse
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import test_training
import torch
from test_training import pairs, parent, weights  # noqa: F401

import run_stage
import tiny
from mialign.core.files import write_jsonl
from mialign.data import principles, prompts, sources
from mialign.models import checkpoints

ADAPTER = {"rank": 2, "alpha": 4, "dropout": 0.0, "targets": ["q_proj", "lm_head"]}
STEPS = {"steps": 20, "validate_every": 10, "batch": 8, "learning_rate": 0.0005, "tokens": test_training.SOME_TOGETHER}


def together(folder, parent, pairs, how, changes):  # noqa: F811
    folder.mkdir()
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    script = str(Path(__file__).with_name("together.py"))
    command = [*launcher, script, str(folder), str(parent), str(pairs), how, json.dumps(changes)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "sami/seed5", list(csv.DictReader((folder / "curve.csv").open()))


@pytest.mark.parametrize(
    ("how", "changes"),
    [
        ("fsdp", {"checkpointing": True}),
        ("fsdp", {"adapter": ADAPTER}),
        ("fsdp", {"kl": 5.0}),
        ("copies", {}),
        ("copies", {"adapter": ADAPTER, "kl": 5.0}),
    ],
)
def test_two_processes_take_the_steps_of_one(tmp_path, parent, pairs, how, changes):  # noqa: F811
    changes = STEPS | {"batch": 4} | changes
    alone, first = test_training.train(tmp_path / "alone", parent, pairs, [0.1, 0.2, 0.3], **changes)
    shared, second = together(tmp_path / "shared", parent, pairs, how, changes)
    for metric in ("loss", "grad_norm", "questions", "matched_logprob"):
        expected, found = (
            [float(row["value"]) for row in curve if row["metric"] == metric] for curve in (first, second)
        )
        assert len(expected) == 20
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-4), metric
    for name, weight in weights(alone).items():
        torch.testing.assert_close(weight, weights(shared)[name], rtol=1e-3, atol=1e-4)
    steps = [(folder / "curve.jsonl").read_bytes() for folder in (tmp_path / "alone", tmp_path / "shared")]
    assert steps[0] == steps[1]


@pytest.mark.parametrize("changes", [{"precision": "bf16"}, test_training.IN_BF16])
def test_sharded_weights_in_half_precision_give_whole_sums(tmp_path, parent, pairs, changes):  # noqa: F811
    """together.py looks at the sums of every grid; here at what comes of them."""
    changes = STEPS | changes
    _, alone = test_training.train(tmp_path / "alone", parent, pairs, [0.1, 0.2, 0.3], **changes)
    shared, curve = together(tmp_path / "shared", parent, pairs, "fsdp", changes)
    expected, found = ([float(r["value"]) for r in c if r["metric"] == "loss"] for c in (alone, curve))
    assert found == pytest.approx(expected, rel=0.05, abs=0.02)
    kept = checkpoints.load_model(shared, dtype="auto").state_dict().values()
    assert {weight.dtype for weight in kept} == {torch.bfloat16 if "weights" in changes else torch.float32}


def test_the_stage_starts_its_own_processes_and_keeps_one_log(tmp_path, pairs, root):  # noqa: F811
    tiny.tiny_model(context=2048).save_pretrained(tmp_path / "parent")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "parent")
    questions = sources.questions("v", {"synthetic": "multitask", "split": "validation", "size": 3, "seed": 1}, "data")
    asked = {"experiment": "multitask", "template": "{constitution} {question}", "seed": 1}
    known = principles.load(str(root / "config/principles.yaml"))
    write_jsonl(
        tmp_path / "validation.jsonl", prompts.prompt_records(questions, known, "validation", asked, prompts.evaluation)
    )
    settings = test_training.SETTINGS | {
        "validation": {"score": "mean_score", "top_p": 1.0, "max_tokens": 8, "stop": []}
    }
    del settings["seed"]  # which is an option of the stage
    command = [sys.executable, str(root / "workflow/run.py"), "train", "--log", str(tmp_path / "log")]
    command += ["--processes", "2", "--parent", str(tmp_path / "parent"), "--pairs", str(pairs), "--seed", "5"]
    command += ["--validation", str(tmp_path / "validation.jsonl"), "--scratch", str(tmp_path / "scratch")]
    command += ["--curve", str(tmp_path / "curve.csv"), "--out", str(tmp_path / "out/seed5")]
    done = subprocess.run([*command, "--settings", json.dumps(settings)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    counted = [row["value"] for row in csv.DictReader((tmp_path / "curve.csv").open()) if row["metric"] == "questions"]
    assert counted == ["4", "8", "12", "16"]
    assert (tmp_path / "out/seed5/model.safetensors").exists()
    assert not (tmp_path / "scratch").exists()
    (spent,) = csv.DictReader((tmp_path / "log.tsv").open(), delimiter="\t")
    assert float(spent["memory_mib"]) > 2 * 300  # of both, each of which has imported torch
    noted = json.loads((tmp_path / "log.json").read_text())
    assert {str(pairs), f"{tmp_path}/parent/model.safetensors"} <= noted["inputs"].keys()
    assert {f"{tmp_path}/curve.csv", f"{tmp_path}/out/seed5/model.safetensors"} <= noted["outputs"].keys()
    assert not (tmp_path / "log.rank1").exists()
    odd = subprocess.run(
        [*command, "--settings", json.dumps(settings | {"batch": 3})], capture_output=True, text=True, timeout=300
    )
    assert odd.returncode != 0
    assert "2 processes cannot share a batch of 3 equally" in (tmp_path / "log").read_text()


def test_what_a_process_but_the_first_says_is_kept_if_the_training_fails(tmp_path, root, monkeypatch, capsys):
    """The second may be the only one that fails, for instance for want of memory."""
    command = [sys.executable, str(root / "workflow/run.py"), "score", "--log", str(tmp_path / "logs/log")]
    command += ["--responses", str(tmp_path / "none.jsonl"), "--prompts", "none", "--out", "none"]
    second = subprocess.run(command, env=os.environ | {"RANK": "1"}, capture_output=True, text=True, timeout=60)
    said = tmp_path / "logs/log.rank1"
    assert (second.returncode, second.stderr) == (2, "")
    assert f"error: {tmp_path}/none.jsonl: no such file" in said.read_text()
    for status, kept in ((1, True), (0, False)):
        monkeypatch.setattr(run_stage.subprocess, "run", lambda *_, of=status, **__: argparse.Namespace(returncode=of))
        assert run_stage.share(2, tmp_path / "logs/log") == status
        assert said.exists() == kept
        assert (f"one failed; see {said} too" in capsys.readouterr().err) == kept
