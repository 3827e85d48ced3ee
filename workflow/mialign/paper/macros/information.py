"""Information in numbers: what responses tell of their constitutions, its cap, how probable they are, and the drift."""

from mialign.core.macro_names import name
from mialign.paper import formatting
from mialign.paper.macros.number_formats import Number, sign

DIGITS = 3  # of a value in nat
ABOUT = ("experiment", "method", "metric", "critic", "over")  # the columns that tell a row from all others


def of_information(table: list[dict], origin: str) -> list[Number]:
    """Every row: the value, with its interval and unit (Nats), and on which side of 0 it lies (Sign).

    The critic and what its softmax is over are named where they are not the first choice: log-probabilities per token,
    and the mean of rows and columns.
    """
    found = []
    for row in table:
        if row["metric"] == "accuracy":
            continue
        unusual = [row[key] for key, usual in (("critic", "mean"), ("over", "both")) if row[key] not in ("", usual)]
        stem = name("information", row["metric"], row["experiment"], row["method"], *unusual)
        signed = "difference_" in row["metric"]
        where = f"{origin}: {' '.join(filter(None, map(row.get, ABOUT)))}"
        found += [
            Number(stem, formatting.decimal(row["value"], DIGITS, signed), where),
            Number(f"{stem}Nats", f"{formatting.interval(row, DIGITS, signed)} nat", where),
            Number(f"{stem}Sign", sign(row, 0.0), where),
        ]
    return found
