"""The objectives as functions of the grid of log-probabilities; each returns the loss of every question, [B].

Prompts are rows i, responses columns j; response i was written under prompt i. L denotes the grid, R the reference's,
m = L - R the margins; all are sums over tokens unless said otherwise.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def sft(sums: Tensor, counts: Tensor) -> Tensor:
    """Negative log-likelihood per token of the matched responses: - sum_i L[i, i] / sum_i tokens_i."""
    matched = sums.diagonal(dim1=1, dim2=2)
    return -matched.sum(1) / counts.sum(1)


def infonce(scores: Tensor, side: str) -> Tensor:
    """Cross-entropy of one softmax against the identity (arXiv 1807.03748), scores [B, N, N].

    side "rows": which of the responses was written under this prompt; "columns": under which of the prompts this
    response was written. A uniform grid gives log N.
    """
    batch, size, _ = scores.shape
    target = torch.arange(size, device=scores.device).expand(batch, size)
    scores = {"rows": scores.transpose(1, 2), "columns": scores}[side]
    return F.cross_entropy(scores, target, reduction="none").mean(1)


def sami(scores: Tensor) -> Tensor:
    """The mean of both sides of InfoNCE (arXiv 2404.14313).

    scores [B, N, N]: log-probabilities, per token in the paper. A uniform grid gives log N.
    """
    return (infonce(scores, "rows") + infonce(scores, "columns")) / 2


def preference(chosen: Tensor, rejected: Tensor, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """Direct preference optimisation (arXiv 2305.18290) of margins of the same shape, elementwise.

    - (1 - e) log sigmoid(beta d) - e log sigmoid(- beta d), d = m(chosen) - m(rejected), e the share of preferences
    taken to be wrong (arXiv 2310.12036 calls it conservative DPO; 0 is plain DPO).
    """
    scaled = beta * (chosen - rejected)
    return -(1 - label_smoothing) * F.logsigmoid(scaled) - label_smoothing * F.logsigmoid(-scaled)


def dpo(sums: Tensor, reference: Tensor, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """`preference` with response i chosen and j != i rejected under prompt i, averaged over the N (N - 1) pairs."""
    chosen, rejected = _ordered_pairs(sums - reference)
    return preference(chosen, rejected, beta, label_smoothing).mean(1)


def ipo(sums: Tensor, reference: Tensor, beta: float) -> Tensor:
    """Identity preference optimisation (arXiv 2310.12036) on the pairs of `dpo`: mean of (d - 1 / (2 beta))^2."""
    chosen, rejected = _ordered_pairs(sums - reference)
    return (chosen - rejected - 1 / (2 * beta)).square().mean(1)


def mipo(sums: Tensor, reference: Tensor, beta: float) -> Tensor:
    """MIPO (arXiv 2603.19294): `preference` in the first row, [B, 1, M], response 0 chosen and every other rejected.

    Response 0 was written under the prompt, the others under another prompt, or under this one without its context.
    """
    margins = (sums - reference)[:, 0]
    return preference(margins[:, :1], margins[:, 1:], beta).mean(1)


def mi_epo(
    chosen: Tensor, rejected: Tensor, weights: Tensor, own: Tensor, other: Tensor, beta_c: float, beta_w: float
) -> Tensor:
    """MI-EPO (arXiv 2607.01392): sum_k w_k L_YC,k + 1/2 sum_y L_YW, over K objectives and two responses y.

    L_YC,k = - log sigmoid(beta_c [m(y+_k | w+) - m(y-_k | w+)]), a row of the grid: chosen, rejected, weights [B, K].
    L_YW = - log sigmoid(beta_w [sg(m(y | w+)) - m(y | w-)]), a column: own (under w+), other (under w-) [B, 2]; sg
    stops the gradient, so that only the wrong preference is unlearnt. beta_w = 0 adds the constant log 2.
    """
    choice = (weights * preference(chosen, rejected, beta_c)).sum(1)
    return choice + preference(own.detach(), other, beta_w).sum(1) / 2


def kl(sums: Tensor, counts: Tensor) -> Tensor:
    """KL(policy || reference) per token of the matched responses, averaged over them; sums [B, N, N], see Grid.kl."""
    return (sums.diagonal(dim1=1, dim2=2) / counts).mean(1)


def accuracy(means: Tensor) -> tuple[Tensor, Tensor]:
    """Share of rows, and of columns, whose largest entry is the matched one, of each question; [B] each, in 0..1."""
    target = torch.arange(means.shape[1], device=means.device)
    return (means.argmax(2) == target).float().mean(1), (means.argmax(1) == target).float().mean(1)


def _ordered_pairs(margins: Tensor) -> tuple[Tensor, Tensor]:
    """Margins [B, N, N] -> of (i, i) and of (i, j), j != i, each [B, N (N - 1)]."""
    others = ~torch.eye(margins.shape[1], dtype=torch.bool, device=margins.device)
    matched = margins.diagonal(dim1=1, dim2=2)[..., None].expand_as(margins)
    return matched[:, others], margins[:, others]


# ---------------------------------------------------------------- by name, as a method of the config has them
def _scores(grid, settings: dict) -> Tensor:
    return grid.means if settings["reduction"] == "mean" else grid.sums


LOSSES = {
    "sft": lambda grid, reference, settings: sft(grid.sums, grid.counts),
    "dpo": lambda grid, reference, settings: dpo(
        grid.sums, reference, settings["beta"], settings.get("label_smoothing", 0.0)
    ),
    "ipo": lambda grid, reference, settings: ipo(grid.sums, reference, settings["beta"]),
    "sami": lambda grid, reference, settings: sami(_scores(grid, settings)),
    "infonce": lambda grid, reference, settings: infonce(_scores(grid, settings), settings["side"]),
}


def wanted(objective: str, prompts: int) -> Tensor:
    """The entries an objective reads, bool [N, N]: the matched ones for SFT, all for the others."""
    if objective == "sft":
        return torch.eye(prompts, dtype=torch.bool)
    return torch.ones(prompts, prompts, dtype=torch.bool)
