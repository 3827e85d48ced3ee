"""The manifest of a results folder: the sha256 of every file, in the form that `sha256sum --check` reads too."""

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from mialign.audit import digests
from mialign.core.errors import InputError
from mialign.core.files import write_text

NAME = "audit/manifest.sha256"
_LEFT_OUT = {"audit", "scratch", "ro-crate-metadata.json"}  # what is said of the results, and unfinished work
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def digest_all(folder: Path, digest: Callable[[Path], str] = digests.sha256) -> dict[str, str]:
    """The sha256 of each file below the folder but hidden ones, those of unfinished work and of the audit itself."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    inside = {path.relative_to(folder): path for path in files}
    kept = {name: path for name, path in inside.items() if name.parts[0] not in _LEFT_OUT and not _hidden(name)}
    return {name.as_posix(): digest(path) for name, path in kept.items()}


def _hidden(name: Path) -> bool:
    return any(part.startswith(".") for part in name.parts)


def _inside(name: str) -> bool:
    """Whether the file is below the folder: a manifest from elsewhere may name any."""
    return not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts


def write(folder: Path) -> Path:
    """Write the manifest into the folder, and give its path. What jobs noted of large files is not computed again."""
    if (folder / "ro-crate-metadata.json").exists():
        raise InputError(f"{folder}: an unpacked crate keeps the manifest it came with, which names what it leaves out")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name the folder of a run, results/<run>")
    if not (found := digest_all(folder, lambda path: digests.remembered(path, folder / digests.MEMORY))):
        raise InputError(f"{folder}: there are no results in it")
    write_text(folder / NAME, "".join(f"{digest}  {name}\n" for name, digest in found.items()))
    return folder / NAME


def read(folder: Path) -> dict[str, str]:
    """The sha256 by file; InputError where there is no manifest, or a line is none."""
    path = folder / NAME
    if not path.is_file():
        raise InputError(
            f"{path}: there is no manifest to verify by; `python workflow/run.py audit {folder}` writes it"
        )
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        told = _LINE.fullmatch(line)
        if not told or not _inside(told[2]):
            what = "no sha256 and name of a file in this folder"
            raise InputError(f"{path}, line {number}: {what}; take the manifest from its source again")
        found[told[2]] = told[1]
    return found
