"""Which learning rate a method takes: the one that does best on validation questions."""

from dataclasses import dataclass, replace
from math import sqrt

COLUMNS = ("experiment", "method", "learning_rate", "step", "score", "value", "n", "standard_error", "chosen")
SCORES = ("merit", "accuracy")  # by one of these an experiment chooses its checkpoints


@dataclass(frozen=True)
class Trial:
    """A method trained at one rate: its best checkpoint's mean score, from 0 to 1, on n validation questions."""

    rate: float
    step: int
    score: str
    value: float
    n: int
    chosen: bool = False

    @property
    def error(self) -> float:
        return standard_error(self.value, self.n)


def standard_error(mean: float, n: int) -> float:
    """Of a mean of n scores: sqrt(p (1 - p) / n), exact for scores that are 0 or 1.

    Curves keep means alone. For scores that lie between the two, as the mean of adherence and content,
    it is the most that the error can be.
    """
    return sqrt(mean * (1 - mean) / n)


def trial(rate: float, curve: list[dict], n: int) -> Trial:
    """What the curve of a training (step, metric, value) says of the checkpoint that validation chose."""
    step = next(row["step"] for row in curve if row["metric"] == "selected")
    score, value = next(
        (row["metric"], row["value"]) for row in curve if row["step"] == step and row["metric"] in SCORES
    )
    return Trial(rate, int(step), score, float(value), n)


def choose(trials: list[Trial]) -> list[Trial]:
    """The trials of one method by rate; chosen is the best, of several that are as good the lowest."""
    ordered = sorted(trials, key=lambda one: one.rate)
    best = max(ordered, key=lambda one: one.value)  # the first of those that are as good
    return [replace(one, chosen=one is best) for one in ordered]
