"""Base models: packing loses nothing and mixes nothing, and the loss is the weighted one of the texts alone."""

from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.optim import Muon

import tiny
from mialign.training.optimizers import MuonInFloat32, muon_with_adamw, orthogonal
from mialign.training.pretrain import ROW, _CorpusTrainer, _Pack
from mialign.training.settings import PretrainingSettings

TEXTS = [
    {"ids": list(range(start, start + length)), "weights": [0.1] * (length // 2) + [1.0] * (length - length // 2)}
    for start, length in ((5, 40), (50, 180), (100, 90), (30, 120), (60, 7), (10, 51))
]


def test_packing_keeps_every_text_whole():
    packed = _Pack(pad=0)(TEXTS)
    starts = (packed["positions"] == 0) & (packed["weights"] > 0)
    assert starts.sum() == len(TEXTS)
    assert (packed["weights"] > 0).sum() == sum(len(text["ids"]) for text in TEXTS)
    assert packed["ids"].shape[1] <= ROW
    assert packed["ids"].shape[0] == 3  # 180 + 7, 120 + 51, 90 + 40


def test_the_loss_is_that_of_the_texts_alone():
    model = tiny.tiny_model(context=256)
    total = weight = 0.0
    for text in TEXTS:
        logits = model(input_ids=torch.tensor([text["ids"]])).logits[0, :-1]
        each = F.cross_entropy(logits, torch.tensor(text["ids"][1:]), reduction="none")
        weights = torch.tensor(text["weights"][1:])
        total, weight = total + (each * weights).sum(), weight + weights.sum()
    loss = _CorpusTrainer.compute_loss(None, model, _Pack(pad=0)(TEXTS))
    torch.testing.assert_close(loss, total / weight, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4)])
def test_an_update_is_made_orthogonal_by_its_singular_values(shape):
    """Each step makes of a singular value s the value a s + b s^3 + c s^5; vectors stay as they are."""
    settings = {"ns_coefficients": (3.4445, -4.775, 2.0315), "ns_steps": 5, "eps": 1e-7}
    matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(1))
    left, values, right = np.linalg.svd(matrix.double().numpy(), full_matrices=False)
    values /= np.sqrt((values**2).sum())
    for _ in range(5):
        values = 3.4445 * values - 4.775 * values**3 + 2.0315 * values**5
    assert 0.5 < values.min() <= values.max() < 1.3
    assert orthogonal(matrix, settings).numpy() == pytest.approx(left @ np.diag(values) @ right, abs=1e-5)


def test_muon_in_float32_is_the_muon_of_torch_but_for_rounding():
    torch.manual_seed(2)
    shapes, rates = [(16, 16), (48, 16), (16, 48)], {"lr": 0.01, "weight_decay": 0.1, "adjust_lr_fn": "match_rms_adamw"}
    starts = [torch.randn(shape) for shape in shapes]
    sides = [[torch.nn.Parameter(start.clone()) for start in starts] for _ in range(2)]
    optimizers = [kind(side, **rates) for kind, side in zip((Muon, MuonInFloat32), sides, strict=True)]
    for _ in range(4):
        for one, other in zip(*sides, strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    for start, one, other in zip(starts, *sides, strict=True):
        moved = (one - start).detach()
        assert ((other - start).detach() - moved).norm() < 0.02 * moved.norm()


def test_both_optimizers_step_and_are_restored():
    def steps(model, optimizer, count):
        for seed in range(count):
            torch.manual_seed(seed)
            model(input_ids=torch.randint(300, (2, 8))).logits.square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()

    rates = PretrainingSettings(
        seed=1, batch=2, optimizer="muon", learning_rate=0.01, other_rate=0.02, weight_decay=0.1
    )
    model = tiny.tiny_model()
    start = {name: weight.clone() for name, weight in model.state_dict().items()}
    optimizer = muon_with_adamw(model, rates)
    assert [(group["lr"], group["weight_decay"]) for group in optimizer.param_groups] == [(0.01, 0.1), (0.02, 0.0)]
    steps(model, optimizer, 3)
    assert all((weight != start[name]).any() for name, weight in model.state_dict().items())

    copy = tiny.tiny_model()
    copy.load_state_dict(model.state_dict())
    restored = muon_with_adamw(copy, rates)
    restored.load_state_dict(deepcopy(optimizer.state_dict()))
    steps(model, optimizer, 2)
    steps(copy, restored, 2)
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(weight, copy.state_dict()[name], rtol=0, atol=0)
    assert restored.param_groups[0] is restored.optimizers[0].param_groups[0]
