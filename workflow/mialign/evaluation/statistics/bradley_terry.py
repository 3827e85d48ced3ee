"""Strengths of several methods from comparisons of pairs of them (Bradley and Terry 1952, Biometrika 39, 324-345).

The chance that i beats j is sigmoid(s_i - s_j), and s_0 = 0: a strength is the log odds of winning against method 0.
The most likely strengths are found by Newton's method, for all resamples of a bootstrap at once.
"""

import numpy as np
from scipy.special import expit

STEPS = 100  # of Newton's method; 5 to 10 are enough unless a method nearly always wins
LONGEST = 1.0  # of one step in a strength: a full step can overshoot


def strengths(points: np.ndarray) -> np.ndarray:
    """The strengths [..., methods] of points [..., methods, methods]: the wins of i over j, a tie half a win for each.

    They are finite among methods that beat each other, through others too (Ford 1957, American Mathematical Monthly 64,
    28-33). A method of which this holds no more is inf if it, or one it beats, beats method 0 and is never beaten back,
    -inf the other way round, and nan if it cannot be compared with method 0 at all.
    """
    beats = _beats(points)
    above, below = beats[..., :, 0], beats[..., 0, :]
    together = above & below
    among = points * together[..., :, None] * together[..., None, :]
    found = _most_likely(among, together)
    beyond = np.where(above, np.inf, np.where(below, -np.inf, np.nan))
    return np.where(together, found, beyond)


def _beats(points: np.ndarray) -> np.ndarray:
    """Whether i beat j, or one that beat j, and so on; every method itself, [..., methods, methods]."""
    size = points.shape[-1]
    reached = (points > 0) | np.eye(size, dtype=bool)
    for _ in range(size.bit_length()):  # each time ways twice as long
        reached = (reached.astype(int) @ reached.astype(int)) > 0
    return reached


def _most_likely(points: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Newton's method on the log-likelihood sum_ij points_ij log sigmoid(s_i - s_j); 0 for methods not counted."""
    size = points.shape[-1]
    games, own = points + points.swapaxes(-1, -2), np.eye(size)
    fixed = ~counted | (np.arange(size) == 0)
    found = np.zeros(points.shape[:-1])
    for _ in range(STEPS):
        chance = expit(found[..., :, None] - found[..., None, :])
        gradient = (points - games * chance).sum(-1)
        spread = games * chance * (1 - chance)
        curvature = own * spread.sum(-1, keepdims=True) - spread
        curvature = np.where(fixed[..., :, None] | fixed[..., None, :], own, curvature)
        step = np.linalg.solve(curvature, np.where(fixed, 0, gradient)[..., None])[..., 0]
        found = found + np.clip(step, -LONGEST, LONGEST)
        if np.abs(step).max() < 1e-12:
            break
    return found
