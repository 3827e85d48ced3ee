"""Where a number, figure, table, answer or file comes from: the jobs behind it, back to the questions and models."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.audit import crate, explanation, lookup
from mialign.audit.lineage import Lineage
from mialign.core.errors import InputError


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "thing",
        help="a number's name as in paper/numbers.csv, a figure, a table, TABLE:ROW:COLUMN, the id of a question or "
        "prompt, the digest of a model, a file, or FILE:LINE",
    )
    parser.add_argument(
        "--results", type=Path, help="folder or crate of results; that of the file, or the only one in results/"
    )
    parser.add_argument("--json", action="store_true", help="all that is known, as JSON")


def main(args: Namespace) -> None:
    with crate.opened(args.results or _folder_of(args.thing)) as folder:
        lineage = Lineage(folder)
        found = explanation.explain(lineage, lookup.find(lineage, args.thing))
        print(
            json.dumps(found, ensure_ascii=False, indent=1) if args.json else explanation.words(found, lineage), end=""
        )


def _folder_of(thing: str) -> Path:
    """The folder above a file that has metrics or logs, else the only one in results/."""
    path = Path(thing.rpartition(":")[0]) if thing.rpartition(":")[2].isdecimal() else Path(thing)
    above = path.absolute().parents if path.exists() else ()
    runs = [folder for folder in above if (folder / "logs").is_dir() or (folder / "metrics").is_dir()]
    if runs:
        return runs[-1]
    known = [folder.parent for folder in sorted(Path("results").glob("*/paper"))]
    if len(known) != 1:
        there = f"there are {', '.join(map(str, known))}" if known else "there is none in results/"
        raise InputError(f"--results: name the folder of results ({there})")
    return known[0]
