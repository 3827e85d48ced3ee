"""See whether results are as their manifest and their jobs say; name each file that is not, and what depends on it."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from mialign.audit import crate
from mialign.audit.verification import verify
from mialign.core.errors import InputError

TITLES = {
    "changed": "changed since the manifest was written",
    "missing": "missing",
    "new": "not in the manifest",
    "altered": "not as the job left it that made it",
}
NAMED = 8  # numbers in words; --json has all


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("results", type=Path, help="results/{run}, a copy of it, or its crate.zip")
    parser.add_argument("--json", action="store_true", help="all that differs and depends on it, as JSON")


def main(args: Namespace) -> None:
    found = _verify(args.results)
    print(json.dumps(found, indent=1) if args.json else "\n".join(_words(found)))
    if found:
        raise InputError(f"{args.results}: {len(found)} files are not as they should be")


def _verify(results: Path) -> list[dict]:
    if results.is_dir():
        return verify(results)
    with crate.unpacked(results) as folder:
        return [one for one in verify(folder) if one["is"] != "missing" or not crate.is_left_out(one["file"])]


def _words(found: list[dict]) -> Iterator[str]:
    if not found:
        yield "Every file is as the manifest and the jobs say."
    for one in found:
        yield f"{one['file']}: {TITLES[one['is']]}"
        for kind in ("figures", "tables", "numbers"):
            if names := one[kind]:
                more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
                yield f"  {kind} that depend on it: {', '.join(names[:NAMED])}{more}"
