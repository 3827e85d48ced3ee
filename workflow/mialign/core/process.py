"""How a process of ours begins and ends."""

import atexit
import ctypes
import gc
import os
import signal
import sys
import threading
from typing import NoReturn


def die_with_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """Let the kernel end this job when the workflow is killed: an orphan would go on writing beside its successor."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, by)  # 1 is PR_SET_PDEATHSIG
        # The workflow may have been killed before this job came so far; a process that has ended runs no program.
        workflow = os.environ.get("WORKFLOW_PROCESS")
        if workflow and not os.path.exists(f"/proc/{workflow}/exe"):
            signal.raise_signal(by)


def collect_seldom() -> None:
    """Look for cycles of garbage a hundred times less often than Python does.

    Starting a job that imports transformers takes two thirds of the time so: the imports make a million objects, of
    which none is garbage.
    """
    gc.set_threshold(100_000)


def leave(status: int) -> NoReturn:
    """End as Python does, but without taking its million objects apart.

    That can take a second, and it aborts a process that trained with others now and then: a thread of PyTorch's group,
    which outlives the group, may just let go of a tensor, and a thread that asks for Python's lock then is ended in a
    way that C++ does not allow (pytorch issue 190489).
    """
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
