"""The bootstrap of a rate over items and seeds."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mialign.core.seeds import derive
from mialign.evaluation.statistics.rates import CONFIDENCE, Estimate, wilson

MOST_WEIGHTS = 16_000_000  # entries of one resampling matrix, 128 MB; above it there are fewer resamples
FEW = 20  # items below which resamples show too little of what else there could have been


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
        tail = (1 - CONFIDENCE) / 2
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
        what Wilson leaves open after as many items without an exception. Without bounds a single item has no interval.
        """
        numerator, denominator = np.asarray(numerator, float), np.asarray(denominator, float)
        n = round(float(denominator.sum()))
        if n == 0:
            return Estimate(None, None, None, 0)
        value = float(numerator.sum() / denominator.sum())
        if proportion and numerator.shape[1] == 1 and denominator.max() == 1:
            return Estimate(value, *wilson(round(float(numerator.sum())), n), n)
        if bounds and _constant(numerator, denominator):
            return Estimate(value, *_of_alike(value, _items(denominator), bounds), n)
        if not bounds and _items(denominator) == 1:
            return Estimate(value, None, None, n)
        low, high = self.interval(self.replicates(numerator, denominator))
        if bounds and _alike(numerator, denominator):
            lower, upper = _of_alike(value, _items(denominator), bounds)
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


def _of_alike(value: float, items: int, bounds: tuple[float, float]) -> tuple[float, float]:
    """The interval of a mean when all items agree: exceptions have at most the share that Wilson gives 0 in `items`."""
    unseen = wilson(0, items)[1]
    return value - unseen * (value - bounds[0]), value + unseen * (bounds[1] - value)


@lru_cache(maxsize=4)
def _weights(size: int, resamples: int, seed: int) -> np.ndarray:
    """How often each of `size` things is drawn in each resample, [resamples, size]."""
    drawn = np.random.default_rng(seed).integers(0, size, (resamples, size))
    drawn += np.arange(resamples)[:, None] * size
    return np.bincount(drawn.ravel(), minlength=resamples * size).reshape(resamples, size).astype(float)
