"""What a person can ask about, found in a results folder.

It is a file, a line of it, a number, a figure, a cell, an id, or a model by the digest that its records have.
"""

import difflib
import json
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mialign.audit.lineage import NOT_RESULTS, Lineage
from mialign.audit.origins import conditions, counted, macros, origins_of
from mialign.core.csv_files import rows
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.core.macro_names import key


@dataclass
class Target:
    """What was asked about; `files` are the names of the files that it stands in, from which the chain begins."""

    kind: str
    name: str
    files: list[str]
    text: str = ""
    origin: str = ""
    rows: list[dict] = field(default_factory=list)
    records: list[dict] = field(default_factory=list)  # file, line and what stands there


def find(lineage: Lineage, asked: str) -> Target:
    """InputError, with what there is, for anything else; also where a figure and a table share the name."""
    name = asked.removeprefix("\\")
    kinds = (_file, _line, _macro, _cell, _figure_or_table, _model, _id)
    found = next((target for kind in kinds if (target := kind(lineage, name)) is not None), None)
    if found is None:
        raise InputError(f"{asked}: {lineage.folder} has no such thing. {_there_is(lineage, name)}")
    return found


def _there_is(lineage: Lineage, name: str) -> str:
    known = macros(lineage)
    close = difflib.get_close_matches(name, known, 3)
    parts = [f"Numbers like it: {', '.join(close)}"] if close else []
    parts += [
        f"{folder}: {', '.join(names)}"
        for folder in ("figures", "tables")
        if (names := sorted({path.stem for path in (lineage.folder / folder).glob("*.*")}))
    ]
    return "; ".join(
        (
            *parts,
            f"{len(known)} numbers in paper/numbers.csv",
            "files, FILE:LINE, ids of questions and prompts, digests of models",
        )
    )


def _file(lineage: Lineage, asked: str) -> Target | None:
    path = _path(lineage, asked)
    if path is None:
        recorded = next((name for name in (asked, f"{lineage.run}/{asked}") if name in lineage.jobs), None)
        return Target("file", asked, [recorded], "it is no longer there") if recorded else None
    if path.is_dir():
        inside = [one for one in sorted(path.rglob("*")) if one.is_file() and not one.name.startswith(".")]
        return Target("folder", asked, [lineage.name(one) for one in inside])
    return Target("file", asked, [lineage.name(path)])


def _line(lineage: Lineage, asked: str) -> Target | None:
    head, _, line = asked.rpartition(":")
    path = _path(lineage, head) if line.isdecimal() else None
    if path is None or path.suffix != ".jsonl":
        return None
    records = read_jsonl(path)
    if not 1 <= int(line) <= len(records):
        raise InputError(f"{asked}: the file has {len(records)} lines")
    name = lineage.name(path)
    record = {"file": lineage.shown(name), "line": int(line), "record": records[int(line) - 1]}
    return Target("line", asked, [name], records=[record])


def _path(lineage: Lineage, asked: str) -> Path | None:
    """The path as given or below the folder, if it is in the folder."""
    for path in (lineage.folder / asked, Path(asked), lineage.place(asked)) if asked else ():
        path = Path(os.path.abspath(path))
        if path.exists() and path.is_relative_to(os.path.abspath(lineage.folder)):
            return path
    return None


def _macro(lineage: Lineage, asked: str) -> Target | None:
    row = macros(lineage).get(asked)
    if row is None:
        return None
    files, found = origins_of(lineage).find(row["origin"])
    return Target("number", asked, files, row["text"], row["origin"], found)


def _cell(lineage: Lineage, asked: str) -> Target | None:
    """TABLE:ROW:COLUMN; the row is its number, from 1, or its key as numbers.csv has it: maths sami 1 10 strict."""
    table, *place = asked.split(":")
    path = lineage.folder / f"tables/{table}.csv"
    if len(place) != 2 or not path.is_file():
        return None
    all_rows, (row, column) = rows(path), place
    number = int(row) if row.isdecimal() else 0
    chosen = all_rows[number - 1 : number] if number else [one for one in all_rows if key(one) == row]
    if not chosen:
        raise InputError(f"{asked}: tables/{table}.csv has no row {row!r}, but rows 1 to {len(all_rows)}")
    if column not in chosen[0]:
        raise InputError(f"{asked}: tables/{table}.csv has no column {column!r}, but {', '.join(chosen[0])}")
    own = f"{lineage.run}/tables/{table}.csv"
    behind = (lineage.maker(own) or {"inputs": ()})["inputs"]
    origins = origins_of(lineage)
    about = key(chosen[0])
    for name in behind:
        found = origins.find(f"{lineage.shown(name)}: {about}")[1] if name.endswith(".csv") and about else []
        if len(found) == 1 and column in found[0]:  # the cell is that of a table of metrics
            return Target("cell", asked, [name], str(chosen[0][column]), f"{lineage.shown(name)}: {about}", found)
    return Target("cell", asked, [own], str(chosen[0][column]), f"tables/{table}.csv, row {row}", chosen)


def _figure_or_table(lineage: Lineage, asked: str) -> Target | None:
    paths = [lineage.folder / f"figures/{asked}.pdf", lineage.folder / f"tables/{asked}.csv"]
    there = [path for path in paths if path.is_file()]
    if len(there) == 2:
        raise InputError(f"{asked} is a figure and a table; ask for figures/{asked}.pdf or tables/{asked}.csv")
    return Target(there[0].parent.name[:-1], asked, [lineage.name(there[0])]) if there else None


def _model(lineage: Lineage, asked: str) -> Target | None:
    """The folder of the model with this digest; its files begin with those that a job wrote, else that one read."""
    if (folder := lineage.model(asked)) is None:
        return None
    files = dict.fromkeys(
        name
        for side in ("outputs", "inputs")
        for job in lineage.jobs.values()
        for name in job[side]
        if name.rpartition("/")[0] == folder
    )
    return Target("model", asked, list(files), lineage.shown(folder))


def _id(lineage: Lineage, asked: str) -> Target | None:
    """All records of a question or prompt, wherever they stand, in the order of the pipeline."""
    records = (
        [one for path in _of_records(lineage) for one in _with(lineage, path, _ids(lineage, asked))] if asked else []
    )
    files = dict.fromkeys(f"{lineage.run}/{one['file']}" for one in records)
    return Target("id", asked, list(files), records=records) if records else None


def _ids(lineage: Lineage, asked: str) -> set[str]:
    """The id, and those of the prompts of a question, or of the question of a prompt."""
    found = {asked}
    for path in (path for path in _of_records(lineage) if path.relative_to(lineage.folder).parts[0] == "prompts"):
        for one in _with(lineage, path, {asked}):
            found |= {one["record"]["id"], one["record"]["question_id"]}
    return found


_ORDER = ("questions", "prompts", "generations", "pairs", "responses", "solutions", "attempts", "scores", "verdicts")


def _of_records(lineage: Lineage) -> list[Path]:
    inside = {path: path.relative_to(lineage.folder) for path in lineage.folder.rglob("*.jsonl")}
    kept = [path for path, name in inside.items() if name.parts[0] not in NOT_RESULTS and path.stat().st_size]
    place = {kind: number for number, kind in enumerate(_ORDER)}
    return sorted(kept, key=lambda path: (place.get(inside[path].parts[0], len(place)), path))


def _with(lineage: Lineage, path: Path, ids: set[str]) -> Iterator[dict]:
    """The records of a file with one of these ids; a file without any is not parsed."""
    quoted = (json.dumps(one, ensure_ascii=False).encode("utf-8", "surrogatepass") for one in ids)
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text:
        if not any(text.find(one) >= 0 for one in quoted):
            return
    for number, record in enumerate(read_jsonl(path), start=1):
        if not ids.isdisjoint(record.get(name) for name in ("id", "prompt_id", "question_id")):
            yield {"file": path.relative_to(lineage.folder).as_posix(), "line": number, "record": record}


def followed(target: Target):
    """Which inputs of a job are followed: of the table that a number stands in, those that its rows count."""

    def inputs(job: dict) -> list[str]:
        return (
            counted(job, target.rows) if target.rows and set(target.files) & job["outputs"].keys() else [*job["inputs"]]
        )

    return inputs


def counts(lineage: Lineage, target: Target) -> list[dict]:
    """Of each file of records that the rows of a number were counted from: how many of its records count."""
    if len(target.rows) != 1:
        return []
    wanted, found = conditions(target.rows[0]), []
    for job in filter(None, map(lineage.maker, target.files)):
        for name in followed(target)(job):
            path = lineage.place(name)
            if path.suffix == ".jsonl" and path.is_file():
                records = read_jsonl(path)
                fit = [n for n, one in enumerate(records, start=1) if _fits(one, wanted)]
                found.append({"file": lineage.shown(name), "records": len(fit), "of": len(records), "first": fit[:1]})
    return found


def _fits(record: dict, wanted: dict) -> bool:
    return all(record.get(name, value) == value for name, value in wanted.items())
