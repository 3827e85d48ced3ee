"""A stage in this process: its arguments, its log, what it took, and what a person can mend in one line."""

import argparse
import contextlib
import importlib
import os
import subprocess
import sys
from pathlib import Path

from mialign.audit import provenance
from mialign.audit.opened_files import OpenedFiles
from mialign.core import job_usage
from mialign.core.disk_space import NO_SPACE, disk_is_full
from mialign.core.errors import InputError
from mialign.core.process import collect_seldom, die_with_parent
from stages import offline


def run_stage(started: float) -> int:
    """Run the stage that sys.argv asks for; with --log, note where its results come from, and what it took.

    started: of time.monotonic. Of several processes that train together the first notes where the results come from.
    """
    stage, *words = sys.argv[1:]
    collect_seldom()
    if offline(stage):
        os.environ["HF_HUB_OFFLINE"] = "1"
    script = importlib.import_module(f"scripts.{stage}")
    parser = argparse.ArgumentParser(prog=f"run.py {stage}", description=script.__doc__)
    parser.add_argument(
        "--log",
        type=Path,
        help="file that takes a copy of all messages; time and memory go beside it, as .tsv, and provenance, as .json",
    )
    script.arguments(parser)
    opened = OpenedFiles().start()
    args = parser.parse_args(words)
    one_of_several = "RANK" in os.environ
    processes = 1 if one_of_several else getattr(args, "processes", 1)
    try:
        if processes > 1:
            status = share(processes, args.log)
        else:
            status = 0
            tell(args.log)
            script.main(args)
            if args.log and os.environ.get("RANK", "0") == "0":
                provenance.write(stage, args, opened, started)
        if status == 0 and args.log and not one_of_several:
            job_usage.write(args.log.with_suffix(".tsv"), started, processes)
    except InputError as error:
        return _refuse(str(error))
    except Exception as error:
        place = getattr(error, "filename2", None) or getattr(error, "filename", None)  # of a copy, where to
        if disk_is_full(error):
            return _refuse(f"{place or 'while writing'}: {NO_SPACE}")
        if not isinstance(error, OSError) or place is None:
            raise
        return _refuse(f"{place}: {error.strerror or error}")
    return status


def share(processes: int, log: Path | None) -> int:
    """Run this same command in several processes that train together; if one fails, say where its messages are."""
    launcher = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command = [sys.executable, "-m", *launcher, "--", *sys.argv]
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}  # named, or the launcher remarks on it
    status = subprocess.run(command, env=os.environ | threads, preexec_fn=die_with_parent).returncode
    for rank in range(1, processes) if log else ():
        said = log_of(rank, log)
        if status and said.exists() and said.stat().st_size:
            print(f"error: of {processes} processes that train together one failed; see {said} too", file=sys.stderr)
        else:
            said.unlink(missing_ok=True)
    return status


def log_of(rank: int, log: Path) -> Path:
    """What a process but the first says; kept only if the training fails."""
    return log.with_name(f"{log.name}.rank{rank}")


def tell(log: Path | None) -> None:
    """Have messages copied to the log; of several processes the first speaks for all, until one of them fails."""
    rank = int(os.environ.get("RANK", "0"))
    try:
        if rank:
            speak_into(log_of(rank, log) if log else Path(os.devnull))
        elif log:
            sys.stderr = Tee(log)
    except OSError as error:
        raise InputError(f"--log: {log} cannot be written ({error.strerror}); name another file") from None


def speak_into(path: Path) -> None:
    """Have standard error written to this file alone, also that of libraries that are not Python's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)


def _refuse(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


class Tee:
    """Standard error that is also written to a file, line by line, as long as there is free space on its disk."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.streams = (sys.stderr, path.open("w", encoding="utf-8", errors="backslashreplace", buffering=1))

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self.streams[1].write(text)
        return self.streams[0].write(text)

    def __getattr__(self, name: str):
        return getattr(self.streams[0], name)

    def flush(self) -> None:
        self.streams[0].flush()
