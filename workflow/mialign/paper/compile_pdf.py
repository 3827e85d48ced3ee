"""Compile the paper: in a folder of its own, without shell escape, to the same bytes every time."""

import errno
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mialign.core.disk_space import FULL, temporary_folder
from mialign.core.errors import InputError

PACKAGES = (
    "latexmk texlive-latex-base texlive-latex-recommended texlive-latex-extra "
    "texlive-fonts-recommended texlive-pictures lmodern"
)
EPOCH = "1704067200"  # any fixed moment: what TeX would otherwise take from the clock
SECONDS = 240


@dataclass(frozen=True)
class Results:
    """What a run gives to a document: figures (PDF), tables (.tex) and numbers.tex."""

    figures: list[Path]
    tables: list[Path]
    numbers: Path

    @classmethod
    def of_run(cls, folder: Path) -> "Results":
        """All that lies in the folder of a run."""
        tables = [path for inside in ("tables", "times") for path in sorted(folder.glob(f"{inside}/*.tex"))]
        return cls(sorted(folder.glob("figures/*.pdf")), tables, folder / "paper/numbers.tex")

    def lay(self, folder: Path) -> None:
        """Copy them to where a document looks for them."""
        for made, name in ((self.figures, "figures"), (self.tables, "tables")):
            (folder / name).mkdir(parents=True, exist_ok=True)
            for path in made:
                shutil.copy(path, folder / name)
        shutil.copy(self.numbers, folder / "numbers.tex")


def compile_paper(document: Path, results: Results, chapters: dict[str, Results] | None = None) -> bytes:
    r"""The PDF of a document (.tex), with all beside it, and the results of a run.

    chapters: the results of other runs, by the folder that \ofrun of mialign.sty names.
    """
    if shutil.which("latexmk") is None or shutil.which("pdflatex") is None:
        raise InputError(
            "pdflatex or latexmk is not installed; on Debian or Ubuntu: "
            f"apt-get install --no-install-recommends {PACKAGES}"
        )
    if not document.is_file():
        raise InputError(f"{document}: no such file; --document names the LaTeX source")
    with temporary_folder() as build:
        shutil.copytree(document.parent, build, dirs_exist_ok=True)
        for folder, one in {"": results, **(chapters or {})}.items():
            one.lay(build / folder)
        done = _latexmk(build, document.name)
        pdf = build / f"{document.stem}.pdf"
        if done != 0 or not pdf.is_file():
            if shutil.disk_usage(build).free < FULL:  # what TeX then says is of something else
                raise OSError(errno.ENOSPC, "No space left on device")
            log = build / f"{document.stem}.log"
            raise InputError(first_error(log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""))
        return pdf.read_bytes()


def _latexmk(build: Path, document: str) -> int:
    options = ["-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error"]
    environment = os.environ | {
        "SOURCE_DATE_EPOCH": EPOCH,
        "FORCE_SOURCE_DATE": "1",
        "TZ": "UTC",
        "LC_ALL": "C",
        "max_print_line": "2000",  # or TeX folds its messages at 79 characters
        "openin_any": "r",
        "openout_any": "p",
    }
    command = ["latexmk", "-norc", "-pdf", *options, document]
    try:
        return subprocess.run(
            command,
            cwd=build,
            env=environment,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        raise InputError(f"LaTeX did not finish the paper within {SECONDS} s") from None


def first_error(log: str) -> str:
    """The first error of a TeX log, with file, line and the place in the source."""
    lines = log.splitlines()
    for number, line in enumerate(lines):
        found = re.match(r"(?:\./)?([^:\s][^:]*):(\d+): (.*)", line)
        if found or line.startswith("! "):
            place = next((later for later in lines[number : number + 12] if re.match(r"l\.\d+", later)), "")
            where = f"{found[1]}, line {found[2]}: {found[3]}" if found else line[2:]
            return f"LaTeX stopped at {where}" + (f"\n  at: {place}" if place else "")
    return "LaTeX failed without an error in its log; is the installation whole?"
