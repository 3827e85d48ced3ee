"""Run one stage by hand, just as the workflow does: python workflow/run.py STAGE --help."""

import argparse
import atexit
import contextlib
import ctypes
import gc
import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from mialign.core.disk_space import NO_ROOM, disk_is_full
from mialign.core.errors import InputError

STAGES = sorted(path.stem for path in (Path(__file__).parent / "scripts").glob("[a-z]*.py"))


def die_with_parent() -> None:
    """Let the kernel end this job when the workflow is killed: an orphan would go on writing beside its successor."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG
        # The workflow may have been killed before this job came so far; a process that has ended runs no program.
        workflow = os.environ.get("WORKFLOW_PROCESS")
        if workflow and not os.path.exists(f"/proc/{workflow}/exe"):
            os._exit(1)


def collect_seldom() -> None:
    """Look for cycles of garbage a hundred times less often than Python does, and not at the end.

    Starting and ending a job that imports transformers takes two thirds of the time so: the imports make a million
    objects, of which none is garbage.
    """
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)


def main() -> int:
    stage = sys.argv[1] if len(sys.argv) > 1 else ""
    if stage not in STAGES:
        wrong = f"there is no stage {stage!r}; " if stage else ""
        print(f"{wrong}usage: python workflow/run.py STAGE ...   (stages: {', '.join(STAGES)})", file=sys.stderr)
        return 2
    die_with_parent()
    collect_seldom()
    if not stage.startswith("fetch"):
        os.environ["HF_HUB_OFFLINE"] = "1"  # no other stage may wait for, or take anything from, the network
    script = importlib.import_module(f"scripts.{stage}")
    parser = argparse.ArgumentParser(prog=f"run.py {stage}", description=script.__doc__)
    parser.add_argument("--log", type=Path, help="file that takes a copy of all messages")
    script.arguments(parser)
    args = parser.parse_args(sys.argv[2:])
    if getattr(args, "processes", 1) > 1 and "RANK" not in os.environ:
        return share(args.processes)
    if os.environ.get("RANK", "0") != "0":
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the first process speaks for all
    elif args.log:
        try:
            sys.stderr = Tee(args.log)
        except OSError as error:
            return _refuse(f"--log: {args.log} cannot be written ({error.strerror}); name another file")
    try:
        script.main(args)
    except InputError as error:
        return _refuse(str(error))
    except Exception as error:
        place = getattr(error, "filename2", None) or getattr(error, "filename", None)  # of a copy, where to
        if disk_is_full(error):
            return _refuse(f"{place or 'while writing'}: {NO_ROOM}")
        if not isinstance(error, OSError) or place is None:
            raise
        return _refuse(f"{place}: {error.strerror or error}")
    return 0


def share(processes: int) -> int:
    """Run this same command in several processes that train together."""
    launcher = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command = [sys.executable, "-m", *launcher, "--", *sys.argv]
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}  # named, or the launcher remarks on it
    return subprocess.run(command, env=os.environ | threads, preexec_fn=die_with_parent).returncode


def _refuse(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


class Tee:
    """Standard error that is also written to a file, line by line, as long as there is room on its disk."""

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


if __name__ == "__main__":
    sys.exit(main())
