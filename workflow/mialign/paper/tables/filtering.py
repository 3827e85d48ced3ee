"""What the filters dropped, and examples of it."""

from pathlib import Path

from mialign.core import csv_files
from mialign.paper.formatting import count
from mialign.paper.tables.layout import Table, tidy_csv, written
from mialign.paper.tex_escape import escape, escape_block, shorten

# In the order in which they are applied (mialign/data/filters.py, ORDER; mialign/data/pairs.py, TIED).
SHOWN = {
    "generated": "questions with responses",
    "correct": "no correct answer",
    "ended": "a response did not end",
    "empty": "a response is empty",
    "forbidden": "a forbidden string",
    "identical": "the responses are the same",
    "length_ratio": "lengths too close",
    "shorter_at_least": "the shorter too short",
    "prefix_distance": "openings too alike",
    "tied": "no reward prefers one",
    "size": "more than wanted",
}


def filters(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Filters in their order, for every set of pairs how many each dropped and how many then remained."""
    found = counts(inputs)
    tables = {_title(about, found): table for about, table in found.items()}
    names = list(
        dict.fromkeys(
            row["filter"] for name in SHOWN for table in tables.values() for row in table if row["filter"] == name
        )
    )
    names = [*names, *sorted({row["filter"] for table in tables.values() for row in table} - set(names))]
    header = ["dropped because", *(f"{escape(title)}: {what}" for title in tables for what in ("dropped", "left"))]
    result = Table("@{}l" + "rr" * len(tables) + "@{}", header)
    for name in names:
        cells = [escape(SHOWN.get(name, name))]
        for title, table in tables.items():
            row = csv_files.pick(table, filter=name)
            cells += ["--", "--"] if row is None else [_dropped(row), count(row["kept"])]
            if row is not None:
                result.tidy.append({"set": title, **row})
        result.rows.append(cells)
    return written(result)


def set_of(path: Path) -> tuple[str, str]:
    """Experiment and set of a file pairs/EXPERIMENT/SET.filters.csv or pairs/EXPERIMENT/SET/seedN.filters.csv."""
    if path.parts[-3] == "pairs":
        return path.parts[-2], path.name.split(".")[0]
    return path.parts[-3], path.parts[-2]


def counts(paths: list[Path]) -> dict[tuple[str, str], list[dict]]:
    """By experiment and set, {filter, dropped, kept} of every filter, added up over the seeds that wrote the set."""
    found: dict[tuple[str, str], dict[str, dict]] = {}
    for path in paths:
        rows = found.setdefault(set_of(path), {})
        for row in csv_files.rows(path, ("filter", "dropped", "kept")):
            before = rows.get(row["filter"], {"dropped": 0, "kept": 0})
            rows[row["filter"]] = row | {key: _sum(before[key], row[key]) for key in ("dropped", "kept")}
    return {about: list(rows.values()) for about, rows in found.items()}


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _title(about: tuple[str, str], found: dict[tuple[str, str], object]) -> str:
    """The experiment, and the set where the experiment has several."""
    experiment, data = about
    several = sum(other == experiment for other, _ in found) > 1
    return f"{experiment}, {data}" if several else experiment


def _dropped(row: dict) -> str:
    return "" if row["filter"] == "generated" else count(row["dropped"])


def dropped(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """The examples that every filter kept of what it dropped, both responses beside each other."""
    blocks, tidy = [], []
    sets = dict.fromkeys(map(set_of, inputs))
    for path in inputs:
        title = _title(set_of(path), sets)
        for row in csv_files.rows(path, ("filter", "question")):
            responses = [row[key] for key in row if key.startswith("response_")]
            blocks.append(rf"\exampleheading{{{escape(title)}: {escape(SHOWN.get(row['filter'], row['filter']))}}}")
            blocks.append(rf"\examplequestion{{{escape(shorten(row['question'], 400))}}}")
            blocks += [rf"\exampleblock{{}}{{}}{{{escape_block(shorten(text, 600))}}}" for text in responses]
            tidy.append({"set": title, **row})
    return "\n".join(blocks) + "\n", tidy_csv(tidy)
