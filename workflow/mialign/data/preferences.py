"""Preference vectors (MI-EPO, arXiv 2607.01392): weights of the objectives, in tenths, drawn, laid out, and as text.

A prompt shows weights with one decimal. So every vector is rounded to tenths before it is used: the policy is trained
and measured on the weights that it reads.
"""

import math
from collections.abc import Sequence

from mialign.core.errors import InputError
from mialign.core.simplex import on_simplex
from mialign.core.template import Prompt, fill

TENTHS = 10
# Three objectives, 13 points: the vertices, two points of every edge, three points within, and the tenths next to the
# centre. The paper says only how many points it takes.
EDGES = ((0.7, 0.3, 0.0), (0.3, 0.7, 0.0), (0.7, 0.0, 0.3), (0.3, 0.0, 0.7), (0.0, 0.7, 0.3), (0.0, 0.3, 0.7))
INNER = ((0.6, 0.2, 0.2), (0.2, 0.6, 0.2), (0.2, 0.2, 0.6), (0.4, 0.3, 0.3))
VERTICES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
OF_THREE = {3: VERTICES, 13: (*VERTICES, *EDGES, *INNER)}
OF_TWO = (2, 3, 6, 11)  # so many points at equal distances are all tenths


def check(vector: Sequence[float], objectives: int) -> None:
    """InputError unless the vector lies on the simplex: as many weights as objectives, of 0 or more, with sum one."""
    if len(vector) != objectives:
        raise InputError(f"{list(vector)} has {len(vector)} weights, and there are {objectives} rewards; give one each")
    if not on_simplex(vector):
        raise InputError(f"{list(vector)} is no preference vector: its weights must be 0 or more and sum to one")


def in_tenths(vector: Sequence[float]) -> list[float]:
    """A vector of the simplex rounded to tenths that sum to one, by largest remainders; InputError off the simplex."""
    check(vector, len(vector))
    scaled = [TENTHS * weight for weight in vector]
    whole = [math.floor(weight + 1e-6) for weight in scaled]
    by_remainder = sorted(range(len(vector)), key=lambda place: whole[place] - scaled[place])
    for place in by_remainder[: TENTHS - sum(whole)]:
        whole[place] += 1
    return [count / TENTHS for count in whole]


def draw_two(objectives: int, alpha: float, seed: int) -> tuple[list[float], list[float]]:
    """w+ and w- from Dirichlet(alpha, ..., alpha) in tenths; w- is drawn again while it equals w+.

    Vectors that are equal as text would set a response against itself.
    """
    import numpy as np

    rng = np.random.default_rng(seed)

    def one() -> list[float]:
        return in_tenths(rng.dirichlet([alpha] * objectives).tolist())

    own = other = one()
    while other == own:
        other = one()
    return own, other


def vectors(objectives: int, points: int) -> list[list[float]]:
    """The grid of vectors that a policy is measured under; InputError if there is none of so many points."""
    if objectives == 2 and points in OF_TWO:
        first = [place * TENTHS // (points - 1) for place in range(points)]
        return [[tenths / TENTHS, (TENTHS - tenths) / TENTHS] for tenths in first]
    if objectives == 3 and points in OF_THREE:
        return [list(vector) for vector in OF_THREE[points]]
    known = OF_TWO if objectives == 2 else tuple(OF_THREE)
    raise InputError(f"{points} points: of {objectives} rewards there are grids of {', '.join(map(str, known))}")


def text(names: Sequence[str], vector: Sequence[float]) -> str:
    """The vector as a prompt has it: "friendly 0.7, brief 0.3"."""
    return ", ".join(f"{name.replace('_', ' ')} {weight:.1f}" for name, weight in zip(names, vector, strict=True))


def fill_in(template: Prompt, question: dict, names: Sequence[str], vector: Sequence[float]) -> Prompt:
    """The prompt that asks the question under the vector."""
    return fill(template, preference=text(names, vector), question=question["question"])
