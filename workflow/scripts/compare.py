"""Say in what two folders of results differ: settings, numbers, and by whether their intervals meet, and files."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from mialign.audit import crate
from mialign.audit.comparison import compare

SHOWN = 20  # of a kind in words; --json has all
TITLES = {
    "settings": "settings differ",
    "beyond": "numbers differ, and their intervals do not meet",
    "without": "numbers differ that have no interval",
    "within": "numbers differ, and their intervals meet",
    "only": "numbers are in one of the two alone",
    "files": "files differ",
}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("results", nargs=2, type=Path, help="results/{run}, a copy of it, or its crate.zip")
    parser.add_argument("--json", action="store_true", help="all differences, as JSON")


def main(args: Namespace) -> None:
    with crate.opened(args.results[0]) as one, crate.opened(args.results[1]) as other:
        found = compare(one, other)
    print(json.dumps(found, ensure_ascii=False, indent=1) if args.json else "\n".join(_words(found)))


def _words(found: dict[str, dict]) -> Iterator[str]:
    if not any(found.values()):
        yield "The same settings, numbers and files."
    for kind, title in TITLES.items():
        if unlike := found[kind]:
            yield f"{len(unlike):,} {title}"
            if kind != "within":
                yield from (
                    f"  {name}: {_shown(one)} | {_shown(other)}" for name, (one, other) in islice(unlike.items(), SHOWN)
                )


def _shown(one: object) -> str:
    if isinstance(one, list | tuple):
        value, low, high, n = ("" if part is None else f"{part:g}" for part in one)
        return f"{value}{f' [{low}, {high}]' if low or high else ''}{f', n {n}' if n else ''}" or "nothing"
    return "nothing" if one is None else one[:16] if len(one) == 64 else one
