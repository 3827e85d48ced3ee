"""How judges behave: whether the order of two responses decides, and how far two judges agree beyond chance."""

from collections.abc import Sequence

import numpy as np

CHOICES = ("test", "baseline")  # responses that an answer can choose; "tie" chooses none


def changed(first: Sequence[str], winners: Sequence[str | None]) -> bool | None:
    """Whether a judge that was asked with either response first named another winner the second time, a tie included.

    first: the response that stood first, by question asked. winners: "test", "baseline", "tie", or None where the
    answer was unusable. None unless there is a usable answer to each of the two orders.
    """
    if set(first) != set(CHOICES) or None in winners:
        return None
    return len(set(winners)) > 1


def chose_first(first: Sequence[str], winners: Sequence[str | None]) -> tuple[int, int]:
    """How many answers chose the response that stood first, and how many chose one at all.

    A judge whom the order does not move has half of them in the items that it was asked about in both orders (the
    position bias of Zheng et al. 2023, arXiv 2306.05685, is what differs from it).
    """
    chosen = [(one, winner) for one, winner in zip(first, winners, strict=True) if winner in CHOICES]
    return sum(one == winner for one, winner in chosen), len(chosen)


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa (Cohen 1960, Educational and Psychological Measurement 20, 37-46): the agreement of two judges
    beyond what chance gives two judges with these shares of verdicts,

    (p_o - p_e) / (1 - p_e),  p_o = share of equal pairs,  p_e = sum_k p_k q_k;

    None where it is not defined: without pairs, or if both judges always give one same verdict.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    if not pairs:
        return None
    labels = sorted({label for pair in pairs for label in pair})
    if len(labels) == 1:
        return None
    counts = np.zeros((len(labels), len(labels)))
    for one, other in pairs:
        counts[labels.index(one), labels.index(other)] += 1
    return float(cohens_kappa(counts, return_results=False))
