"""How far the order of two responses decides what a judge says: its flip rate and its position bias."""

from collections.abc import Iterator

import numpy as np

from mialign.core.errors import InputError
from mialign.evaluation.judge import AXES
from mialign.evaluation.judge.settings import whose_verdicts
from mialign.evaluation.metrics.records import at_temperature, source, temperatures
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.metrics.verdict_files import load_verdicts
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.judges import CHOICES, changed, chose_first

COLUMNS = ("experiment", "judge", "axis", "temperature", "metric", *ESTIMATE)
NAMED = (*CHOICES, "tie", None)


def rows(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    """Rows from the verdict files of judges that read texts; where they lie says which judge it is (see agreement).

    Per experiment, judge, axis and temperature, over all comparisons and seeds: changed (of the pairs of responses that
    were read in both orders, with two usable answers, those whose winner changes with the order, %), and first (of the
    answers that choose a response, those that choose the one that stood first, %). The bootstrap draws prompts, each
    with all its comparisons, and seeds; with one comparison and one seed the interval of `changed` is Wilson's.
    """
    loaded = load_verdicts(source(path, ("verdicts",)) for path in paths)
    judged: dict[tuple, dict[int, list[dict]]] = {}
    for (folder, pair), seeds in loaded.items():
        for seed, records in seeds.items():
            of_judge = judged.setdefault(whose_verdicts(folder), {}).setdefault(seed, [])
            of_judge += _read(f"verdicts/{folder}/{pair}/seed{seed}.jsonl", records)
    for (experiment, judge), seeds in judged.items():
        for axis in AXES:
            for temperature in temperatures(seeds):
                about = dict(zip(COLUMNS, (experiment, judge, axis, temperature), strict=False))
                here = at_temperature(seeds, temperature, axis)
                if any(here.values()):
                    counts = _counts(here)
                    yield about | {"metric": "changed"} | _share(counts[:2], bootstrap, proportion=True)
                    yield about | {"metric": "first"} | _share(counts[2:], bootstrap, proportion=False)


def _read(where: str, records: list[dict]) -> list[dict]:
    """The records that tell what was asked and answered; InputError where that is no such thing."""
    found = [record for record in records if "answers" in record]
    for record in found:
        first, winners = record.get("first"), record.get("winners")
        if winners is None:
            raise InputError(
                f"{where}: {record['prompt_id']!r} has no 'winners'; an earlier version wrote it. Delete the file and "
                "run the workflow again; answers of a server are kept and not paid for twice"
            )
        if not first or len(first) != len(winners) or not {*first} <= {*CHOICES} or not {*winners} <= {*NAMED}:
            raise InputError(f"{where}: {record['prompt_id']!r}: first {first!r} and winners {winners!r} do not fit")
    return found


def _counts(seeds: dict[int, list[dict]]) -> np.ndarray:
    """Of each prompt and seed: items changed, items read in both orders, answers for the first, answers that choose."""
    prompts = dict.fromkeys(record["prompt_id"] for records in seeds.values() for record in records)
    places = {prompt: place for place, prompt in enumerate(prompts)}
    counts = np.zeros((4, len(places), len(seeds)))
    for column, seed in enumerate(sorted(seeds)):
        for record in seeds[seed]:
            said = record["first"], record["winners"]
            flip = changed(*said)
            counts[:, places[record["prompt_id"]], column] += bool(flip), flip is not None, *chose_first(*said)
    return counts


def _share(counts: np.ndarray, bootstrap: Bootstrap, proportion: bool) -> dict:
    return bootstrap.ratio(*counts, bounds=(0, 1), proportion=proportion).scaled(100)._asdict()
