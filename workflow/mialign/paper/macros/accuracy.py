"""Experiment 2 in numbers: accuracy in n attempts, differences between methods, and shares by format."""

from mialign.core.macro_names import key, name
from mialign.paper import formatting
from mialign.paper.macros.number_formats import Number, forms
from mialign.paper.reported import extractors

OF_ALL = ("steps_share", "accuracy_given", "share_ended")  # metrics over all attempts at a temperature


def of_accuracy(table: list[dict], origin: str, settings: dict) -> list[Number]:
    """Accuracy in n attempts, its differences, and shares by format; other extractors and temperatures are named."""
    found, usual = [], extractors(table)
    for row in table:
        more = solved(row, settings, usual[row["experiment"]])
        stem = name(row["metric"], row["experiment"], row["method"], *more)
        found += forms(stem, row, row["metric"], f"{origin}: {key(row)}")
    return found


def usual_temperature(row: dict, settings: dict) -> float:
    """One attempt is made at temperature 0, several at the temperature of `solve`."""
    solve = settings["experiments"].get(row["experiment"], {}).get("solve", {})
    return 0.0 if row.get("attempts") in (None, 1) else float(solve.get("temperature", 1.0))


def solved(row: dict, settings: dict, extractor: str | None) -> list:
    """The parts of a name for the attempts, and for another temperature than usual or another extractor than given.

    A share of answers is of all that were sampled, however many: it is so named, and not by their number.
    """
    attempts = round(row.get("attempts") or 0)
    parts = ["in", attempts] if attempts else []
    if attempts > 1 and row["metric"].startswith(OF_ALL):
        parts = ["sampled"]
    if row.get("temperature") not in (None, usual_temperature(row, settings)):
        parts += ["at", row["temperature"]]
    if row.get("extractor") not in (None, extractor):
        parts += ["by", row["extractor"]]
    return parts


def of_repeats(title: str, questions: list[str], origin: str) -> list[Number]:
    """How many different benchmark questions an experiment has, if it has any more than once."""
    different = len(set(questions))
    found = [Number(name("different_items", title), formatting.count(different), f"{origin}: different questions")]
    return found if different < len(questions) else []


def of_items(table: list[dict], origin: str, metric: str, settings: dict) -> list[Number]:
    """How many benchmark questions each experiment rests on: items for one seed."""
    found = {}
    for row in table:
        if row["metric"] == metric and row.get("category", "all") == "all" and row.get("attempts") in (None, 1):
            each = (row["n"] or 0) / len(settings["seeds"])
            found[row["experiment"]] = max(each, found.get(row["experiment"], 0))
    return [
        Number(name("items", title), formatting.count(each), f"{origin}: n of {metric}, a seed")
        for title, each in found.items()
    ]
