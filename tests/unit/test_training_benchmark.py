"""The benchmark of a training step: its ways take the gradient of one loss, in float32 and in bf16."""

import sys
from pathlib import Path

import pytest
import torch

import tiny
from mialign.models import machine

FOLDER = Path(__file__).parents[2] / "benchmarks/training"
sys.path.insert(0, str(FOLDER))

import shapes  # noqa: E402
import step  # noqa: E402
import trl_step  # noqa: E402
import ways  # noqa: E402


@pytest.fixture
def native(monkeypatch):
    """A processor that has bfloat16, or passes for one: it computes in it, at a loss."""
    for module in (machine, trl_step):
        monkeypatch.setattr(module, "use_bf16", lambda precision: precision == "bf16")


def gradient(way: str, precision: str) -> torch.Tensor:
    """Of DPO on two questions, by a model that is made anew."""
    model = tiny.tiny_model(context=256).train()
    items = shapes.questions(2, prompts=1, responses=2, vocabulary=300, seed=1, lengths=shapes.SHORT)
    named = {"precision": precision} | ({} if way == "trl" else {"objective": "dpo"})
    getattr(ways, way)(model, items, **named)
    return torch.cat([weight.grad.flatten() for weight in model.parameters()])


@pytest.mark.parametrize("way", ["ours", "padded", "trl"])
def test_all_ways_take_the_same_gradient_in_either_precision(native, way):
    exact = gradient("ours" if way == "padded" else "padded", "float32")  # of another way
    found = {precision: gradient(way, precision) for precision in machine.DTYPES}
    assert torch.allclose(found["float32"], exact, rtol=1e-3, atol=1e-5)
    away = (found["bf16"] - exact).norm() / exact.norm()
    assert 1e-3 < away < 0.15  # computed in bf16, of which a weight has three digits


def test_bf16_is_refused_where_the_processor_would_emulate_it(monkeypatch):
    monkeypatch.setattr(step, "use_bf16", lambda precision: False)
    asked = "step.py --way ours --objective dpo --vocabulary 300 --n 2 --questions 1 --steps 1 --precision bf16"
    monkeypatch.setattr(sys, "argv", asked.split())
    with pytest.raises(SystemExit, match="--precision bf16: this processor has no bfloat16 of its own"):
        step.main()
