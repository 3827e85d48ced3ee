"""Accuracy in k attempts."""

from collections import Counter
from collections.abc import Sequence

import numpy as np


def any_of(correct: np.ndarray, k: int) -> np.ndarray:
    """Whether any of the first k attempts (last axis) is correct, as the paper counts."""
    return correct[..., :k].any(axis=-1)


def pass_at_k(n: int, correct: np.ndarray | int, k: int) -> np.ndarray:
    """The unbiased estimate of the chance that k attempts hold a correct one, from c correct of n:

    1 - C(n - c, k) / C(n, k) = 1 - prod_{i = n-c+1..n} (1 - k / i)      (Chen et al. 2021, arXiv 2107.03374)
    """
    if not 1 <= k <= n:
        raise ValueError(f"pass@{k} needs at least {k} attempts, there are {n}")
    factors = np.maximum(1 - k / np.arange(n, 0, -1), 0.0)  # i = n, n-1, ...: the first c of them
    return (1 - np.concatenate([[1.0], np.cumprod(factors)]))[np.asarray(correct)]


def maj_at_k(answers: Sequence[str | None], correct: Sequence[bool], k: int) -> bool:
    """Whether the commonest answer among the first k is correct; None is no vote, a draw goes to the earliest."""
    votes = Counter(answer for answer in answers[:k] if answer is not None)
    if not votes:
        return False
    # max and Counter both keep the order of first appearance, so the earliest of the commonest wins
    return bool(correct[list(answers).index(max(votes, key=votes.__getitem__))])
