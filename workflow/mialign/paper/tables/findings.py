"""What does not agree in the original and in its neighbours: computed from values, or cited with its place."""

from collections.abc import Iterable
from pathlib import Path

from mialign.core import csv_files
from mialign.core.yaml_files import read_yaml
from mialign.paper.findings import Discrepancy, computed
from mialign.paper.formatting import model
from mialign.paper.released_files import counted
from mialign.paper.tables.layout import Table, written
from mialign.paper.tables.reproduction import NARROW, SIZE
from mialign.paper.tex_escape import escape


def values(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """A row a finding that is computed from published values."""
    return _counted(["published", "computed", "source"], computed(_published(inputs), _known(inputs)["computed"]))


def released(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """A row for each thing that is counted from a file that the authors released."""
    found = counted(inputs, _published(inputs), _known(inputs)["computed"])
    return _counted(["released file", "counted", "file"], found)


def original(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """A row for each thing that the original's released code does."""
    return _cited(inputs, "original")


def neighbours(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """The same of the neighbouring methods."""
    return _cited(inputs, "neighbours")


def _published(inputs: list[Path]) -> list[dict]:
    return [row for path in inputs if path.suffix == ".csv" for row in csv_files.rows(path)]


def _counted(header: list[str], found: Iterable[Discrepancy]) -> tuple[str, str]:
    return _table(header, [one._asdict() for one in found])


def _cited(inputs: list[Path], group: str) -> tuple[str, str]:
    rows = [
        {"about": one["about"], "result": one["what"], "source": one["where"]} for one in _known(inputs)["cited"][group]
    ]
    return _table(["about", "what it does or says", "where"], rows, widths=(28, 52))


def _known(inputs: list[Path]) -> dict:
    return read_yaml(next(path for path in inputs if path.suffix == ".yaml"), "findings are made from it")


def _table(header: list[str], rows: list[dict], widths: tuple[int, int] = (42, 44)) -> tuple[str, str]:
    """The table with these widths (mm) of its first and last column."""
    first, last = (rf">{{\raggedright\arraybackslash}}p{{{width}mm}}" for width in widths)
    columns = rf"@{{}}{first}{NARROW}{last}@{{}}"
    result = Table(columns, header, environment="tabularx", size=SIZE, tidy=rows)
    result.rows = [[*(escape(row[key]) for key in ("about", "result")), model(row["source"])] for row in rows]
    return written(result)
