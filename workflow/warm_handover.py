"""How a job passes from the process that was started for it to one that is forked for it (warm.py).

Its standard streams go as file descriptors, what it was called with as JSON. A byte says that it has been begun, an
exit status that it has ended; either side sees by the closed connection that the other is no more.
"""

import json
import os
import signal
import socket
import sys
from contextlib import suppress

BEGUN = b"."
ALIKE = [sys.executable, os.path.realpath(__file__)]  # of two processes that may do the work of each other


def hand_over(started: float) -> int | None:
    """Have the warm process run what this one was called for; the exit status, or None where nothing has been begun."""
    address = os.environ.get("WORKFLOW_WARM")
    if not address or "RANK" in os.environ:  # one of several processes that train together stays with the others
        return None
    call = {"alike": ALIKE, "words": sys.argv, "folder": os.getcwd(), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(address)
            socket.send_fds(connection, [BEGUN], [0, 1, 2])
            connection.sendall(json.dumps({**call, "started": started}).encode())
            connection.shutdown(socket.SHUT_WR)
            if connection.recv(1) != BEGUN:
                return None
        except OSError:
            return None
        return _end_like(_rest(connection))


def take_over(connection: socket.socket) -> float | None:
    """Become the process at the other end, which waits, and return when that was started; None if this cannot be."""
    _, streams, *_ = socket.recv_fds(connection, 1, 3)
    try:
        call = json.loads(_rest(connection))
    except ValueError:  # it died before it had said all
        return None
    if call["alike"] != ALIKE:
        return None
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    sys.argv = call["words"]
    connection.send(BEGUN)
    return call["started"]


def _rest(connection: socket.socket) -> str:
    """All that comes until the other side sends no more."""
    with connection.makefile(encoding="utf-8") as stream:
        return stream.read()


def _end_like(status: str) -> int:
    """End by the signal that has ended the job, or return its exit status."""
    if not status:
        print("error: the process from which this job was forked has been killed; start it again", file=sys.stderr)
        return 1
    if int(status) < 0:
        with suppress(OSError):  # SIGKILL has no other handler
            signal.signal(-int(status), signal.SIG_DFL)
        os.kill(os.getpid(), -int(status))
    return int(status)
