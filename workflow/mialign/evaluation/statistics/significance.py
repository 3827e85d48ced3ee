"""Tests: of wins against losses, and of several claims at a time."""

from collections.abc import Sequence


def sign_test(wins: int, losses: int) -> float:
    """The exact two-sided p of wins and losses being equally likely; ties tell nothing and are left out.

    For two methods that are correct or wrong on the same questions, with the numbers of those on which one of the two
    alone is correct, this is McNemar's exact test (McNemar 1947, Psychometrika 12, 153-157).
    """
    from scipy.stats import binomtest

    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def holm(p: Sequence[float]) -> list[float]:
    """The p of a family of tests, adjusted for their number (Holm 1979, Scandinavian Journal of Statistics 6, 65)."""
    from statsmodels.stats.multitest import multipletests

    return [float(one) for one in multipletests(p, method="holm")[1]] if len(p) else []
