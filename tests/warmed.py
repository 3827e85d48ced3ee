"""A warm process, and one that has started it and stands for Snakemake's."""

import subprocess
import sys
from pathlib import Path

from calls import environment

START = """
import os, sys, warm
server = warm.start()
print(os.environ["WORKFLOW_WARM"], server.pid, flush=True)
sys.stdin.read()
"""


class Warm:
    """Its socket (address) and number (process); `parent` has started it, in this copy of the workflow."""

    def __init__(self, workflow: Path, **more: str):
        self.workflow = workflow
        self.parent = subprocess.Popen(
            [sys.executable, "-c", START],
            env=environment(PYTHONPATH=str(workflow / "workflow"), **more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.address, process = self.parent.stdout.readline().split()
        self.process = int(process)

    def end(self) -> str:
        """What was said until all were gone."""
        return self.parent.communicate(timeout=30)[1]
