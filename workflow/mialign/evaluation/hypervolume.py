"""The hypervolume of a set of points: what part of the space above a reference point they dominate."""

import numpy as np


def hypervolume(points: np.ndarray, reference: float) -> np.ndarray:
    """Exact, for maximisation, of points [..., P, K] with K of 2 or 3 above (reference, ..., reference): [...].

    A point counts only by what lies above the reference in every objective.
    """
    above = np.maximum(points - reference, 0.0)
    above = np.where((above > 0).all(-1, keepdims=True), above, 0.0)
    return {2: _area, 3: _volume}[above.shape[-1]](above)


def _area(points: np.ndarray) -> np.ndarray:
    """Of points [..., P, 2] above the origin: strips between the heights that are reached as x falls."""
    order = np.argsort(-points[..., 0], axis=-1, kind="stable")
    x, y = (np.take_along_axis(points[..., axis], order, axis=-1) for axis in (0, 1))
    heights = np.maximum.accumulate(y, axis=-1)
    return (x * np.diff(heights, axis=-1, prepend=0.0)).sum(-1)


def _volume(points: np.ndarray) -> np.ndarray:
    """Of points [..., P, 3] above the origin: slices in z, each as large as the area of the points that reach it."""
    order = np.argsort(-points[..., 2], axis=-1, kind="stable")
    points = np.take_along_axis(points, order[..., None], axis=-2)
    tops = points[..., 2]
    depths = tops - np.concatenate([tops[..., 1:], np.zeros_like(tops[..., :1])], axis=-1)
    areas = [_area(points[..., : place + 1, :2]) for place in range(points.shape[-2])]
    return (np.stack(areas, axis=-1) * depths).sum(-1)
