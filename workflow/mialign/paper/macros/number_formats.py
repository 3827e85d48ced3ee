"""One measured number in all its forms, and what its interval says."""

from dataclasses import dataclass

from mialign.paper import formatting

COUNTS = ("wins", "ties", "losses", "invalid")


@dataclass(frozen=True)
class Number:
    """One macro: its name, what it expands to, and the file and row that it comes from.

    setting: of a setting its value as the config has it, a text as it is and anything else as JSON.
    """

    name: str
    text: str
    origin: str
    setting: str = ""


def sign(row: dict | None, null: float) -> str:
    """On which side of `null` the interval of a row lies."""
    if not formatting.measured(row):
        return "missing"
    if row.get("low") is None or row.get("high") is None:
        return "unclear"
    if row["low"] > null:
        return "above"
    return "below" if row["high"] < null else "unclear"


def forms(stem: str, row: dict | None, metric: str, origin: str) -> list[Number]:
    """The macros of one row. Win rates are held against 50 %, differences against nothing."""
    null = _null(metric)
    signed = null == 0
    if not formatting.measured(row):
        texts = {"": formatting.missing(row), "N": "0"}
    elif metric in COUNTS:
        texts = {"": formatting.count(row["value"]), "N": formatting.count(row["n"])}
    else:
        bounds = {"Low": row.get("low"), "High": row.get("high")}
        texts = {
            "": formatting.decimal(row["value"], 1, signed),
            "Rate": formatting.interval(row, 1, signed, percent=True),
            "Points": _points(row),
            "N": formatting.count(row.get("n")),
        } | {form: formatting.decimal(bound, 1, signed) for form, bound in bounds.items() if bound is not None}
    if null is not None:
        texts["Sign"] = sign(row, null)
    return [Number(stem + form, text, origin) for form, text in texts.items()]


def _points(row: dict) -> str:
    value = formatting.decimal(row["value"], 1, True)
    if row.get("low") is None or row.get("high") is None:
        return f"{value} points"
    return f"{value} points [{formatting.decimal(row['low'], 1, True)}, {formatting.decimal(row['high'], 1, True)}]"


def _null(metric: str) -> float | None:
    if metric == "win_rate_ties_won":  # two equal methods have any rate, by how often they tie
        return None
    if metric.startswith("win_rate"):
        return 50.0
    return 0.0 if "difference" in metric else None
