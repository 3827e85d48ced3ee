"""The CPU seconds of a command are those of all that it has started, also of what outlives it."""

import subprocess
import sys

from copies import ROOT

BUSY = "import time\nwhile time.process_time() < 1: pass"
STARTS = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BUSY!r}])\nsys.exit(3)"


def test_a_process_that_outlives_the_command_counts(tmp_path):
    """It is busy for one second after the command has ended; without it that would be a few hundredths."""
    words = [sys.executable, ROOT / "tests/cpu_seconds.py", tmp_path / "seconds", sys.executable, "-c", STARTS]
    assert subprocess.run(words, timeout=60).returncode == 3
    assert 1 <= float((tmp_path / "seconds").read_text()) < 3
