"""Tidy tables as CSV: fixed columns, fixed number formats, the same bytes every time."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from mialign.core import csv_files
from mialign.core.errors import InputError
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


def read(path: str | Path, required: Iterable[str] = ()) -> list[dict]:
    """The rows of a CSV; value, low, high, temperature become float or None, n, attempts, step, seed int or None."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8") from None
    reader = csv.DictReader(io.StringIO(text))
    missing = [column for column in required if column not in (reader.fieldnames or [])]
    if missing:
        there = ", ".join(reader.fieldnames or []) or "none"
        raise InputError(f"{path}: the column {missing[0]!r} is missing (there are {there})")
    return [_parsed(row, f"{path}, line {reader.line_num}") for row in reader]


def _parsed(row: dict, where: str) -> dict:
    for columns, kind in ((("value", "low", "high", "temperature"), float), (("n", "attempts", "step", "seed"), int)):
        for column in columns:
            if column in row:
                try:
                    row[column] = kind(row[column]) if row[column] else None
                except ValueError:
                    raise InputError(f"{where}: {row[column]!r} in column {column} is not a number") from None
    return row
