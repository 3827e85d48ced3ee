"""The tables of a run as the page holds them: every cell as it stands in the file."""

from pathlib import Path

from mialign.core import csv_files
from mialign.core.errors import InputError


def read(path: Path) -> dict:
    """{"columns": names, "rows": lists of texts} of a CSV."""
    columns, *rows = csv_files.cells(path) or [[]]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(columns):
            raise InputError(
                f"{path}, row {number}: {len(row)} cells under {len(columns)} columns; make the file again"
            )
    return {"columns": columns, "rows": rows}


def below(folder: Path, *patterns: str) -> dict[str, dict]:
    """Every CSV that a pattern matches, by its path in the folder."""
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    return {path.relative_to(folder).as_posix(): read(path) for path in paths}


def curves(folder: Path) -> dict[str, dict]:
    """The course of each training: {"metrics": {name: [[step, value], ...]}, "selected": the step that was kept}."""
    return {
        name.removesuffix(".csv"): _curve(folder / "training" / name, table)
        for name, table in below(folder / "training", "**/*.csv").items()
    }


def _curve(path: Path, table: dict) -> dict:
    metrics: dict[str, list] = {}
    for number, row in enumerate(table["rows"], start=1):
        try:
            step, metric, value = row
            metrics.setdefault(metric, []).append([int(step), float(value)])
        except ValueError:
            raise InputError(f"{path}, row {number}: step, metric and value are needed; make the file again") from None
    selected = metrics.pop("selected", [])
    return {"metrics": metrics, "selected": selected[0][0] if selected else None}
