"""roc-validator in an environment of its own; `make test-crate` sets it up."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PYTHON = Path(os.environ.get("CRATE_VENV", ".venv-crate")).absolute() / "bin/python"


def pytest_configure():
    if not PYTHON.exists():
        pytest.exit(f"{PYTHON} is not there; `make test-crate` sets it up", returncode=2)


@pytest.fixture
def conform(tmp_path) -> Callable[[Path], dict]:
    """Whether a crate passed, how many checks were made, and the issues."""

    def check(path: Path) -> dict:
        words = [PYTHON, Path(__file__).with_name("conform.py"), path, tmp_path / "vocabularies"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.splitlines()[-1])

    return check
