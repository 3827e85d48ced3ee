"""What a job took: seconds, and the memory of its largest process."""

import csv
import re
import resource
import time
from pathlib import Path

from mialign.core.files import write_text

COLUMNS = ("seconds", "memory_mib")


def write(path: Path, started: float, processes: int) -> None:
    """The seconds since `started` (time.monotonic) and the largest memory in MiB, of `processes` alike in sum."""
    seconds = time.monotonic() - started
    values = f"{seconds:.2f}", f"{memory(processes):.0f}"
    write_text(path, "\t".join(COLUMNS) + "\n" + "\t".join(values) + "\n")


def read(path: Path) -> tuple[float, float]:
    """Seconds and MiB of one job, as `write` noted them."""
    with path.open(encoding="utf-8") as stream:
        row = next(csv.DictReader(stream, delimiter="\t"))
    seconds, most = (float(row[column]) for column in COLUMNS)
    return seconds, most


def memory(processes: int = 1) -> float:
    """MiB at most so far: of this process or, where it is more, of those it started, times how many are alike.

    Not ru_maxrss of this process, which begins with the size of the one that started it.
    """
    own = int(re.search(r"^VmHWM:\s*(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)[1])
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, processes * largest) / 1024
