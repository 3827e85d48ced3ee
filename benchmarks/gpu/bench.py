"""What a GPU gives: agreement with the plain computation, speed and memory of steps, trainings, decoding.

    python benchmarks/gpu/bench.py --out docs/benchmarks             # all parts, 8 minutes at most
    python benchmarks/gpu/bench.py --out docs/benchmarks steps       # one of them

Every number is written to gpu.csv as soon as it is known; a part takes the place of what the same card had measured of
it before. --device cpu --shapes tiny tries all parts without a GPU.
"""

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow"))

import card
from goals import goals
from rows import COLUMNS, missing

from mialign.core import csv_files

SECONDS = {"agreement": 100, "steps": 220, "trainings": 100, "decoding": 50}  # that a part may take on a GPU
ON_CPU = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(SECONDS)}; by default all")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--shapes", choices=("paper", "tiny"), default="paper")
    args = parser.parse_args()
    if unknown := [part for part in args.parts if part not in SECONDS]:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(SECONDS)}")
    if args.device == "cuda" and not _sees_gpu():
        sys.exit("make gpu: torch sees no GPU here; run it on a machine with one")
    run(args.parts or list(SECONDS), args.device, args.shapes, args.out / "gpu.csv")


def run(parts: list[str], device: str, shapes: str, path: Path) -> None:
    """Measure the parts one after the other, each number into the CSV at once."""
    about = {
        "date": date.today().isoformat(),
        "card": card.name(device),
        "memory_gib": f"{card.memory_gib(device):.4g}" if device == "cuda" else "",
        "versions": _versions(),
    }
    for part in parts:
        replaced = {part, "goals"} if part == "steps" else {part}
        known = [row for row in _read(path) if row["card"] != about["card"] or row["part"] not in replaced]
        print(f"{part}: at most {_seconds(part, device)} s", flush=True)
        start = time.monotonic()
        for row in measured(part, device, shapes):
            known.append(about | {"part": part} | row)
            csv_files.write(path, list(COLUMNS), known)
            _show(row)
        if part == "steps":
            own = [row for row in known if row["card"] == about["card"]]
            for row in goals(own, [shape for shape in ("8b", "1b", "tiny") if any(r["model"] == shape for r in own)]):
                known.append(about | {"part": "goals"} | row)
                _show(row)
            csv_files.write(path, list(COLUMNS), known)
        print(f"{part}: {time.monotonic() - start:.0f} s", flush=True)


def measured(part: str, device: str, shapes: str) -> Iterator[dict]:
    """The rows of a part as they come; the last one says so if it was cut off or failed."""
    command = [sys.executable, str(Path(__file__).with_name("part.py")), part, "--device", device, "--shapes", shapes]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    late = threading.Event()

    def stop() -> None:
        late.set()
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(_seconds(part, device), stop)
    timer.start()
    try:
        yield from (json.loads(line) for line in process.stdout if line.startswith('{"model"'))
        process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    if late.is_set():
        yield missing("", "what is not above", "", f"it was cut off after {_seconds(part, device)} s")
    elif process.returncode:
        yield missing("", "what is not above", "", f"the part ended with exit status {process.returncode}")


def _seconds(part: str, device: str) -> int:
    return SECONDS[part] if device == "cuda" else ON_CPU


def _sees_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _versions() -> str:
    """Python's, and those of the packages that are there."""
    found = [f"python {sys.version.split()[0]}"]
    for package in ("torch", "transformers", "accelerate", "peft", "trl"):
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def _read(path: Path) -> list[dict]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _show(row: dict) -> None:
    words = (row["model"], row["what"], row["way"], row["metric"], row["value"], row["note"])
    print("  " + " | ".join(word for word in words if word), flush=True)


if __name__ == "__main__":
    main()
