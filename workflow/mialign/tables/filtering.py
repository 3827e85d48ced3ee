"""What the filters dropped, and examples of it."""

from pathlib import Path

from mialign.tables import reading
from mialign.tables.layout import Table, tidy_csv, written
from mialign.tables.wording import count
from mialign.tex import escape, escape_block, shorten

# In the order in which they are applied (mialign/filters.py, ORDER).
SHOWN = {
    "generated": "questions with responses",
    "ended": "a response did not end",
    "empty": "a response is empty",
    "forbidden": "a forbidden string",
    "identical": "the responses are the same",
    "length_ratio": "lengths too close",
    "shorter_at_least": "the shorter too short",
    "prefix_distance": "openings too alike",
    "size": "more than wanted",
}


def filters(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Filters in their order, for every experiment how many pairs each dropped and how many then remained."""
    order = list(settings.get("experiments", {}))
    tables = {path.name.split(".")[0]: reading.rows(path, ("filter", "dropped", "kept")) for path in inputs}
    tables = dict(sorted(tables.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))
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
            row = reading.pick(table, filter=name)
            cells += ["--", "--"] if row is None else [_dropped(row), count(row["kept"])]
            if row is not None:
                result.tidy.append({"experiment": title, **row})
        result.rows.append(cells)
    return written(result)


def _dropped(row: dict) -> str:
    return "" if row["filter"] == "generated" else count(row["dropped"])


def dropped(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """The examples that every filter kept of what it dropped, both responses beside each other."""
    blocks, tidy = [], []
    for path in inputs:
        experiment = path.name.split(".")[0]
        for row in reading.rows(path, ("filter", "question")):
            responses = [row[key] for key in row if key.startswith("response_")]
            blocks.append(
                rf"\exampleheading{{{escape(experiment)}: {escape(SHOWN.get(row['filter'], row['filter']))}}}"
            )
            blocks.append(rf"\examplequestion{{{escape(shorten(row['question'], 400))}}}")
            blocks += [rf"\exampleblock{{}}{{}}{{{escape_block(shorten(text, 600))}}}" for text in responses]
            tidy.append({"experiment": experiment, **row})
    return "\n".join(blocks) + "\n", tidy_csv(tidy)
