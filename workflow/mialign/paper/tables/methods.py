"""All methods of an experiment on one scale: what each was given and learned from, what came of it, what went wrong."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mialign.core import csv_files
from mialign.data.policies import policies_and_soups
from mialign.data.supervision import given
from mialign.paper.formatting import interval, label, listing, measured
from mialign.paper.reported import reported
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape
from mialign.paper.trained_tokens import training_tokens

SIZE = r"\scriptsize\setlength{{\tabcolsep}}{{{}pt}}"  # the distance of columns is what the page leaves
CSV = ("experiment", "method", "metric", "temperature", "attempts", "value", "low", "high", "n")
WHOLE = {"category": "all", "preference": "all", "reward": "all"}  # rows over all questions and preference vectors


@dataclass(frozen=True)
class Column:
    """The rows of metrics/{table}.csv that a column shows, at the highest temperature that has them, or the lowest."""

    header: str
    table: str
    where: dict
    digits: int = 1
    temperature: Callable = max


FOLLOWED = Column(r"adherence, \%", "qualities", {"metric": "adherence"})
CORRECT = Column(r"correct, \%", "degeneration", {"metric": "correct"})
OUTCOMES = (
    Column("strength", "strengths", {"axis": "principle-aware", "metric": "strength"}, 2),
    Column("MIP", "preferences", {"metric": "mip"}, 2),
    Column("CRD", "preferences", {"metric": "crd"}, 2),
    Column("hypervolume", "preferences", {"metric": "hypervolume"}, 2),
    Column("drift, nat", "information", {"metric": "drift"}, 3),
    Column("drift, nat", "drift", {"metric": "drift"}, 3),  # no experiment has both
)
SIGNS = (
    Column("length", "degeneration", {"metric": "tokens"}, 0),
    Column(r"ended, \%", "degeneration", {"metric": "ended"}, 0),
    Column(r"repeated, \%", "degeneration", {"metric": "seq_rep_4"}),
    Column(r"copied: rules, \%", "degeneration", {"metric": "copied_instructions"}),
    Column(r"question, \%", "degeneration", {"metric": "copied_question"}),
    Column("distinct-2", "diversity", {"metric": "distinct_2"}),
    Column("self-BLEU", "diversity", {"metric": "self_bleu"}),
)


def outcomes(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a method: what it was given, tokens of its training, and what its answers are worth."""
    (title, experiment), tables = _read(inputs, settings)
    answered = [FOLLOWED, CORRECT] if "respond" in experiment else []
    answered += _accuracies(experiment["solve"]["attempts"]) if "solve" in experiment else []
    result = _table(experiment, tables, [*answered, *OUTCOMES], 3.5)
    result.columns = result.columns.replace("@{}l", "@{}llr", 1)
    result.header[1:1] = ["given", "tokens, $10^3$"]
    tokens = training_tokens(tables.get("training", []), experiment)
    for name, row in zip(policies_and_soups(experiment), result.rows, strict=True):
        had = given(experiment, name)
        row[1:1] = [listing(list(map(escape, had)) or ["nothing"]), _thousands(tokens[name])]
        result.tidy.append({"experiment": title, "method": name, "metric": "training_tokens", "value": tokens[name]})
    result.tidy = [
        {key: row.get(key, "") for key in CSV} | {"given": ", ".join(given(experiment, row["method"]))}
        for row in result.tidy
    ]
    return written(result)


def degeneration(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a method: length and end of its answers, repetition, copying, and how alike they are."""
    (_, experiment), tables = _read(inputs, settings)
    return written(_table(experiment, tables, SIGNS, 2.5))


def steering(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a policy: of each reward the slope with its weight, and how much it overlaps under different vectors."""
    (_, experiment), tables = _read(inputs, settings)
    columns = [
        Column(f"{metric}: {escape(name.replace('_', ' '))}", "preferences", {"metric": metric, "reward": name}, 2)
        for metric in ("slope", "overlap")
        for name in experiment["preferences"]["rewards"]
    ]
    return written(_table(experiment, tables, columns, 3.5))


def _thousands(tokens: float | None) -> str:
    return "--" if tokens is None else f"{tokens / 1000:,.1f}"


# ---------------------------------------------------------------- columns
def _read(inputs: list[Path], settings: dict) -> tuple[tuple[str, dict], dict[str, list[dict]]]:
    """The one experiment of the settings, and its rows of each metrics/{table}.csv, in accuracy.csv those reported."""
    (about,) = settings["experiments"].items()
    tables = {path.stem: csv_files.chosen(path, settings) for path in inputs}
    return about, tables | {"accuracy": reported(tables.get("accuracy", []))}


def _accuracies(attempts: list[int]) -> list[Column]:
    """In the fewest and in the most attempts; one attempt is greedy."""
    numbers = dict.fromkeys((min(attempts), max(attempts)))
    return [
        Column(f"correct in {n}, \\%", "accuracy", {"metric": "accuracy", "attempts": n}, temperature=min)
        for n in numbers
    ]


def _table(experiment: dict, tables: dict, columns: Iterable[Column], distance: float) -> Table:
    """The methods, and the columns in which something was measured."""
    found = [(column, _rows(tables.get(column.table, []), column)) for column in columns]
    shown = [(column, rows) for column, rows in found if any(map(measured, rows.values()))]
    header = ["method", *(column.header for column, _ in shown)]
    result = Table("@{}" + "l" * len(header) + "@{}", header, size=SIZE.format(distance))
    named = {"methods": {**experiment["methods"], **experiment.get("soups", {})}}
    for name in policies_and_soups(experiment):
        cells = [_cell(rows.get(name), column) for column, rows in shown]
        result.rows.append([escape(label(name, named)), *cells])
        result.tidy += [{key: rows[name].get(key, "") for key in CSV} for _, rows in shown if name in rows]
    return result


def _rows(table: list[dict], column: Column) -> dict[str, dict]:
    """By method."""
    fitting = [row for row in table if csv_files.pick([row], **{**WHOLE, **column.where})]
    temperatures = (row["temperature"] for row in fitting if row.get("temperature") is not None)
    shown = column.temperature(temperatures, default=None)
    return {row["method"]: row for row in fitting if row.get("temperature") in (None, shown)}


def _cell(row: dict | None, column: Column) -> str:
    return interval(row, column.digits) if measured(row) else "--"
