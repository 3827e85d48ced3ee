"""See whether results are as their manifest and their jobs say; name each file that is not, and what depends on it."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from mialign.audit import crate, manifest
from mialign.audit.verification import verify
from mialign.core.errors import InputError

TITLES = {
    "changed": "changed since the manifest was written",
    "missing": "missing",
    "new": "not in the manifest",
    "unsealed": f"not there as {manifest.SEAL} has it; one of the two was changed",
    "altered": "not as the job left it that made it",
}
NAMED = 8  # numbers in words; --json has all


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("results", type=Path, help="results/{run}, a copy of it, or its crate.zip")
    parser.add_argument("--json", action="store_true", help="all that differs and depends on it, as JSON")


def main(args: Namespace) -> None:
    with crate.opened(args.results) as folder:
        found = verify(folder)
        left_out = [name for name in crate.left_out(folder) if not (folder / name).exists()]
    print(
        json.dumps({"differ": found, "left_out": left_out}, indent=1)
        if args.json
        else "\n".join(_words(found, left_out))
    )
    if found:
        raise InputError(f"{args.results}: {len(found)} files are not as they should be")


def _words(found: list[dict], left_out: list[str]) -> Iterator[str]:
    if not found:
        yield f"Every file{' in it' if left_out else ''} is as the manifest and the jobs say."
    if left_out:
        told = f"The crate was made without {len(left_out)} files ({crate.summary(left_out)})"
        yield f"{told}: of them the sha256 alone is known. --json names them."
    for one in found:
        yield f"{one['file']}: {TITLES[one['is']]}"
        for kind in ("figures", "tables", "numbers"):
            if names := one[kind]:
                more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
                yield f"  {kind} that depend on it: {', '.join(names[:NAMED])}{more}"
