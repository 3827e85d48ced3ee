"""How far every two judges of an experiment agree."""

from pathlib import Path

from mialign.core import csv_files
from mialign.paper.formatting import count, decimal, interval
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape

AXES = {"principle-aware": "knowing the principles", "principle-free": "not knowing them"}


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row for two judges, on each axis and temperature: raw agreement, Cohen's kappa, and how many verdicts."""
    tidy = csv_files.chosen(inputs[0], settings, ("judge", "other", "axis", "metric", "value"))
    result = Table("@{}llrr@{}", ["judges", r"agreement, \%", r"$\kappa$", "verdicts"], tidy=tidy)
    for about in dict.fromkeys((row["experiment"], row["axis"], row["temperature"]) for row in tidy):
        rows = [row for row in tidy if (row["experiment"], row["axis"], row["temperature"]) == about]
        result.rows.append(f"{escape(about[0])}: judges {AXES[about[1]]}, temperature {about[2]:g}")
        for pair in dict.fromkeys((row["judge"], row["other"]) for row in rows):
            result.rows.append(_cells(rows, *pair))
    return written(result)


def _cells(rows: list[dict], judge: str, other: str) -> list[str]:
    agreement, kappa = (
        csv_files.pick(rows, judge=judge, other=other, metric=metric) for metric in ("agreement", "kappa")
    )
    shown = "--" if kappa["value"] is None else decimal(kappa["value"], 2)
    return [f"{escape(judge)}, {escape(other)}", interval(agreement), shown, count(agreement["n"])]
