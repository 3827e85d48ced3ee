"""Weights that share out one whole."""

import math
from collections.abc import Sequence


def on_simplex(weights: Sequence[float]) -> bool:
    """Whether all are finite and 0 or more, and their sum is one, up to rounding."""
    return all(math.isfinite(weight) and weight >= 0 for weight in weights) and abs(sum(weights) - 1) <= 1e-6
