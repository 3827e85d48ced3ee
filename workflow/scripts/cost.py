"""Reckon what a run will take by stage, from its settings and stated assumptions."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign import cost
from mialign.arguments import add_settings
from mialign.files import write_csv
from mialign.settings_file import read_yaml


def arguments(parser: ArgumentParser) -> None:
    add_settings(parser, "seeds", "sources", "models", "experiments", "counted", about=" (weights of models on disk)")
    parser.add_argument("--assumptions", type=Path, required=True, help="speeds, lengths, sizes and prices (YAML)")
    parser.add_argument("--out", required=True, help="cost.csv")


def main(args: Namespace) -> None:
    assumed = read_yaml(args.assumptions, "--assumptions names it")
    write_csv(args.out, list(cost.COLUMNS), cost.table(args.settings, assumed))
