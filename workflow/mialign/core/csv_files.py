"""CSVs: the text of one, and those of earlier stages as rows.

Numbers are numbers that know their digits, and what is missing is None.
"""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import Written, writing

COUNTS = ("n", "attempts", "step", "seed", "dropped", "kept")
NUMBERS = ("value", "low", "high", "temperature", *COUNTS)

csv.field_size_limit(2**31 - 1)  # an answer may be longer than the 128 KiB that the module allows


def text(columns: Iterable[str], rows: Iterable[Iterable]) -> str:
    """A CSV of a head and rows of cells; None is an empty cell."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([columns, *rows])
    return stream.getvalue()


def write(path: str | Path, columns: Sequence[str], rows: Iterable[dict]) -> None:
    """A head and the rows in UTF-8, whole or not at all; a row may lack columns, but has no others."""
    with writing(path) as beside, beside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def cells(path: Path) -> list[list[str]]:
    """The lines of a CSV, its head first, every cell as it stands in the file; InputError if it is none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.reader(stream))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV ({error}); mend the file or make it again") from None


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
        there = reader.fieldnames or []
        if missing := [column for column in required if column not in there]:
            raise InputError(f"{path}: the column {missing[0]!r} is missing (there are {', '.join(there) or 'none'})")
        return [
            {key: _cell(key, cell, f"{path}, line {reader.line_num}") for key, cell in row.items() if key is not None}
            for row in reader
        ]


def cell_text(cell: object) -> str:
    """A cell as text, of a number without needless zeros."""
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def chosen(path: str | Path, settings: dict, required: Iterable[str] = ("metric", "value")) -> list[dict]:
    """The rows of the experiments that the settings hold."""
    return [row for row in rows(path, ("experiment", *required)) if row["experiment"] in settings["experiments"]]


def _cell(column: str, written: str | None, place: str):
    if column not in NUMBERS:
        return written or ""
    try:
        number = Written(written or "nan")
    except ValueError:
        raise InputError(f"{place}: the column {column!r} holds {written!r}, which is not a number") from None
    if not math.isfinite(number):
        return None
    return int(number) if column in COUNTS and number.is_integer() else number


def where(rows: Iterable[dict], **wanted: object) -> list[dict]:
    """The rows whose columns have the wanted values; a column that the table lacks restricts nothing."""
    return [row for row in rows if all(row.get(column, value) == value for column, value in wanted.items())]


def pick(rows: Iterable[dict], **wanted: object) -> dict | None:
    """The first of `where`, or None."""
    return next(iter(where(rows, **wanted)), None)
