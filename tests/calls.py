"""Calls of Snakemake, and what it prints of the jobs."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path


def environment(**more: str) -> dict[str, str]:
    """Ours, with the programs of this Python's environment first on PATH."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **more}


def snakemake(folder: Path, *arguments: str, ok: bool = True, **more: str) -> str:
    """What a call in this folder prints; it must succeed, or fail where `ok` is false; `more` variables are its own."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(**more),
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def jobs(text: str) -> Counter:
    """The job counts that a dry run prints."""
    table = text.split("Job stats:")[1]
    rows = re.findall(r"^([a-z_0-9]+) +(\d+)$", table.split("\n\n")[0], re.M)
    return Counter({name: int(count) for name, count in rows if name != "total"})
