"""Write what a run takes from elsewhere as a table: where it came from, and whether config or lock file pins it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core import csv_files
from mialign.data.fetch import pins


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of what was fetched")
    parser.add_argument(
        "--origins", type=Path, nargs="+", required=True, help="files there that say where it came from"
    )
    parser.add_argument("--out", type=Path, required=True, help="fetched.csv")


def main(args: Namespace) -> None:
    rows = [pins.row(args.data, origin) for origin in args.origins]
    csv_files.write(args.out, pins.COLUMNS, rows)
    for one in rows:
        if one["pinned"] not in ("config", "lock"):
            print(f"{one['kind']}/{one['name']}: {SAID[one['pinned']]}")


SAID = {
    "no": "no commit, checksum or lock file pins it; fetch it again, and a lock file does",
    "gone": "it is not in the data folder any more, so nothing is known of it",
}
