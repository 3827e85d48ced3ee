"""How far the order of two responses decides what a judge says."""

from pathlib import Path

from mialign.core import csv_files
from mialign.paper.formatting import count, interval
from mialign.paper.tables.agreement import AXES
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row for each judge, on each axis and temperature: verdicts that change with order, choices of the first."""
    tidy = csv_files.chosen(inputs[0], settings, ("judge", "axis", "metric", "value"))
    header = ["judge", r"verdict changes, \%", "pairs", r"the first is chosen, \%", "answers"]
    result = Table("@{}lrrrr@{}", header, tidy=tidy)
    for about in dict.fromkeys((row["experiment"], row["axis"], row["temperature"]) for row in tidy):
        rows = [row for row in tidy if (row["experiment"], row["axis"], row["temperature"]) == about]
        result.rows.append(f"{escape(about[0])}: judges {AXES[about[1]]}, temperature {about[2]:g}")
        for judge in dict.fromkeys(row["judge"] for row in rows):
            found = [csv_files.pick(rows, judge=judge, metric=metric) for metric in ("changed", "first")]
            result.rows.append([escape(judge), *(cell for row in found for cell in _cells(row))])
    return written(result)


def _cells(row: dict) -> tuple[str, str]:
    """A share and what it is of; a dash where no pair has two usable answers."""
    return "--" if row["value"] is None else interval(row), count(row["n"])
