"""Take the authors' released training pairs instead of our own."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core import csv_files
from mialign.core.arguments import add_settings
from mialign.core.files import write_jsonl
from mialign.data import authors
from mialign.data.pairs import choose


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--released", type=Path, required=True, help="the authors' training pairs (JSON)")
    parser.add_argument(
        "--prompts", type=Path, required=True, help="their prompts.py, by which a prompt is taken apart"
    )
    parser.add_argument("--experiment", required=True)
    add_settings(parser, "size", "seed")
    parser.add_argument("--out", required=True, help="pairs/{experiment}/{data}.jsonl")
    parser.add_argument("--table", required=True, help="pairs/{experiment}/{data}.filters.csv")
    parser.add_argument("--examples", required=True, help="pairs/{experiment}/{data}.examples.csv")


def main(args: Namespace) -> None:
    templates = authors.solved_templates(args.prompts)
    released = authors.pairs(args.released, templates, args.experiment, "math")
    chosen = choose(released, args.settings["size"], args.settings["seed"])
    write_jsonl(args.out, chosen)
    kept = {"filter": "size", "dropped": len(released) - len(chosen), "kept": len(chosen)}
    table = [{"filter": "generated", "dropped": 0, "kept": len(released)}, kept]
    csv_files.write(args.table, ["filter", "dropped", "kept"], table)
    csv_files.write(args.examples, ["filter", "question", "response_1", "response_2"], [])
