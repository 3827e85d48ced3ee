"""See that every prompt and adapter fits the models, and write how long the longest prompts are."""

import csv
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign import lengths
from mialign.arguments import add_settings
from mialign.files import writing
from mialign.machine import prepare


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--prompts", type=Path, nargs="+", required=True, help="prompts/{experiment}/{split}.jsonl")
    parser.add_argument("--base", type=Path, required=True, help="folder of the model that is trained")
    parser.add_argument("--generator", type=Path, required=True, help="folder of the model that writes the responses")
    add_settings(
        parser,
        "uses",
        "adapters",
        about=": a list of {split, model: base or generator, max_tokens, key: where that is set}; adapters of the base "
        "by where each is set",
    )
    parser.add_argument("--out", type=Path, required=True, help="prompts/{experiment}/lengths.csv")


def main(args: Namespace) -> None:
    if args.settings["adapters"]:
        prepare(threads=1)
        from mialign.training.adapters import check_fit

        check_fit(args.base, args.settings["adapters"])
    models = {"base": args.base, "generator": args.generator}
    rows = list(lengths.rows({path.stem: path for path in args.prompts}, models, args.settings["uses"]))
    with writing(args.out) as beside, beside.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([lengths.COLUMNS, *rows])
