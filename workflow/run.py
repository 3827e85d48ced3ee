"""Run one stage by hand, just as the workflow does: python workflow/run.py STAGE --help."""

import argparse
import ctypes
import importlib
import signal
import sys
from pathlib import Path

from mialign.errors import InputError

STAGES = sorted(path.stem for path in (Path(__file__).parent / "scripts").glob("[a-z]*.py"))


def die_with_parent() -> None:
    """Let the kernel end this job when the workflow is killed: an orphan would go on writing beside its successor."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG


def main() -> int:
    stage = sys.argv[1] if len(sys.argv) > 1 else ""
    if stage not in STAGES:
        print(f"usage: python workflow/run.py STAGE ...   (stages: {', '.join(STAGES)})", file=sys.stderr)
        return 2
    die_with_parent()
    script = importlib.import_module(f"scripts.{stage}")
    parser = argparse.ArgumentParser(prog=f"run.py {stage}", description=script.__doc__)
    script.arguments(parser)
    try:
        script.main(parser.parse_args(sys.argv[2:]))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
