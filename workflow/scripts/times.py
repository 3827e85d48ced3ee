"""What each stage cost: jobs, seconds of work and largest memory, from what run.py notes beside each log.

With --trainings also the seconds of each method's trainings. One that was killed and continued counts from where it
continued.
"""

import csv
import io
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from pathlib import Path

from mialign.core import job_usage
from mialign.core.errors import InputError
from mialign.core.files import write_text

COLUMNS = ("stage", "jobs", "seconds", "longest", "memory_mib")
TRAININGS = ("experiment", "method", *COLUMNS[1:])


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--folders", nargs="+", type=Path, required=True, help="results/{run}/logs, of one run or several"
    )
    parser.add_argument("--trainings", type=Path, help="CSV of the methods of the run whose folder stands first")
    parser.add_argument("--out", type=Path, required=True, help="CSV")


def main(args: Namespace) -> None:
    jobs = defaultdict(dict)
    for folder in args.folders:
        for path in sorted(folder.rglob("*.tsv")):
            jobs[path.relative_to(folder).parts[0].removesuffix(".tsv")][path] = _read(path)
    if not jobs:
        raise InputError(f"{', '.join(map(str, args.folders))}: no times of jobs (*.tsv) there")
    rows = [_summary(stage, list(measured.values())) for stage, measured in jobs.items()]
    rows.sort(key=lambda row: -row[2])
    rows.append(_summary("all", [one for measured in jobs.values() for one in measured.values()]))
    _write(args.out, COLUMNS, rows)
    if args.trainings:
        _write(args.trainings, TRAININGS, _of_methods(args.folders[0] / "train"))


def _of_methods(folder: Path) -> list[tuple]:
    """From EXPERIMENT.METHOD.seedN.tsv."""
    found = defaultdict(list)
    for path in sorted(folder.glob("*.tsv")):
        experiment, method, _ = path.stem.split(".")
        found[experiment, method].append(_read(path))
    return [(experiment, *_summary(method, measured)) for (experiment, method), measured in found.items()]


def _write(path: Path, columns: tuple, rows: list[tuple]) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([columns, *rows])
    write_text(path, stream.getvalue())


def _read(path: Path) -> tuple[float, float]:
    """Seconds and MiB of one job."""
    row = next(csv.DictReader(path.open(encoding="utf-8"), delimiter="\t"))
    seconds, memory = (float(row[column]) for column in job_usage.COLUMNS)
    return seconds, memory


def _summary(stage: str, measured: list[tuple[float, float]]) -> tuple:
    seconds = [one for one, _ in measured]
    return stage, len(measured), round(sum(seconds)), round(max(seconds)), round(max(memory for _, memory in measured))
