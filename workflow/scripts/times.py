"""What each stage cost: jobs, seconds of work and largest memory, from what run.py notes beside each log."""

from argparse import ArgumentParser, Namespace
from collections import defaultdict
from pathlib import Path

from mialign.core import csv_files, job_usage
from mialign.core.errors import InputError
from mialign.core.files import write_text

OF_MODELS = ("corpus", "model")  # runs share base models, and a folder may hold those of other runs
COLUMNS = ("stage", "jobs", "seconds", "longest", "memory_mib")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, required=True, help="results/{run}/logs")
    parser.add_argument("--models", nargs="*", type=Path, default=[], help="logs/STAGE/MODEL.tsv of its base models")
    parser.add_argument("--out", type=Path, required=True, help="CSV")


def main(args: Namespace) -> None:
    jobs = defaultdict(dict)
    for path in sorted(args.folder.rglob("*.tsv")):
        stage = path.relative_to(args.folder).parts[0].removesuffix(".tsv")
        if stage not in OF_MODELS:
            jobs[stage][path] = job_usage.read(path)
    for path in args.models:
        if path.exists():  # models may have been copied without their logs
            jobs[path.parent.name][path] = job_usage.read(path)
    if not jobs:
        raise InputError(f"{args.folder}: no times of jobs (*.tsv) there")
    rows = [_summary(stage, list(measured.values())) for stage, measured in jobs.items()]
    rows.sort(key=lambda row: -row[2])
    rows.append(_summary("all", [one for measured in jobs.values() for one in measured.values()]))
    write_text(args.out, csv_files.text(COLUMNS, rows))


def _summary(stage: str, measured: list[tuple[float, float]]) -> tuple:
    seconds = [one for one, _ in measured]
    return stage, len(measured), round(sum(seconds)), round(max(seconds)), round(max(memory for _, memory in measured))
