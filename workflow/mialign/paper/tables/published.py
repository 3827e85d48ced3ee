"""Published win rates by category beside ours: different models and questions, so for the pattern, not the height."""

from pathlib import Path

from mialign.core import csv_files
from mialign.evaluation.metrics.records import CATEGORIES
from mialign.paper.formatting import category, decimal, measured, published
from mialign.paper.macros.published import kind
from mialign.paper.tables.layout import Table, named, written

SOURCES = ("figure", "files")


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Categories down; for each comparison the published value of each source and our own."""
    rows = [row for path in inputs for row in csv_files.rows(path) if row.get("metric") == "win_rate"]
    rows = [row for row in rows if row.get("axis", "") in ("", "principle-aware") and not row.get("temperature")]
    original = [
        row for row in rows if row.get("source") and kind(row["source"]) in SOURCES and row["category"] != "all"
    ]
    columns = list(
        dict.fromkeys((row["experiment"], row["method"], row["baseline"], kind(row["source"])) for row in original)
    )
    columns = [
        (*pair, source)
        for pair in dict.fromkeys(column[:3] for column in columns)
        for source in (*(column[3] for column in columns if column[:3] == pair), "here")
    ]
    result = Table(
        "@{}l" + "r" * len(columns) + "@{}", ["category", *(_header(column, settings) for column in columns)]
    )
    for name in (*CATEGORIES, "all"):
        result.rows.append([category(name), *(_cell(rows, column, name, result.tidy) for column in columns)])
    return written(result)


def _header(column: tuple, settings: dict) -> str:
    experiment, method, baseline, source = column
    test, other = (named(experiment, one, settings) for one in (method, baseline))
    return rf"\shortstack[r]{{{test}\\vs {other}\\{source}}}"


def _cell(rows: list[dict], column: tuple, name: str, tidy: list[dict]) -> str:
    experiment, method, baseline, source = column
    wanted = [
        row
        for row in rows
        if (row["experiment"], row["method"], row["baseline"], row["category"] or "all")
        == (experiment, method, baseline, name)
        and (kind(row["source"]) if row.get("source") else "here") == source
    ]
    row = wanted[0] if wanted else None
    if row is None or not (row.get("source") or measured(row)):
        return "--"
    record = {"category": name, "method": method, "baseline": baseline, "source": source}
    tidy.append(record | {key: row.get(key) for key in ("value", "low", "high", "n")})
    return decimal(row["value"]) if source == "here" else published(row["value"])
