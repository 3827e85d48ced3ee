"""Tidy tables as CSV: fixed columns, fixed number formats, the same bytes every time."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from mialign.core import csv_files
from mialign.core.files import write_text

ESTIMATE = ("value", "low", "high", "n")


def write(path: str | Path, columns: Sequence[str], rows: Iterable[dict]) -> None:
    """Write rows in the order given; floats get four decimals, temperatures one, counts none.

    None and nan leave the cell empty.
    """
    write_text(path, csv_files.text(columns, ([_cell(column, row.get(column)) for column in columns] for row in rows)))


def _cell(column: str, value: object) -> str:
    if column in ("value", "low", "high") and isinstance(value, float):
        return "" if math.isnan(value) else f"{round(value, 4) + 0.0:.4f}"  # + 0.0 turns -0.0 into 0.0
    if column == "temperature":
        return repr(float(value))
    return "" if value is None else str(value)
