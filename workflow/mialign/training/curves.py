"""The course of a training: a tidy table of step, metric, value, and the pairs of each step."""

import csv
import io
from collections.abc import Iterator

# Logged for each step, and summed up over the steps.
COUNTS = ("questions", "response_tokens")
LOGGED = ("loss", "grad_norm", "matched_logprob", "grid_accuracy_rows", "grid_accuracy_columns", *COUNTS)
SKIPPED = (
    "eval_score",
    "eval_runtime",
    "eval_samples_per_second",
    "eval_steps_per_second",
    "eval_model_preparation_time",
)


def to_csv(history: list[dict], selected: int) -> str:
    """history: the Trainer's log; selected: the step whose checkpoint is kept.

    Validation metrics lose the prefix eval_ that the Trainer asks for.
    """
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(["step", "metric", "value"])
    totals = dict.fromkeys(COUNTS, 0)
    for entry in history:
        for name in LOGGED:
            if name in entry:
                totals[name] = totals.get(name, 0) + entry[name]
                value = totals[name] if name in COUNTS else f"{entry[name]:.6g}"
                table.writerow([entry["step"], name, value])
        for name, value in sorted(entry.items()):  # a state that is read back has them in another order
            if name.startswith("eval_") and name not in SKIPPED:
                table.writerow([entry["step"], name.removeprefix("eval_"), f"{value:.6g}"])
    table.writerow([selected, "selected", 1])
    return stream.getvalue()


def pairs_of_steps(history: list[dict]) -> Iterator[dict]:
    """Of every step of the Trainer's log the ids of the pairs of its batch, in their order."""
    return ({"step": entry["step"], "pairs": entry["pairs"]} for entry in history if "pairs" in entry)
