"""Tidy tables as CSV: fixed columns, fixed number formats, the same bytes every time."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from mialign.core import csv_files
from mialign.core.files import write_text

ESTIMATE = ("value", "low", "high", "n")


def number(value: float | None, digits: int = 4) -> str:
    """A number with fixed decimals; nothing for None or nan."""
    if value is None or math.isnan(value):
        return ""
    return f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0 turns -0.0 into 0.0


def write(path: str | Path, columns: Sequence[str], rows: Iterable[dict]) -> None:
    """Write rows in the order given; floats get four decimals, temperatures one, counts none."""
    write_text(path, csv_files.text(columns, ([_cell(column, row.get(column)) for column in columns] for row in rows)))


def _cell(column: str, value: object) -> str:
    if column in ("value", "low", "high") and isinstance(value, float):
        return number(value)
    if column == "temperature":
        return repr(float(value))
    return "" if value is None else str(value)
