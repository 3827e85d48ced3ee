"""Draw one figure from its tidy tables: X.pdf, and X.png beside it.

figure1 and overall take metrics/comparisons.csv; figure2, figure3 and formats accuracy.csv; qualities qualities.csv;
collapse and training training.csv; information information.csv; front preferences.csv; constitutions qualities.csv and
information.csv. Settings that a figure does not have are refused with those it has.
"""

import json
from pathlib import Path

from mialign.core import csv_files
from mialign.core.arguments import add_settings
from mialign.core.errors import InputError
from mialign.paper.figures import FIGURES, draw


def arguments(parser):
    parser.add_argument("--name", required=True, choices=FIGURES)
    parser.add_argument("--data", required=True, nargs="+", metavar="CSV")
    add_settings(parser, about="of the figure", required=False)
    parser.add_argument(
        "--settings-file", metavar="JSON_FILE", help="settings of several figures by name; --settings is laid over them"
    )
    parser.add_argument("--out", required=True, metavar="PDF")


def main(args):
    settings = _from_file(args.settings_file).get(args.name, {}) | args.settings
    rows = [row for path in args.data for row in csv_files.rows(path, ("experiment", "method", "metric", "value"))]
    draw(args.name, rows, settings, args.out)


def _from_file(path: str | None) -> dict:
    if path is None:
        return {}
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error})") from None
