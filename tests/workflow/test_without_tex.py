"""Without TeX Live, and without a right to install it, all but the PDF is made and the packages are named."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from calls import jobs, snakemake

NEEDED = ("bash", "env", "dirname", "id", "which")


@pytest.fixture
def bare(tmp_path) -> str:
    """A PATH with neither apt-get nor latexmk."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in NEEDED:
        (folder / program).symlink_to(Path(shutil.which(program)).resolve())
    return str(folder)


def setup(root: Path, what: str, path: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [root / "envs/setup.sh", what],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_missing_is_named(root, bare):
    done = setup(root, "tex", bare)
    assert done.returncode == 1
    assert "No paper.pdf will be made" in done.stderr
    packages = done.stderr.split("apt-get install --no-install-recommends ")[1].split()
    assert {"latexmk", "texlive-latex-extra", "lmodern"} <= set(packages)
    assert setup(root, "has-tex", bare).returncode == 1


def test_all_but_the_paper_is_planned(copy, bare):
    found = jobs(snakemake(copy, "-n", PATH=bare))
    assert found["without_tex"] == 1
    assert found["figure"] == 9
    assert found["table"] > 10
    assert found["numbers"] == found["times"] == 1
    assert not {"all", "paper"} & found.keys()
