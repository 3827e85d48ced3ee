"""Muon for the inner matrices, AdamW for the rest, behind one Optimizer."""

from math import sqrt

import torch
from torch.optim import AdamW, Muon, Optimizer

from mialign.models.machine import use_bf16
from mialign.training.settings import PretrainingSettings


def muon_with_adamw(model, training: PretrainingSettings) -> Optimizer:
    """learning_rate and weight_decay are those of Muon, on the 2-D weights of layers; other_rate is that of AdamW."""
    inner = {name for name, weight in model.named_parameters() if weight.ndim == 2 and ".layers." in name}
    named = list(model.named_parameters())
    muon = Muon if use_bf16("bf16") else MuonInFloat32
    return _Both(
        muon(
            [w for n, w in named if n in inner],
            lr=training.learning_rate,
            weight_decay=training.weight_decay,
            adjust_lr_fn="match_rms_adamw",
        ),
        AdamW([w for n, w in named if n not in inner], lr=training.other_rate, betas=(0.9, 0.98), weight_decay=0.0),
    )


class MuonInFloat32(Muon):
    """Muon, with adjust_lr_fn match_rms_adamw, whose matrix products are in float32.

    torch.optim.Muon makes each update orthogonal in bfloat16. A processor that must emulate that takes twenty times as
    long for it, which was most of a step of the miniature's models.
    """

    @torch.no_grad()
    def step(self, closure=None):
        """One step of every weight by its gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(weight)
                state["momentum_buffer"].lerp_(weight.grad, 1 - group["momentum"])
                update = orthogonal(weight.grad.lerp(state["momentum_buffer"], group["momentum"]), group)
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update, alpha=-group["lr"] * 0.2 * sqrt(max(weight.shape)))


def orthogonal(matrix: torch.Tensor, settings: dict) -> torch.Tensor:
    """The matrix [m, n] with its singular values brought near 1, in its own precision.

    A Newton-Schulz iteration of settings["ns_steps"] steps, X <- a X + (b XX' + c (XX')^2) X, with (a, b, c) =
    settings["ns_coefficients"]: Jordan et al. 2024, kellerjordan.github.io/posts/muon.
    """
    a, b, c = settings["ns_coefficients"]
    wide = matrix.shape[0] <= matrix.shape[1]
    found = matrix if wide else matrix.T
    found = found / found.norm().clamp(min=settings["eps"])
    for _ in range(settings["ns_steps"]):
        gram = found @ found.T
        found = torch.addmm(found, torch.addmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found if wide else found.T


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
