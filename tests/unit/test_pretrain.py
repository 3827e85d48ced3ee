"""Base models: packing loses nothing and mixes nothing, and the loss is the weighted one of the texts alone."""

from copy import deepcopy

import torch
import torch.nn.functional as F

import tiny
from mialign.training.optimizers import muon_with_adamw
from mialign.training.pretrain import ROW, _CorpusTrainer, _Pack

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


def test_both_optimizers_step_and_are_restored():
    def steps(model, optimizer, count):
        for seed in range(count):
            torch.manual_seed(seed)
            model(input_ids=torch.randint(300, (2, 8))).logits.square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()

    rates = {"learning_rate": 0.01, "other_rate": 0.02, "weight_decay": 0.1}
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
