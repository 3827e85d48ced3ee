"""How names and numbers are written in the paper: labels of methods, rates with intervals, settings."""

import re
from decimal import ROUND_HALF_UP, Decimal

from mialign.paper.tex_escape import escape

NOT_MEASURED = r"\notmeasured{}"
_SHOWN = {"stem": "STEM"}


def label(method: str, experiment: dict) -> str:
    """A method's name in print: its label in the config, or its key in capitals; the given models keep their names."""
    if given := experiment.get("methods", {}).get(method, {}).get("label"):
        return str(given)
    return method if method in ("base", "generator") else method.upper().replace("_", "+")


def category(name: str) -> str:
    """A category's name for LaTeX text."""
    return escape(_SHOWN.get(name, name))


def model(name: str) -> str:
    """A model's name in running text, where a line may end after its hyphens and slashes and nowhere else."""
    return r"\allowbreak{}".join(escape(part) for part in re.split("(?<=[-/])", name))


def citation(key: str | None) -> str:
    """The work of this key in brackets, behind what it is about; nothing where there is no key."""
    return rf"~\citep{{{key}}}" if key else ""


def decimal(value: float | None, digits: int = 1, signed: bool = False) -> str:
    """A number for LaTeX text, with a true minus sign; nothing measured is said in words."""
    if value is None:
        return NOT_MEASURED
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "$-$").replace("+", "$+$")


def count(value: float | None) -> str:
    """A whole number with commas between thousands; nothing measured is said in words."""
    return NOT_MEASURED if value is None else f"{round(value):,}"


def interval(row: dict | None, digits: int = 1, signed: bool = False, percent: bool = False) -> str:
    """`60.2 [58.3, 62.2]`; the brackets only where an interval is known."""
    if not measured(row):
        return missing(row)
    value = decimal(row["value"], digits, signed) + (r"\,\%" if percent else "")
    if row.get("low") is None or row.get("high") is None:
        return value
    return f"{value} [{decimal(row['low'], digits, signed)}, {decimal(row['high'], digits, signed)}]"


def published(value: float | None, signed: bool = False) -> str:
    """A published value with one decimal like ours; a half, in the digits it was published with, is rounded up."""
    if value is None:
        return NOT_MEASURED
    return decimal(float(Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)), 1, signed)


def published_row(row: dict, signed: bool = False) -> str:
    """The published value of a row, or the range that stands in its place."""
    if row.get("low") is None or row.get("high") is None:
        return published(row["value"], signed)
    return f"{published(row['low'], signed)}--{published(row['high'], signed)}"


def missing(row: dict | None) -> str:
    """What stands in place of a value: an accuracy among answers of some form has none where there are none of it."""
    none = row and row.get("n") == 0 and "_given_" in row.get("metric", "")
    return "none" if none else NOT_MEASURED


def measured(row: dict | None) -> bool:
    """Whether a row holds a value that rests on at least one item."""
    return bool(row) and row.get("value") is not None and row.get("n") != 0


def setting(value) -> str:
    """A value of the config for LaTeX text."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, list | tuple):
        return listing([setting(item) for item in value])
    return escape(str(value))


def _float(value: float) -> str:
    if value and (abs(value) < 1e-3 or abs(value) >= 1e5):
        mantissa, exponent = f"{value:.6e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
        factor = "" if mantissa == "1" else rf"{mantissa}\times"
        return rf"\ensuremath{{{factor}10^{{{int(exponent)}}}}}"
    return f"{value:g}".replace("-", "$-$")


def listing(items: list[str]) -> str:
    """`a, b and c`; an empty list is `none`."""
    if not items:
        return "none"
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
