"""A process that has imported what stages import and forks for each job: of torch and transformers that takes seconds.

The workflow starts it (rules/warm.smk) and run.py hands jobs over to it. Nothing of a job runs in it. It starts no
thread and touches no GPU, because a fork could go on with neither.
"""

import ctypes
import gc
import importlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from mialign.core import code_digests
from mialign.core.process import collect_seldom, die_with_parent, leave
from mialign.models.machine import BEFORE_TORCH
from run_stage import run_stage
from stages import GAINING, MODULES
from warm_handover import take_over

# As they are for a job that has one thread; one that has more sets torch's own when it begins.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# torch then asks the driver's library whether there is a GPU, and leaves CUDA alone: once begun, no fork could use it.
NO_CUDA = {"PYTORCH_NVML_BASED_CUDA_CHECK": "1"}


def start() -> subprocess.Popen:
    """Start it with the Python that jobs are started with, and tell them; they wait at its socket while it imports.

    OSError where a socket cannot be made, as in a temporary folder of a very long name.
    """
    folder = tempfile.mkdtemp(prefix="workflow-")  # that only this user may enter
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{folder}/socket")
            listener.listen()
            server = subprocess.Popen(
                ["python", __file__, folder, str(listener.fileno())],
                env=os.environ | BEFORE_TORCH | ONE_THREAD | NO_CUDA | {"WORKFLOW_PROCESS": str(os.getpid())},
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the jobs that wait for it
            )
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    os.environ["WORKFLOW_WARM"] = f"{folder}/socket"
    return server


def main() -> NoReturn:
    folder, listener = sys.argv[1], socket.socket(fileno=int(sys.argv[2]))
    server = Server(folder, listener)
    signal.signal(signal.SIGTERM, server.end)
    die_with_parent(signal.SIGTERM)
    collect_seldom()
    try:
        import_all()
    except Exception:
        traceback.print_exc()
        print("warm.py has ended, and each job imports for itself", file=sys.stderr)
        server.end()
    gc.freeze()
    with server.next_job() as connection:
        started = None if cuda_is_lost() else take_over(connection)
    if started is None:
        os._exit(1)  # as nothing has been begun, the client does it
    tempfile.tempdir = None  # which may have been found out in another environment
    ctypes.CDLL(None).prctl(15, sys.argv[1].encode())  # PR_SET_NAME, which top shows
    leave(run_stage(started))


def import_all() -> None:
    """RuntimeError where that has started a thread."""
    sys.modules["datasets"] = None  # transformers would import it, and with it a thread of pyarrow's
    own = {module for stage in GAINING for module in code_digests.modules(stage)}
    for name in (*sorted(own), *MODULES):
        importlib.import_module(name)
    if len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("a module that was imported has started a thread, which no fork would have")


def cuda_is_lost() -> bool:
    """Whether a module that was imported has begun CUDA all the same, which this fork could not use."""
    return "torch" in sys.modules and sys.modules["torch"].cuda._is_in_bad_fork()


@dataclass(frozen=True)
class Job:
    process: int
    ended: int  # a descriptor that can be read when the process has ended
    client: socket.socket


class Server:
    def __init__(self, folder: str, listener: socket.socket):
        self.folder, self.listener = folder, listener
        self.jobs: dict[int, Job] = {}  # each under both of its descriptors
        self.poll = select.poll()
        self.poll.register(listener, select.POLLIN)

    def next_job(self) -> socket.socket:
        """Serve for ever; only in the processes that are forked it returns, with the connection to a client."""
        while True:
            descriptor, _ = self.poll.poll()[0]
            if descriptor == self.listener.fileno():
                if connection := self._fork():
                    return connection
            elif descriptor == self.jobs[descriptor].ended:
                self._finish(self.jobs[descriptor])
            else:  # the client has died
                self.poll.unregister(descriptor)
                _kill(self.jobs[descriptor])

    def end(self, *_) -> NoReturn:
        """When the workflow has ended."""
        for job in self.jobs.values():
            _kill(job)
        shutil.rmtree(self.folder, ignore_errors=True)
        os._exit(0)

    def _fork(self) -> socket.socket | None:
        server = os.getpid()
        client, _ = self.listener.accept()
        try:
            process = os.fork()
        except OSError:  # there is no memory for another; the client sees that it was not begun
            client.close()
            return None
        if process == 0:
            die_with_parent()
            if os.getppid() != server:
                os._exit(1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.setpgid(0, 0)
            self._close()
            return client
        with suppress(OSError):  # both sides do it, since either may be the first to need it
            os.setpgid(process, process)
        job = Job(process, os.pidfd_open(process), client)
        self.jobs |= {job.ended: job, client.fileno(): job}
        self.poll.register(job.ended, select.POLLIN)
        self.poll.register(client, 0)  # of which only its end is told
        return None

    def _close(self) -> None:
        """What a forked process has no business with."""
        self.listener.close()
        for descriptor, job in self.jobs.items():
            os.close(descriptor) if descriptor == job.ended else job.client.close()

    def _finish(self, job: Job) -> None:
        """Tell the client how the process has ended."""
        _, status = os.waitpid(job.process, 0)
        self.poll.unregister(job.ended)
        with suppress(KeyError):
            self.poll.unregister(job.client)
        del self.jobs[job.ended], self.jobs[job.client.fileno()]
        os.close(job.ended)
        with job.client as client, suppress(OSError):
            client.send(str(os.waitstatus_to_exitcode(status)).encode())


def _kill(job: Job) -> None:
    """With all that it has started."""
    with suppress(OSError):
        os.killpg(job.process, signal.SIGKILL)


if __name__ == "__main__":
    main()
