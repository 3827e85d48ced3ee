"""Two processes that train together take the steps of one."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
import test_training
import torch
from test_training import pairs, parent, weights  # noqa: F401

STEPS = {"steps": 20, "validate_every": 10, "batch": 8, "learning_rate": 0.0005, "tokens": 60}


def together(folder, parent, pairs, how, changes):  # noqa: F811
    folder.mkdir()
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    script = str(Path(__file__).with_name("together.py"))
    command = [*launcher, script, str(folder), str(parent), str(pairs), how, json.dumps(changes)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "sami/seed5", list(csv.DictReader((folder / "curve.csv").open()))


@pytest.mark.parametrize("how", ["fsdp", "copies"])
@pytest.mark.parametrize("changes", [{}, {"adapter": {"rank": 2, "alpha": 4, "targets": ["q_proj", "lm_head"]}}])
def test_two_processes_take_the_steps_of_one(tmp_path, parent, pairs, how, changes):  # noqa: F811
    changes = STEPS | changes
    alone, first = test_training.train(tmp_path / "alone", parent, pairs, [0.1] * 4, **changes)
    shared, second = together(tmp_path / "shared", parent, pairs, how, changes)
    for metric in ("loss", "grad_norm", "questions", "matched_logprob"):
        expected, found = (
            [float(row["value"]) for row in curve if row["metric"] == metric] for curve in (first, second)
        )
        assert len(expected) == 20
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-4), metric
    for name, weight in weights(alone).items():
        torch.testing.assert_close(weight, weights(shared)[name], rtol=1e-3, atol=1e-4)
