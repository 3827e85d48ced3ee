"""Principles that a program checks on any text: how often each was followed, and how often no side of it holds."""

from pathlib import Path

from mialign.core import csv_files
from mialign.paper.formatting import decimal, label, missing
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape

WRITER = "writer."  # and the set of pairs that it wrote
BLOCKS = {
    "followed": r"followed, \% of all answers",
    "neither": r"neither side holds, \%",
    "both": r"both sides hold, \%",
}


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a principle and one column a method, by temperature; the last row of a block is the mean of the others.

    A writer of pairs has its column in every block, at whatever temperature it wrote. A block in which all is 0 is left
    out; its rows are in the CSV.
    """
    tidy = csv_files.chosen(inputs[0], settings, ("principle", "metric", "value"))
    shown = [row for row in tidy if row["category"] == "all"]
    methods = list(dict.fromkeys((row["experiment"], row["method"]) for row in shown))
    header = [escape(_title(method, settings["experiments"][experiment])) for experiment, method in methods]
    result = Table("@{}l" + "r" * len(methods) + "@{}", ["principle", *header], tidy=tidy)
    for temperature in sorted({row["temperature"] for row in shown if not _wrote(row)}):
        for metric, about in BLOCKS.items():
            block = [
                row for row in shown if row["metric"] == metric and (_wrote(row) or row["temperature"] == temperature)
            ]
            if any(row["value"] for row in block):
                result.rows.append(f"{about}, temperature {temperature:g}")
                result.rows += _rows(block, methods)
    return written(result)


def _wrote(row: dict) -> bool:
    return row["method"].startswith(WRITER)


def _title(method: str, experiment: dict) -> str:
    return (
        f"writer of {method.removeprefix(WRITER).replace('_', ' ')}"
        if method.startswith(WRITER)
        else label(method, experiment)
    )


def _rows(block: list[dict], methods: list[tuple[str, str]]) -> list[list[str]]:
    of_methods = {
        key: {row["principle"]: row for row in block if (row["experiment"], row["method"]) == key} for key in methods
    }
    principles = list(dict.fromkeys(row["principle"] for row in block))
    rows = [
        [escape(name.replace("_", " ")), *(_cell(of_methods[key].get(name)) for key in methods)] for name in principles
    ]
    return [*rows, ["mean", *(_mean(list(of_methods[key].values())) for key in methods)]]


def _cell(row: dict | None) -> str:
    return decimal(row["value"]) if row and row["value"] is not None else missing(row)


def _mean(rows: list[dict]) -> str:
    values = [row["value"] for row in rows if row["value"] is not None]
    return decimal(sum(values) / len(values) if values else None)
