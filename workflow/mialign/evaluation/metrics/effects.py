"""Effects with seeds as a random effect, what they vary by, and how many more questions would decide each."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import combinations
from types import MappingProxyType

import numpy as np

from mialign.evaluation.metrics import accuracy
from mialign.evaluation.metrics.records import source
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.metrics.verdict_files import compared, load_verdicts
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import Effect, effect
from mialign.evaluation.statistics.length_control import length_controlled
from mialign.evaluation.statistics.power import POWERS, items_needed, of_items_and_seeds, seeds_needed, sequential_items
from mialign.evaluation.statistics.rates import Estimate
from mialign.evaluation.statistics.win_points import POINTS

COLUMNS = (
    *("experiment", "method", "baseline", "axis", "attempts", "extractor", "temperature", "metric"),
    *ESTIMATE,
    "judge",
)


def rows(
    paths: list[str], bootstrap: Bootstrap, *, attempts: Mapping[str, list[int]] = MappingProxyType({})
) -> Iterator[dict]:
    """Rows from verdict and attempt files.

    Per comparison, axis and temperature win_rate (%), and per two methods, extractor and number of attempts (of
    attempts[experiment]) difference (accuracy of the one less that of the other, which is the earlier in
    the order of the inputs, points). Both are `effect`, over the items that every seed has a value of; beside each
    p, items and seeds (counts), sd_items, sd_seeds and sd_rest (points; with one seed sd_items alone).
    If the effect is what it seems to be: needed_80 and needed_95, the questions with which so many runs in a hundred
    show it, sequential, the questions after which a confidence sequence leaves out that there is none, and seeds_80
    and seeds_95, the seeds with which so many show it with any number of questions. Without a value, no number is
    enough; where there is no effect, or seeds do not differ, there is no row. Of win rates also win_rate_equal_length
    (%). Which judge's verdicts count on an axis, and are named, is as in comparisons.csv.
    """
    yield from _comparisons([path for path in paths if "verdicts" in str(path).split("/")[-4:-3]], bootstrap)
    yield from _gains([path for path in paths if "attempts" in str(path).split("/")[-4:-3]], attempts, bootstrap)


def _comparisons(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    for about, table in compared(load_verdicts(source(path, ("verdicts",)) for path in paths)):
        points = table.values(lambda record: POINTS[record["verdict"]])
        longer = table.values(lambda record: record["test_tokens"] - record["baseline_tokens"])
        whole = ~np.isnan(points).any(axis=1)
        if not whole.any():
            continue
        yield from _rows(about, "win_rate", points[whole], 0.5, (0, 1), bootstrap)
        found = length_controlled(points[whole], longer[whole], bootstrap)
        if found is not None:
            yield about | {"metric": "win_rate_equal_length"} | found.scaled(100)._asdict()


def _gains(paths: list[str], numbers: dict[str, list[int]], bootstrap: Bootstrap) -> Iterator[dict]:
    tables = accuracy.by_method(paths)
    for (experiment, baseline), (other, method) in combinations(tables, 2):
        if experiment != other:
            continue
        theirs, mine = tables[experiment, baseline], tables[experiment, method]
        for temperature in theirs.keys() & mine.keys():
            pair = mine[temperature], theirs[temperature]
            for attempts in sorted(numbers[experiment]):
                if attempts > min(one.number for one in pair):
                    continue
                for extractor in pair[0].extractors:
                    keys = {"experiment": experiment, "method": method, "baseline": baseline, "attempts": attempts}
                    keys |= {"extractor": extractor, "temperature": temperature}
                    values = accuracy.gains(*pair, extractor, attempts)
                    if not values.size:  # no question that both have answered
                        continue
                    yield from _rows(keys, "difference", values, 0.0, (-1, 1), bootstrap)


def _rows(
    keys: dict, metric: str, values: np.ndarray, null: float, bounds: tuple[float, float], bootstrap: Bootstrap
) -> Iterator[dict]:
    found = effect(values, null, bounds, bootstrap)
    yield keys | {"metric": metric} | found.estimate.scaled(100)._asdict()
    items, seeds = values.shape
    more = {"p": found.p, "items": items, "seeds": seeds}
    more |= {f"sd_{kind}": None if sd is None else 100 * sd for kind, sd in asdict(found.spread).items()}
    for name, value in (more | _needed(found, null, items, seeds)).items():
        yield keys | {"metric": name} | Estimate(value, None, None, found.estimate.n)._asdict()


def _needed(found: Effect, null: float, items: int, seeds: int) -> dict[str, float | None]:
    """What would show the effect, if it is as large as it seems and varies as here."""
    difference, spread = found.estimate.value - null, found.spread
    of_item, fixed = of_items_and_seeds(spread.items, spread.seeds, spread.rest, seeds)
    needed = {}
    if difference and of_item:
        needed = {f"needed_{power * 100:.0f}": items_needed(difference, of_item, power, fixed) for power in POWERS}
        needed["sequential"] = sequential_items(difference, of_item, items, fixed)
    if difference and spread.seeds:
        needed |= {f"seeds_{power * 100:.0f}": seeds_needed(difference, spread.seeds, power) for power in POWERS}
    return {name: value if np.isfinite(value) else None for name, value in needed.items()}
