"""How far every two judges of an experiment agree, and each with the length of the answers."""

from pathlib import Path

from mialign.core import csv_files
from mialign.paper.formatting import count, decimal, interval
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape

AXES = {"principle-aware": "knowing the principles", "principle-free": "not knowing them"}


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row for two judges, on each axis and temperature: raw agreement, Cohen's kappa, and how many verdicts.

    Then one row a judge: how many of its verdicts that name an answer name the longer one.
    """
    tidy = csv_files.chosen(inputs[0], settings, ("judge", "other", "axis", "metric", "value"))
    result = Table("@{}llrr@{}", ["judges", r"agreement, \%", r"$\kappa$", "verdicts"], tidy=tidy)
    for about in dict.fromkeys((row["experiment"], row["axis"], row["temperature"]) for row in tidy):
        rows = [row for row in tidy if (row["experiment"], row["axis"], row["temperature"]) == about]
        result.rows.append(f"{escape(about[0])}: judges {AXES[about[1]]}, temperature {about[2]:g}")
        for pair in dict.fromkeys((row["judge"], row["other"]) for row in rows if row["other"]):
            result.rows.append(_cells(rows, *pair))
        for row in rows:
            if row["metric"] == "longer":
                result.rows.append([f"{escape(row['judge'])}, the longer answer", interval(row), "--", count(row["n"])])
    return written(result)


def _cells(rows: list[dict], judge: str, other: str) -> list[str]:
    agreement, kappa = (
        csv_files.pick(rows, judge=judge, other=other, metric=metric) for metric in ("agreement", "kappa")
    )
    shown = "--" if kappa["value"] is None else decimal(kappa["value"], 2)
    return [f"{escape(judge)}, {escape(other)}", interval(agreement), shown, count(agreement["n"])]
