"""Policies under preference vectors in numbers: how well and how surely a vector steers them, and by how much more."""

from mialign.core.macro_names import name
from mialign.paper import formatting
from mialign.paper.macros.number_formats import Number, sign

DIGITS = 2
ALL = "all"
SLOPES = ("slope", "slope_below_half", "slope_above_half")


def of_preferences(table: list[dict], origin: str) -> list[Number]:
    """Every row over all vectors at the lowest temperature: the value, with its interval, and its Sign.

    A reward is named where the number is of one alone. Interval has value and interval; Sign holds slopes and
    differences against 0.
    """
    lowest: dict[str, float] = {}
    for row in table:
        lowest[row["experiment"]] = min(row["temperature"], lowest.get(row["experiment"], row["temperature"]))
    found = []
    for row in table:
        if row["preference"] == ALL and row["temperature"] == lowest[row["experiment"]]:
            found += _forms(row, origin)
    return found


def _forms(row: dict, origin: str) -> list[Number]:
    reward = [] if row["reward"] == ALL else [row["reward"]]
    stem = name("preferences", row["metric"], *reward, row["experiment"], row["method"])
    where = " ".join((f"{origin}:", row["experiment"], row["method"], *reward, row["metric"]))
    differs = "_difference_" in row["metric"]
    signed = differs or row["metric"] in SLOPES
    numbers = [
        Number(stem, formatting.decimal(row["value"], DIGITS, differs), where),
        Number(f"{stem}Interval", formatting.interval(row, DIGITS, differs), where),
    ]
    return numbers + ([Number(f"{stem}Sign", sign(row, 0.0), where)] if signed else [])
