"""Two results folders side by side: settings, numbers and files that differ."""

import json
from collections.abc import Iterator
from pathlib import Path

from mialign.audit import crate, crate_metadata, manifest
from mialign.audit.lineage import NOT_RESULTS, Lineage
from mialign.audit.origins import macros
from mialign.core.csv_files import cell_text, rows
from mialign.core.errors import InputError

_MEASURED = ("value", "low", "high", "n")


def compare(one: Path, other: Path) -> dict[str, dict]:
    """By kind, and then by name, what the two have; a kind in which nothing differs is empty.

    settings: as the numbers of each run print them; those of each job that both have, but for paths; and where what was
    fetched came from. beyond: numbers whose 95 % intervals do not meet; within: those
    whose do; without: numbers that differ and have no interval. only: rows that one of the two lacks. files: sha256 of
    files with other bytes, but for times, logs, the report and the audit.
    """
    tables = _metrics(one), _metrics(other)
    for folder, table in zip((one, other), tables, strict=True):
        if not table:
            raise InputError(f"{folder}: no metrics/*.csv there to compare; name folders such as results/mini")
    found = {"settings": _settings(one, other)}
    found |= {"beyond": {}, "within": {}, "without": {}, "only": {}}
    for name, (first, second) in _unlike(*tables).items():
        found[_kind(first, second)][name] = (first, second)
    return found | {"files": _unlike(_files(one), _files(other))}


def _unlike(one: dict, other: dict) -> dict:
    names = dict.fromkeys((*one, *other))
    return {name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)}


def _settings(one: Path, other: Path) -> dict[str, tuple]:
    both = Lineage(one), Lineage(other)
    jobs = [{lineage.title(job): job["arguments"] for job in lineage.own} for lineage in both]
    found = _unlike(*map(_printed, both))
    for title in (title for title in jobs[0] if title in jobs[1]):
        for name, pair in _unlike(*(of_one[title] for of_one in jobs)).items():
            if not any(map(_has_path, pair)):
                found |= _unlike(*(dict(_leaves(f"{title}: {name}", value)) for value in pair))
    return found | _unlike(_fetched(one), _fetched(other))


def _printed(lineage: Lineage) -> dict[str, str]:
    return {row["origin"]: row["text"] for row in macros(lineage).values() if row["name"].startswith("config")}


def _has_path(value: object) -> bool:
    """Whether an argument is a path, or several: where files lie is no setting. Texts in settings can have a / too."""
    return any(isinstance(one, str) and "/" in one for one in (value if isinstance(value, list) else [value]))


def _leaves(name: str, value: object) -> Iterator[tuple[str, str | None]]:
    """The values of a setting as text, each under the keys that lead to it."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from _leaves(f"{name} {key}", inside)
    else:
        yield name, value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fetched(folder: Path) -> dict[str, str]:
    """Each cell of the table of what was fetched, if the folder has it."""
    path = folder / "fetched.csv"
    return {
        f"{row['kind']}/{row['name']}: {column}": cell
        for row in (rows(path, ("kind", "name")) if path.is_file() else ())
        for column, cell in row.items()
    }


def _metrics(folder: Path) -> dict[str, tuple]:
    """Value, low, high and n of each row, by its table and what else is in it."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of results")
    return {
        f"{path.stem}: "
        + " ".join(cell_text(cell) for name, cell in row.items() if name not in _MEASURED and cell not in (None, "")): (
            tuple(row.get(name) for name in _MEASURED)
        )
        for path in sorted((folder / "metrics").glob("*.csv"))
        for row in rows(path)
    }


def _kind(first: tuple | None, second: tuple | None) -> str:
    if first is None or second is None:
        return "only"
    bounds = (*first[1:3], *second[1:3])
    if None in bounds:
        return "without"
    return "within" if first[1] <= second[2] and second[1] <= first[2] else "beyond"


def _files(folder: Path) -> dict[str, str]:
    """The sha256 of results; of what a crate left out, from its manifest."""
    left_out = crate.left_out(folder)
    listed = manifest.read(folder) if left_out else {}
    found = {name: listed[name] for name in left_out} | manifest.digest_all(folder)
    said_of_results = {*NOT_RESULTS, "report.html", "audit.html", crate_metadata.NAME}
    return {name: digest for name, digest in found.items() if name.split("/")[0] not in said_of_results}
