"""The objectives as functions of the grid of log-probabilities; each returns the loss of every question, [B].

Prompts are rows i, responses columns j; response i was written under prompt i. L denotes the grid.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

NAMES = ("sft", "dpo", "sami")


def wanted(objective: str, prompts: int) -> Tensor:
    """The entries an objective reads, bool [N, N]: the matched ones for SFT, all for DPO and SAMI."""
    if objective == "sft":
        return torch.eye(prompts, dtype=torch.bool)
    return torch.ones(prompts, prompts, dtype=torch.bool)


def sft(sums: Tensor, counts: Tensor) -> Tensor:
    """Negative log-likelihood per token of the matched responses: - sum_i L[i, i] / sum_i tokens_i."""
    matched = sums.diagonal(dim1=1, dim2=2)
    return -matched.sum(1) / counts.sum(1)


def sami(scores: Tensor) -> Tensor:
    """Cross-entropy of the row softmax and of the column softmax against the identity, averaged (arXiv 2404.14313).

    scores [B, N, N]: log-probabilities, per token in the paper. A uniform grid gives log N.
    """
    batch, size, _ = scores.shape
    target = torch.arange(size, device=scores.device).expand(batch, size)
    rows = F.cross_entropy(scores.transpose(1, 2), target, reduction="none")
    columns = F.cross_entropy(scores, target, reduction="none")
    return (rows + columns).mean(1) / 2


def dpo(sums: Tensor, reference: Tensor, beta: float) -> Tensor:
    """Direct preference optimisation (arXiv 2305.18290), chosen response i and rejected j != i under prompt i.

    - log sigmoid(beta * [(L[i, i] - R[i, i]) - (L[i, j] - R[i, j])]), averaged over the N (N - 1) ordered pairs;
    R is the reference's grid. Both are sums over tokens, [B, N, N].
    """
    margin = sums - reference
    difference = margin.diagonal(dim1=1, dim2=2)[..., None] - margin
    others = ~torch.eye(sums.shape[1], dtype=torch.bool, device=sums.device)
    return -F.logsigmoid(beta * difference)[:, others].mean(1)


def kl(policy: Tensor, reference: Tensor, kept: Tensor) -> Tensor:
    """KL(policy || reference) over the vocabulary, averaged over the kept positions of each response, [E].

    policy, reference [E, T, V]: logits; kept [E, T].
    """
    p, q = policy.log_softmax(-1), reference.log_softmax(-1)
    each = (p.exp() * (p - q)).sum(-1)
    return (each * kept).sum(1) / kept.sum(1)


def accuracy(means: Tensor) -> tuple[Tensor, Tensor]:
    """Share of rows, and of columns, whose largest entry is the matched one; numbers in 0..1."""
    target = torch.arange(means.shape[1], device=means.device)
    return (means.argmax(2) == target).float().mean(), (means.argmax(1) == target).float().mean()
