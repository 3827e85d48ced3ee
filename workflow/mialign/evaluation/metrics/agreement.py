"""How far two judges agree on the same answers, and how often a judge decides for the longer one."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from mialign.core.errors import InputError
from mialign.evaluation.judge import AXES
from mialign.evaluation.judge.settings import MAIN, whose_verdicts
from mialign.evaluation.metrics.records import source
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.metrics.verdict_files import load_verdicts
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.judges import kappa
from mialign.evaluation.statistics.rates import Estimate

COLUMNS = ("experiment", "judge", "other", "axis", "temperature", "metric", *ESTIMATE)


def rows(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    """Rows from verdict files; those of a further judge lie in verdicts/<experiment>.<judge>/, of the main one in
    verdicts/<experiment>/, whose name is "judge". An experiment with one judge alone has none.

    Per experiment, two judges, axis and temperature, over all comparisons and seeds: agreement (verdicts on which both
    say the same, %), kappa (Cohen's, no interval), both of what both have judged validly, which is n; and invalid (how
    many verdicts are not so; n is of all that both have).
    Per judge (with no other): longer (of its verdicts that name a response, where one is longer than the other, those
    that name the longer one, %). The better response may be the longer one, so a fair judge need not have 50.
    """
    loaded = load_verdicts(source(path, ("verdicts",)) for path in paths)
    experiments: dict[str, dict[str, dict]] = {}
    for (folder, pair), seeds in loaded.items():
        experiment, judge = whose_verdicts(folder)
        judged = experiments.setdefault(experiment, {}).setdefault(judge, {})
        judged |= _by_item(f"verdicts/{folder}/{pair}", pair, seeds)
    for experiment, judged in experiments.items():
        for one, other in combinations(judged, 2):
            yield from _pair_rows(experiment, one, other, judged, bootstrap)
        if judged.keys() - {MAIN}:
            for judge, records in judged.items():
                yield from _length_rows(experiment, judge, records, bootstrap)


def _by_item(where: str, pair: str, seeds: dict[int, list[dict]]) -> dict[tuple, dict]:
    """Record by (temperature, axis, prompt, seed, comparison)."""
    found = {}
    for seed, records in seeds.items():
        for record in records:
            key = (record["temperature"], record["axis"], record["prompt_id"], seed, pair)
            if key in found:
                raise InputError(
                    f"{where}/seed{seed}.jsonl: {record['prompt_id']!r} is judged twice on {record['axis']}"
                )
            found[key] = record
    return found


def _pair_rows(experiment: str, one: str, other: str, judged: dict, bootstrap: Bootstrap) -> Iterator[dict]:
    shared = [key for key in judged[one] if key in judged[other]]
    for axis in AXES:
        for temperature in sorted({key[0] for key in shared}):
            keys = [key for key in shared if key[:2] == (temperature, axis)]
            pairs = [(judged[one][key]["verdict"], judged[other][key]["verdict"]) for key in keys]
            about = dict(zip(COLUMNS, (experiment, one, other, axis, temperature), strict=False))
            for metric, estimate in _estimates(keys, pairs, bootstrap) if keys else ():
                yield about | {"metric": metric} | estimate._asdict()


def _estimates(keys: list[tuple], pairs: list[tuple[str, str]], bootstrap: Bootstrap) -> Iterator[tuple[str, Estimate]]:
    same = [None if "invalid" in pair else pair[0] == pair[1] for pair in pairs]
    valid = [pair for pair in pairs if "invalid" not in pair]
    yield "agreement", _share(keys, same, bootstrap)
    yield "kappa", Estimate(kappa(valid), None, None, len(valid))
    yield "invalid", Estimate(len(pairs) - len(valid), None, None, len(pairs))


def _length_rows(experiment: str, judge: str, records: dict[tuple, dict], bootstrap: Bootstrap) -> Iterator[dict]:
    for axis in AXES:
        for temperature in sorted({key[0] for key in records if key[1] == axis}):
            keys = [key for key in records if key[:2] == (temperature, axis)]
            about = dict(zip(COLUMNS, (experiment, judge, "", axis, temperature), strict=False))
            longer = _share(keys, [_names_longer(records[key]) for key in keys], bootstrap)
            yield about | {"metric": "longer"} | longer._asdict()


def _names_longer(record: dict) -> bool | None:
    """Whether a verdict names the longer response; None where it names neither, or both are as long."""
    test, baseline = record["test_tokens"], record["baseline_tokens"]
    if record["verdict"] not in ("test", "baseline") or test == baseline:
        return None
    return (record["verdict"] == "test") == (test > baseline)


def _share(keys: list[tuple], hits: list[bool | None], bootstrap: Bootstrap) -> Estimate:
    """The share of hits, %, without those that count for nothing (None).

    The bootstrap draws prompts, each with all its comparisons, and seeds.
    """
    prompts = {prompt: row for row, prompt in enumerate(dict.fromkeys(key[2] for key in keys))}
    seeds = sorted({key[3] for key in keys})
    above, below = np.zeros((2, len(prompts), len(seeds)))
    for (_, _, prompt, seed, _), hit in zip(keys, hits, strict=True):
        if hit is not None:
            above[prompts[prompt], seeds.index(seed)] += hit
            below[prompts[prompt], seeds.index(seed)] += 1
    return bootstrap.ratio(above, below, bounds=(0, 1)).scaled(100)
