"""An effect over items and seeds, with the seeds as a random effect."""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

from mialign.core.seeds import derive
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.rates import CONFIDENCE, Estimate
from mialign.evaluation.statistics.significance import sign_test


@dataclass(frozen=True)
class Spread:
    """Standard deviations of what an observation is made of: of its item, of its seed, and of the rest.

    With one seed the three cannot be told apart: `items` has them all, and the others are None.
    """

    items: float
    seeds: float | None
    rest: float | None


@dataclass(frozen=True)
class Effect:
    """The mean of values over items and seeds, what its interval is made of, and the p of its being `null`."""

    estimate: Estimate
    spread: Spread
    p: float


def mean_with_interval(
    values: np.ndarray, bootstrap: Bootstrap, bounds: tuple[float, float] | None = None, proportion: bool = False
) -> Estimate:
    """The mean of values [items, seeds] with the interval that `effect` gives it; nan marks a missing observation.

    Items without any observation are left out. Where a few lack one, the interval is that of the items that lack none,
    about the mean of all. It is Bootstrap.mean's where more than half lack one or the others are alike in each seed, so
    that they do not show what varies, and for a proportion (see Bootstrap.ratio) of a single seed.
    """
    values = np.asarray(values, float)
    values = values[~np.isnan(values).all(axis=1)]
    whole = values[~np.isnan(values).any(axis=1)]
    if not values.size or (proportion and values.shape[1] == 1):
        return bootstrap.mean(values, bounds, proportion)
    if len(whole) == len(values):
        return effect(values, 0.0, bounds, bootstrap).estimate
    if 2 * len(whole) < len(values) or _alike(whole):
        return bootstrap.mean(values, bounds, proportion)
    moved = float(np.nanmean(values) - whole.mean())
    found = effect(whole + moved, 0.0, bounds, bootstrap).estimate
    return found._replace(n=int(np.isfinite(values).sum()))


def effect(values: np.ndarray, null: float, bounds: tuple[float, float] | None, bootstrap: Bootstrap) -> Effect:
    """The effect of values [items, seeds] that lie within bounds, if these are given; all are there.

    With several seeds, items and seeds are crossed random effects, value = mean + item + seed + rest. The variance of
    the mean is s_item^2 / I + s_seed^2 / S + s_rest^2 / IS, by the mean squares of the analysis of variance, with the
    degrees of freedom of Satterthwaite (1946, Biometrics Bulletin 2, 110-114); interval and p are Student's. So few
    seeds make a wide interval, if it is they that differ.
    With one seed the interval is the BCa bootstrap over items (Efron 1987, Journal of the American Statistical
    Association 82, 171-185), it holds for this seed alone, and p is that of the sign test.
    Where items are all alike in each seed the interval is that of Bootstrap.mean, which does not take it for certain,
    and p that of the sign test if the seeds are on one side, and else 1.
    """
    values = np.asarray(values, float)
    of_items, of_seeds = values.mean(axis=1), values.mean(axis=0)
    if _alike(values):
        seeds = float(of_seeds.std(ddof=1)) if len(of_seeds) > 1 else None
        estimate = bootstrap.mean(values, bounds)
        sides = {float(np.sign(one - null)) for one in of_seeds}
        p = sign_test(len(values), 0) if sides in ({1.0}, {-1.0}) else 1.0
        return Effect(estimate, Spread(0.0, seeds, None if seeds is None else 0.0), p)
    if len(of_seeds) == 1:
        p = sign_test(int((of_items > null).sum()), int((of_items < null).sum()))
        return Effect(_bca(of_items, bounds, bootstrap), Spread(float(of_items.std(ddof=1)), None, None), p)
    variance, degrees, spread = _crossed(values)
    centre = float(values.mean())
    estimate, p = student(centre, variance, degrees, null, bounds, values.size)
    return Effect(estimate, spread, p)


def _alike(values: np.ndarray) -> bool:
    """Whether the items are all alike in each seed."""
    return np.allclose(values, values.mean(axis=0), rtol=0, atol=1e-12)


def student(
    centre: float,
    variance: float,
    degrees: float,
    null: float,
    bounds: tuple[float, float] | None,
    n: int,
) -> tuple[Estimate, float]:
    """Student's interval of a mean `centre` with this variance, within bounds, and the p of its being `null`."""
    from scipy.stats import t

    half = float(t.ppf((1 + CONFIDENCE) / 2, degrees)) * sqrt(variance)
    p = float(2 * t.sf(abs(centre - null) / sqrt(variance), degrees))
    low, high = bounds or (-inf, inf)
    return Estimate(centre, max(low, centre - half), min(high, centre + half), n), p


def _crossed(values: np.ndarray) -> tuple[float, float, Spread]:
    """The variance of the mean of values [items, seeds], its degrees of freedom, and the spread of values."""
    items, seeds = values.shape
    centre, of_items, of_seeds = values.mean(), values.mean(axis=1, keepdims=True), values.mean(axis=0, keepdims=True)
    degrees = {"items": items - 1, "seeds": seeds - 1, "rest": (items - 1) * (seeds - 1)}
    squares = {
        "items": seeds * float(((of_items - centre) ** 2).sum()) / degrees["items"],
        "seeds": items * float(((of_seeds - centre) ** 2).sum()) / degrees["seeds"],
        "rest": float(((values - of_items - of_seeds + centre) ** 2).sum()) / degrees["rest"],
    }
    # A component that the mean squares make negative is 0, and then counts for nothing.
    signs = {kind: float(squares[kind] > squares["rest"]) for kind in ("items", "seeds")}
    signs["rest"] = 1 - sum(signs.values())
    total = sum(signs[kind] * squares[kind] for kind in squares)
    freedom = total**2 / sum((signs[kind] * squares[kind]) ** 2 / degrees[kind] for kind in squares)
    spread = Spread(
        sqrt(max(squares["items"] - squares["rest"], 0) / seeds),
        sqrt(max(squares["seeds"] - squares["rest"], 0) / items),
        sqrt(squares["rest"]),
    )
    return total / values.size, freedom, spread


def _bca(values: np.ndarray, bounds: tuple[float, float] | None, bootstrap: Bootstrap) -> Estimate:
    """The BCa interval over items; the percentile interval where too few of them differ for a correction."""
    from scipy.stats import bootstrap as resampled

    found = resampled(
        (values,),
        np.mean,
        n_resamples=bootstrap.resamples,
        batch=1000,
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=np.random.default_rng(derive(bootstrap.seed, "items")),
    ).confidence_interval
    if not np.isfinite([found.low, found.high]).all():
        return bootstrap.mean(values[:, None], bounds)
    return Estimate(float(values.mean()), float(found.low), float(found.high), values.size)
