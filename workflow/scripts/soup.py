"""Merge the weights of checkpoints that were trained from one parent: a soup."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.models.machine import prepare
from mialign.models.soup import merge


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--checkpoints", nargs="+", type=Path, required=True, help="folders of models, or of adapters")
    parser.add_argument("--weights", nargs="+", type=float, required=True, help="one each, which sum to one")
    parser.add_argument("--out", type=Path, required=True)


def main(args: Namespace) -> None:
    prepare(threads=1)
    merge(args.checkpoints, args.weights, args.out)
