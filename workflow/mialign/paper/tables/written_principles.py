"""The principles that models wrote, beside the hand-written ones."""

from collections import Counter
from pathlib import Path

from mialign.core import csv_files
from mialign.data import principles
from mialign.data.written_principles import COLUMNS, REASONS, SIDES, USED
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape

SHOWN = {principles.POSITIVE: "positive", principles.ANTITHESIS: "opposite"}
SEPARATOR = r" \ \textperiodcentered{} \ "
FALLBACK = r"\emph{as by hand}"


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One block a principle: on both sides the wordings by hand and those of each writer, and below what is not used.

    inputs: the principles file, and written_principles/{model}.csv of every writer.
    """
    known, writers = principles.load(inputs[0]), {path.stem: csv_files.rows(path, COLUMNS) for path in inputs[1:]}
    columns = "@{}l" + r">{\raggedright\arraybackslash}X" * (1 + len(writers)) + "@{}"
    head = ["side", "by hand", *map(escape, writers)]
    result = Table(columns, head, environment="tabularx", size=r"\footnotesize")
    for name, principle in known.principles.items():
        result.rows.append(f"{escape(principle.name)}. {escape(principle.description)}")
        for side in SIDES:
            used = [_used(rows, name, side) for rows in writers.values()]
            cells = [_listed(one) if one else FALLBACK for one in used]
            result.rows.append([SHOWN[side], _listed(getattr(principle, side)), *cells])
    result.rows.append("Texts that are not used")
    result.rows.append(["", "", *map(_unused, writers.values())])
    result.tidy = [
        {"writer": writer, **{column: row[column] for column in COLUMNS}}
        for writer, rows in writers.items()
        for row in rows
    ]
    return written(result)


def _used(rows: list[dict], principle: str, side: str) -> list[str]:
    wanted = (principle, side, USED)
    return [row["wording"] for row in rows if (row["principle"], row["side"], row["outcome"]) == wanted]


def _listed(wordings) -> str:
    return SEPARATOR.join(map(escape, wordings))


def _unused(rows: list[dict]) -> str:
    """How many texts of a writer are not used, and why."""
    counted = Counter(row["outcome"] for row in rows)
    why = [f"{counted[reason]} {words}" for reason, words in REASONS.items() if counted[reason]]
    return f"{len(rows) - counted[USED]} of {len(rows)}" + (f": {', '.join(why)}" if why else "")
