"""The workflow's own files, kept beside the results: the Snakefile, and what jobs read of config/ and workflow/.

With them a copy of the results has what its numbers begin with, such as principles and published values.
"""

import shutil
from pathlib import Path, PurePosixPath

from mialign.audit import digests
from mialign.audit.lineage import SOURCES, Lineage
from mialign.core.code_digests import WORKFLOW
from mialign.core.files import writing

SNAKEFILE = "audit/Snakefile"
_OWN = ("config", "workflow")  # what was fetched is for others to give


def write(folder: Path) -> None:
    """Write into the folder the Snakefile, and each file of the workflow that is still as a job of the folder read it.

    A file keeps the name by which the jobs knew it, below SOURCES.
    """
    found = {name: path.read_bytes() for name, path in _as_read(Lineage(folder)).items()}
    shutil.rmtree(folder / SOURCES, ignore_errors=True)
    for name, data in found.items():
        _write(folder / SOURCES / name, data)
    _write(folder / SNAKEFILE, (WORKFLOW.parent / "Snakefile").read_bytes())


def _as_read(lineage: Lineage) -> dict[str, Path]:
    """Where the files are, by name; one that has been kept before counts too."""
    read = {(name, then["sha256"]) for job in lineage.own for name, then in job["inputs"].items() if _is_own(name)}
    return {
        name: path
        for name, digest in sorted(read)
        for path in (lineage.folder / SOURCES / name, lineage.beside(name))
        if path.is_file() and digests.sha256(path) == digest
    }


def _is_own(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[0] in _OWN and ".." not in parts


def _write(path: Path, data: bytes) -> None:
    with writing(path) as beside:
        beside.write_bytes(data)
