"""Which learning rate a method takes: the one that does best on validation questions."""

from collections import Counter
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path

from mialign.core import csv_files
from mialign.core.errors import InputError
from mialign.evaluation.choosing_scores import CHOOSING, CORRELATION

COLUMNS = ("experiment", "method", "learning_rate", "step", "score", "value", "n", "standard_error", "chosen")


@dataclass(frozen=True)
class RateResult:
    """A method trained at one rate: its best checkpoint's mean score on n validation questions."""

    rate: float
    step: int
    score: str
    value: float
    n: int
    chosen: bool = False

    @property
    def error(self) -> float:
        """The standard error of `value`, 0 to 1."""
        return standard_error(self.score, self.value, self.n)


def standard_error(score: str, value: float, n: int) -> float:
    """Of a mean of n scores: sqrt(p (1 - p) / n), exact for scores of 0 or 1; of a correlation: (1 - r^2) / sqrt(n).

    Curves keep means alone. For scores that lie between 0 and 1, as the mean of adherence and content, and for the mean
    of several correlations it is the most that the error can be, the latter in large samples.
    """
    return (1 - value**2) / sqrt(n) if score == CORRELATION else sqrt(value * (1 - value) / n)


def rate_result(rate: float, curve: list[dict], n: int) -> RateResult:
    """What the curve of a training (step, metric, value) says of the checkpoint that validation chose."""
    step = next((row["step"] for row in curve if row["metric"] == "selected"), None)
    scores = [(row["metric"], row["value"]) for row in curve if row["step"] == step and row["metric"] in CHOOSING]
    if not scores or scores[0][1] is None:
        raise InputError(f"has no score ({' or '.join(CHOOSING)}) at a selected step; delete it, and it is made again")
    (score, value), *_ = scores
    return RateResult(rate, int(step), score, float(value), n)


def read(path: str | Path) -> list[dict]:
    """The rows of a file of the stage tuning; InputError with the line of one that it could not have written."""
    rows = csv_files.rows(path, COLUMNS)
    for line, row in enumerate(rows, start=2):
        wrong = [name for name, fits in FITS.items() if not fits(row[name])]
        if not wrong and row["value"] < 0 and row["score"] != CORRELATION:
            wrong = ["value"]
        if wrong:
            raise InputError(
                f"{path}, line {line}: {wrong[0]} is {row[wrong[0]]!r}; `snakemake tuning` writes this file"
            )
    tried = Counter((row["experiment"], row["method"], row["learning_rate"]) for row in rows)
    if twice := [key for key, count in tried.items() if count > 1]:
        raise InputError(f"{path}: {', '.join(twice[0])} is there twice")
    return rows


def _positive(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


FITS = {
    "experiment": bool,
    "method": bool,
    "learning_rate": _positive,
    "score": CHOOSING.__contains__,
    "value": lambda value: value is not None and -1 <= value <= 1,
    "n": lambda n: n is not None and n >= 1 and n == int(n),
    "standard_error": lambda text: text in ("0", "0.0") or _positive(text),
    "chosen": ("yes", "no").__contains__,
}


def choose(results: list[RateResult]) -> list[RateResult]:
    """The trials of one method by rate; chosen is the best, of several that are as good the lowest.

    Correlations that are all within their standard error of 0, or below, are as good as each other: none is seen.
    """
    ordered = sorted(results, key=lambda one: one.rate)
    none_seen = all(one.score == CORRELATION and one.value <= one.error for one in ordered)
    best = ordered[0] if none_seen else max(ordered, key=lambda one: one.value)  # the first of those that are as good
    return [replace(one, chosen=one is best) for one in ordered]
