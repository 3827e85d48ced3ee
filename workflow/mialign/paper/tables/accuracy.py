"""Experiment 2: accuracy in n attempts, by format, and by extractor."""

from pathlib import Path

from mialign.core import csv_files
from mialign.paper.formatting import decimal, interval, measured
from mialign.paper.macros.accuracy import usual_temperature
from mialign.paper.reported import RULES, reported
from mialign.paper.tables.layout import Table, named, written
from mialign.paper.tex_escape import escape


def accuracy(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Methods against attempts, then the gains over the base, paired by question and seed."""
    table = _usual(inputs, settings)
    attempts = sorted({row["attempts"] for row in table if row["metric"] == "accuracy"})
    header = ["method", *(f"{number:g} attempt{'s' if number > 1 else ''}" for number in attempts)]
    shown = [row for row in table if row["metric"] == "accuracy" or row["metric"].startswith("difference_")]
    result = Table("@{}l" + "l" * len(attempts) + "@{}", header, tidy=shown)
    for metric, title in (("accuracy", r"accuracy, \%"), ("difference_base", "gain over the base, points")):
        rows = [row for row in table if row["metric"] == metric]
        if rows:
            result.rows.append(title)
        for key in _methods(rows):
            cells = [_cell(rows, key, metric, attempts=number) for number in attempts]
            result.rows.append([named(*key, settings), *cells])
    return written(result)


OF_SOURCE = "accuracy_of_"


def sources(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Methods against the sources of the questions, by the number of attempts."""
    table = [row for row in _usual(inputs, settings) if row["metric"].startswith(OF_SOURCE)]
    metrics = list(dict.fromkeys(row["metric"] for row in table))
    titles = [escape(metric.removeprefix(OF_SOURCE).replace("_", " ")) for metric in metrics]
    result = Table("@{}l" + "l" * len(titles) + "@{}", ["method", *titles], tidy=table)
    for number in sorted({row["attempts"] for row in table}):
        result.rows.append(rf"accuracy, \%, {number:g} attempt{'s' if number > 1 else ''}")
        for key in _methods(table):
            cells = [_cell(table, key, metric, attempts=number) for metric in metrics]
            result.rows.append([named(*key, settings), *cells])
    return written(result)


SHARES = {
    "steps_share": r"in steps, \%",
    "accuracy_given_steps": r"accuracy in steps, \%",
    "accuracy_given_concise": r"accuracy, concise, \%",
    "share_ended": r"ended, \%",
}


def formats(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """The shares of answers in steps and of those that ended, and accuracy within each format, by temperature."""
    table = [row for row in _extracted(inputs, settings) if row["metric"] in SHARES]
    result = Table("@{}lllll@{}", ["method", *SHARES.values()], tidy=table)
    for temperature in sorted({row["temperature"] or 0.0 for row in table}):
        rows = [row for row in table if (row["temperature"] or 0.0) == temperature]
        result.rows.append(f"temperature {temperature:g}")
        for key in _methods(rows):
            result.rows.append([named(*key, settings), *(_cell(rows, key, metric) for metric in SHARES)])
    return written(result)


COUNTS = {"accuracy": r"any of $n$, \%", "pass_at_k": r"pass@$n$, \%", "maj_at_k": r"majority of $n$, \%"}


def extractors(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """Any-of-n by every extractor, then the estimates pass@n and maj@n of more than one attempt.

    The reported extractor comes first, then the strict one and how far it is from the reported one.
    """
    table = [row for row in csv_files.chosen(inputs[0], settings) if _at_usual(row, settings)]
    names = dict.fromkeys(row["extractor"] for row in table if row["metric"] == "accuracy")
    names = sorted(names, key=lambda name: RULES.index(name) if name in RULES else len(RULES))
    both = names[:2] == list(RULES)
    header = ["method", "$n$", *map(escape, names)]
    if both:
        header.insert(4, "difference")
    result = Table("@{}lr" + "l" * (len(header) - 2) + "@{}", header, size=r"\scriptsize\setlength{\tabcolsep}{4pt}")
    result.tidy = [row for row in table if row["metric"] in COUNTS]
    for metric, title in COUNTS.items():
        rows = [row for row in result.tidy if row["metric"] == metric and (metric == "accuracy" or row["attempts"] > 1)]
        if rows:
            result.rows.append(title)
        attempts = sorted({row["attempts"] for row in rows})
        for key in _methods(rows):
            for number in attempts:
                cells = [_cell(rows, key, metric, attempts=number, extractor=name) for name in names]
                if both:
                    cells.insert(2, _apart(rows, key, number))
                result.rows.append([named(*key, settings) if number == attempts[0] else "", f"{number:g}", *cells])
    return written(result)


def _apart(rows: list[dict], key: tuple[str, str], attempts: float) -> str:
    """By the strict extractor less by the reported one, of the same answers, in points."""
    reported_row, strict = (csv_files.pick(rows, attempts=attempts, extractor=name, **_where(key)) for name in RULES)
    both = measured(reported_row) and measured(strict)
    return decimal(strict["value"] - reported_row["value"], signed=True) if both else "--"


def _usual(inputs: list[Path], settings: dict) -> list[dict]:
    return [row for row in _extracted(inputs, settings) if _at_usual(row, settings)]


def _extracted(inputs: list[Path], settings: dict) -> list[dict]:
    return reported(csv_files.chosen(inputs[0], settings))


def _at_usual(row: dict, settings: dict) -> bool:
    return row["temperature"] in (None, usual_temperature(row, settings))


def _methods(rows: list[dict]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row["experiment"], row["method"]) for row in rows))


def _where(key: tuple[str, str]) -> dict:
    return {"experiment": key[0], "method": key[1]}


def _cell(rows: list[dict], key: tuple[str, str], metric: str, **more) -> str:
    return interval(csv_files.pick(rows, metric=metric, **_where(key), **more), signed="difference" in metric)
