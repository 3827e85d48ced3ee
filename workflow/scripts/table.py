"""One table of the paper: NAME.tex (the tabular, without caption) and NAME.csv (the same facts, tidy)."""

from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.core.files import write_text
from mialign.paper.tables.registry import TABLES


def arguments(parser):
    parser.add_argument("--name", required=True, choices=sorted(TABLES))
    parser.add_argument(
        "--inputs", nargs="*", default=[], type=Path, help="the files it is made of; their paths say what they hold"
    )
    add_settings(parser, about="the config (experiments, models, seeds ...)", required=False)
    parser.add_argument("--out", required=True, type=Path, help="NAME.tex; the CSV is written beside it")


def main(args):
    latex, csv = TABLES[args.name](args.inputs, args.settings)
    write_text(args.out, latex)
    write_text(args.out.with_suffix(".csv"), csv)
