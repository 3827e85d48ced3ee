"""Muon for the inner matrices, AdamW for the rest, behind one Optimizer."""

import torch
from torch.optim import AdamW, Muon, Optimizer


def muon_with_adamw(model, training: dict) -> Optimizer:
    """Keys of `training`: learning_rate, weight_decay (Muon, on the 2-D weights of layers), other_rate (AdamW)."""
    inner = {name for name, weight in model.named_parameters() if weight.ndim == 2 and ".layers." in name}
    named = list(model.named_parameters())
    return _Both(
        Muon(
            [w for n, w in named if n in inner],
            lr=training["learning_rate"],
            weight_decay=training["weight_decay"],
            adjust_lr_fn="match_rms_adamw",
        ),
        AdamW([w for n, w in named if n not in inner], lr=training["other_rate"], betas=(0.9, 0.98), weight_decay=0.0),
    )


class _Both(Optimizer):
    """Several optimizers stepped together; schedulers see their groups in one list."""

    def __init__(self, *optimizers: Optimizer):
        self.optimizers = optimizers
        super().__init__([group for optimizer in optimizers for group in optimizer.param_groups], {})
        self._share_groups()

    def _share_groups(self) -> None:
        self.param_groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]

    @torch.no_grad()
    def step(self, closure=None):
        for optimizer in self.optimizers:
            optimizer.step()

    def state_dict(self) -> dict:
        return {"optimizers": [optimizer.state_dict() for optimizer in self.optimizers]}

    def load_state_dict(self, state_dict: dict) -> None:
        for optimizer, state in zip(self.optimizers, state_dict["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self._share_groups()
