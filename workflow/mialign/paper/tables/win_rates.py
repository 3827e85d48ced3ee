"""Experiment 1: every comparison on both axes, and what the responses of every method are like."""

from pathlib import Path

from mialign.core import csv_files
from mialign.evaluation.judge.settings import MAIN, by_program
from mialign.evaluation.metrics.qualities import METRICS
from mialign.paper.formatting import count, interval, measured
from mialign.paper.tables.layout import Table, named, written
from mialign.paper.tex_escape import escape

AXES = {"principle-aware": "knows the principles", "principle-free": "does not know them"}
COUNTED = {"principle-aware": " (adherence)", "principle-free": " (correct or not)"}  # by a judge that is a program
QUALITIES = {
    "adherence": r"adherence, \%",
    "adherence_trained": r"trained, \%",
    "adherence_held_out": r"held out, \%",
    "correct": r"correct, \%",
    "ended": r"ended, \%",
    "tokens": "tokens",
}


def win_rates(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Wins, ties, losses and win rates at temperature 0."""
    return _win_rates(inputs[0], settings, sampled=False)


def win_rates_sampled(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """The same at the temperatures above 0."""
    return _win_rates(inputs[0], settings, sampled=True)


def _win_rates(path: Path, settings: dict, sampled: bool) -> tuple[str, str]:
    table = csv_files.chosen(path, settings, ("baseline", "axis", "metric", "value"))
    table = [row for row in table if row["category"] == "all" and bool(row["temperature"]) == sampled]
    counted = ["wins", "ties", "losses"]
    if any(row["metric"] == "invalid" and row["value"] for row in table):
        counted.append("invalid")
    header = ["comparison", *counted, r"win rate, \%", r"length-controlled, \%"]
    result = Table("@{}l" + "r" * len(counted) + "ll@{}", header, tidy=table)
    for temperature in sorted({row["temperature"] for row in table}):
        for axis, shown in AXES.items():
            rows = [row for row in table if (row["temperature"], row["axis"]) == (temperature, axis)]
            if rows:
                judge = _judge(rows[0], shown, settings)
                result.rows.append(judge + (f", temperature {temperature:g}" if sampled else ""))
                result.rows += [_comparison(rows, *pair, counted, settings) for pair in _pairs(rows)]
    return written(result)


def _judge(row: dict, shown: str, settings: dict) -> str:
    """What is said of the judge of this row: a further one by its name, and what a program counts."""
    if row.get("judge", MAIN) != MAIN:
        return f"Judge {escape(row['judge'])} {shown}"
    counts = by_program(settings["experiments"][row["experiment"]])
    return f"Judge {shown}{COUNTED[row['axis']] if counts else ''}"


def _pairs(rows: list[dict]) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys((row["experiment"], row["method"], row["baseline"]) for row in rows))


def _comparison(
    rows: list[dict], experiment: str, method: str, baseline: str, counted: list[str], settings: dict
) -> list[str]:
    def of(metric):
        return csv_files.pick(rows, experiment=experiment, method=method, baseline=baseline, metric=metric)

    counts = [count((of(metric) or {}).get("value")) for metric in counted]
    pair = " vs ".join(named(experiment, one, settings) for one in (method, baseline))
    return [pair, *counts, interval(of("win_rate")), interval(of("win_rate_length_controlled"))]


def qualities(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Adherence, correct content, share that ends and mean length of every method, by temperature.

    A column in which nothing was measured is left out: of most real questions no program knows what is correct.
    """
    table = [row for row in csv_files.chosen(inputs[0], settings) if row["category"] == "all"]
    told = {row["metric"] for row in table if measured(row)} or set(METRICS)
    shown = [metric for metric in QUALITIES if metric in told]
    result = Table("@{}l" + "l" * len(shown) + "@{}", ["method", *(QUALITIES[metric] for metric in shown)], tidy=table)
    for temperature in sorted({row["temperature"] or 0.0 for row in table}):
        at = [row for row in table if (row["temperature"] or 0.0) == temperature]
        result.rows.append(f"temperature {temperature:g}")
        for experiment, method in dict.fromkeys((row["experiment"], row["method"]) for row in at):
            cells = [
                interval(csv_files.pick(at, experiment=experiment, method=method, metric=metric)) for metric in shown
            ]
            result.rows.append([named(experiment, method, settings), *cells])
    return written(result)
