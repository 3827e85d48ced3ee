"""CSVs: the text of one, and those of earlier stages as rows, numbers as numbers, what is missing as None."""

import csv
import io
import math
from collections.abc import Iterable
from pathlib import Path

from mialign.core.errors import InputError

NUMBERS = ("value", "low", "high", "n", "temperature", "attempts", "step", "dropped", "kept")


def text(columns: Iterable[str], rows: Iterable[Iterable]) -> str:
    """A CSV of a head and rows of cells; None is an empty cell."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([columns, *rows])
    return stream.getvalue()


def rows(path: str | Path, required: Iterable[str] = ()) -> list[dict]:
    """The rows of a CSV; InputError if it is not there or lacks a column."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; the rule that makes it has not run")
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); make it again") from None
    with io.StringIO(content, newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [column for column in required if column not in (reader.fieldnames or [])]
        if missing:
            raise InputError(
                f"{path}: the column {missing[0]!r} is missing (there are {', '.join(reader.fieldnames or [])})"
            )
        return [
            {key: _cell(key, value, f"{path}, line {line}") for key, value in row.items() if key is not None}
            for line, row in enumerate(reader, start=2)
        ]


def chosen(path: str | Path, settings: dict, required: Iterable[str] = ("metric", "value")) -> list[dict]:
    """The rows of the experiments that the settings hold."""
    return [row for row in rows(path, ("experiment", *required)) if row["experiment"] in settings["experiments"]]


def _cell(column: str, written: str | None, where: str):
    if column not in NUMBERS:
        return written or ""
    try:
        number = float(written or "nan")
    except ValueError:
        raise InputError(f"{where}: the column {column!r} holds {written!r}, which is not a number") from None
    return number if math.isfinite(number) else None


def pick(table: list[dict], **wanted) -> dict | None:
    """The first row with these values; a column that the table does not have counts as fitting."""
    return next((row for row in table if all(row.get(key, value) == value for key, value in wanted.items())), None)
