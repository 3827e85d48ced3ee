"""Fetch one dataset from the hub, an address or a folder, and write its rows as JSON lines."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.data.fetch import dataset, lock


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="the dataset's name in the config")
    add_settings(parser, "places", about=": where it is had, tried in this order")
    parser.add_argument("--out", type=Path, required=True, help="datasets/NAME.jsonl")
    parser.add_argument("--origin", type=Path, required=True, help="datasets/NAME.json: where it came from")


def main(args: Namespace) -> None:
    origin = lock.fetch_under_lock(
        args.origin, f"datasets.{args.name}", args.settings["places"], args.out,
        lambda places: dataset.fetch(args.name, places, args.out),
    )  # fmt: skip
    print(f"{args.name}: {origin['rows']} rows")
