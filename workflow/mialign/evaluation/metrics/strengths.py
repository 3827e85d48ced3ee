"""One scale for all methods of an experiment: Bradley-Terry strengths from comparisons of pairs of them."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from mialign.core.errors import InputError
from mialign.evaluation.common_scale import BASE, not_linked_to_base
from mialign.evaluation.judge import AXES, COMPARED
from mialign.evaluation.judge.checker_judge import Checkers
from mialign.evaluation.judge.verdicts import make_cases, verdict_records
from mialign.evaluation.metrics.records import load, source, temperatures
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.metrics.verdict_files import load_verdicts
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.bradley_terry import strengths
from mialign.evaluation.statistics.rates import CONFIDENCE, Estimate
from mialign.evaluation.statistics.win_points import POINTS

COLUMNS = ("experiment", "method", "axis", "temperature", "metric", *ESTIMATE)
SCORED = ("prompt_id", "category", "temperature", "tokens", *COMPARED.values())


def rows(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    """Rows of strength, the log odds of winning against the base, of every method that is compared.

    paths: of scores where the checkers judge, which costs nothing, so that all pairs of methods are compared; of
    verdicts for any other judge.
    Ties are half a win for each; invalid verdicts do not count. n is the number of verdicts on the method. An item is
    drawn with all its comparisons and seeds. A method that always wins against those that lead to the base, or always
    loses, has no finite strength: its value is empty. So is an end of an interval beyond which the data set no bound,
    and the interval of a strength that is the same in all resamples.
    """
    experiments: dict[str, dict[tuple[str, str], dict]] = {}
    sources = [source(path, ("scores", "verdicts")) for path in paths]
    verdicts = load_verdicts(one for one in sources if one.stage == "verdicts")
    for (experiment, pair), seeds in verdicts.items():
        test, _, baseline = pair.partition("-vs-")
        experiments.setdefault(experiment, {})[test, baseline] = seeds
    scores = load((one for one in sources if one.stage == "scores"), SCORED)
    for experiment in dict.fromkeys(experiment for experiment, _ in scores):
        own = {name: seeds for (title, name), seeds in scores.items() if title == experiment}
        experiments[experiment] = _all_pairs(experiment, own)
    for experiment, compared in experiments.items():
        methods = _methods(experiment, compared)
        for axis in AXES:
            for temperature in sorted({one for seeds in compared.values() for one in temperatures(seeds)}):
                won = _won(compared, axis, temperature)
                if not won.any():
                    continue
                about = dict(zip(COLUMNS, (experiment, None, axis, temperature, "strength"), strict=False))
                for method, estimate in zip(methods, _estimates(methods, compared, won, bootstrap), strict=True):
                    yield about | {"method": method} | estimate._asdict()


def _all_pairs(experiment: str, methods: dict[str, dict[int, list[dict]]]) -> dict[tuple[str, str], dict]:
    """Verdicts of the checkers on every pair of methods, by seed; InputError if two do not answer the same prompts."""
    found: dict[tuple[str, str], dict[int, list[dict]]] = {}
    for baseline, test in combinations(methods, 2):
        for seed, own in methods[test].items():
            prompts = [{"id": one["prompt_id"]} for one in own]
            try:
                cases = make_cases(own, methods[baseline].get(seed, []), prompts)
            except InputError as error:
                raise InputError(f"scores/{experiment}: {test} against {baseline}, seed {seed}: {error}") from None
            found.setdefault((test, baseline), {})[seed] = verdict_records(cases, Checkers())
    return found


def _methods(experiment: str, compared: dict) -> list[str]:
    """The base, and the methods in the order of the comparisons; InputError for one that no comparison leads to."""
    if unlinked := not_linked_to_base(compared):
        raise InputError(
            f"verdicts/{experiment}: no comparison leads from base to {', '.join(unlinked)}, so there is no common "
            f"scale; add one under comparisons of {experiment}, for instance [{unlinked[0]}, base]"
        )
    return list(dict.fromkeys([BASE, *(name for pair in compared for name in pair)]))


def _won(compared: dict, axis: str, temperature: float) -> np.ndarray:
    """Points of the test and of the baseline of each comparison, [items, seeds, comparisons, 2]."""
    records = [
        (place, seed, record)
        for place, seeds in enumerate(compared.values())
        for seed, own in seeds.items()
        for record in own
        if (record["axis"], record["temperature"]) == (axis, temperature)
    ]
    items = {item: row for row, item in enumerate(dict.fromkeys(record["prompt_id"] for _, _, record in records))}
    columns = {seed: column for column, seed in enumerate(sorted({seed for _, seed, _ in records}))}
    won = np.zeros((len(items), len(columns), len(compared), 2))
    for place, seed, record in records:
        points = POINTS[record["verdict"]]
        if points is not None:
            won[items[record["prompt_id"]], columns[seed], place] = points, 1 - points
    return won


def _estimates(methods: list[str], compared: dict, won: np.ndarray, bootstrap: Bootstrap) -> list[Estimate]:
    places = [(methods.index(test), methods.index(baseline)) for test, baseline in compared]
    points = _square(won.sum((0, 1)), places, len(methods))
    drawn = bootstrap.sums(won.reshape(*won.shape[:2], -1)).reshape(-1, len(places), 2)
    replicates = strengths(_square(drawn, places, len(methods)))
    counts = (points + points.T).sum(axis=1)
    return [
        Estimate(_finite(value), *_interval(of_method), round(count))
        for value, of_method, count in zip(strengths(points), replicates.T, counts, strict=True)
    ]


def _square(won: np.ndarray, places: list[tuple[int, int]], size: int) -> np.ndarray:
    """Points [..., comparisons, 2] as [..., methods, methods], of the first over the second."""
    square = np.zeros((*won.shape[:-2], size, size))
    for place, (test, baseline) in enumerate(places):
        square[..., test, baseline] += won[..., place, 0]
        square[..., baseline, test] += won[..., place, 1]
    return square


def _interval(replicates: np.ndarray) -> tuple[float | None, float | None]:
    """The central percentile interval, also of replicates that are infinite."""
    known = np.round(replicates[~np.isnan(replicates)], 12)
    if not known.size or known.min() == known.max():
        return None, None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(known, [tail, 1 - tail], method="inverted_cdf")
    return _finite(low), _finite(high)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
