"""Write the questions of one source: from our small world, or from a file in the data folder."""

import argparse

from mialign.core import files
from mialign.core.arguments import add_settings
from mialign.data import sources


def arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, about="the source's block of the config")
    parser.add_argument("--name", required=True, help="the source's name")
    parser.add_argument("--data", default="data", help="folder of the question files")
    parser.add_argument(
        "--categories", nargs="*", default=[], help="categories that have principles; others are refused"
    )
    parser.add_argument("--out", required=True, help="questions/NAME.jsonl")


def main(args: argparse.Namespace) -> None:
    records = sources.questions(args.name, args.settings, args.data, args.categories)
    files.write_jsonl(args.out, records)
    print(f"{args.name}: {len(records)} questions")
