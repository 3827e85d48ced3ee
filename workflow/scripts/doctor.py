"""See whether this machine has what a run needs, and say what to do where it has not."""

import sys
from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.core.errors import InputError
from mialign.core.files import write_text
from mialign.preflight.doctor import CHECKS, Finding, examine


def arguments(parser):
    add_settings(parser, option="--checks", about=f"what is looked at: {', '.join(CHECKS)}")
    parser.add_argument(
        "--found", type=Path, nargs="*", default=[], help="what was found on other machines; is removed"
    )
    parser.add_argument("--out", type=Path, help="file for the findings; without it they are shown and judged")


def main(args):
    lines = [line for path in args.found for line in path.read_text(encoding="utf-8").splitlines()]
    lines += [str(finding) for finding in examine(args.checks)]
    if args.out:
        write_text(args.out, "".join(f"{line}\n" for line in lines))
        return
    lines = list(dict.fromkeys(lines))  # what is well on several machines is said once
    print("\n".join(lines), file=sys.stderr)
    for path in args.found:
        path.unlink()
    missing = sum(line.startswith(str(Finding(False, ""))) for line in lines)
    if missing:
        raise InputError(f"{missing} of {len(lines)} things are missing, see above")
