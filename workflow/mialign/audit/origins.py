"""From the origin that numbers.csv gives of a macro to the rows of a table, and to the files that these count."""

import re
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

from mialign.audit.lineage import Lineage
from mialign.core.csv_files import cell_text, rows
from mialign.core.macro_names import key

_FILE = re.compile(r"^(?P<file>[\w./-]+\.csv)(?: \((?P<source>.*)\))?(?:: (?P<about>.*))?$")


@cache  # a Lineage is what a folder was when it was read
def macros(lineage: Lineage) -> dict[str, dict]:
    """The rows of paper/numbers.csv by name: text, origin, used and setting. Empty where there is no such file."""
    path = lineage.folder / "paper/numbers.csv"
    return {row["name"]: row for row in rows(path, ("name", "text", "origin"))} if path.is_file() else {}


class KeyedTable:
    """A table whose rows are found by their key, or else by words that stand in their cells."""

    def __init__(self, path: Path):
        self.rows = rows(path) if path.is_file() else []
        self._keyed: dict[str, list[dict]] = {}
        for row in self.rows:
            self._keyed.setdefault(key(row), []).append(row)

    @cached_property
    def _words(self) -> list[set[str]]:
        return [{cell_text(cell) for cell in row.values()} for row in self.rows]

    def about(self, text: str) -> list[dict]:
        """The rows that the end of an origin is about: KEY, or some words, and then perhaps notes after commas."""
        head, *notes = text.split(", ")
        exact = self._keyed.get(head, []) if text else []
        if exact and "by category" in notes:
            same = {name: exact[0].get(name) for name in _KEYS}
            return [row for row in self.rows if same.items() <= row.items() and row["category"] != exact[0]["category"]]
        words = set(head.split())
        found = exact or [row for row, own in zip(self.rows, self._words, strict=True) if words and words <= own]
        steps = [float(note.removeprefix("step ")) for note in notes if note.startswith("step ")]
        return [row for row in found if row.get("step") == steps[0]] if steps else found


class Origins:
    """Reads the tables of one results folder, each once."""

    def __init__(self, lineage: Lineage):
        self.lineage = lineage
        self.table = cache(KeyedTable)
        self.find = cache(self._find)

    def _find(self, origin: str) -> tuple[list[str], list[dict]]:
        """The files that an origin names, as jobs know them, and the rows in them; of settings there are none."""
        told = _FILE.match(origin)
        if told is None:
            return [], []
        files, found = self._files(told["file"]), []
        for name in files:
            table = self.table(self.lineage.place(name)).about(told["about"] or "")
            found += [row for row in table if told["source"] in (None, row.get("source"))]
        return files, found

    def _files(self, shown: str) -> list[str]:
        """Of a set that each seed has of its own, those of all seeds; published values are not in the folder."""
        name = f"{self.lineage.run}/{shown}"
        if self.lineage.place(name).is_file():
            return [name]
        numbers = self.lineage.maker(f"{self.lineage.run}/paper/numbers.csv")
        stem, _, ending = shown.partition(".")
        return [
            name
            for name in (numbers or {"inputs": ()})["inputs"]
            if name.endswith(f"/{shown}") or (f"/{stem}/seed" in name and name.endswith(f".{ending}"))
        ]


_KEYS = ("experiment", "method", "baseline", "axis", "temperature", "metric")


origins_of = cache(Origins)


def counted(job: dict, found: list[dict]) -> list[str]:
    """Which inputs of a job of metrics the rows were counted from: those of their experiment, methods and seed.

    Of a comparison verdicts, or scores of both sides where a row is a difference of them. All inputs, where the rows or
    the paths do not tell.
    """
    names = {name for row in found for name in _counted(tuple(job["inputs"]), *_of(row))}
    return [name for name in job["inputs"] if name in names] or list(job["inputs"])


def _of(row: dict) -> tuple[str, frozenset[str], str]:
    """Experiment, folders (METHOD or TEST-vs-BASELINE) and seed that a row is about; no seed where it is about all."""
    metric, method = row.get("metric", ""), row.get("method", "")
    folders = {method}
    if baseline := row.get("baseline"):
        folders = {method, baseline} if "difference" in metric else {f"{method}-vs-{baseline}"}
    elif other := re.search(r"difference_(.+)$", metric):
        folders.add(other[1])
    seed = re.search(r"_seed(\d+)$", metric)
    own = row.get("seed")
    return row.get("experiment", ""), frozenset(folders), seed[1] if seed else "" if own is None else f"{own}"


@cache
def _counted(names: tuple[str, ...], experiment: str, folders: frozenset[str], seed: str) -> list[str]:
    """Of files such as attempts/maths/sami/seed1.jsonl or training/collapse/kl.csv."""
    found = []
    for name in names:
        path = PurePosixPath(name)
        parts = {part.partition(".")[0] for part in path.parts[:-1]}  # a judge or a point of a soup stands behind a dot
        if (
            experiment in parts
            and folders & {*parts, path.stem}
            and (not seed or path.stem in (f"seed{seed}", *folders))
        ):
            found.append(name)
    return found


def conditions(row: dict) -> dict:
    """What a record of verdicts, scores or attempts must have to count for a row."""
    wanted = {name: row[name] for name in ("axis", "temperature") if row.get(name) not in (None, "")}
    if row.get("category", "all") not in ("all", ""):
        wanted["category"] = row["category"]
    return wanted
