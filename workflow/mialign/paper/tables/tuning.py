"""How each method did on validation questions at every rate that was tried, and which rate that chose."""

from pathlib import Path

from mialign.evaluation.choosing_scores import CORRELATION
from mialign.evaluation.learning_rates import read
from mialign.paper.formatting import count, decimal, label, setting
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Methods against rates: the score in hundredths and its standard error, the chosen one in bold type.

    A chosen rate that is the lowest or the highest of those tried for its method has a dagger.
    """
    tried = [row for row in read(inputs[0]) if row["experiment"] in settings["experiments"]]
    rates = sorted({float(row["learning_rate"]) for row in tried})
    result = Table("@{}l" + "r" * len(rates) + "@{}", ["method", *map(setting, rates)], tidy=tried)
    result.size = r"\scriptsize\setlength{\tabcolsep}{2.5pt}"
    for title, experiment in settings["experiments"].items():
        of_experiment = [row for row in tried if row["experiment"] == title]
        for score in dict.fromkeys(row["score"] for row in of_experiment):
            rows = [row for row in of_experiment if row["score"] == score]
            unit = "in hundredths" if score == CORRELATION else r"\%"
            about = f"{escape(title)}: {score.replace('_', ' ')}"
            result.rows.append(f"{about}, {unit}, on {count(rows[0]['n'])} questions")
            for method in dict.fromkeys(row["method"] for row in rows):
                found = {float(row["learning_rate"]): row for row in rows if row["method"] == method}
                edges = {min(found), max(found)} if len(found) > 1 else set()
                cells = [_cell(found[rate], rate in edges) if rate in found else "--" for rate in rates]
                result.rows.append([escape(label(method, experiment)), *cells])
    return written(result)


def _cell(row: dict, edge: bool) -> str:
    text = f"{decimal(100 * row['value'])} ({decimal(100 * float(row['standard_error']))})"
    mark = r"\textsuperscript{\dag}" if edge else ""
    return rf"\textbf{{{text}}}{mark}" if row["chosen"] == "yes" else text
