"""Validation scores of every method at several rates, from the curves of their training."""

import csv
import io
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.files import write_text

SCORES = ("adherence", "accuracy")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--curves", nargs="+", type=Path, required=True, help="tuning/{experiment}/{method}/{rate}.csv")
    parser.add_argument("--out", type=Path, required=True)


def main(args: Namespace) -> None:
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(["experiment", "method", "learning_rate", "step", "score", "value"])
    for path in args.curves:
        experiment, method, rate = *path.parts[-3:-1], path.stem
        rows = list(csv.DictReader(path.open(encoding="utf-8")))
        selected = next(row["step"] for row in rows if row["metric"] == "selected")
        table.writerows(
            [experiment, method, rate, selected, row["metric"], row["value"]]
            for row in rows
            if row["step"] == selected and row["metric"] in SCORES
        )
    write_text(args.out, stream.getvalue())
    print(stream.getvalue(), end="")
