"""How many items a claim needs, and what can be shown with those that there are.

Throughout, `difference` is what is to be shown (the mean less what it would be without an effect) and `sd` the standard
deviation of one item, both in the same units; tests are two-sided.
"""

from bisect import bisect_left
from math import ceil, hypot, inf, log, sqrt

LEVEL = 0.05  # of significance
MOST = 10**9  # items that a sequence is followed for
POWERS = (0.8, 0.95)  # for which items and seeds are counted


def multiplier(power: float) -> float:
    """z_{1 - LEVEL/2} + z_power: the standard errors that a difference must be worth to be found so often."""
    from scipy.stats import norm

    return float(norm.ppf(1 - LEVEL / 2) + norm.ppf(power))


def few(seeds: int) -> float:
    """How many times as wide as a normal interval Student's is, with a variance from so few seeds; 1 for one."""
    from scipy.stats import norm, t

    return float(t.ppf(1 - LEVEL / 2, seeds - 1) / norm.ppf(1 - LEVEL / 2)) if seeds > 1 else 1.0


def of_items_and_seeds(items: float, seeds: float | None, rest: float | None, number: int) -> tuple[float, float]:
    """What `number` seeds make of standard deviations of items, of seeds and of the rest (None: not known, one seed).

    The standard deviation of an item's mean over seeds, and the variance of the mean that more items do not reduce, as
    large as Student's interval counts it.
    """
    return hypot(items, (rest or 0.0) / sqrt(number)), ((seeds or 0.0) * few(number)) ** 2 / number


def items_needed(difference: float, sd: float, power: float, fixed: float = 0.0) -> float:
    """Items with which a difference is found with this power: n = sd^2 / ((difference / multiplier)^2 - fixed).

    `fixed` is a variance of the mean that more items do not reduce, as that of few seeds; inf if it alone is too much.
    """
    left = (difference / multiplier(power)) ** 2 - fixed
    return max(1, ceil(round(sd**2 / left, 9))) if left > 0 else inf


def items_for_none(margin: float, sd: float, power: float, fixed: float = 0.0) -> float:
    """Items with which an interval lies within `margin` of no effect so often, where there is none:

    n = sd^2 / ((margin / (z_{1 - LEVEL/2} + z_{(1 + power)/2}))^2 - fixed), `fixed` as in items_needed.
    """
    return items_needed(margin, sd, (1 + power) / 2, fixed)


def least_difference(items: int, sd: float, power: float) -> float:
    """The smallest difference that so many items show with this power: multiplier sd / sqrt(items)."""
    return multiplier(power) * sd / sqrt(items)


def power_of(difference: float, sd: float, items: int) -> float:
    """The chance that a difference is found, in either direction, with so many items."""
    from scipy.stats import norm

    z, shift = norm.ppf(1 - LEVEL / 2), abs(difference) * sqrt(items) / sd
    return float(norm.sf(z - shift) + norm.cdf(-z - shift))


def seeds_needed(difference: float, sd: float, power: float) -> float:
    """Seeds with which a difference is found with any number of items, where seeds alone vary by sd.

    By Student's t with seeds - 1 degrees of freedom, since sd is as unknown as the mean; at least 2.
    """
    from scipy.stats import nct, t

    if difference == 0:
        return inf
    for seeds in range(2, 10_001):
        edge, shift = t.ppf(1 - LEVEL / 2, seeds - 1), abs(difference) * sqrt(seeds) / sd if sd else inf
        if shift == inf or nct.sf(edge, seeds - 1, shift) >= power:
            return seeds
    return inf


def seeds_for_none(margin: float, sd: float, power: float) -> float:
    """Seeds with which Student's interval lies within `margin` of no effect at least so often, where there is none.

    Each end lies within it with the chance (1 + power) / 2, so that both do with `power` however they go together.
    """
    return seeds_needed(margin, sd, (1 + power) / 2)


def sequential_half_width(items: int, sd: float, tuned: int) -> float:
    """Half the width of a confidence sequence: it may be looked at after every item, and holds at all of them at once.

    sd sqrt(2 (n r^2 + 1) / (n r)^2 log(sqrt(n r^2 + 1) / LEVEL)), where r makes it narrow about `tuned` items
    (Waudby-Smith et al. 2024, Annals of Statistics 52, 2613-2640; asymptotic in n).
    """
    r2 = (-2 * log(LEVEL) + log(-2 * log(LEVEL) + 1)) / tuned
    return sd * sqrt(2 * (items * r2 + 1) / (items**2 * r2) * log(sqrt(items * r2 + 1) / LEVEL))


def sequential_items(difference: float, sd: float, tuned: int, fixed: float = 0.0) -> float:
    """Items after which a confidence sequence about `difference` leaves out 0; inf if that takes more than MOST.

    `fixed` is as in items_needed; what it leaves of the difference is sqrt(difference^2 - z^2 fixed).
    """
    from scipy.stats import norm

    left = difference**2 - float(norm.ppf(1 - LEVEL / 2)) ** 2 * fixed
    if left <= 0 or sequential_half_width(MOST, sd, tuned) ** 2 > left:
        return inf
    # The width falls with every item.
    return 1 + bisect_left(range(1, MOST), True, key=lambda items: sequential_half_width(items, sd, tuned) ** 2 <= left)
