"""Calls of Snakemake, and what it prints of the jobs.

Importing Snakemake takes as long as a dry run. So calls are forked from a process that has imported it with all that it
imports on the way, and nothing of ours, since each copy of the workflow has its own library.
"""

import multiprocessing
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "ARGS", "CONFIG")
OURS = [Path(__file__).parents[1] / name for name in ("", "workflow", "tests", "tests/unit", "tests/workflow")]
FORKSERVER = multiprocessing.get_context("forkserver")
FORKSERVER.set_forkserver_preload(
    ["snakemake.cli", "snakemake.report.html_reporter", "smart_open", "jsonschema", "rapidfuzz.distance", "Levenshtein"]
)


def environment(**more: str) -> dict[str, str]:
    """Ours, with the programs of this Python's environment first on PATH, and without what make was told here."""
    ours = {name: text for name, text in os.environ.items() if name not in OF_MAKE}
    return {**ours, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **more}


def snakemake(folder: Path, *arguments: str, ok: bool = True, **more: str) -> str:
    """What a call in this folder prints; it must succeed, or fail where `ok` is false; `more` variables are its own."""
    with tempfile.NamedTemporaryFile() as printed:
        call = FORKSERVER.Process(target=_call, args=(folder, arguments, environment(**more), printed.name))
        call.start()
        call.join(timeout=120)
        if call.exitcode is None:
            call.kill()
        text = Path(printed.name).read_text(encoding="utf-8")
    assert call.exitcode is not None, f"not done after 120 s: {text}"
    assert (call.exitcode == 0) is ok, text
    return text


def _call(folder: Path, arguments: tuple[str, ...], variables: dict[str, str], printed: str) -> None:
    """As `python -m snakemake` in that folder, printing into a file."""
    from snakemake import cli

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    for stream in (1, 2):
        os.dup2(os.open(printed, os.O_WRONLY | os.O_APPEND), stream)
    sys.argv = ["snakemake", *arguments]
    added = variables.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [*filter(None, added), *(path for path in sys.path if Path(path) not in OURS)]
    cli.main()


def jobs(text: str) -> Counter:
    """The job counts that a dry run prints."""
    table = text.split("Job stats:")[1]
    rows = re.findall(r"^([a-z_0-9]+) +(\d+)$", table.split("\n\n")[0], re.M)
    return Counter({name: int(count) for name, count in rows if name != "total"})
