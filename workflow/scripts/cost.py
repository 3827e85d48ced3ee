"""Reckon what a run will take by stage, from its settings and stated assumptions."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core import csv_files
from mialign.core.arguments import add_settings
from mialign.core.yaml_files import read_yaml
from mialign.preflight import cost
from mialign.preflight.measured_speeds import REQUIRED


def arguments(parser: ArgumentParser) -> None:
    add_settings(
        parser, "seeds", "engine", "sources", "models", "experiments", "counted", about=" (weights of models on disk)"
    )
    parser.add_argument("--assumptions", type=Path, required=True, help="speeds, lengths, sizes and prices (YAML)")
    parser.add_argument("--measured", type=Path, nargs="*", default=[], help="gpu.csv of make gpu, if there is one")
    parser.add_argument("--out", required=True, help="cost.csv")


def main(args: Namespace) -> None:
    assumed = read_yaml(args.assumptions, "--assumptions names it")
    measured = [row for path in args.measured for row in csv_files.rows(path, REQUIRED)]
    csv_files.write(args.out, list(cost.COLUMNS), cost.table(args.settings, assumed, measured))
