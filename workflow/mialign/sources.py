"""Where questions come from: our small world, or files of JSON lines in whatever form their publisher gives them."""

import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import NamedTuple

from mialign.errors import InputError
from mialign.files import read_jsonl
from mialign.seeds import derive

CHECKED_AT_ONCE = 10_000_000  # bytes; a larger file is read by its rule only, so that Snakemake starts at once


class Found(NamedTuple):
    """What a source holds, as far as it is known before any job."""

    size: int
    categories: set[str]
    texts: dict[str, str]  # question: its file and line
    without_number: str | None  # where the first question stands whose answer is no number
    origin: str  # world and split, or the source itself: what may serve only one use of an experiment


def questions(name: str, entry: dict, data: str | Path, categories: Iterable[str] = ()) -> list[dict]:
    """The records of questions/{name}.jsonl: id, source, category, question, reference.

    `entry` is the source's block of the config, `data` the folder of the files; with `categories` any other is refused.
    """
    if "world" in entry:
        from mialign import world

        records = world.questions(entry["world"], entry["split"], entry["size"], entry["seed"])
        return [_record(name, **record) for record in records]
    return [record for _, record in _chosen(name, entry, Path(data), set(categories))]


def check(name: str, entry: dict, data: str | Path, categories: set[str]) -> Found | None:
    """Look a source over before any job starts; None if its file is too large to be read for that."""
    if "world" in entry:
        world = entry["world"]
        lacking = None if world == "maths" else f"sources.{name} (world: {world})"
        return Found(entry["size"], _world_categories(world), {}, lacking, f"{world}, {entry['split']}")
    path = _path(name, entry, Path(data))
    if path.stat().st_size > CHECKED_AT_ONCE:
        return None
    chosen = _chosen(name, entry, Path(data), categories)
    texts = {" ".join(record["question"].split()): f"{path}, line {number}" for number, record in chosen}
    lacking = (f"{path}, line {number}" for number, record in chosen if not _is_number(record["reference"] or ""))
    return Found(len(chosen), {record["category"] for _, record in chosen}, texts, next(lacking, None), name)


def _world_categories(name: str) -> set[str]:
    from mialign import world

    return {"math"} if name == "maths" else set(world.CATEGORIES)


# ---------------------------------------------------------------- files
def _path(name: str, entry: dict, data: Path) -> Path:
    path = data / entry["file"]
    if path.is_file():
        return path
    where = f"get it from {entry['homepage']} and put it there" if "homepage" in entry else "put it there"
    raise InputError(
        f"sources.{name}.file: {path}: no such file; {where}, or name its folder with --config data=FOLDER"
    )


def _chosen(name: str, entry: dict, data: Path, categories: set[str]) -> list[tuple[int, dict]]:
    """The questions that the source takes from its file, with their lines: a slice of those not too long."""
    path = _path(name, entry, data)
    records = list(_records(name, entry, path, categories))
    if not records:
        raise InputError(f"{path}: the file holds no questions")
    if "reference" in entry["fields"] and all(record["reference"] is None for _, record in records):
        raise InputError(
            f"{path}: no line has the field {entry['fields']['reference']!r} (sources.{name}.fields.reference)"
        )
    if "longest" in entry:
        records = [item for item in records if len(item[1]["question"]) <= entry["longest"]]
    if "shuffle" in entry:
        Random(derive(entry["shuffle"], "sources", entry["file"])).shuffle(records)
    skip = entry.get("skip", 0)
    size = entry.get("size", max(len(records) - skip, 1))
    if skip + size > len(records):
        has = f"{path} has {len(records)}" + (
            f" of at most {entry['longest']} characters" if "longest" in entry else ""
        )
        raise InputError(f"sources.{name}.size: skip {skip} and size {size} need {skip + size} questions; {has}")
    return records[skip : skip + size]


def _records(name: str, entry: dict, path: Path, categories: set[str]) -> Iterator[tuple[int, dict]]:
    """Every line's number and record; InputError names the file and the line."""
    fields, lines = entry["fields"], {}
    if "category" not in entry and "category" not in fields:
        raise InputError(
            f"sources.{name}.category: name the category of all questions, or its field in fields.category"
        )
    for number, row in _numbered(path):
        where = f"{path}, line {number}"
        given = str(_field(row, fields["id"], where)) if "id" in fields else str(number)
        if given in lines:
            raise InputError(f"{where}: the id {given!r} stands already in line {lines[given]}; ids must differ")
        lines[given] = number
        category = _text(row, fields["category"], where) if "category" in fields else entry["category"]
        if categories and category not in categories:
            raise InputError(
                f"{where}: the category {category!r} has no principles (there are {', '.join(sorted(categories))}); "
                "give it two in the principles file, or take the line out"
            )
        question = entry.get("before", "") + _text(row, fields["question"], where) + entry.get("after", "")
        yield number, _record(name, f"{name}-{given}", category, question, _reference(row, entry, where))


def _numbered(path: Path) -> Iterator[tuple[int, dict]]:
    try:
        lines = path.read_bytes().split(b"\n")
        rows = read_jsonl(path)
    except PermissionError:
        raise InputError(f"{path}: the file may not be read; give yourself the right to (chmod u+r)") from None
    return zip((number for number, line in enumerate(lines, start=1) if line.strip()), rows, strict=True)


def _record(source: str, id: str, category: str, question: str, reference) -> dict:
    return {"id": id, "source": source, "category": category, "question": question, "reference": reference}


# ---------------------------------------------------------------- fields
def _field(row, way: str, where: str):
    """The value at the end of a dotted way such as turns.0, which leads through objects by key and lists by place."""
    value = row
    for step in way.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise InputError(f"{where}: the field {way!r} is missing (there are {', '.join(row)})")
    return value


def _text(row: dict, way: str, where: str) -> str:
    value = _field(row, way, where)
    if not isinstance(value, str):
        raise InputError(f"{where}: the field {way!r} must be text, this is {value!r}")
    if not value.strip():
        raise InputError(f"{where}: the field {way!r} is empty; fill it or take the line out")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InputError(
            f"{where}: the field {way!r} holds half a character (an unpaired surrogate); mend or take out the line"
        )
    return value.strip()


def _reference(row: dict, entry: dict, where: str) -> str | None:
    """The gold answer as text; null where the line has none. Numbers lose a ".0" and the commas between thousands."""
    way = entry["fields"].get("reference")
    if way is None:
        return None
    try:
        value = _field(row, way, where)
    except InputError:
        return None
    if value is None:
        return None
    if isinstance(value, (dict, list, bool)) or (isinstance(value, float) and not math.isfinite(value)):
        raise InputError(f"{where}: the field {way!r} must be text or a number, this is {value!r}")
    text = _number(value) if isinstance(value, (int, float)) else value
    if "answer_after" in entry:
        _, mark, text = text.rpartition(entry["answer_after"])
        if not mark:
            raise InputError(
                f"{where}: the field {way!r} does not hold {entry['answer_after']!r}, after which the answer stands"
            )
    text = text.strip()
    plain = text.replace(",", "")
    return plain if _is_number(plain) else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


def _number(value: int | float) -> str:
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")
