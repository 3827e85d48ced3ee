"""One part of the benchmark, in a process of its own: prints each row of gpu.csv as JSON as soon as it is known."""

import argparse
import importlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

sys.path[:0] = [str(Path(__file__).parents[2] / "workflow"), str(Path(__file__).parents[1] / "training")]
if find_spec("Levenshtein") is None:  # no part measures the filter that needs it, and the machine may lack it
    sys.modules["Levenshtein"] = ModuleType("Levenshtein")

from mialign.models.machine import prepare  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part")
    parser.add_argument("--device", choices=("cuda", "cpu"), required=True)
    parser.add_argument("--shapes", choices=("paper", "tiny"), required=True)
    args = parser.parse_args()
    prepare(1 if args.device == "cpu" else 4)
    for row in importlib.import_module(args.part).rows(args.device, args.shapes):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
