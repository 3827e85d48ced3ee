"""How far two judges agree on the same answers."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from mialign.core.errors import InputError
from mialign.evaluation.metrics.comparisons import AXES, POINTS
from mialign.evaluation.metrics.records import load, source
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.judges import kappa
from mialign.evaluation.statistics.rates import Estimate

COLUMNS = ("experiment", "judge", "other", "axis", "temperature", "metric", *ESTIMATE)
SETTINGS: set[str] = set()


def rows(paths: list[str], settings: dict, bootstrap: Bootstrap) -> Iterator[dict]:
    """Rows from verdict files; those of a further judge lie in verdicts/<experiment>.<judge>/, of the main one in
    verdicts/<experiment>/, whose name is "judge".

    Per experiment, two judges, axis and temperature, over all comparisons and seeds: agreement (verdicts on which both
    say the same, %), kappa (Cohen's, no interval), both of what both have judged validly, which is n; and invalid (how
    many verdicts are not so; n is of all that both have).
    """
    loaded = load((source(path, ("verdicts",)) for path in paths), ("prompt_id", "temperature", "axis", "verdict"))
    experiments: dict[str, dict[str, dict]] = {}
    for (folder, pair), seeds in loaded.items():
        experiment, _, judge = folder.partition(".")
        judged = experiments.setdefault(experiment, {}).setdefault(judge or "judge", {})
        judged |= _by_item(f"verdicts/{folder}/{pair}", pair, seeds)
    for experiment, judged in experiments.items():
        for one, other in combinations(judged, 2):
            yield from _pair_rows(experiment, one, other, judged, bootstrap)


def _by_item(where: str, pair: str, seeds: dict[int, list[dict]]) -> dict[tuple, str]:
    """Verdict by (temperature, axis, prompt, seed, comparison)."""
    found = {}
    for seed, records in seeds.items():
        for record in records:
            key = (record["temperature"], record["axis"], record["prompt_id"], seed, pair)
            if key in found:
                raise InputError(
                    f"{where}/seed{seed}.jsonl: {record['prompt_id']!r} is judged twice on {record['axis']}"
                )
            if record["verdict"] not in POINTS:
                raise InputError(f"{where}/seed{seed}.jsonl: {record['verdict']!r} is not one of {', '.join(POINTS)}")
            found[key] = record["verdict"]
    return found


def _pair_rows(experiment: str, one: str, other: str, judged: dict, bootstrap: Bootstrap) -> Iterator[dict]:
    shared = [key for key in judged[one] if key in judged[other]]
    for axis in AXES:
        for temperature in sorted({key[0] for key in shared}):
            keys = [key for key in shared if key[:2] == (temperature, axis)]
            pairs = [(judged[one][key], judged[other][key]) for key in keys]
            about = dict(zip(COLUMNS, (experiment, one, other, axis, temperature), strict=False))
            for metric, estimate in _estimates(keys, pairs, bootstrap) if keys else ():
                yield about | {"metric": metric} | estimate._asdict()


def _estimates(keys: list[tuple], pairs: list[tuple[str, str]], bootstrap: Bootstrap) -> Iterator[tuple[str, Estimate]]:
    """The bootstrap draws prompts, each with all its comparisons, and seeds."""
    prompts = {prompt: row for row, prompt in enumerate(dict.fromkeys(key[2] for key in keys))}
    seeds = sorted({key[3] for key in keys})
    same, counted = np.zeros((2, len(prompts), len(seeds)))
    for (_, _, prompt, seed, _), pair in zip(keys, pairs, strict=True):
        if "invalid" not in pair:
            same[prompts[prompt], seeds.index(seed)] += pair[0] == pair[1]
            counted[prompts[prompt], seeds.index(seed)] += 1
    valid = [pair for pair in pairs if "invalid" not in pair]
    yield "agreement", bootstrap.ratio(same, counted, bounds=(0, 1)).scaled(100)
    yield "kappa", Estimate(kappa(valid), None, None, len(valid))
    yield "invalid", Estimate(len(pairs) - len(valid), None, None, len(pairs))
