"""`cpu_seconds.py FILE COMMAND...` runs a command and notes the CPU seconds of it and of all that it has started.

What outlives its parent becomes a child of this process, which waits for it, so that it counts too.
"""

import ctypes
import os
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # of linux/prctl.h


def main() -> int:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    code = subprocess.run(sys.argv[2:]).returncode
    with suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    Path(sys.argv[1]).write_text(f"{used.ru_utime + used.ru_stime}")
    return code


if __name__ == "__main__":
    sys.exit(main())
