"""Input files: what their paths say (.../<stage>/<experiment>/<method>/seed<n>.jsonl) and their records as arrays."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.synthetic import CATEGORIES


@dataclass(frozen=True)
class Source:
    """A file and what its path says of it."""

    path: Path
    stage: str
    experiment: str
    method: str
    seed: int


def source(path: str | Path, stages: Iterable[str]) -> Source:
    """Read stage, experiment, method (or TEST-vs-BASELINE) and seed off a path."""
    path = Path(path)
    name = re.fullmatch(r"seed(\d+)\.\w+", path.name)
    if len(path.parts) < 4 or not name or path.parts[-4] not in stages:
        raise InputError(f"{path}: expected a path that ends in {' or '.join(stages)}/<experiment>/<method>/seed<n>")
    return Source(path, path.parts[-4], path.parts[-3], path.parts[-2], int(name[1]))


def load(
    sources: Iterable[Source], required: Iterable[str], read: Callable[[Path, Iterable[str]], list[dict]] = read_jsonl
) -> dict[tuple[str, str], dict[int, list[dict]]]:
    """Records by (experiment, method) and seed, in the order of the sources, as `read` reads each file."""
    loaded: dict = {}
    for one in sources:
        seeds = loaded.setdefault((one.experiment, one.method), {})
        if one.seed in seeds:
            raise InputError(f"{one.path}: seed {one.seed} of {one.method} ({one.experiment}) was given twice")
        seeds[one.seed] = read(one.path, required)
    return loaded


def joined(loaded: dict) -> dict[tuple[str, str], dict[int, list[dict]]]:
    """The same with METHOD.POINT, the parts of a soup, one for each vector, as one METHOD."""
    found: dict = {}
    for (experiment, method), seeds in loaded.items():
        whole = found.setdefault((experiment, method.partition(".")[0]), {})
        for seed, records in seeds.items():
            whole.setdefault(seed, []).extend(records)
    return found


def with_prompts(
    paths: list[str], required: Iterable[str], read_prompts: Callable[[Path], dict[str, dict]]
) -> Iterator[tuple[str, str, dict[int, list[dict]], dict[str, dict]]]:
    """Experiment, method, its answers by seed, and the benchmark prompts by id, as `read_prompts` reads them.

    paths: of responses or solutions, and of the benchmark prompts of each experiment. required: fields of an answer.
    """
    prompts = [path for path in map(Path, paths) if path.parts[-3:-2] == ("prompts",)]
    asked = {path.parts[-2]: read_prompts(path) for path in prompts}
    answers = load((source(path, ("responses", "solutions")) for path in paths if Path(path) not in prompts), required)
    for (experiment, method), seeds in joined(answers).items():
        if experiment not in asked:
            raise InputError(f"answers of {method}: prompts/{experiment}/benchmark.jsonl is not given")
        answered = (record["prompt_id"] for records in seeds.values() for record in records)
        if unknown := [prompt for prompt in answered if prompt not in asked[experiment]]:
            raise InputError(
                f"answers of {method} ({experiment}): the prompt {unknown[0]!r} is none of the benchmark prompts"
            )
        yield experiment, method, seeds, asked[experiment]


def temperatures(seeds: dict[int, list[dict]]) -> list[float]:
    """The temperatures that occur, from low to high."""
    return sorted({record["temperature"] for records in seeds.values() for record in records})


def at_temperature(seeds: dict[int, list[dict]], temperature: float, axis: str | None = None) -> dict[int, list[dict]]:
    """The records of each seed at this temperature; of verdicts those on this axis."""
    return {
        seed: [r for r in records if r["temperature"] == temperature and (axis is None or r["axis"] == axis)]
        for seed, records in seeds.items()
    }


class ItemTable:
    """Records laid out by item (rows, in order of appearance) and seed (columns)."""

    def __init__(self, seeds: dict[int, Iterable[dict]], key: str = "prompt_id", what: str = "records"):
        self.seeds = sorted(seeds)
        self.cells: dict[tuple[str, int], dict] = {}
        self.items: dict[str, str] = {}  # item -> category
        for seed in self.seeds:
            for record in seeds[seed]:
                if (record[key], seed) in self.cells:
                    raise InputError(f"{what}, seed {seed}: {key} {record[key]!r} occurs twice")
                self.cells[record[key], seed] = record
                self.items.setdefault(record[key], record.get("category", ""))

    def values(self, get: Callable[[dict], float | None]) -> np.ndarray:
        """get(record) as an array [items, seeds], nan where there is no record or get gives None."""
        array = np.full((len(self.items), len(self.seeds)), np.nan)
        columns = {seed: column for column, seed in enumerate(self.seeds)}
        rows = {item: row for row, item in enumerate(self.items)}
        for (item, seed), record in self.cells.items():
            value = get(record)
            if value is not None:
                array[rows[item], columns[seed]] = value
        return array

    def groups(self) -> list[tuple[str, np.ndarray]]:
        """("all", every row), then each category that occurs and its rows; those not in CATEGORIES come last."""
        categories = np.array(list(self.items.values()), dtype=object)
        ranked = [category for category in CATEGORIES if category in categories]
        ranked += [category for category in dict.fromkeys(categories) if category and category not in ranked]
        everything = np.ones(len(categories), bool)
        return [("all", everything)] + [(category, categories == category) for category in ranked]


def difference(test: dict[int, list[dict]], baseline: dict[int, list[dict]], field: str) -> dict[int, list[dict]]:
    """For every seed and prompt in both, a record with test's `field` minus baseline's; None where either is."""
    paired = {}
    for seed in sorted(test.keys() & baseline.keys()):
        other = {record["prompt_id"]: record[field] for record in baseline[seed]}
        paired[seed] = [
            {
                "prompt_id": record["prompt_id"],
                "category": record["category"],
                "difference": None
                if record[field] is None or other[record["prompt_id"]] is None
                else float(record[field]) - float(other[record["prompt_id"]]),
            }
            for record in test[seed]
            if record["prompt_id"] in other
        ]
    return paired
