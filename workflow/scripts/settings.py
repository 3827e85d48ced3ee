"""See that files of settings can be read: Snakemake, which reads them first, does not say which of them it cannot."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.yaml_files import read_yaml


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, help="YAML, laid over config.yaml")


def main(args: Namespace) -> None:
    for path in args.files:
        read_yaml(path, "CONFIG names it")
