"""A rate of n observations: its intervals, and which values it can have at all."""

from math import ceil, floor, sqrt
from statistics import NormalDist
from typing import NamedTuple

CONFIDENCE = 0.95  # of every interval
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)  # half the width of a normal one, in standard deviations


class Estimate(NamedTuple):
    """A value with its interval; n counts the observations. None stands for what the data cannot give."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def scaled(self, factor: float) -> "Estimate":
        """Value and interval times a factor, for instance 100 for per cent; n stays."""
        return Estimate(*(None if x is None else x * factor for x in self[:3]), self.n)


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927): with p = successes / n and z the normal quantile,

    (p + z^2/2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).

    It is for independent trials only: several seeds on the same items are not independent.
    """
    from scipy.stats import binomtest

    interval = binomtest(int(successes), int(n)).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def wilson_of_points(points: float, n: int) -> tuple[float, float]:
    """Wilson's interval of a rate whose points may be halves, as where a tie is half a win.

    For n observations from 0 to 1 it errs on the wide side: none with this mean vary more than wins and losses alone.
    """
    p = points / n
    half = Z * sqrt(p * (1 - p) / n + (Z / n) ** 2 / 4)
    return tuple((p + Z**2 / (2 * n) + side) / (1 + Z**2 / n) for side in (-half, half))


def clopper_pearson(successes: int, n: int) -> tuple[float, float]:
    """The exact interval of a proportion (Clopper and Pearson 1934, Biometrika 26, 404-413)."""
    from scipy.stats import binomtest

    interval = binomtest(int(successes), int(n)).proportion_ci(confidence_level=CONFIDENCE, method="exact")
    return float(interval.low), float(interval.high)


def nearest_values(value: float, n: int, ties: bool) -> tuple[float, float]:
    """The rates of n observations next below and above a value, in %; with `ties` a tie is half a win.

    Both are the value if it is one of them.
    """
    steps = (2 if ties else 1) * n
    place = round(value / 100 * steps, 9)
    return 100 * floor(place) / steps, 100 * ceil(place) / steps


def is_possible(value: float, rounding: float, n: int, ties: bool) -> bool:
    """Whether n observations can have a rate, or two such rates a difference, that is rounded to this value (%)."""
    below, above = nearest_values(value, n, ties)
    return min(value - below, above - value) <= rounding + 1e-9


def compositions(value: float, n: int) -> list[tuple[int, int, int]]:
    """All (wins, ties, losses) of n comparisons whose win rate is `value` %, a tie half a win; [] if there are none.

    wins + ties / 2 = n value / 100 and wins + ties + losses = n, so wins - losses is the same in all of them.
    """
    points = round(2 * n * value / 100, 9)
    if points != int(points) or not 0 <= points <= 2 * n:
        return []
    found = []
    for ties in range(int(points) % 2, min(int(points), 2 * n - int(points)) + 1, 2):
        wins = (int(points) - ties) // 2
        found.append((wins, ties, n - wins - ties))
    return found
