"""A table: its columns and rows, once as LaTeX for the paper and once as tidy CSV."""

from dataclasses import dataclass, field

from mialign.core import csv_files
from mialign.paper.formatting import label
from mialign.paper.tex_escape import escape


@dataclass
class Table:
    """`columns` is a LaTeX column specification; cells are LaTeX; `tidy` holds the same facts as plain values.

    A row of one string is a heading over the rows that follow it.
    """

    columns: str
    header: list[str]
    rows: list[list[str] | str] = field(default_factory=list)
    tidy: list[dict] = field(default_factory=list)
    environment: str = "tabular"
    size: str = r"\small"


def latex(table: Table) -> str:
    """The tabular alone: caption and label belong to the paper's source."""
    opening = rf"\begin{{tabularx}}{{\linewidth}}{{{table.columns}}}"
    if table.environment == "tabular":
        opening = rf"\begin{{tabular}}{{{table.columns}}}"
    # A heading may run over several lines where the table has the width of the text.
    column = "@{}l@{}" if table.environment == "tabular" else r"@{}p{\linewidth}@{}"
    lines = [table.size, opening, r"\toprule", _row(table.header), r"\midrule"]
    for number, row in enumerate(table.rows):
        lines.append(_heading(row, len(table.header), column, number > 0) if isinstance(row, str) else _row(row))
    if not table.rows:
        lines.append(rf"\multicolumn{{{len(table.header)}}}{{l}}{{\notmeasured{{}}}} \\")
    lines += [r"\bottomrule", rf"\end{{{table.environment}}}"]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _heading(text: str, width: int, column: str, space: bool) -> str:
    return (r"\addlinespace " if space else "") + rf"\multicolumn{{{width}}}{{{column}}}{{\emph{{{text}}}}} \\"


def named(experiment: str, method: str, settings: dict) -> str:
    """A method's name as a cell. What was published may be of an experiment that the settings do not hold."""
    return escape(label(method, settings["experiments"].get(experiment, {})))


def tidy_csv(records: list[dict]) -> str:
    """CSV with the columns of the first record."""
    names = list(records[0]) if records else ["empty"]
    return csv_files.text(names, ([record.get(name, "") for name in names] for record in records))


def written(table: Table) -> tuple[str, str]:
    """What a table's two files hold: LaTeX and CSV."""
    return latex(table), tidy_csv(table.tidy)
