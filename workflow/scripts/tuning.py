"""How every method does on validation questions at several rates, and which of the rates that chooses."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core import csv_files
from mialign.core.errors import complaint_prefix
from mialign.core.files import read_jsonl, write_text
from mialign.evaluation.learning_rates import COLUMNS, RateResult, choose, rate_result


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--curves", nargs="+", type=Path, required=True, help="tuning/{experiment}/{method}/{rate}.csv")
    parser.add_argument(
        "--validation", nargs="+", type=Path, required=True, help="prompts/{experiment}/validation.jsonl"
    )
    parser.add_argument("--out", type=Path, required=True, help="CSV")


def main(args: Namespace) -> None:
    results: dict[tuple[str, str], list[RateResult]] = {}
    questions = {path.parts[-2]: len(read_jsonl(path)) for path in args.validation}
    for path in args.curves:
        experiment, method = path.parts[-3:-1]
        curve = csv_files.rows(path, ("step", "metric", "value"))
        with complaint_prefix(f"{path} "):
            one = rate_result(float(path.stem), curve, questions[experiment])
        results.setdefault((experiment, method), []).append(one)
    rows = [_row(*about, one) for about, tried in results.items() for one in choose(tried)]
    write_text(args.out, csv_files.text(COLUMNS, rows))
    print(args.out.read_text(encoding="utf-8"), end="")


def _row(experiment: str, method: str, one: RateResult) -> tuple:
    values = (one.rate, one.step, one.score, one.value, one.n, f"{one.error:.6g}", "yes" if one.chosen else "no")
    return experiment, method, *values
