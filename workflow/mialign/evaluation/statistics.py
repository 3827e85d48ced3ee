"""Statistics of rates: intervals, the bootstrap over items and seeds, and accuracy in k attempts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mialign.core.seeds import derive

MOST_WEIGHTS = 16_000_000  # entries of one resampling matrix, 128 MB; above it there are fewer resamples
FEW = 20  # items below which resamples show too little of what else there could have been


class Estimate(NamedTuple):
    """A value with its interval; n counts the observations. None stands for what the data cannot give."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def scaled(self, factor: float) -> "Estimate":
        """Value and interval times a factor, for instance 100 for per cent; n stays."""
        return Estimate(*(None if x is None else x * factor for x in self[:3]), self.n)


def wilson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927): with p = successes / n and z the normal quantile,

    (p + z^2/2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).

    It is for independent trials only: several seeds on the same items are not independent.
    """
    from scipy.stats import binomtest

    interval = binomtest(int(successes), int(n)).proportion_ci(confidence_level=level, method="wilson")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True)
class Bootstrap:
    """The bootstrap of a ratio of sums over items (rows) and seeds (columns).

    Every item is seen by every seed, so both are drawn with replacement, independently of each other, and an
    observation counts by the product of how often its item and its seed were drawn: the crossed ("pigeonhole")
    bootstrap of Owen (2007), Annals of Applied Statistics 1, 386-411. An item is kept whole, with all its seeds.
    With one seed this is the ordinary bootstrap over items. It errs on the wide side where items and seeds
    have no effects of their own; with very few seeds it sees only part of what lies between seeds.
    """

    resamples: int = 10_000
    seed: int = 0
    level: float = 0.95

    def replicates(self, numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
        """Per resample, sum_is w_i v_s numerator_is / sum_is w_i v_s denominator_is; nan where nothing was drawn."""
        items, seeds = numerator.shape
        resamples = self._resamples(items)
        by_seed = _weights(items, resamples, derive(self.seed, "items")) @ np.hstack([numerator, denominator])
        of_seeds = _weights(seeds, resamples, derive(self.seed, "seeds"))
        above = (by_seed[:, :seeds] * of_seeds).sum(axis=1)
        below = (by_seed[:, seeds:] * of_seeds).sum(axis=1)
        return np.round(np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0), 12)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Of values [items, seeds, quantities] per resample sum_is w_i v_s values_is, [resamples, quantities]."""
        items, seeds, quantities = values.shape
        resamples = self._resamples(items)
        by_seed = _weights(items, resamples, derive(self.seed, "items")) @ values.reshape(items, seeds * quantities)
        of_seeds = _weights(seeds, resamples, derive(self.seed, "seeds"))
        return np.einsum("rs,rsq->rq", of_seeds, by_seed.reshape(resamples, seeds, quantities))

    def means(self, values: np.ndarray) -> np.ndarray:
        """Per resample the mean over items and seeds of values [items, seeds, ...], [resamples, ...]; all are there."""
        items, seeds, *rest = values.shape
        resamples = self._resamples(max(items, values[0].size))
        by_item = _weights(items, resamples, derive(self.seed, "items")) @ values.reshape(items, -1)
        of_seeds = _weights(seeds, resamples, derive(self.seed, "seeds"))
        total = np.einsum("rsf,rs->rf", by_item.reshape(resamples, seeds, -1), of_seeds)
        return total.reshape(resamples, *rest) / (items * seeds)

    def _resamples(self, items: int) -> int:
        return max(1, min(self.resamples, MOST_WEIGHTS // max(items, 1)))

    def interval(self, replicates: np.ndarray) -> tuple[float | None, float | None]:
        """The central percentile interval of the replicates that are numbers."""
        replicates = replicates[np.isfinite(replicates)]
        if not replicates.size:
            return None, None
        tail = (1 - self.level) / 2
        low, high = np.quantile(replicates, [tail, 1 - tail])
        return float(low), float(high)

    def ratio(
        self,
        numerator: np.ndarray,
        denominator: np.ndarray,
        bounds: tuple[float, float] | None = None,
        proportion: bool = False,
    ) -> Estimate:
        """The ratio of sums with its interval. Arrays are [items, seeds].

        proportion says that every counted observation is a success or a failure: with a single seed the
        interval is then Wilson's. Where all items are alike in each seed, or there is only one, the bootstrap sees
        nothing that varies but the seeds; if the bounds of an observation are known, the interval then also covers
        what Wilson leaves open after as many items without an exception.
        """
        numerator, denominator = np.asarray(numerator, float), np.asarray(denominator, float)
        n = round(float(denominator.sum()))
        if n == 0:
            return Estimate(None, None, None, 0)
        value = float(numerator.sum() / denominator.sum())
        if proportion and numerator.shape[1] == 1 and denominator.max() == 1:
            return Estimate(value, *wilson(round(float(numerator.sum())), n, self.level), n)
        if bounds and _constant(numerator, denominator):
            return Estimate(value, *_of_alike(value, _items(denominator), bounds, self.level), n)
        low, high = self.interval(self.replicates(numerator, denominator))
        if bounds and _alike(numerator, denominator):
            lower, upper = _of_alike(value, _items(denominator), bounds, self.level)
            low, high = min(low, lower), max(high, upper)
        return Estimate(value, low, high, n)

    def difference(
        self, one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray], bounds: tuple[float, float]
    ) -> Estimate:
        """One ratio of sums less another, over the same items and seeds: in each resample both draw the same.

        n counts the observations of the first. Where the two count unlike observations and the items of one are alike,
        the bootstrap would take that one for certain; the interval is then as wide as the two ratios' own allow.
        """
        if np.array_equal(one[1], other[1]):
            return self.ratio(one[0] - other[0], one[1], (bounds[0] - bounds[1], bounds[1] - bounds[0]))
        first, second = self.ratio(*one, bounds), self.ratio(*other, bounds)
        if first.n == 0 or second.n == 0:
            return Estimate(None, None, None, 0)
        if _alike(*one) or _alike(*other):
            low, high = first.low - second.high, first.high - second.low
        else:
            low, high = self.interval(self.replicates(*one) - self.replicates(*other))
        return Estimate(first.value - second.value, low, high, first.n)

    def middle(
        self, one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray], bounds: tuple[float, float]
    ) -> Estimate:
        """The mean of two ratios of sums over the same items and seeds: in each resample both draw the same.

        n counts the observations of both. Where a ratio has few items, or its items are alike, the bootstrap would take
        it for more certain than it is; the interval then reaches as far as the two ratios' own allow, however the two
        move together: from the mean of their lower ends to the mean of their upper ends.
        """
        first, second = self.ratio(*one, bounds), self.ratio(*other, bounds)
        n = first.n + second.n
        if first.n == 0 or second.n == 0:
            return Estimate(None, None, None, n)
        if any(_items(ratio[1]) < FEW or _alike(*ratio) for ratio in (one, other)):
            low, high = (first.low + second.low) / 2, (first.high + second.high) / 2
        else:
            low, high = self.interval((self.replicates(*one) + self.replicates(*other)) / 2)
        return Estimate((first.value + second.value) / 2, low, high, n)

    def mean(self, values: np.ndarray, bounds: tuple[float, float] | None = None, proportion: bool = False) -> Estimate:
        """The mean of values [items, seeds] with its interval; nan marks a missing observation."""
        seen = ~np.isnan(values)
        return self.ratio(np.where(seen, values, 0.0), seen, bounds, proportion)


def _items(denominator: np.ndarray) -> int:
    """How many items have an observation that counts."""
    return int((denominator > 0).any(axis=1).sum())


def _constant(numerator: np.ndarray, denominator: np.ndarray) -> bool:
    """Whether all observations that count are equal."""
    counted = denominator > 0
    value = numerator.sum() / denominator.sum()
    return np.allclose(numerator[counted], value * denominator[counted], rtol=0, atol=1e-12)


def _alike(numerator: np.ndarray, denominator: np.ndarray) -> bool:
    """Whether within each seed all observations that count are equal: nothing then varies but the seeds."""
    columns = zip(numerator.T, denominator.T, strict=True)
    return all(_constant(above, below) for above, below in columns if below.any())


def _of_alike(value: float, items: int, bounds: tuple[float, float], level: float) -> tuple[float, float]:
    """The interval of a mean when all items agree: exceptions have at most the share that Wilson gives 0 in `items`."""
    unseen = wilson(0, items, level)[1]
    return value - unseen * (value - bounds[0]), value + unseen * (bounds[1] - value)


@lru_cache(maxsize=4)
def _weights(size: int, resamples: int, seed: int) -> np.ndarray:
    """How often each of `size` things is drawn in each resample, [resamples, size]."""
    drawn = np.random.default_rng(seed).integers(0, size, (resamples, size))
    drawn += np.arange(resamples)[:, None] * size
    return np.bincount(drawn.ravel(), minlength=resamples * size).reshape(resamples, size).astype(float)


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
