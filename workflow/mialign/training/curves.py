"""The course of a training: a tidy table of step, metric, value, and the pairs of each step."""

from collections.abc import Iterator

from mialign.core import csv_files

# Logged for each step, and summed up over the steps.
COUNTS = ("questions", "response_tokens")
LOGGED = ("loss", "grad_norm", "matched_logprob", "grid_accuracy_rows", "grid_accuracy_columns", *COUNTS)


def to_csv(history: list[dict], selected: int) -> str:
    """history: the Trainer's log; selected: the step whose checkpoint is kept.

    Validation metrics lose the prefix eval_ that the Trainer asks for; eval_score, by which it ranks checkpoints, is
    left out.
    """
    rows, totals = [], dict.fromkeys(COUNTS, 0)
    for entry in history:
        for name in LOGGED:
            if name in entry:
                totals[name] = totals.get(name, 0) + entry[name]
                value = totals[name] if name in COUNTS else f"{entry[name]:.6g}"
                rows.append([entry["step"], name, value])
        for name, value in sorted(entry.items()):  # a state that is read back has them in another order
            if name.startswith("eval_") and name != "eval_score":
                rows.append([entry["step"], name.removeprefix("eval_"), f"{value:.6g}"])
    rows.append([selected, "selected", 1])
    return csv_files.text(("step", "metric", "value"), rows)


def pairs_of_steps(history: list[dict]) -> Iterator[dict]:
    """Of every step of the Trainer's log the ids of the pairs of its batch, in their order."""
    return ({"step": entry["step"], "pairs": entry["pairs"]} for entry in history if "pairs" in entry)
