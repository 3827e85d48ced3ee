"""One table of the paper: NAME.tex (the tabular, without caption) and NAME.csv (the same facts, tidy)."""

import json
from pathlib import Path

from mialign.core.files import write_text
from mialign.paper.tables.registry import TABLES


def arguments(parser):
    parser.add_argument("--name", required=True, choices=sorted(TABLES))
    parser.add_argument(
        "--inputs", nargs="*", default=[], type=Path, help="the files it is made of; their paths say what they hold"
    )
    parser.add_argument("--settings", default="{}", help="JSON: the config (experiments, models, seeds ...)")
    parser.add_argument("--out", required=True, type=Path, help="NAME.tex; the CSV is written beside it")


def main(args):
    latex, csv = TABLES[args.name](args.inputs, json.loads(args.settings))
    write_text(args.out, latex)
    write_text(args.out.with_suffix(".csv"), csv)
